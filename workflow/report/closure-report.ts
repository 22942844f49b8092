/** What a run says of closure: tables, and entries of results.json. */

import { type ClosureVerdict, visibleDifference } from "../../inference/model/predictions/closure-verdicts.js";
import type { BiasTest } from "../../inference/model/predictions/score-closure.js";
import { fixed, significant } from "../../inference/plots/index.js";
import { featureLabel, nuisanceNames, processNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import type { Outcome } from "../recipes/outcome.js";
import { describePoint, describeTest, missedPart } from "../steps/closure.js";
import type { BiasOf } from "../steps/score-closure.js";
import type { ReportTable } from "./html.js";
import { goodnessOf, nuisanceLabels } from "./labels.js";

const passedText = ({ passed }: { readonly passed: boolean }) => (passed ? "passed" : "failed");

const partText = ({ of, part, by }: ClosureVerdict) =>
  `${of === "x" ? "p(x)" : "p(y | x)"}, ${part === "nominal" ? "nominal" : "its morph"}` +
  (by === "classifier" ? "; all features, by a classifier" : "");

/** √λ, 0 where the estimate of λ is negative: in standard deviations. */
const inSigmas = (lambda: number) => Math.sqrt(Math.max(0, lambda));

const percent = (part: number | undefined) => (part === undefined ? undefined : `${Math.round(100 * part)}%`);

export function closureTables(
  context: RunContext,
  { closure, biases }: Pick<Outcome, "closure" | "biases">,
): ReportTable[] {
  return [
    ...biases.map((own) => biasTable(context, own)),
    ...(closure.verdicts.length === 0 ? [] : [testTable(context, closure.verdicts)]),
  ];
}

function testTable(context: RunContext, verdicts: readonly ClosureVerdict[]): ReportTable {
  return {
    caption:
      "Tests of the densities, one feature or two at a time, and three or more together by a classifier. The difference is that of the worst test in " +
      "standard deviations of the data: no estimate is moved by more than so many of its own. Smaller ones than in the sixth column may be " +
      "missed by that test. What a morph misses is the part of what the nuisance does to these features",
    columns: ["density", "tests", "worst test", "p-value", "difference", "visible from", "missed", "verdict"],
    rows: verdicts.map((own) => [
      partText(own),
      own.tests,
      describeTest(context, own.worst),
      significant(own.pValue, 2),
      significant(inSigmas(own.worst.difference.lambda), 2),
      significant(visibleDifference(own.worst, own.tests), 2),
      percent(missedPart(own.worst)),
      passedText(own),
    ]),
  };
}

/** One row for each nuisance: at the estimate, at the nominal point, and where the bias is the least probable by chance. */
function biasTable(context: RunContext, { of, estimates, verdict }: BiasOf): ReportTable {
  const text = ({ bias, error }: BiasTest) => `${fixed(bias, 2)} ± ${fixed(error, 2)}`;
  const rows = nuisanceLabels(context).map((label, k) => {
    const own = verdict.points.map((tests, i) => ({ ...tests[k]!, at: describePoint(context, estimates[i]!.at) }));
    const clearest = own.reduce((a, b) => (b.pValue < a.pValue ? b : a));
    const nominal = own.find(({ at }) => at === "nominal")!;
    return [
      label,
      text(verdict.fit[k]!),
      significant(verdict.visible[k]!, 2),
      text(nominal),
      text(clearest),
      clearest.at,
    ];
  });
  return {
    caption:
      `Closure by scores of ${of}, ${passedText(verdict)}: how far densities that do not describe simulation move the estimates, in their ` +
      "standard deviations, with the error by the number of simulated events; at the estimate of this fit, and for data as simulated at " +
      "the nominal point and at the point where it is the clearest. Smaller shifts than in the third column may be missed",
    columns: ["nuisance", "at the estimate", "visible from", "nominal", "clearest", "at"],
    rows,
  };
}

/** The entry of results.json. */
export function closureResults(context: RunContext, { closure, biases }: Pick<Outcome, "closure" | "biases">) {
  const { configuration } = context.analysis;
  const labelsOf = (features: ClosureVerdict["worst"]["features"]) =>
    features.map(({ of, feature }) => featureLabel(context.analysis, of, feature));
  return {
    verdicts: closure.verdicts.map(({ of, part, by, tests, worst, pValue, passed }) => ({
      of,
      part,
      by,
      tests,
      worst: describeTest(context, worst),
      pValue,
      lambda: worst.difference.lambda,
      visible: visibleDifference(worst, tests),
      passed,
    })),
    tests: closure.tests.map((test) => {
      const { of, part, by, process, at, features, result, difference, variation } = test;
      // One without bins is in no verdict.
      const verdict =
        result.pValue !== undefined &&
        closure.verdicts.find((own) => own.of === of && own.part === part && own.by === by);
      return {
        of,
        part,
        by,
        features: labelsOf(features),
        process: processNames(configuration)[process],
        at,
        ...goodnessOf(result),
        lambda: difference.lambda,
        lambdaError: difference.error,
        ...(verdict && { visible: visibleDifference(test, verdict.tests) }),
        ...(variation && { variation: variation.lambda }),
      };
    }),
    biases: biases.map(({ of, estimates, verdict }) => ({
      of,
      nuisances: nuisanceNames(configuration),
      passed: verdict.passed,
      visible: verdict.visible,
      bias: verdict.fit.map(({ bias }) => bias),
      error: verdict.fit.map(({ error }) => error),
      points: estimates.map(({ at, events }, i) => ({
        at,
        events,
        bias: verdict.points[i]!.map(({ bias }) => bias),
        error: verdict.points[i]!.map(({ error }) => error),
      })),
    })),
  };
}
