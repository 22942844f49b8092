import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  cholesky,
  choleskyInverse,
  choleskySolve,
  eigenSymmetric,
} from "../../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { close, gram } from "../objectives.js";

const matrices = fc
  .integer({ min: 1, max: 8 })
  .chain((n) =>
    fc
      .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: n * n, maxLength: n * n })
      .map((b) => ({ n, b })),
  );

test("eigenvalues and eigenvectors rebuild the matrix, orthonormal and descending", () => {
  fc.assert(
    fc.property(matrices, ({ n, b }) => {
      const a = Float64Array.from(b, (x, k) => x + b[(k % n) * n + Math.floor(k / n)]!);
      const { values, vectors } = eigenSymmetric(a, n);
      const size = Math.hypot(...a);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const rebuilt = vectors.reduce((sum, v, k) => sum + values[k]! * v[i]! * v[j]!, 0);
          close(rebuilt, a[i * n + j]!, { absolute: 1e-14 * size * n }, "V Λ Vᵀ");
          const overlap = vectors[i]!.reduce((sum, x, k) => sum + x * vectors[j]![k]!, 0);
          close(overlap, i === j ? 1 : 0, { absolute: 1e-14 * n }, "Vᵀ V");
        }
        if (i > 0) assert.ok(values[i]! <= values[i - 1]!);
        const largest = Math.max(...vectors[i]!.map(Math.abs));
        assert.ok(Math.max(...vectors[i]!) >= largest * (1 - 1e-9), "the largest component is positive");
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("eigenvalues of the second difference are 2 - 2 cos(kπ / (n + 1))", () => {
  const n = 20;
  const a = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 2;
    if (i > 0) a[i * n + i - 1] = a[(i - 1) * n + i] = -1;
  }
  const { values } = eigenSymmetric(a, n);
  // n ‖A‖ 2⁻⁵² = 2e-14 is what rotations in f64 may lose.
  for (let k = 1; k <= n; k++) close(values[n - k], 2 - 2 * Math.cos((k * Math.PI) / (n + 1)), { absolute: 2e-14 });
});

test("small eigenvalues of a badly scaled matrix keep their relative accuracy", () => {
  // diag(1, s) [[1, r], [r, 1]] diag(1, s): determinant s²(1 - r²), trace 1 + s²
  const [s, r] = [1e-8, 0.5];
  const { values } = eigenSymmetric(Float64Array.of(1, r * s, r * s, s * s), 2);
  close(values[0]! * values[1]!, s * s * (1 - r * r), { relative: 1e-14 });
});

test("Cholesky: L Lᵀ rebuilds, solve and inverse invert", () => {
  fc.assert(
    fc.property(matrices, ({ n, b }) => {
      const a = Float64Array.from(gram(b, n));
      const lower = cholesky(a, n)!;
      const inverse = choleskyInverse(lower, n);
      const x = choleskySolve(
        lower,
        n,
        Float64Array.from({ length: n }, (_, i) => i + 1),
      );
      for (let i = 0; i < n; i++) {
        const ax = x.reduce((sum, value, j) => sum + a[i * n + j]! * value, 0);
        close(ax, i + 1, { absolute: 1e-10 }, "A x");
        for (let j = 0; j < n; j++) {
          let square = 0;
          let unit = 0;
          for (let k = 0; k < n; k++) {
            square += lower[i * n + k]! * lower[j * n + k]!;
            unit += a[i * n + k]! * inverse[k * n + j]!;
          }
          close(square, a[i * n + j]!, { absolute: 1e-12 }, "L Lᵀ");
          close(unit, i === j ? 1 : 0, { absolute: 1e-10 }, "A A⁻¹");
        }
      }
    }),
    { seed: 4, numRuns: 100 },
  );
});

test("Cholesky says no to indefinite, singular and NaN matrices", () => {
  assert.is(cholesky(Float64Array.of(1, 2, 2, 1), 2), undefined);
  assert.is(cholesky(Float64Array.of(1, 1, 1, 1), 2), undefined);
  assert.is(cholesky(Float64Array.of(NaN), 1), undefined);
});

test.run();
