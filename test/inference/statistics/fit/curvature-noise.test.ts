/** A Hessian without its noise, against closed forms, and never below what the constraints give. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { withoutCurvatureNoise } from "../../../../inference/statistics/fit/curvature-noise.js";
import { eigenSymmetric } from "../../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { matrixOf } from "../../../../inference/statistics/objective.js";
import { close } from "../../../support/close.js";

/** Of sums of a handful of numbers below 100. */
const ROUNDING = { absolute: 1e-12, relative: 1e-12 };

test("two nuisances of one effect, each with a noise of its own, keep what is known of their sum", () => {
  const [information, noise] = [100, 0.8];
  const own = 1 + information + noise;
  const found = withoutCurvatureNoise(matrixOf([own, information, information, own], 2), [noise, noise], 1);
  close(found.flat(), [1 + information, information, information, 1 + information], ROUNDING, "Hessian");
});

test("without noise, and with information in all directions, the Hessian stays", () => {
  const hessian = matrixOf([5, 1, -2, 1, 7, 0.5, -2, 0.5, 9], 3);
  close(withoutCurvatureNoise(hessian, [0, 0, 0], 1).flat(), hessian.flat(), ROUNDING, "Hessian");
});

test("noise above the information leaves the constraint, of that nuisance alone", () => {
  const found = withoutCurvatureNoise(matrixOf([2.5, 0, 0, 10], 2), [4, 0.5], 1);
  close(found.flat(), [1, 0, 0, 9.5], ROUNDING, "Hessian");
});

test("a nuisance that has no noise keeps what its Hessian is below the constraint: nothing is taken for noise there", () => {
  const found = withoutCurvatureNoise(matrixOf([0.9, 0, 0, 10], 2), [0, 3], 1);
  close(found.flat(), [1, 0, 0, 7], ROUNDING, "Hessian");
});

test("no direction falls below the constraint, and none rises where the noise is positive", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const drawn = new Float64Array(20);
    fillNormal(randomKey(seed, "curvature noise test"), 0, drawn);
    const entry = (i: number, j: number) =>
      [0, 1, 2, 3].reduce((sum, k) => sum + drawn[4 * i + k]! * drawn[4 * j + k]!, 0);
    const four = [0, 1, 2, 3];
    const hessian = matrixOf(
      four.flatMap((i) => four.map((j) => entry(i, j) + (i === j ? 0.7 : 0))),
      4,
    );
    const noise = Array.from(drawn.subarray(16), Math.abs);
    const left = withoutCurvatureNoise(hessian, noise, 0.7).flat();
    const least = eigenSymmetric(Float64Array.from(left), 4).values.at(-1)!;
    assert.ok(least > 0.7 - 1e-12, `seed ${seed}: least eigenvalue ${least}`);
    const sums = (matrix: readonly number[]) => four.reduce((sum, k) => sum + matrix[5 * k]!, 0);
    // What is cut off at the constraint brings back at most the noise itself.
    assert.ok(sums(left) <= sums(hessian.flat()) + 1e-12, `seed ${seed}`);
  }
});

test("refuses noise of other nuisances", () => {
  assert.throws(() => withoutCurvatureNoise(matrixOf([1, 0, 0, 1], 2), [1], 1), /expected noise of 2 nuisances, got 1/);
});

test.run();
