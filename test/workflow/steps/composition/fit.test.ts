/** What one standard deviation of a fit is in units of -2Δ ln L. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covarianceOf } from "../../../../inference/statistics/fit/covariance.js";
import { type CompositionFit, levelOf } from "../../../../workflow/steps/composition/fit.js";
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

test.run();
