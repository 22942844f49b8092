/** Steps within a radius and between bounds: the step itself, and minimisations that need it. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import { BoundedSteps } from "../../../../inference/statistics/fit/trust-region.js";
import { close, gram, namesOf, objectiveOf, quadratic } from "../objectives.js";

const entry = fc.double({ min: -2, max: 2, noNaN: true });
const SIZE = 3;
const free = { lower: new Float64Array(SIZE).fill(-Infinity), upper: new Float64Array(SIZE).fill(Infinity) };
const scale = Float64Array.of(1, 2, 0.5);
const length = (p: readonly number[]) => Math.hypot(...p.map((x, i) => x * scale[i]!));

/** g·p + ½ pᵀHp */
const modelAt = (gradient: readonly number[], hessian: readonly number[], p: readonly number[]) =>
  p.reduce(
    (sum, x, i) => sum + x * (gradient[i]! + p.reduce((row, z, j) => row + 0.5 * hessian[i * SIZE + j]! * z, 0)),
    0,
  );

/** Multiples of 1/64: squares of numbers near the least double would be 0. */
const grain = fc.integer({ min: -128, max: 128 }).map((n) => n / 64);
const numbers = (count: number) => fc.array(grain, { minLength: count, maxLength: count });

/** A symmetric matrix of any signature. */
const symmetric = (b: readonly number[]) => b.map((x, k) => x + b[(k % SIZE) * SIZE + Math.floor(k / SIZE)]!);

test("a step without bounds ends at the least value within the radius, for Hessians of any sign", () => {
  fc.assert(
    fc.property(
      numbers(9),
      numbers(SIZE),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
      numbers(300),
      (b, g, radius, z) => {
        const hessian = symmetric(b);
        const model = {
          position: new Float64Array(SIZE),
          gradient: Float64Array.from(g),
          hessian: Float64Array.from(hessian),
        };
        const step = new BoundedSteps(model, { limits: free, scale, precision: 1e-12 }).within(radius);
        const least = modelAt(g, hessian, [...step.position]);
        assert.ok(length([...step.position]) <= radius * (1 + 1e-9), `${length([...step.position])} beyond ${radius}`);
        close(step.decrease, -least, { absolute: 1e-9, relative: 1e-9 });
        // Other points of the region, 100 of them, on its sphere and within.
        for (let k = 0; k < z.length; k += SIZE) {
          const p = z.slice(k, k + SIZE);
          const shrunk = p.map((x) => x * Math.min(1, radius / length(p)));
          if (shrunk.every(Number.isFinite)) assert.ok(modelAt(g, hessian, shrunk) >= least - 1e-6, `${shrunk}`);
        }
      },
    ),
    { seed: 7, numRuns: 200 },
  );
});

test("a step between bounds stays there, and lowers the model", () => {
  fc.assert(
    fc.property(numbers(9), numbers(SIZE), (b, g) => {
      const hessian = symmetric(b);
      const model = {
        position: new Float64Array(SIZE),
        gradient: Float64Array.from(g),
        hessian: Float64Array.from(hessian),
      };
      const limits = { lower: Float64Array.of(0, -0.2, -1), upper: Float64Array.of(0.5, 0.3, 0) };
      const { position, decrease } = new BoundedSteps(model, { limits, scale, precision: 1e-12 }).within(2);
      for (const [i, x] of position.entries()) assert.ok(x >= limits.lower[i]! && x <= limits.upper[i]!, `${position}`);
      assert.ok(decrease >= -1e-12, `${decrease}`);
      close(decrease, -modelAt(g, hessian, [...position]), { absolute: 1e-9, relative: 1e-9 });
    }),
    { seed: 8, numRuns: 200 },
  );
});

