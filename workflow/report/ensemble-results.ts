/** The entry `ensemble` of results.json. */

import { ensembleSpread } from "../../inference/measurements/distribution-of-interest/ensemble.js";
import type { WeightedCurvature } from "../../inference/statistics/ensembles/averaging.js";
import type { Outcome } from "../recipes/outcome.js";

const sigmaOf = (curvature: WeightedCurvature["covariance"]) =>
  curvature.status === "positive-definite" ? curvature.sigma : undefined;

/** Spread of the replicas, the likelihood that each gives, and what the average is made of; null without an ensemble. */
export function ensembleResults({ fitted, best }: Pick<Outcome, "fitted" | "best">) {
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
      likelihood: averaged === undefined ? null : memberResult(averaged.members[b]!),
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
function memberResult({ status, estimate, covariance }: Members[number]) {
  return { status, estimate: estimate.values, sigma: covariance?.sigma ?? null };
}

function weightsOf(curvature: WeightedCurvature) {
  const { weights, effectiveMembers, within, between, withinCovariance, covariance } = curvature;
  const [sigmaWithin, sigma] = [sigmaOf(withinCovariance) ?? null, sigmaOf(covariance) ?? null];
  return { weights, effectiveMembers, within, between, sigmaWithin, sigma };
}
