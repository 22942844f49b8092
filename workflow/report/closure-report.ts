/** What a run says of closure: tables, and entries of results.json. */

import type { ClosureVerdict } from "../../inference/model/predictions/closure.js";
import type { BiasTest } from "../../inference/model/predictions/score-closure.js";
import { significant } from "../../inference/plots/index.js";
import { featureLabel, nuisanceNames, processNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import type { Outcome } from "../recipes/outcome.js";
import { describePoint, describeTest, missedPart } from "../steps/closure.js";
import type { BiasOf } from "../steps/score-closure.js";
import type { ReportTable } from "./html.js";
import { goodnessOf, nuisanceLabels } from "./labels.js";

const verdictText = ({ passed }: { readonly passed: boolean }) => (passed ? "passed" : "failed");

const partText = ({ of, part }: ClosureVerdict) =>
  `${of === "x" ? "p(x)" : "p(y | x)"}, ${part === "nominal" ? "nominal" : "its morph"}`;

/** √λ, 0 where the estimate of λ is negative: in standard deviations. */
const inSigmas = (lambda: number) => Math.sqrt(Math.max(0, lambda));

const percent = (part: number | undefined) => part && `${Math.round(100 * part)}%`;

export function closureTables(context: RunContext, { closure, biases }: Outcome): ReportTable[] {
  return [
    ...biases.map((own) => biasTable(context, own)),
    ...(closure.verdicts.length === 0 ? [] : [testTable(context, closure.verdicts)]),
  ];
}

function testTable(context: RunContext, verdicts: readonly ClosureVerdict[]): ReportTable {
  return {
    caption:
      "Tests of the densities, one feature or two at a time. The difference is that of the worst test in standard deviations of the data: no " +
      "estimate is moved by more than so many of its own. What a morph misses is the part of what the nuisance does to these features",
    columns: ["density", "tests", "worst test", "p-value", "difference", "missed", "verdict"],
    rows: verdicts.map((own) => [
      partText(own),
      own.tests,
      describeTest(context, own.worst),
      significant(own.pValue, 2),
      significant(inSigmas(own.worst.difference.lambda), 2),
      percent(missedPart(own.worst)),
      verdictText(own),
    ]),
  };
}

/** One row for each nuisance: at the nominal point, and where the bias is the least probable by chance. */
function biasTable(context: RunContext, { of, estimates, verdict }: BiasOf): ReportTable {
  const labels = nuisanceLabels(context);
  const text = (test: BiasTest | undefined) => test && `${test.bias.toFixed(2)} ± ${test.error.toFixed(2)}`;
  const rows = labels.map((label, k) => {
    const own = verdict.tests.filter(({ nuisance }) => nuisance === k);
    const worst = own.reduce((a, b) => (b.pValue < a.pValue ? b : a));
    const nominal = own.find(({ point }) => describePoint(context, estimates[point]!.at) === "nominal");
    const { visible } = verdict;
    return [
      label,
      text(nominal),
      text(worst),
      describePoint(context, estimates[worst.point]!.at),
      `${significant(visible[k]!, 2)}`,
    ];
  });
  return {
    caption:
      `Closure by scores of ${of}, ${verdictText(verdict)}: how far the estimates of data as simulated lie from the truth, in the standard ` +
      "deviations of the estimates, with the error by the number of simulated events; at the nominal point, and at the point where the " +
      "bias is the clearest. Smaller biases than in the last column may be missed: more simulation shows them",
    columns: ["nuisance", "nominal", "clearest", "at", "visible from"],
    rows,
  };
}

/** The entry of results.json. */
export function closureResults(context: RunContext, { closure, biases }: Outcome) {
  const { configuration } = context.analysis;
  const labelsOf = (features: ClosureVerdict["worst"]["features"]) =>
    features.map(({ of, feature }) => featureLabel(context.analysis, of, feature));
  return {
    verdicts: closure.verdicts.map(({ of, part, tests, worst, pValue, passed }) => ({
      of,
      part,
      tests,
      worst: describeTest(context, worst),
      pValue,
      lambda: worst.difference.lambda,
      passed,
    })),
    tests: closure.tests.map(({ of, part, process, at, features, result, difference, variation }) => ({
      of,
      part,
      features: labelsOf(features),
      process: processNames(configuration)[process],
      at,
      ...goodnessOf(result),
      lambda: difference.lambda,
      lambdaError: difference.error,
      ...(variation && { variation: variation.lambda }),
    })),
    biases: biases.map(({ of, estimates, verdict }) => ({
      of,
      nuisances: nuisanceNames(configuration),
      passed: verdict.passed,
      visible: verdict.visible,
      points: estimates.map(({ at, events }, i) => {
        const own = verdict.tests.filter(({ point }) => point === i);
        return { at, events, bias: own.map(({ bias }) => bias), error: own.map(({ error }) => error) };
      }),
    })),
  };
}
