/** The report of a run: what its page says, in which order. */
import { stringify } from "yaml";
import { entryOf } from "../../engine/entry.js";
import { totalWeight } from "../../flows/training/weighted-moments.js";
import { goodnessText, measurement, significant } from "../../inference/plots/index.js";
import { nuisanceNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { type CovarianceSummary, labelText } from "../likelihood/covariance-summary.js";
import type { Part } from "../recipes/optional-parts.js";
import { type Picture, reasonOf } from "../store/drawings.js";
import { readVersion } from "../version.js";
import { ensembleTables } from "./ensemble-page.js";
import {
  figure,
  type MissingPart,
  nuisanceTable,
  type Report,
  type ReportFigure,
  type ReportTable,
  table,
  yieldTable,
} from "./html.js";
import { DEFINITIONS } from "./impact-pictures.js";
import { featureLabel, goodnessOf } from "./pictures.js";
import type { Outcome } from "./results.js";

/** σ of each fit that has them, side by side. */
function fitTable(context: RunContext, { fitted, best }: Outcome): ReportTable {
  const { configuration } = context.analysis;
  const withErrors = Object.values(fitted.fits).filter(({ summary }) => summary.sigma !== null);
  return nuisanceTable(
    withErrors.map(({ label, summary }) =>
      summary.transport === "none" || summary === fitted.fits.averaged?.summary ? label : labelText(summary),
    ),
    nuisanceNames(configuration).map((name, k) => ({
      name: configuration.nuisances[name]!.label ?? name,
      estimate: best.summary.estimate[k]!,
      sigmas: withErrors.map(({ summary }) => summary.sigma![k]!),
      truth: entryOf(configuration.truth, name),
    })),
  );
}

/** Names in tables and pictures. */
function labelsOf({ analysis: { configuration } }: RunContext): string[] {
  return nuisanceNames(configuration).map((name) => configuration.nuisances[name]!.label ?? name);
}

function estimateTable(context: RunContext, { fitted }: Outcome): ReportTable {
  const names = labelsOf(context);
  return {
    caption: "Every fit",
    columns: ["fit", ...names, "−ln L", "verdict"],
    rows: Object.values(fitted.fits).map(({ label, summary }) => [
      label,
      ...summary.estimate.map((value) => significant(value, 4)),
      summary.nll === null ? undefined : summary.nll.toFixed(3),
      summary.status,
    ]),
  };
}

function modeTable(context: RunContext, { best }: Outcome): ReportTable {
  const names = labelsOf(context);
  return {
    caption: `Principal modes of the covariance (${labelText(best.summary)}), in prior standard deviations`,
    columns: ["mode", "σ", ...names],
    rows: best.summary.modes.map(({ sigma, direction }, k) => [`${k + 1}`, sigma, ...direction]),
  };
}

/** Errors by the Hessian and by the scores of the events. */
function crossCheckTables(context: RunContext, { best }: Outcome): ReportTable[] {
  const { crossCheck } = best.summary;
  if (crossCheck === null) return [];
  const { hessianSigma, scoreSigma, scatter } = crossCheck;
  return [
    {
      caption: "Errors by the Hessian, and by the scores of the events",
      columns: ["nuisance", "σ, Hessian", "σ, scores", "ratio"],
      rows: labelsOf(context).map((name, k) => [
        name,
        significant(hessianSigma[k]!, 3),
        significant(scoreSigma[k]!, 3),
        measurement(hessianSigma[k]! / scoreSigma[k]!, scatter[k]!),
      ]),
    },
  ];
}

function closureTable({ closure }: Outcome): ReportTable {
  return {
    caption: "Closure on held-out simulation",
    columns: ["density", "tests", "probability of the worst", "verdict"],
    rows: closure.verdicts.map(({ of, part, tests, pValue, passed }) => [
      `${of === "x" ? "p(x)" : "p(y | x)"}, ${part}`,
      tests,
      significant(pValue, 2),
      passed ? "passed" : "failed",
    ]),
  };
}

/** What the fit should have measured with the model as it is: bounds of an error with T profiled. */
function sensitivityTables(context: RunContext, { sensitivity, best }: Outcome): ReportTable[] {
  const kinds = [
    ["x alone", sensitivity?.xAlone],
    ["T profiled", sensitivity?.profiled],
    ["T known", sensitivity?.transferKnown],
  ] as const;
  const known = kinds.flatMap(([label, found]) =>
    found?.covariance.status === "positive-definite" ? [{ label, sigma: found.covariance.sigma }] : [],
  );
  if (known.length === 0) return [];
  return [
    {
      caption: "Errors expected of the model at the fit, and those found",
      columns: ["nuisance", ...known.map(({ label }) => `expected, ${label}`), "found"],
      rows: labelsOf(context).map((name, k) => [
        name,
        ...known.map(({ sigma }) => significant(sigma[k]!, 3)),
        best.summary.sigma === null ? undefined : significant(best.summary.sigma[k]!, 3),
      ]),
    },
  ];
}

function projectionTable(context: RunContext, { projections }: Outcome): ReportTable {
  const text = (result: Parameters<typeof goodnessOf>[0]) => {
    const goodness = goodnessOf(result);
    return goodness && goodnessText(goodness);
  };
  return {
    caption: "Projections of the data",
    columns: ["feature", "before the fit", "after the fit"],
    rows: projections.projections.map(({ of, feature, predictions }) => [
      featureLabel(context, of, feature),
      text(predictions[0]!.result),
      text(predictions[1]!.result),
    ]),
  };
}

/** What the label of every error means. */
const ESTIMATORS: Readonly<Record<CovarianceSummary["estimator"], string>> = {
  "inverse Hessian": "Errors are those of the inverse Hessian of −ln L, from exact second derivatives.",
  "finite-difference Hessian":
    "Errors are those of the inverse Hessian of −ln L, from its exact slopes a standard deviation to either side of the " +
    "minimum: densities of splines have kinks, which second derivatives do not see.",
  sandwich: "Errors are those of the sandwich H⁻¹JH⁻¹ for weighted events.",
};

/** The tables as far as they can be made; each that cannot is a warning. */
function tablesOf(
  warn: (text: string) => void,
  what: string,
  make: () => ReportTable[],
): (ReportTable | MissingPart)[] {
  try {
    const made = make();
    for (const own of made) table(own);
    return made;
  } catch (error) {
    const problem = reasonOf(error);
    warn(`${what} of the report: left out, as it cannot be made: ${problem}`);
    return [{ missing: what, problem }];
  }
}

const isMissing = (part: object): part is MissingPart => "missing" in part;
const isThere = <T extends object>(part: T | MissingPart): part is T => !isMissing(part);

/** A picture for the page, or why there is none. */
function figureOf(picture: Picture, caption: string): ReportFigure | MissingPart {
  const missing = (problem: string) => ({ missing: `the picture ${picture.name}`, problem });
  if ("problem" in picture) return missing(picture.problem);
  try {
    const own = { svg: picture.svg, caption };
    figure(own);
    return own;
  } catch (error) {
    return missing(reasonOf(error));
  }
}

export function reportOf(context: RunContext, outcome: Outcome, pictures: readonly Picture[]): Report {
  const { configuration } = context.analysis;
  const { data } = context.events;
  const figures = (prefix: string, caption: string) =>
    pictures.flatMap((picture) => (picture.name.startsWith(prefix) ? [figureOf(picture, caption)] : []));
  const tables = (what: string, make: () => ReportTable[]) => tablesOf(context.warn, what, make);
  const lost = (...parts: readonly Part[]): MissingPart[] =>
    parts.flatMap((part) => {
      const problem = outcome.missing.get(part);
      return problem === undefined ? [] : [{ missing: `"${part}"`, problem }];
    });
  const section = (
    heading: string,
    text: string,
    own: (ReportFigure | MissingPart)[],
    below: (ReportTable | MissingPart)[] = [],
  ) => {
    const missing = [...own, ...below].filter(isMissing);
    const [shown, told] = [own.filter(isThere), below.filter(isThere)];
    return own.length + below.length === 0 ? [] : [{ heading, text, figures: shown, tables: told, missing }];
  };
  const top = [
    ...tables("the table of nuisances", () => [fitTable(context, outcome)]),
    ...lost("Yields"),
    ...tables("the table of yields", () =>
      outcome.yields.length === 0 ? [] : [yieldTable(outcome.yields, totalWeight(data))],
    ),
  ];
  const { best } = outcome;
  return {
    title: configuration.name,
    version: readVersion(),
    seed: configuration.seed,
    warnings: outcome.warnings,
    tables: top.filter(isThere),
    missing: top.filter(isMissing),
    sections: [
      ...section(
        "Fit",
        `${best.label}: ${best.summary.reason}\n\nN = ${data.count} events` +
          (data.weights === undefined
            ? "."
            : `, worth ${significant(best.summary.effectiveEvents, 6)} unweighted ones.`) +
          `\n\n${ESTIMATORS[best.summary.estimator]} Where the ` +
          "model describes the data, the scores of the events give the same errors up to scatter.",
        [...figures("nuisances", "Estimates with one standard deviation."), ...figures("correlation", "")],
        [
          ...tables("the table of fits", () => [estimateTable(context, outcome)]),
          ...lost("Expected errors"),
          ...tables("the table of expected errors", () => sensitivityTables(context, outcome)),
          ...tables("the table of errors by the scores", () => crossCheckTables(context, outcome)),
          ...tables("the table of modes", () => [modeTable(context, outcome)]),
        ],
      ),
      ...section(
        "Ensemble",
        "Step 1 again with Poisson-bootstrap weights: its spread is what the fluctuation of the data does to T and ν. The likelihoods " +
          "of the data with the T of each replica (where T answers to ν, y counts as often as in the replica) are averaged, each measured " +
          "from its own minimum; the error of the average adds the curvature that the members' different slopes take away (between) to that of a typical member (within).",
        figures("replicas", "Replicas with the 68% and 95% ellipses of the fit and of the average."),
        tables("the tables of the ensemble", () => ensembleTables(outcome, labelsOf(context))),
      ),
      ...section(
        "Likelihood scans",
        "−2Δ ln L around the best fit, all other nuisances profiled; in two dimensions at 2.30 and 6.18 (68% and 95%), with " +
          "the parabola and the ellipse that the Hessian says it should be.",
        figures("scan", ""),
        lost("Likelihood scans"),
      ),
      ...section(
        "Impacts",
        `What the estimate owes to each source, by definition. ${configuration.impacts.definitions
          .map((name) => `${name}: ${DEFINITIONS[name as keyof typeof DEFINITIONS]}.`)
          .join(
            " ",
          )} Regions are quantiles of one feature of the data each; an event counts for a process by the probability ` +
          "that it is one. Every number, also those on the nuisances, is in results.json.",
        figures("impact", ""),
        lost("Impacts"),
      ),
      ...section(
        "Data before and after the fit",
        "Before: nominal simulation, T the identity. After: simulation at the fitted nuisances, moved by the inverse of the fitted T. " +
          "What lies outside is in the first and last bins.",
        figures("projections", ""),
        [
          ...lost("Data before and after the fit", "Bands of the projections"),
          ...tables("the table of projections", () =>
            outcome.projections.projections.length === 0 ? [] : [projectionTable(context, outcome)],
          ),
        ],
      ),
      ...section(
        "Distribution of interest",
        "Where T moves an event at the fit, and how that changes when the nuisances move by one standard deviation along each " +
          "mode, by process, at the mean x of the process. With an ensemble: mean and standard deviation over the replicas, each " +
          "responding from its own ν; small along the modes, as all share one response. arrays.npz has them too.",
        [
          ...figures("displacement", "T(y) − y at the best fit."),
          ...figures("pulls", "T at ν̂ ± σ_k e_k less T at ν̂, for each mode k."),
        ],
        lost("Distribution of interest"),
      ),
      ...section(
        "Closure",
        "The trained densities against simulation they have not seen, before any fit: nominal and at every anchor. x is drawn " +
          "from p(x), y from p(y | x) at the held-out x. A verdict fails where the worst of its tests has a probability below 0.001.",
        figures("closure", ""),
        [
          ...lost("Closure"),
          ...tables("the table of closure", () => (outcome.closure.tests.length === 0 ? [] : [closureTable(outcome)])),
        ],
      ),
      ...section(
        "Trainings",
        "",
        figures(
          "losses",
          "Mean over the steps of an epoch; on held-out simulation where the events are not drawn afresh.",
        ),
      ),
    ],
    configuration: stringify(configuration),
  };
}
