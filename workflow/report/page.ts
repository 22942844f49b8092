/** The report of a run: what its page says, in which order. */

import { stringify } from "yaml";
import { totalWeight } from "../../flows/training/weighted-moments.js";
import { sideOf } from "../../inference/model/mixture-model.js";
import { significant } from "../../inference/plots/index.js";
import type { RunContext } from "../context.js";
import { leftOutText } from "../events/selection.js";
import type { CovarianceSummary } from "../likelihood/covariance-summary.js";
import type { OptionalPart } from "../recipes/optional-parts.js";
import type { Outcome } from "../recipes/outcome.js";
import { GOODNESS_LEVEL } from "../steps/goodness-of-fit.js";
import type { Picture } from "../store/drawings.js";
import { unconvergedText } from "../training-verdict.js";
import { errorsOfT } from "../transport-errors.js";
import { readVersion } from "../version.js";
import { closureTables } from "./closure-report.js";
import { ensembleTables } from "./ensemble-tables.js";
import { firstScreen } from "./first-screen.js";
import type { MissingPart, Report, ReportTable } from "./html.js";
import { DEFINITIONS } from "./impact-pictures.js";
import { nuisanceLabels } from "./labels.js";
import { noiseTables } from "./noise-table.js";
import { figureOf, isMissing, isThere, sectionOf, tablesOf } from "./report-parts.js";
import { RESPONSE_WAYS, responseText } from "./response-text.js";
import { simulationText } from "./simulation-text.js";
import {
  acceptanceTables,
  crossCheckTables,
  estimateTable,
  featureTables,
  fitTable,
  influenceTables,
  modeTable,
  projectionTable,
  sensitivityTables,
  trainingTable,
  yieldTable,
} from "./tables.js";

/** What the label of every error means. */
const ESTIMATORS: Readonly<Record<CovarianceSummary["estimator"], string>> = {
  "inverse Hessian": "Errors come from the inverse of the Hessian of −ln L, made of exact second derivatives.",
  "finite-difference Hessian":
    "Errors come from the inverse of the Hessian of −ln L. The Hessian is made of differences of exact gradients, one standard " +
    "deviation to either side of the minimum: densities of splines have kinks, which second derivatives do not see.",
  sandwich: "The events have weights: errors come from the sandwich estimator H⁻¹JH⁻¹.",
};

/** Of the result, whether trainings that it rests on did not converge. */
function restsOn({ fitted, best, verdicts }: Outcome): string {
  const name = Object.entries(fitted.fits).find(([, fit]) => fit === best)?.[0];
  const text = name === undefined ? "" : unconvergedText(name, verdicts);
  return text === "" ? "" : ` ${text}`;
}

function responseParagraph({ best, fitted: { model } }: Outcome): string {
  if (model.response === undefined) return "";
  return `\n\n${[RESPONSE_WAYS[sideOf(model.response)], responseText(best.summary)].filter(Boolean).join(" ")}`;
}

const goodnessText = ({ goodness }: Outcome) =>
  goodness === undefined ? "" : ` Here it is ${significant(goodness.pValue, 2)}, of ${goodness.tests} tests.`;

/** What errors of T, and of what T makes of y, lack. */
function missingText({ analysis }: RunContext, { fitted }: Outcome): string {
  const missing = errorsOfT(analysis.configuration, fitted)?.missing ?? null;
  return missing === null ? "" : `\n\n${missing}`;
}

