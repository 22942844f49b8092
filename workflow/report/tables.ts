/** The tables of the report, save those of the ensemble. */
import { entryOf } from "../../engine/entry.js";
import { fixed, goodnessText, measurement, significant } from "../../inference/plots/index.js";
import { nuisanceNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { labelText } from "../likelihood/covariance-summary.js";
import type { Outcome, YieldRow } from "../recipes/outcome.js";
import { unconvergedOf } from "../training-verdict.js";
import { sideText } from "./acceptance-text.js";
import { featureRows, tailText } from "./feature-text.js";
import type { ReportTable } from "./html.js";
import { featureLabel, goodnessOf, nuisanceLabels } from "./labels.js";
import { partsOfBest } from "./simulation-text.js";

/** Yields by process before and after the fit, with their sums. */
export function yieldTable(processes: readonly YieldRow[], nObserved: number): ReportTable {
  const sum = (of: (row: YieldRow) => number) =>
    fixed(
      processes.reduce((total, row) => total + of(row), 0),
      1,
    );
  const rows = processes.map(({ name, before, after, sigma }) => [
    name,
    fixed(before, 1),
    sigma === undefined ? fixed(after, 1) : measurement(after, sigma),
  ]);
  return {
    caption: "Events by process",
    columns: ["process", "before the fit", "after the fit"],
    rows: [
      ...rows,
      ["sum", sum((row) => row.before), sum((row) => row.after)],
      ["observed", undefined, fixed(nObserved, 1)],
    ],
  };
}

/** How features enter the densities, where one is transformed. */
export function featureTables({ analysis }: RunContext, { fitted }: Outcome): ReportTable[] {
  const rows = featureRows(analysis, fitted.model.frame);
  if (rows.length === 0) return [];
  return [
    {
      caption:
        "Transformations of the features, in which their densities are learnt; tails and edges of the support, which continue the nominal simulation",
      columns: ["feature", "transform", "below", "above"],
      rows: rows.map(({ feature, transform, lower, upper }) => [feature, transform, tailText(lower), tailText(upper)]),
    },
  ];
}

/** How the yields follow the shape nuisances, where they do. */
export function acceptanceTables({ analysis }: RunContext, { acceptance }: Outcome): ReportTable[] {
  if (acceptance.length === 0) return [];
  const { nuisances } = analysis.configuration;
  return [
    {
      caption:
        "Yields over nominal yields, one standard deviation above and below the nominal value, from sums of weights of samples, with " +
        "Monte Carlo errors",
      columns: ["process", "nuisance", "yield at +1", "yield at −1"],
      rows: acceptance.map(({ nuisance, process, up, down }) => [
        process,
        nuisances[nuisance]!.label ?? nuisance,
        sideText(up),
        sideText(down),
      ]),
    },
  ];
}

/** One nuisance with its standard deviations under several treatments, in prior standard deviations. */
export interface NuisanceRow {
  readonly name: string;
  readonly estimate: number;
  /** in the order of the table's `sigmaLabels` */
  readonly sigmas: readonly number[];
  readonly truth?: number | undefined;
}

/**
 * Estimates with every σ labelled by what is fixed: `sigmaLabels` such as "T fixed", "T profiled".
 *
 * @param caption  whose estimates they are, and what σ comes from
 */
export function nuisanceTable(
  caption: string,
  sigmaLabels: readonly string[],
  nuisances: readonly NuisanceRow[],
): ReportTable {
  const knowsTruth = nuisances.some(({ truth }) => truth !== undefined);
  return {
    caption: `${caption}, in prior standard deviations`,
    columns: ["nuisance", "estimate", ...sigmaLabels.map((label) => `σ, ${label}`), ...(knowsTruth ? ["truth"] : [])],
    rows: nuisances.map(({ name, estimate, sigmas, truth }) => [
      name,
      fixed(estimate, 4),
      ...sigmas.map((sigma) => significant(sigma, 3)),
      ...(knowsTruth ? [truth] : []),
    ]),
  };
}

/** "fit with T fixed" as the head of a narrow column: "T fixed" */
const shortLabel = (label: string) => label.replace(/^fit (?:of|with) /, "");

/** Estimates of the fit that gives the result, and σ of each fit that has them, side by side. */
export function fitTable(context: RunContext, outcome: Outcome): ReportTable {
  const { fitted, best } = outcome;
  const { configuration } = context.analysis;
  const parts = partsOfBest(outcome);
  const labels = nuisanceLabels(context);
  const withErrors = Object.values(fitted.fits).filter(({ summary }) => summary.sigma !== null);
  const estimators = [...new Set(withErrors.map(({ summary }) => summary.estimator))];
  // Said once where it is the same for all: the heads of the columns stay short.
  const ofAll = estimators.length === 1 ? ` (${estimators[0]})` : "";
  return nuisanceTable(
    `Nuisances: estimates of the ${best.label}, σ of every fit${ofAll}`,
    [
      ...withErrors.map(({ label, summary }) =>
        ofAll === "" ? `${shortLabel(label)}, ${summary.estimator}` : shortLabel(label),
      ),
      ...parts.map(({ label }) => label),
    ],
    nuisanceNames(configuration).map((name, k) => ({
      name: labels[k]!,
      estimate: best.summary.estimate[k]!,
      sigmas: [...withErrors.map(({ summary }) => summary.sigma![k]!), ...parts.map(({ sigma }) => sigma[k]!)],
      truth: entryOf(configuration.truth, name),
    })),
  );
}

export function estimateTable(context: RunContext, { fitted, verdicts }: Outcome): ReportTable {
  const names = nuisanceLabels(context);
  const average = fitted.fits.averaged ? " (that of the average counts from the minima of the replicas)" : "";
  return {
    caption: `Estimates and −ln L of every fit${average}`,
    columns: ["fit", ...names, "−ln L", "status"],
    rows: Object.entries(fitted.fits).map(([name, { label, summary }]) => [
      label,
      ...summary.estimate.map((value) => significant(value, 4)),
      summary.nll === null ? undefined : summary.nll.toFixed(3),
      unconvergedOf(name, verdicts).length === 0 ? summary.status : `${summary.status}, its trainings did not`,
    ]),
  };
}

export function modeTable(context: RunContext, { best }: Outcome): ReportTable {
  const names = nuisanceLabels(context);
  return {
    caption: `Principal modes of the covariance (${labelText(best.summary)}), in prior standard deviations`,
    columns: ["mode", "σ", ...names],
    rows: best.summary.modes.map(({ sigma, direction }, k) => [`${k + 1}`, sigma, ...direction]),
  };
}

/** Errors by the Hessian and by the outer product of the gradients of the events. */
export function crossCheckTables(context: RunContext, { best }: Outcome): ReportTable[] {
  const { crossCheck } = best.summary;
  if (crossCheck === null) return [];
  const { hessianSigma, scoreSigma, scatter } = crossCheck;
  return [
    {
      caption: "Errors from the Hessian and from the outer product of gradients (BHHH)",
      columns: ["nuisance", "σ, Hessian", "σ, BHHH", "ratio"],
      rows: nuisanceLabels(context).map((name, k) => [
        name,
        significant(hessianSigma[k]!, 3),
        significant(scoreSigma[k]!, 3),
        measurement(hessianSigma[k]! / scoreSigma[k]!, scatter[k]!),
      ]),
    },
  ];
}

/** How every training ended, and what it would have gained if it had gone on. */
export function trainingTable({ trainings }: Pick<Outcome, "trainings">): ReportTable {
  return {
    caption: "Trainings, with what further training would gain (nats per event)",
    columns: ["training", "epochs", "kept", "loss", "convergence", "gain of further training"],
    rows: trainings.map(({ label, summary: { history, keptEpoch, convergence } }) => {
      const { status, gain, gainError } = convergence;
      const last = history.at(-1);
      return [
        label,
        `${history.length}`,
        `${keptEpoch}`,
        last && fixed(last.validationLoss ?? last.trainingLoss, 5),
        status,
        gain === null ? undefined : `${significant(gain, 2)} ± ${significant(gainError ?? 0, 2)}`,
      ];
    }),
  };
}

/** The events that move the estimates most, by one Newton step. */
export function influenceTables(context: RunContext, { influence }: Outcome): ReportTable[] {
  const names = nuisanceLabels(context);
  const rows = influence.flatMap(({ events }, k) =>
    events.map(({ row, values, shift }) => [
      names[k]!,
      `${row}`,
      Object.entries(values)
        .map(([name, value]) => `${name} = ${significant(value, 4)}`)
        .join(", "),
      significant(shift, 2),
    ]),
  );
  if (rows.length === 0) return [];
  return [
    {
      caption:
        "The events with the largest influence on each estimate: what each of them adds to it, in standard deviations",
      columns: ["nuisance", "row (from 0)", "event", "shift"],
      rows,
    },
  ];
}

/** What the fit should have measured with the model as it is: bounds of an error with T profiled. */
export function sensitivityTables(context: RunContext, { sensitivity, best }: Outcome): ReportTable[] {
  const kinds = [
    ["x alone", sensitivity?.xAlone],
    ["T profiled", sensitivity?.profiled],
    ["T known", sensitivity?.transportKnown],
  ] as const;
  const known = kinds.flatMap(([label, found]) =>
    found?.covariance.status === "positive-definite" ? [{ label, sigma: found.covariance.sigma }] : [],
  );
  if (known.length === 0) return [];
  return [
    {
      caption: "Errors expected from the model at the fit, and errors of the fit",
      columns: ["nuisance", ...known.map(({ label }) => `expected, ${label}`), "fit"],
      rows: nuisanceLabels(context).map((name, k) => [
        name,
        ...known.map(({ sigma }) => significant(sigma[k]!, 3)),
        best.summary.sigma === null ? undefined : significant(best.summary.sigma[k]!, 3),
      ]),
    },
  ];
}

export function projectionTable(context: RunContext, { projections }: Outcome): ReportTable {
  const text = (result: Parameters<typeof goodnessOf>[0]) => {
    const goodness = goodnessOf(result);
    return goodness && goodnessText(goodness);
  };
  return {
    caption: "Data and prediction, feature by feature",
    columns: ["feature", "before the fit", "after the fit", "after the fit, quartiles and tails"],
    rows: projections.projections.map(({ of, feature, predictions, quantiles }) => [
      featureLabel(context, of, feature),
      text(predictions[0]!.result),
      text(predictions[1]!.result),
      text(quantiles.result),
    ]),
  };
}
