/** The larger of two covariances, against closed forms and by every direction. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { covarianceOf } from "../../../../inference/statistics/fit/covariance.js";
import { widenedCovariance } from "../../../../inference/statistics/fit/widened-covariance.js";
import type { Matrix } from "../../../../inference/statistics/objective.js";
import { close } from "../../../support/close.js";

const NAMES = ["a", "b", "c"];

/** A Aᵀ of random A, some 3 on the diagonal. */
function random(seed: number) {
  const a = new Float64Array(9);
  fillNormal(randomKey(seed, "widened covariance test"), 0, a);
  const entry = (i: number, j: number) => [0, 1, 2].reduce((sum, k) => sum + a[3 * i + k]! * a[3 * j + k]!, 0);
  return covarianceOf(
    NAMES.flatMap((_, i) => NAMES.map((_, j) => entry(i, j))),
    NAMES,
  );
}

const variance = (matrix: Matrix, u: readonly number[]) =>
  u.reduce((sum, a, i) => sum + u.reduce((own, b, j) => own + a * b * matrix[i]![j]!, 0), 0);

test("independent errors are the larger ones, one by one", () => {
  const diagonal = (values: readonly number[]) =>
    covarianceOf(
      values.flatMap((value, i) => values.map((_, j) => (i === j ? value : 0))),
      NAMES,
    );
  const { matrix, sigma, names } = widenedCovariance(diagonal([4, 1, 9]), diagonal([1, 4, 9]));
  close(matrix.flat(), [4, 0, 0, 0, 4, 0, 0, 0, 9], { absolute: 1e-12, relative: 0 }, "matrix");
  close(sigma, [2, 2, 3], { absolute: 1e-12, relative: 0 }, "sigma");
  assert.equal(names, NAMES);
});

test("of two covariances one of which is larger in all directions it is the larger", () => {
  const own = random(1);
  const double = covarianceOf(
    own.matrix.flat().map((value) => 2 * value),
    NAMES,
  );
  const tolerance = { absolute: 1e-11, relative: 1e-11 };
  close(widenedCovariance(own, double).matrix.flat(), double.matrix.flat(), tolerance, "least");
  close(widenedCovariance(double, own).matrix.flat(), double.matrix.flat(), tolerance, "own");
});

test("no direction has less than in either, and it does not matter which comes first", () => {
  const directions = new Float64Array(300);
  fillNormal(randomKey(9, "directions"), 0, directions);
  for (let seed = 2; seed < 12; seed++) {
    const [first, second] = [random(seed), random(seed + 100)];
    const wide = widenedCovariance(first, second).matrix;
    for (let i = 0; i < 100; i++) {
      const u = Array.from(directions.subarray(3 * i, 3 * i + 3));
      const least = Math.max(variance(first.matrix, u), variance(second.matrix, u));
      assert.ok(variance(wide, u) >= least * (1 - 1e-10));
    }
    close(
      widenedCovariance(second, first).matrix.flat(),
      wide.flat(),
      { absolute: 1e-9, relative: 1e-9 },
      "the other way",
    );
  }
});

test("covariances of other nuisances are refused", () => {
  const other = covarianceOf([1], ["d"]);
  assert.throws(
    () => widenedCovariance(random(1), other),
    /expected covariances of the same nuisances, a, b, c, got d/,
  );
});

test.run();
