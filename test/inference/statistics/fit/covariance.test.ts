import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type Covariance,
  covariance,
  effectiveEvents,
  type NoCovariance,
  sandwichCovariance,
} from "../../../../inference/statistics/fit/covariance.js";
import { principalModes } from "../../../../inference/statistics/intervals/principal-modes.js";
import { close } from "../objectives.js";

const isPositive = (result: Covariance | NoCovariance): Covariance => {
  assert.is(result.status, "positive-definite");
  return result as Covariance;
};

/** C = [[0.04, 0.018], [0.018, 0.09]]: σ = 0.2, 0.3, correlation 0.3; its inverse by hand. */
const determinant = 0.04 * 0.09 - 0.018 ** 2;
const information = [0.09 / determinant, -0.018 / determinant, -0.018 / determinant, 0.04 / determinant];

test("covariance, correlation and σ of two correlated Gaussians", () => {
  const result = isPositive(covariance(information, ["shift", "squeeze"]));
  close(result.sigma[0], 0.2, { relative: 1e-12 });
  close(result.sigma[1], 0.3, { relative: 1e-12 });
  close(result.correlation[0]![1], 0.3, { relative: 1e-12 });
  close(result.matrix[1]![0], 0.018, { relative: 1e-12 });
  assert.is(result.correlation[1]![1], 1);
});

test("a singular Hessian names the flat direction, whatever the units", () => {
  for (const unit of [1, 1e-6]) {
    const result = covariance([1, unit, unit, unit * unit], ["a", "b"]);
    assert.is(result.status, "singular");
    const { reason, direction } = result as NoCovariance;
    assert.match(reason, "The Hessian is singular: along");
    assert.match(reason, "constrain, fix or merge");
    close(direction!.values[0]! + unit * direction!.values[1]!, 0, { absolute: 1e-12 }, "H · direction");
  }
  assert.match((covariance([0, 0, 0, 1], ["a", "b"]) as NoCovariance).reason, "along 1.00 a it is flat");
});

test("an indefinite Hessian names the direction of falling NLL", () => {
  const result = covariance([1, 2, 2, 1], ["a", "b"]) as NoCovariance;
  assert.is(result.status, "indefinite");
  assert.match(result.reason, "not positive definite: along 0.707 a - 0.707 b it is negative (eigenvalue -1.00");
  close(result.eigenvalue, -1, { absolute: 1e-14 });
});

test("a Hessian of an f32 program is singular at its own precision", () => {
  const nearly = [1, 1 - 2e-5, 1 - 2e-5, 1];
  assert.is(covariance(nearly, ["a", "b"]).status, "positive-definite");
  assert.is(covariance(nearly, ["a", "b"], 1e-4).status, "singular");
});

test("a Hessian with NaN says where", () => {
  const result = covariance([1, 0, NaN, 1], ["a", "b"]) as NoCovariance;
  assert.is(result.status, "non-finite");
  assert.match(result.reason, "its entry (a, b) is NaN");
});

test("a Hessian of the wrong size is refused", () => {
  assert.throws(
    () => covariance([1, 0, 0], ["a", "b"]),
    /expected a row-major \[2, 2\] matrix for a, b, got 3 numbers/,
  );
  assert.throws(() => covariance([], []), /expected at least one nuisance, got none/);
});

test("sandwich: weights all w scale H by w and J by w², so that the covariance is that of the unweighted fit", () => {
  const w = 3.7;
  const weighted = sandwichCovariance(
    information.map((x) => w * x),
    information.map((x) => w * w * x),
    ["a", "b"],
  );
  close(isPositive(weighted).sigma[0], 0.2, { relative: 1e-12 });
  close(isPositive(weighted).correlation[0]![1], 0.3, { relative: 1e-12 });
});

test("sandwich: the weighted mean of unit Gaussians has variance Σw² / (Σw)² = 1 / effective events", () => {
  const weights = [1, 2, 0.5, -0.4, 3];
  const sum = weights.reduce((a, w) => a + w, 0);
  const squares = weights.reduce((a, w) => a + w * w, 0);
  const { matrix } = isPositive(sandwichCovariance([sum], [squares], ["mean"]));
  close(matrix[0]![0], 1 / effectiveEvents(weights), { relative: 1e-14 });
});

test("sandwich: correlated Hessian and unlike score product, numpy's answer", () => {
  // numpy 1.24: inv([[3, 1], [1, 2]]) @ [[2, -0.5], [-0.5, 4]] @ inv([[3, 1], [1, 2]])
  const { matrix } = isPositive(sandwichCovariance([3, 1, 1, 2], [2, -0.5, -0.5, 4], ["a", "b"]));
  const want = [0.56, -0.78, -0.78, 1.64];
  for (const [k, value] of want.entries()) close(matrix[Math.floor(k / 2)]![k % 2], value, { absolute: 1e-14 });
});

test("a singular score product is named as such", () => {
  const result = sandwichCovariance([1, 0, 0, 1], [1, 1, 1, 1], ["a", "b"]) as NoCovariance;
  assert.match(result.reason, "The score product is singular");
});

test("effective events: N for equal weights, refused when all weights vanish", () => {
  close(effectiveEvents([2, 2, 2]), 3, { relative: 1e-15 });
  assert.throws(() => effectiveEvents([0, 0]), /expected finite weights, not all zero, got 2 weights/);
});

test("principal modes: widths and directions of a rotated ellipse, σ descending, largest component positive", () => {
  // C = R diag(0.5², 0.1²) Rᵀ, R a rotation by 120°
  const [c, s] = [Math.cos((2 * Math.PI) / 3), Math.sin((2 * Math.PI) / 3)];
  const rotate = (a: number, b: number) => [
    c * c * a + s * s * b,
    c * s * (a - b),
    c * s * (a - b),
    s * s * a + c * c * b,
  ];
  const modes = principalModes(isPositive(covariance(rotate(4, 100), ["shift", "squeeze"])));
  close(modes[0]!.sigma, 0.5, { relative: 1e-12 });
  close(modes[1]!.sigma, 0.1, { relative: 1e-12 });
  assert.equal(modes[0]!.direction.names, ["shift", "squeeze"]);
  close(modes[0]!.direction.values[0], c, { absolute: 1e-12 });
  close(modes[0]!.direction.values[1], s, { absolute: 1e-12 });
  close(modes[1]!.direction.values[0], s, { absolute: 1e-12 });
  close(modes[1]!.direction.values[1], -c, { absolute: 1e-12 });
});

test.run();
