/** Errors with T profiled are nowhere below those of x alone, and say what the likelihood alone gives. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covarianceOf } from "../../../../inference/statistics/fit/covariance.js";
import { labelText } from "../../../../workflow/likelihood/covariance-summary.js";
import { responseText } from "../../../../workflow/report/response-text.js";
import type { NamedFit } from "../../../../workflow/steps/fits/fitted-model.js";
import { noMoreThanX } from "../../../../workflow/steps/fits/profiled-fit.js";

const NAMES = ["scale", "norm"];

/** Of independent errors; `fitted` names what the fit has errors of. */
function fitOf(sigma: readonly [number, number], fitted = NAMES): NamedFit {
  const diagonal = (names: readonly string[]) =>
    covarianceOf(
      names.flatMap((a) => names.map((b) => (a === b ? sigma[NAMES.indexOf(a)]! ** 2 : 0))),
      names,
    );
  const minos = NAMES.map((name, k) => ({
    name,
    lower: -sigma[k]!,
    upper: k === 0 ? 2 * sigma[k]! : null,
    problem: null,
  }));
  const { matrix, correlation } = diagonal(NAMES);
  const summary = { names: NAMES, estimate: [1, 2], sigma, covariance: matrix, correlation, modes: [], minos };
  return { label: "a fit", fit: { covariance: diagonal(fitted) }, summary } as unknown as NamedFit;
}

test("each error is the larger of both, with its minos errors in proportion and its modes of the new covariance", () => {
  const { fit, summary } = noMoreThanX(fitOf([0.08, 0.3]), fitOf([0.1, 0.2]));
  assert.equal(
    summary.sigma!.map((value) => value.toFixed(9)),
    ["0.100000000", "0.300000000"],
  );
  assert.equal(fit.covariance!.sigma, summary.sigma);
  assert.equal(summary.ownSigma, [0.08, 0.3]);
  assert.ok(Math.abs(summary.minos![0]!.lower! + 0.1) < 1e-12 && Math.abs(summary.minos![0]!.upper! - 0.2) < 1e-12);
  assert.ok(Math.abs(summary.minos![1]!.lower! + 0.3) < 1e-12 && summary.minos![1]!.upper === null);
  assert.equal(
    summary.modes.map(({ sigma }) => sigma.toFixed(9)),
    ["0.300000000", "0.100000000"],
  );
  assert.equal(summary.estimate, [1, 2]);
});

test("without a fit of x alone, or without its errors, nothing changes", () => {
  const profiled = fitOf([0.08, 0.3]);
  assert.is(noMoreThanX(profiled, undefined), profiled);
  const lost = fitOf([0.1, 0.2]);
  assert.is(noMoreThanX(profiled, { ...lost, summary: { ...lost.summary, covariance: null } }), profiled);
});

test("nuisances that a bound holds in one of the fits leave the covariance of the other as it is", () => {
  const profiled = fitOf([0.08, 0.3], ["norm"]);
  const { fit, summary } = noMoreThanX(profiled, fitOf([0.1, 0.2]));
  assert.equal(fit.covariance, profiled.fit.covariance);
  assert.ok(Math.abs(summary.sigma![0]! - 0.1) < 1e-12);
});

test("the label of the errors says so, where it matters", () => {
  const label = (sigma: readonly [number, number]) => {
    const { summary } = noMoreThanX(fitOf(sigma), fitOf([0.1, 0.2]));
    return labelText({ ...summary, transport: "profiled", estimator: "inverse Hessian" });
  };
  assert.is(label([0.08, 0.3]), "T profiled, inverse Hessian, not below x alone");
  assert.is(label([0.099, 0.3]), "T profiled, inverse Hessian");
});

test("the report says which errors the likelihood alone would have, and nothing where it has them", () => {
  const text = responseText(noMoreThanX(fitOf([0.08, 0.3]), fitOf([0.1, 0.2])).summary);
  assert.match(
    text,
    /gives scale 0\.0800 in place of 0\.100\. Scans show this likelihood\. A response of splines absorbs more/,
  );
  assert.is(responseText(noMoreThanX(fitOf([0.099, 0.3]), fitOf([0.1, 0.2])).summary), "");
  assert.is(responseText(fitOf([0.08, 0.3]).summary), "");
});

test.run();
