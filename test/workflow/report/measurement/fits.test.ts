/** What the report says of the fits: the result, and of every fit where its errors come from. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome } from "../../../../workflow/recipes/outcome.js";
import { fitPage } from "../../../../workflow/report/measurement/fits.js";
import { outcome, setting } from "../outcome-sample.js";

type Estimator = Outcome["best"]["summary"]["estimator"];

/** The text with these estimators, in the order of the fits. */
function textWith(...estimators: readonly Estimator[]): string {
  const fits = Object.fromEntries(
    Object.entries(outcome.fitted.fits).map(([name, fit], i) => [
      name,
      { ...fit, summary: { ...fit.summary, estimator: estimators[i % estimators.length]! } },
    ]),
  );
  const page = fitPage(setting, { ...outcome, fitted: { ...outcome.fitted, fits } as Outcome["fitted"] });
  const [section] = page.sections!;
  return typeof section!.text === "function" ? section!.text() : section!.text!;
}

test("one kind of error is explained once, without labels", () => {
  const text = textWith("inverse Hessian");
  assert.match(text, /^The result is the fit with T profiled\. Converged after 3 evaluations\./);
  assert.match(text, /\n\nErrors come from the inverse of the Hessian of −ln L, made of exact second derivatives\./);
  assert.is(text.split("Errors come").length, 2);
});

test("of fits whose errors come from different places each is named", () => {
  const text = textWith("differences and outer product of gradients", "finite-difference Hessian");
  assert.match(
    text,
    /fit of x alone, fit with T profiled: Errors come from the mean of two estimates of the information/,
  );
  assert.match(
    text,
    /\n\nfit with T fixed: Errors come from the inverse of the Hessian of −ln L\. The Hessian is made of differences/,
  );
  assert.is(text.split("Errors come").length, 3);
});

test.run();
