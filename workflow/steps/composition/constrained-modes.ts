/** Principal modes of the constrained parameters of a composition, in units of their constraints. */
import { constraintEstimate } from "../../../inference/model/parameters/constraints.js";
import { eigenSymmetric } from "../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { CompositionFit } from "./fit.js";
import { pullOf } from "./parameter-verdicts.js";

export interface ConstrainedMode {
  /** 1 where the data say nothing of it: standard deviations of the constraints. */
  readonly sigma: number;
  /** Of the estimate away from where the constraints are likeliest, along it. */
  readonly pull: number;
  /** Of length 1; its component largest in magnitude is positive [names] */
  readonly direction: readonly number[];
}

export interface ConstrainedModes {
  readonly names: readonly string[];
  /** Widest first. */
  readonly modes: readonly ConstrainedMode[];
}

/**
 * Eigenvectors of the covariance of the constrained parameters, all others profiled. Before the data every direction has width 1, so that
 * widths and pulls of the modes read like those of a parameter. Null where fewer than two have errors.
 */
export function constrainedModes(
  { composition }: Pick<LikelihoodPlan, "composition">,
  { fit, errors }: Pick<CompositionFit, "fit" | "errors">,
): ConstrainedModes | null {
  const { covariance } = errors;
  if (covariance === null) return null;
  const own = composition.parameters.flatMap((parameter) => {
    const k = errors.names.indexOf(parameter.name);
    if (k < 0 || parameter.constraint === undefined) return [];
    const estimate = fit.estimate.values[fit.estimate.names.indexOf(parameter.name)]!;
    const [, width] = constraintEstimate(parameter.constraint);
    return [{ name: parameter.name, k, width, pull: pullOf(parameter, estimate)! }];
  });
  if (own.length < 2) return null;
  const scaled = own.flatMap((a) => own.map((b) => covariance[a.k]![b.k]! / (a.width * b.width)));
  const { values, vectors } = eigenSymmetric(Float64Array.from(scaled), own.length);
  return {
    names: own.map(({ name }) => name),
    modes: vectors.map((vector, k) => ({
      sigma: Math.sqrt(values[k]!),
      pull: own.reduce((sum, { pull }, i) => sum + pull * vector[i]!, 0),
      direction: Array.from(vector),
    })),
  };
}
