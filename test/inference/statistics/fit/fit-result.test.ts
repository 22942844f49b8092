/** What a fit says of itself, and of two starts that end apart. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { isMinimum } from "../../../../inference/statistics/fit/fit-result.js";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import { close, objectiveOf, quadratic } from "../objectives.js";

const doubleWell = objectiveOf(["a", "b"], ([a, b]) => ({
  nll: (a! * a! - 1) ** 2 + 0.1 * a! + 2 * b! * b!,
  gradient: [4 * a! * (a! * a! - 1) + 0.1, 4 * b!],
  hessian: [12 * a! * a! - 4, 0, 0, 4],
}));

test("two minima: both kept, the lower one first", async () => {
  const fit = await minimise(doubleWell, { start: [1.2, 0.3], secondStart: [-1.3, 0] });
  assert.is(fit.status, "second-minimum");
  assert.match(fit.reason, /different minima.*higher by 0\.2/);
  assert.ok(fit.estimate.values[0]! < 0);
  assert.ok(fit.other!.estimate.values[0]! > 0);
  assert.is(fit.other!.status, "converged");
});

test("two dips of one minimum, a fraction of sigma apart, are one result: the lower dip", async () => {
  // A bowl of curvature 4 with ripples: dips at 0 and at about ±0.065.
  const [depth, pitch] = [0.004, 96];
  const rippled = objectiveOf(["a"], ([a]) => ({
    nll: 2 * a! * a! - depth * Math.cos(pitch * a!),
    gradient: [4 * a! + depth * pitch * Math.sin(pitch * a!)],
    hessian: [4 + depth * pitch * pitch * Math.cos(pitch * a!)],
  }));
  const fit = await minimise(rippled, { start: [0.064], secondStart: [0.001], tolerance: 1e-10 });
  assert.is(fit.status, "converged", fit.reason);
  close(fit.estimate.values[0], 0, { absolute: 1e-5 });
  assert.match(fit.reason, /other start ends .* sigma away.*dips of one minimum/);
});

test("results are frozen and survive JSON", async () => {
  const fit = await minimise(quadratic([2], [1]), { start: [0] });
  assert.ok(Object.isFrozen(fit) && Object.isFrozen(fit.estimate.values) && Object.isFrozen(fit.covariance!.matrix[0]));
  assert.equal(JSON.parse(JSON.stringify(fit)).covariance, fit.covariance);
});

test("a minimum at a bound is one, a second minimum is not the minimum", async () => {
  assert.ok(isMinimum(await minimise(quadratic([2], [1]), { start: [0], bounds: { nu0: [-1, 0.5] } })));
  assert.not.ok(isMinimum(await minimise(doubleWell, { start: [1.2, 0.3], secondStart: [-1.3, 0] })));
});

test.run();
