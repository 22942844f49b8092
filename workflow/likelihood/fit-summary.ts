/** The result of a fit of ν, for people and programs. */
import { entryOf } from "../../engine/entry.js";
import type { FitResult } from "../../inference/statistics/fit/fit-result.js";
import { textTable } from "../text-table.js";
import { type CovarianceSummary, labelText } from "./covariance-summary.js";
import type { FitErrors } from "./fit-errors.js";

/** Asymmetric errors: the interval is [estimate + lower, estimate + upper]; null where an end was not found. */
export interface MinosSummary {
  readonly name: string;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Why an end is missing, after the name. */
  readonly problem: string | null;
  /** The lowest point of the profile below the fit, which then is no minimum; absent elsewhere. */
  readonly deeper?: { readonly at: Readonly<Record<string, number>>; readonly deltaTwoNll: number };
}

export interface FitSummary extends CovarianceSummary {
  readonly names: readonly string[];
  readonly status: FitResult["status"];
  readonly reason: string;
  readonly estimate: readonly number[];
  readonly nll: number | null;
  readonly edm: number | null;
  readonly boundary: FitResult["boundary"];
  readonly evaluations: number;
  readonly events: number;
  readonly effectiveEvents: number;
  readonly minos: readonly MinosSummary[] | null;
}

/** "-0.00931 +0.00945" */
const minosText = ({ lower, upper }: MinosSummary) =>
  `${lower?.toFixed(5) ?? "none"} ${upper === null ? "none" : `+${upper.toFixed(5)}`}`;

/** Nothing where every event counts once. */
const effectiveText = ({ events, effectiveEvents }: FitSummary) =>
  effectiveEvents === events ? "" : ` (effective ${effectiveEvents.toPrecision(6)})`;

/**
 * @param truth    values of nuisances where they are known
 * @param nllName  what `nll` is
 * @param errors   with the part of the simulation, where it is known: the pull is then in terms of the total error
 */
export function describeFit(
  summary: FitSummary,
  truth: Readonly<Record<string, number>>,
  nllName = "-ln L",
  errors?: FitErrors,
): string {
  const { names, estimate, sigma, nll, events } = summary;
  const hasTruth = Object.keys(truth).length > 0;
  const header = [
    "nuisance",
    "estimate",
    `sigma (${labelText(summary)})`,
    ...(errors ? [`simulation (${errors.simulation.estimator})`, "total"] : []),
    ...(summary.minos ? ["minos"] : []),
    ...(hasTruth ? ["truth", "pull"] : []),
  ];
  const whole = errors?.total.sigma ?? sigma;
  const rows = names.map((name, k) => {
    const known = entryOf(truth, name);
    const pull = known === undefined || whole === null ? "" : ((estimate[k]! - known) / whole[k]!).toFixed(2);
    return [
      name,
      estimate[k]!.toFixed(5),
      sigma === null ? "none" : sigma[k]!.toFixed(5),
      ...(errors ? [errors.simulation, errors.total].map((part) => part.sigma[k]!.toFixed(5)) : []),
      ...(summary.minos ? [minosText(summary.minos[k]!)] : []),
      ...(hasTruth ? [known === undefined ? "" : `${known}`, pull] : []),
    ];
  });
  return [
    `${summary.status}: ${summary.reason}`,
    `${nllName} = ${nll?.toFixed(3) ?? "none"}, ${events} events${effectiveText(summary)}`,
    textTable([header, ...rows]),
  ].join("\n");
}
