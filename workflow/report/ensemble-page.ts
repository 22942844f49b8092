/** What results and report say of the ensemble. */

import { ensembleSpread } from "../../inference/measurements/distribution-of-interest/ensemble.js";
import { measurement, significant } from "../../inference/plots/index.js";
import type { WeightedCurvature } from "../../inference/statistics/ensembles/averaging.js";
import type { ReportTable } from "./html.js";
import type { Outcome } from "./results.js";

const sigmaOf = (curvature: WeightedCurvature["covariance"]) =>
  curvature.status === "positive-definite" ? curvature.sigma : undefined;

/** Spread of the replicas, the likelihood that each gives, and what the average is made of; null without an ensemble. */
export function ensembleResults({ fitted, best }: Outcome) {
  const { replicas, fits } = fitted;
  if (replicas.length === 0) return null;
  const { sigma } = best.summary;
  const { averaged } = fits;
  return {
    replicas: replicas.map(({ replica, xAlone, fit }, b) => ({
      index: replica.index,
      xAlone: xAlone?.estimate.values ?? null,
      nu: replica.nu,
      status: fit.status,
      likelihood: averaged === undefined ? null : likelihoodOf(averaged.members[b]!),
    })),
    spread:
      replicas.length < 2 || sigma === null
        ? null
        : ensembleSpread(
            replicas.map(({ replica }) => replica),
            sigma,
          ),
    average:
      averaged === undefined
        ? null
        : {
            exact: weightsOf(averaged.curvature.exact),
            quadratic: averaged.curvature.quadratic === undefined ? null : weightsOf(averaged.curvature.quadratic),
            newtonShift: averaged.curvature.newtonShift,
          },
  };
}

type Members = NonNullable<Outcome["fitted"]["fits"]["averaged"]>["members"];

/** Of the data, with the T of one replica. */
function likelihoodOf({ status, estimate, covariance }: Members[number]) {
  return { status, estimate: estimate.values, sigma: covariance?.sigma ?? null };
}

function weightsOf(curvature: WeightedCurvature) {
  const { weights, effectiveMembers, within, between, withinCovariance, covariance } = curvature;
  const [sigmaWithin, sigma] = [sigmaOf(withinCovariance) ?? null, sigmaOf(covariance) ?? null];
  return { weights, effectiveMembers, within, between, sigmaWithin, sigma };
}

/** @param names  of the nuisances, as tables show them */
export function ensembleTables(outcome: Outcome, names: readonly string[]): ReportTable[] {
  const found = ensembleResults(outcome);
  if (found === null) return [];
  const { replicas, spread, average } = found;
  const value = (of: readonly number[] | null | undefined, k: number) => (of ? significant(of[k]!, 4) : undefined);
  const tables: ReportTable[] = [
    {
      caption:
        "Replicas: ν̂ of the weighted data with T fixed, of weighted x alone, and of what the average takes of the replica",
      columns: ["replica", ...names.flatMap((name) => [name, `${name}, x alone`, `${name}, averaged`])],
      rows: replicas.map(({ index, nu, xAlone, likelihood }) => [
        `${index}`,
        ...names.flatMap((_, k) => [
          value(nu, k),
          value(xAlone, k),
          likelihood?.sigma ? measurement(likelihood.estimate[k]!, likelihood.sigma[k]!) : undefined,
        ]),
      ]),
    },
  ];
  if (spread !== null) {
    tables.push({
      caption: "Spread of the replicas against the error of the fit",
      columns: ["nuisance", "mean", "spread", "spread / σ", "probability"],
      rows: names.map((name, k) => [
        name,
        significant(spread.mean[k]!, 4),
        significant(spread.spread[k]!, 3),
        significant(spread.spread[k]! / outcome.best.summary.sigma![k]!, 3),
        significant(spread.pValues[k]!, 2),
      ]),
    });
  }
  if (average !== null) {
    const kinds = [["exact", average.exact] as const, ["quadratic", average.quadratic] as const];
    tables.push({
      caption: "Average of the replicas' likelihoods: errors of a typical member (within) and of the average",
      columns: ["weights", "members that count", ...names.flatMap((name) => [`σ ${name}, within`, `σ ${name}`])],
      rows: kinds.flatMap(([kind, own]) =>
        own === null
          ? []
          : [
              [
                kind,
                significant(own.effectiveMembers, 3),
                ...names.flatMap((_, k) => [value(own.sigmaWithin, k), value(own.sigma, k)]),
              ],
            ],
      ),
    });
  }
  return tables;
}
