/** The first sentence of a report, and what stands with it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Outcome } from "../../../workflow/recipes/outcome.js";
import { resultSentence } from "../../../workflow/report/first-screen.js";
import type { Verdict } from "../../../workflow/verdicts.js";
import { outcome, pageOf, setting, withSimulation } from "./outcome-sample.js";

const closure: Verdict = {
  check: "closure",
  about: "densities",
  failed: true,
  text: "p(x) fails",
  advice: "Simulate more",
};

test("the result in one sentence, with errors, by the labels of the nuisances", () => {
  assert.is(
    resultSentence(setting, outcome),
    "The fit with T profiled gives Δ = 0.50 ± 0.10 and squeeze = −0.25 ± 0.10 (in prior standard deviations).",
  );
  assert.equal(pageOf(outcome, []).failed, []);
});

test("errors in the sentence are the total ones where the part of the simulation is known", () => {
  // √(0.1² + 0.05²) and √(0.1² + 0.02²).
  assert.is(
    resultSentence(setting, withSimulation()),
    "The fit with T profiled gives Δ = 0.50 ± 0.11 and squeeze = −0.25 ± 0.10 (in prior standard deviations, with the error of the simulation included).",
  );
});

test("what failed is said in the sentence and in the list, and not again among the warnings", () => {
  const verdicts = [closure, { ...closure, failed: false, text: "hm" }];
  const warnings = ["p(x) fails. Simulate more", "hm. Simulate more", "another"];
  const found = pageOf({ ...outcome, verdicts, warnings }, []);
  assert.match(found.result, / \(in prior standard deviations\); these numbers are not for use as they stand\.$/);
  assert.equal(found.failed, [closure]);
  assert.equal(found.warnings, ["hm. Simulate more", "another"]);
});

test("a fit without errors says so; of many nuisances the first six are named", () => {
  const names = Array.from({ length: 8 }, (_, i) => `n${i}`);
  const { configuration } = setting.analysis;
  const nuisances = Object.fromEntries(names.map((name) => [name, configuration.nuisances.squeeze!]));
  const many = { ...setting, analysis: { ...setting.analysis, configuration: { ...configuration, nuisances } } };
  const summary = { ...outcome.best.summary, names, estimate: names.map((_, i) => i), sigma: null };
  const result = resultSentence(many, { ...outcome, best: { ...outcome.best, summary } } as Outcome);
  assert.match(result, /n5 = 5\.0000, and 2 more nuisances, which the table below has \(in .*, without errors\)\.$/);
  assert.not.match(result, "n6");
});

test.run();
