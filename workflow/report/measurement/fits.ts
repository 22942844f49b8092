/** What the fits leave: the model, estimates and errors, and the first section of the report. */
import { significant } from "../../../inference/plots/index.js";
import type { RunContext } from "../../context.js";
import { leftOutText } from "../../events/selection.js";
import type { CovarianceSummary } from "../../likelihood/covariance-summary.js";
import type { Outcome } from "../../recipes/outcome.js";
import { MODEL_FILE, saveModel } from "../../store/model-files.js";
import { modelRecord } from "../../store/model-record.js";
import { unconvergedOf, unconvergedText } from "../../training-verdict.js";
import { cutFlowTables } from "../cut-flow-tables.js";
import { resultSentence } from "../first-screen.js";
import { type Numbers, type PagePart, tables } from "../leaves.js";
import { nuisancePictures } from "../pictures.js";
import { errorParts } from "../simulation-text.js";
import { estimateTable, fitTable } from "../tables.js";

/** What the label of every error means. */
const ESTIMATORS: Readonly<Record<CovarianceSummary["estimator"], string>> = {
  "inverse Hessian": "Errors come from the inverse of the Hessian of −ln L, made of exact second derivatives.",
  "finite-difference Hessian":
    "Errors come from the inverse of the Hessian of −ln L. The Hessian is made of differences of exact gradients, one standard " +
    "deviation to either side of the minimum: densities of splines have kinks, which second derivatives do not see.",
  "differences and outer product of gradients":
    "Errors come from the mean of two estimates of the information: the Hessian of −ln L, made of differences of exact gradients one " +
    "standard deviation to either side of the minimum, and the outer product of the events' gradients (BHHH). The noise of the " +
    "trained densities is taken out.",
  sandwich: "The events have weights: errors come from the sandwich estimator H⁻¹JH⁻¹.",
};

/** Of the section that the fits and their errors share. */
export const HEADING = "Fit";

type Fits = Pick<Outcome, "fitted" | "best" | "simulationErrors" | "verdicts">;

export const fitNumbers = (
  { analysis: { configuration }, simulation }: RunContext,
  { fitted, best, simulationErrors, verdicts }: Fits,
) =>
  ({
    results: {
      result: best.label,
      fits: Object.fromEntries(
        Object.entries(fitted.fits).map(([name, fit]) => [
          name,
          {
            label: fit.label,
            ...fit.summary,
            ...errorParts(simulationErrors, name),
            unconverged: unconvergedOf(name, verdicts),
          },
        ]),
      ),
    },
    files: [
      {
        name: MODEL_FILE,
        write: (folder) => saveModel(folder, fitted.model, modelRecord(configuration, simulation.kept)),
      },
    ],
  }) satisfies Numbers;

/** Of the result, whether trainings that it rests on did not converge. */
function restsOn({ fitted, best, verdicts }: Fits): string {
  const name = Object.entries(fitted.fits).find(([, fit]) => fit === best)?.[0];
  const text = name === undefined ? "" : unconvergedText(name, verdicts);
  return text === "" ? "" : ` ${text}`;
}

function fitText({ events: { data } }: RunContext, outcome: Fits & Pick<Outcome, "leftOut">): string {
  const { summary, label } = outcome.best;
  const worth =
    data.weights === undefined
      ? "."
      : `. Their weights make them worth ${significant(summary.effectiveEvents, 6)} events of weight 1.`;
  // The table of cut flows has the conditions.
  const left = outcome.leftOut.flatMap((own) => (own.isCondition ? [] : [` ${leftOutText(own)}.`])).join("");
  return (
    `The result is the ${label}. ${summary.reason}${restsOn(outcome)}\n\nThe data have ${data.count} events${worth}${left}\n\n` +
    `${errorsText(outcome)} Where the model describes the data, the Hessian and the outer product of the events' gradients (BHHH) give ` +
    "the same errors up to statistical scatter."
  );
}

/** Where errors come from; where fits differ in that, of which fit. */
function errorsText({ fitted }: Pick<Fits, "fitted">): string {
  const summaries = Object.values(fitted.fits).map(({ label, summary }) => [label, summary.estimator] as const);
  const estimators = [...new Set(summaries.map(([, estimator]) => estimator))];
  if (estimators.length === 1) return ESTIMATORS[estimators[0]!];
  const labelsOf = (wanted: string) => summaries.flatMap(([label, own]) => (own === wanted ? [label] : [])).join(", ");
  return estimators.map((own) => `${labelsOf(own)}: ${ESTIMATORS[own]}`).join("\n\n");
}

export const fitPage = (context: RunContext, outcome: Fits & Pick<Outcome, "leftOut" | "cutFlows">): PagePart => ({
  sentence: () => resultSentence(context, outcome),
  pictures: [{ name: "nuisances", drawings: () => nuisancePictures(context, outcome.best.summary) }],
  top: [tables("the table of nuisances", () => [fitTable(context, outcome)])],
  sections: [
    {
      heading: HEADING,
      text: () => fitText(context, outcome),
      figures: [
        ["nuisances", "Estimates with errors of one standard deviation."],
        ["correlation", ""],
      ],
      tables: [
        tables("the table of fits", () => [estimateTable(context, outcome)]),
        tables("the cut flow", () => cutFlowTables(outcome.cutFlows)),
      ],
    },
  ],
});
