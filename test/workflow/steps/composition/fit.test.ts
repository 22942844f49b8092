/** What one standard deviation of a fit is in units of -2Δ ln L. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covarianceOf } from "../../../../inference/statistics/fit/covariance.js";
import { type CompositionFit, levelOf, pairLevelOf } from "../../../../workflow/steps/composition/fit.js";
import { outcome } from "../../report/composition-sample.js";

/** Of a with σ² = 4 and of c with σ² = 0.25 by the curvature; b is at its limit. */
function fitOf(estimator: CompositionFit["errors"]["estimator"], sigma: readonly number[] | null) {
  const { fit, errors } = outcome.fit;
  const names = ["a", "c"];
  return {
    fit: {
      ...fit,
      estimate: { names: ["a", "b", "c"], values: [0, 0, 0] },
      covariance: covarianceOf([4, 0, 0, 0.25], names),
    },
    errors: {
      ...errors,
      names,
      estimator,
      covariance: sigma && names.map((_, i) => names.map((__, j) => (i === j ? sigma[i]! ** 2 : 0))),
    },
    atLimit: [],
  };
}

test("one standard deviation is a -2Δ ln L of 1; of weighted events the ratio of both variances", () => {
  const levels = (own: ReturnType<typeof fitOf>) => ["a", "b", "c"].map((name) => levelOf(own, name));
  assert.equal(levels(fitOf("inverse Hessian", [2, 0.5])), [1, 1, 1]);
  assert.equal(levels(fitOf("finite-difference Hessian", [2, 0.5])), [1, 1, 1]);
  assert.equal(levels(fitOf("sandwich", [4, 0.75])), [4, undefined, 2.25]);
  assert.equal(levels(fitOf("sandwich", null)), [undefined, undefined, undefined]);
  const minos = { name: "b", lower: null, upper: 1, problem: null };
  assert.is(levelOf({ ...fitOf("sandwich", [4, 0.75]), atLimit: [{ name: "b", minos, level: 3 }] }, "b"), 3);
});

test("of two parameters the level is the ratio of the areas of both ellipses", () => {
  const matrix = [
    [16, 1.5],
    [1.5, 0.5625],
  ];
  const pairs = (own: ReturnType<typeof fitOf>, covariance: typeof matrix | null) => {
    const withErrors = { ...own, errors: { ...own.errors, covariance } };
    return (["c", "b"] as const).map((second) => pairLevelOf(withErrors, ["a", second]));
  };
  assert.equal(pairs(fitOf("inverse Hessian", [4, 0.75]), matrix), [1, undefined]);
  // √(16 · 0.5625 - 1.5²) = √6.75, and by the curvature √(4 · 0.25) = 1.
  const [level, none] = pairs(fitOf("sandwich", [4, 0.75]), matrix);
  assert.ok(Math.abs(level! - Math.sqrt(6.75)) < 1e-12);
  assert.is(none, undefined);
  assert.equal(pairs(fitOf("sandwich", null), null), [undefined, undefined]);
});

test.run();
