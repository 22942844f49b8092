/** Splines at their knots, their bounds and far beyond them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { scalarTransform } from "../../../flows/transforms/scalar-transform.js";
import { testBackends } from "../../support/backends.js";
import { close } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { runOn, runOnEachBackend } from "../../support/run-program.js";
import { BOUND, derivativesOfScalar, knots, scalars, spline } from "../transform-samples.js";

for (const [name, architecture] of Object.entries(scalars)) {
  test(`${name}, its input guarded and not its output: value, first and second derivatives are finite at the tails, on ±bound and on knots`, async () => {
    const bound = architecture.kind === "spline" ? architecture.bound : BOUND;
    const count = scalarTransform(architecture).parameters;
    const draw = randomNumbers(3);
    const parameters = Array.from({ length: count }, () => 6 * (draw() - 0.5));
    const edges = [-1000, -1 - 1e-7, -1, -1 + 1e-7, 1 - 1e-7, 1, 1 + 1e-7, 1000].map((factor) => factor * bound);
    const inner = architecture.kind === "spline" ? architecture.bins : 0;
    const logits = inner > 0 ? [parameters.slice(0, inner), parameters.slice(inner, 2 * inner)] : [];
    const points = [...edges, ...logits.flatMap((side) => knots(side, bound)), 0];
    for (const direction of ["forward", "inverse"] as const) {
      await runOnEachBackend(
        derivativesOfScalar(architecture, direction, points, parameters),
        (got, { name: backend }) => {
          for (const [key, values] of Object.entries(got)) {
            assert.ok(values.every(Number.isFinite), `${direction} ${key} on ${backend}: ${values}`);
          }
          if (architecture.kind === "affine") return;
          const outside = [0, 1, 6, 7];
          for (const i of outside) {
            close([got.value?.[i] as number], [points[i] as number], { absolute: 0, relative: 1e-7 }, "identity");
            assert.is(got.logSlope?.[i], 0);
            assert.is(got.first?.[i], 1);
            assert.is(got.second?.[i], 0);
          }
        },
      );
    }
  });
}

test("a spline joins continuously at its knots and at ±bound", async () => {
  const draw = randomNumbers(5);
  const parameters = Array.from({ length: 3 * spline.bins - 1 }, () => 6 * (draw() - 0.5));
  const at = [...knots(parameters.slice(0, spline.bins), BOUND), -BOUND, BOUND];
  const points = at.flatMap((knot) => [knot - 1e-9, knot, knot + 1e-9]);
  const got = await runOn(testBackends()[0] as never, derivativesOfScalar(spline, "forward", points, parameters));
  at.forEach((_, k) => {
    for (const key of ["value", "logSlope"]) {
      const [left, on, right] = (got[key] as Float64Array).subarray(3 * k, 3 * k + 3) as unknown as number[];
      close([left, right] as number[], [on, on] as number[], { absolute: 1e-5, relative: 0 }, `${key} at knot ${k}`);
    }
  });
});

test.run();
