/** What the response of T is trained to cover. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FitSummary } from "../../../../workflow/likelihood/fit-summary.js";
import { errorsBeforeProfiling, responseScales } from "../../../../workflow/steps/trainings/response-training.js";

const summary = (sigma: readonly number[] | null) => ({ names: ["a", "b", "c"], sigma }) as unknown as FitSummary;

test("the response covers the larger of the errors with T fixed and of x alone, and the prior's where a fit gave none", () => {
  const fixed = summary([0.1, 0.2, 0.3]);
  assert.equal(errorsBeforeProfiling(fixed, summary([0.2, 0.1, 0.4])), [0.2, 0.2, 0.4]);
  assert.equal(errorsBeforeProfiling(fixed, undefined), [0.1, 0.2, 0.3]);
  assert.equal(errorsBeforeProfiling(fixed, summary(null)), [0.1, 0.2, 0.3]);
  assert.equal(errorsBeforeProfiling(summary(null), summary([0.2, 2, 0.4])), [1, 2, 1]);
});

test("scales are 2.5 errors, and no more than 1.5 prior standard deviations", () => {
  assert.equal(responseScales([0.1, 0.5, 0.6, 1]), [0.25, 1.25, 1.5, 1.5]);
});

test.run();