test("bounds cut off a quadratic's minimum: the Karush-Kuhn-Tucker point, whatever the start", async () => {
  let [lower, upper, free] = [0, 0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(entry, { minLength: 16, maxLength: 16 }),
      fc.array(entry, { minLength: 4, maxLength: 4 }),
      fc.array(fc.double({ min: -0.5, max: 0.5, noNaN: true }), { minLength: 4, maxLength: 4 }),
      async (b, centre, start) => {
        const matrix = gram(b, 4);
        const bounds = Object.fromEntries(namesOf(4).map((name) => [name, [-0.5, 0.5] as const]));
        const fit = await minimise(quadratic(matrix, centre), { start, bounds, tolerance: 1e-10 });
        assert.ok(fit.status === "converged" || fit.status === "at-bound", fit.reason);
        for (const [i, x] of fit.estimate.values.entries()) {
          const slope = fit.gradient!.values[i]!;
          if (x === -0.5) {
            lower++;
            assert.ok(slope > -1e-4, `slope ${slope} at the lower bound`);
          } else if (x === 0.5) {
            upper++;
            assert.ok(slope < 1e-4, `slope ${slope} at the upper bound`);
          } else {
            free++;
            close(slope, 0, { absolute: 1e-4 }, `slope of nu${i}`);
          }
        }
      },
    ),
    { seed: 2, numRuns: 100 },
  );
  assert.ok(Math.min(lower, upper, free) > 0, `${lower} at the lower bound, ${upper} at the upper, ${free} free`);
});

test("random quartics in a box: no verdict but a minimum, and it is one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ min: 0.1, max: 2, noNaN: true }), { minLength: 9, maxLength: 9 }),
      fc.array(fc.constantFrom(-1, 1), { minLength: 6, maxLength: 6 }),
      fc.array(fc.double({ min: -1.5, max: 1.5, noNaN: true }), { minLength: 3, maxLength: 3 }),
      async (size, sign, start) => {
        const c = size.map((x, i) => x * (sign[i] ?? 1));
        // Σ (ν⁴ / 4 + tilt ν + bend ν²) + couplings: a constant Hessian of any sign plus 3 ν² on the diagonal
        const couplings = [c[0]!, c[1]!, c[2]!, c[1]!, c[3]!, c[4]!, c[2]!, c[4]!, c[5]!].map((x) => 3 * x);
        const objective = objectiveOf(namesOf(3), (nu) => {
          const bent = [0, 1, 2].map((i) => [0, 1, 2].reduce((sum, j) => sum + couplings[i * 3 + j]! * nu[j]!, 0));
          return {
            nll: bent.reduce((sum, x, i) => sum + 0.5 * x * nu[i]! + nu[i]! ** 4 / 4 + c[6 + i]! * nu[i]!, 0),
            gradient: bent.map((x, i) => x + nu[i]! ** 3 + c[6 + i]!),
            hessian: couplings.map((x, k) => x + (k % 4 === 0 ? 3 * nu[k / 4]! ** 2 : 0)),
          };
        });
        const bounds = { nu0: [-1.5, 2] as const, nu2: [-Infinity, 1.5] as const };
        const fit = await minimise(objective, { start, bounds, tolerance: 1e-9 });
        assert.ok(fit.status === "converged" || fit.status === "at-bound", `${fit.status}: ${fit.reason}`);
        assert.ok(fit.nll! <= (await objective.evaluate(Float64Array.from(start), 0)).nll + 1e-9);
        const atBound = new Map(fit.boundary.map(({ name, outwardSlope }) => [name, outwardSlope]));
        for (const [i, name] of objective.names.entries()) {
          if (atBound.has(name)) assert.ok(atBound.get(name)! < 1e-3, `${name} rises towards its bound`);
          else close(fit.gradient!.values[i], 0, { absolute: 2e-3 }, `slope of ${name}`);
        }
      },
    ),
    { seed: 5, numRuns: 300 },
  );
});

test("a minimum exactly on its bound is found and said to be there", async () => {
  const fit = await minimise(quadratic([3, 1, 1, 2], [0, 0.1]), { start: [0.3, 1], bounds: { nu0: [0, 1] } });
  assert.is(fit.status, "at-bound", fit.reason);
  close(fit.estimate.values[0], 0, { absolute: 0 });
});

test("saddle start: leaves a point of zero slope along negative curvature", async () => {
  const saddle = objectiveOf(["a", "b"], ([a, b]) => ({
    nll: (a! * a! - 1) ** 2 + 2 * b! * b!,
    gradient: [4 * a! * (a! * a! - 1), 4 * b!],
    hessian: [12 * a! * a! - 4, 0, 0, 4],
  }));
  const fit = await minimise(saddle, { start: [0, 0], tolerance: 1e-10 });
  assert.is(fit.status, "converged");
  close(Math.abs(fit.estimate.values[0]!), 1, { absolute: 1e-5 });
});

test.run();