export function reportOf(context: RunContext, outcome: Outcome, pictures: readonly Picture[]): Report {
  const { configuration } = context.analysis;
  const { data } = context.events;
  const figures = (prefix: string, caption: string) =>
    pictures.flatMap((picture) => (picture.name.startsWith(prefix) ? [figureOf(picture, caption)] : []));
  const tables = (what: string, make: () => ReportTable[]) => tablesOf(context.warn, what, make);
  const lost = (...parts: readonly OptionalPart[]): MissingPart[] =>
    parts.flatMap((part) => {
      const problem = outcome.missing.get(part);
      return problem === undefined ? [] : [{ missing: `"${part}"`, problem }];
    });
  const top = [
    ...tables("the table of nuisances", () => [fitTable(context, outcome)]),
    ...lost("Errors from the simulation", "Yields"),
    ...tables("the table of yields", () =>
      outcome.yields.length === 0 ? [] : [yieldTable(outcome.yields, totalWeight(data))],
    ),
    ...tables("the table of transformations", () => featureTables(context, outcome)),
    ...tables("the table of acceptances", () => acceptanceTables(context, outcome)),
    ...tables("the table of information", () => noiseTables(context, outcome.noise)),
  ];
  const { best } = outcome;
  return {
    title: configuration.name,
    version: readVersion(),
    seed: configuration.seed,
    ...firstScreen(context, outcome),
    tables: top.filter(isThere),
    missing: top.filter(isMissing),
    sections: [
      ...sectionOf(
        "Fit",
        `The result is the ${best.label}. ${best.summary.reason}${restsOn(outcome)}\n\nThe data have ${data.count} events` +
          (data.weights === undefined
            ? "."
            : `. Their weights make them worth ${significant(best.summary.effectiveEvents, 6)} events of weight 1.`) +
          outcome.leftOut.map((own) => ` ${leftOutText(own)}.`).join("") +
          `\n\n${ESTIMATORS[best.summary.estimator]} Where the model describes the data, the outer product of the ` +
          `events' gradients (BHHH) gives the same errors up to statistical scatter.${simulationText(context, outcome)}${responseParagraph(outcome)}`,
        [...figures("nuisances", "Estimates with errors of one standard deviation."), ...figures("correlation", "")],
        [
          ...tables("the table of fits", () => [estimateTable(context, outcome)]),
          ...lost("Expected errors"),
          ...tables("the table of expected errors", () => sensitivityTables(context, outcome)),
          ...tables("the table of errors by the scores", () => crossCheckTables(context, outcome)),
          ...tables("the table of modes", () => [modeTable(context, outcome)]),
          ...tables("the table of influential events", () => influenceTables(context, outcome)),
        ],
      ),
      ...sectionOf(
        "Ensemble",
        "Each replica repeats step 1, the fit of T and ν, with Poisson-bootstrap weights of the events. The spread of the replicas " +
          "shows what the statistical fluctuation of the data does to T and ν.\n\nThe T of each replica gives a likelihood of the " +
          "data. Where T responds to ν, y of an event counts as often as in the replica, and x counts once. The average is taken of " +
          "these likelihoods, each counted from its own minimum. Its curvature is the mean curvature of the replicas (within) less " +
          "what the differences between their gradients take away (between).",
        figures("replicas", "Replicas, with the 68% and 95% ellipses of the fit and of the average."),
        tables("the tables of the ensemble", () => ensembleTables(outcome, nuisanceLabels(context))),
      ),
      ...sectionOf(
        "Likelihood scans",
        "The curves show −2Δ ln L around the best fit, with all other nuisances profiled. In two dimensions the contours are at " +
          "2.30 and 6.18 (68% and 95%). The parabola and the ellipse follow from the Hessian at the best fit.",
        figures("scan", ""),
        lost("Likelihood scans"),
      ),
      ...sectionOf(
        "Impacts",
        `The impact of a source is how far the result moves with it. The definitions are: ${configuration.impacts.definitions
          .map((name) => `${name}, ${DEFINITIONS[name as keyof typeof DEFINITIONS]}`)
          .join(
            "; ",
          )}.\n\nA region lies between two quantiles of one feature of the data. An event counts for a process with the ` +
          "probability that it belongs to it. The file results.json has all numbers, also the impacts on the nuisances.",
        figures("impact", ""),
        lost("Impacts"),
      ),
      ...sectionOf(
        "Data before and after the fit",
        "Before the fit, the prediction is the nominal simulation. After the fit, it is the simulation at the fitted nuisances, with y " +
          "moved by the inverse of the fitted T. The first and the last bin contain all events beyond them. Each feature is tested in these " +
          "bins, and in wide ones: quartiles, and tails in which 10, 30, 100 and 300 events are expected. Variances include that of the finite " +
          `simulation. The fit fails where the least p-value of all tests, corrected for their number, is below ${GOODNESS_LEVEL}.${goodnessText(outcome)}${missingText(context, outcome)}`,
        figures("projections", ""),
        [
          ...lost("Data before and after the fit", "Bands of the projections"),
          ...tables("the table of projections", () =>
            outcome.projections.projections.length === 0 ? [] : [projectionTable(context, outcome)],
          ),
        ],
      ),
      ...sectionOf(
        "Distribution of interest",
        "T moves y of an event to T(y). The pictures show T(y) − y at the best fit, and how it changes when the nuisances move by one " +
          "standard deviation along each principal mode, for each process at its mean x. The error of T(y) − y has two parts: what the " +
          "nuisances move, and the statistical error at fixed nuisances, which is the spread of the replicas of an ensemble. Along the " +
          "modes the replicas hardly differ, because all share one response. The file arrays.npz has these numbers." +
          missingText(context, outcome),
        [
          ...figures("displacement", "T(y) − y at the best fit."),
          ...figures(
            "pulls",
            "T(y) at ν̂ ± σₖeₖ minus T(y) at ν̂, for each principal mode k with its direction eₖ and its standard deviation σₖ.",
          ),
        ],
        lost("Distribution of interest"),
      ),
      ...sectionOf(
        "Closure",
        "Do the densities describe simulation, as far as the data can tell? In closure by scores, simulation is weighted to the expected " +
          "numbers of events and stands for infinitely many data at its point; where the densities are right, the fit of such data gives the " +
          "values of the nuisances at which they were simulated. Between these points, shifts of the estimates are interpolated; closure " +
          "fails where they move the estimate of this fit by more than half of its standard deviation, and chance is ruled out. The tests compare nominal simulation with events drawn from p(x) and p(y | x), and simulation " +
          "at other points with nominal simulation that is weighted by the ratio of the densities, for every feature and pair of features, in " +
          "bins of equal content and two of each tail. Where there are three features or more, a small network also learns to tell the two apart by " +
          "all of them together, and events that it has not seen are compared in bins of what it puts out. A test fails where its p-value, corrected for the number of tests, is below 0.001, and " +
          "the difference is more than 5 standard deviations of the data, and for a morph more than a quarter of what the nuisance does. A morph that misses half of that fails from a difference of 1 on.",
        figures("closure", ""),
        [
          ...lost("Closure", "Closure by scores"),
          ...tables("the table of closure", () => closureTables(context, outcome)),
        ],
      ),
      ...sectionOf(
        "Trainings",
        "A training has converged if going on would gain little. To see this, the parameters are moved on along the way that they took in " +
          "the second half of the steps, and the losses of the same events with and without that move are compared. A training whose " +
          "loss is still falling, that diverged, or that had too few steps or events to say is among the warnings where this matters for " +
          "the fit.",
        figures(
          "losses",
          "The training loss is the mean over the steps of an epoch. The validation loss is that of held-out events.",
        ),
        tables("the table of trainings", () => [trainingTable(outcome)]),
      ),
    ],
    configuration: stringify(configuration),
  };
}
