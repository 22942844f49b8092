/**
 * Likelihoods whose gradient jumps. The slope of a spline flow's density jumps at its knots, so that the gradient of an event's log p
 * jumps wherever ν moves the event across a knot. Second derivatives by double backward are those between the knots: the curvature
 * in the jumps, of any sign and size, is missing from them however many the events. Differences of gradients and products of
 * gradients have it.
 */

import { entryOf } from "../../../engine/entry.js";
import { aFunction, aList, checkArgument, checkParts, numbers } from "../../../engine/options.js";
import { covariance } from "../../statistics/fit/covariance.js";
import type { FitResult } from "../../statistics/fit/fit-result.js";
import { checkFit } from "../../statistics/fit/given-fit.js";
import { dot, multiply, submatrix, symmetrised } from "../../statistics/linear-algebra/symmetric-matrix.js";
import { matrixOf, type Objective } from "../../statistics/objective.js";
import type { Likelihood } from "./likelihood.js";

/**
 * The likelihood with the outer product of its events' gradients in place of its Hessian: BHHH, the method of Berndt, Hall, Hall
 * and Hausman 1974, Annals of Economic and Social Measurement 3, 653. The gradient decides where the minimum is, for either.
 */
export function withOuterProduct(likelihood: Pick<Likelihood, "names" | "evaluate" | "outerProduct">): Objective {
  checkParts("withOuterProduct", "a likelihood", likelihood, { names: aList, evaluate: aFunction });
  return {
    names: likelihood.names,
    async evaluate(nu, order) {
      if (order < 2) return likelihood.evaluate(nu, order);
      const found = await likelihood.evaluate(nu, 1);
      return { ...found, hessian: (await likelihood.outerProduct(nu)).matrix };
    },
  };
}

/** [lower, upper] by name; those that are not named have none. */
type Bounds = Readonly<Record<string, readonly [number, number]>>;

/**
 * Differences of slopes between ν + reach_k e_k and ν - reach_k e_k over their distance, symmetrised: row-major [K, K]. The mean
 * curvature over that distance, knots included. A bound on the way is where the point stays, at ν itself if that is at the bound:
 * nothing is known of the curvature beyond.
 *
 * @param reach   about one standard deviation, over which errors are quoted [K]
 * @param bounds  around ν
 */
export async function finiteDifferenceHessian(
  objective: Objective,
  nu: readonly number[],
  reach: readonly number[],
  bounds: Bounds = {},
): Promise<Float64Array> {
  checkParts("finiteDifferenceHessian", "an objective", objective, { names: aList, evaluate: aFunction });
  checkArgument("finiteDifferenceHessian", "nu", nu, numbers);
  checkArgument("finiteDifferenceHessian", "the reach", reach, numbers);
  const size = nu.length;
  const hessian = new Float64Array(size * size);
  for (const [k, distance] of reach.entries()) {
    const slopeAt = async (value: number) => {
      const moved = Float64Array.from(nu, (own, l) => (l === k ? value : own));
      return (await objective.evaluate(moved, 1)).gradient!;
    };
    const [least, largest] = entryOf(bounds, objective.names[k]!) ?? [
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ];
    const [high, low] = [Math.min(largest, nu[k]! + distance), Math.max(least, nu[k]! - distance)];
    const [above, below] = [await slopeAt(high), await slopeAt(low)];
    for (let l = 0; l < size; l++) hessian[l * size + k] = (above[l]! - below[l]!) / (high - low);
  }
  return symmetrised(hessian, size);
}

/** The objective with its finite-difference Hessian where its Hessian is asked for; `reach` and `bounds` as of `finiteDifferenceHessian`. */
export function withFiniteDifferenceHessian(
  objective: Objective,
  reach: readonly number[],
  bounds?: Bounds,
): Objective {
  checkParts("withFiniteDifferenceHessian", "an objective", objective, { names: aList, evaluate: aFunction });
  checkArgument("withFiniteDifferenceHessian", "the reach", reach, numbers);
  return {
    names: objective.names,
    async evaluate(nu, order) {
      if (order < 2) return objective.evaluate(nu, order);
      const found = await objective.evaluate(nu, 1);
      return { ...found, hessian: await finiteDifferenceHessian(objective, Array.from(nu), reach, bounds) };
    },
  };
}

/** The fit with another Hessian, and the errors and the edm that follow from it. */
export function withHessian(fit: FitResult, hessian: Float64Array, precision?: number): FitResult {
  checkFit("withHessian", fit);
  checkArgument("withHessian", "the Hessian", hessian, numbers);
  const { names } = fit.estimate;
  const free = (fit.covariance?.names ?? names).map((name) => names.indexOf(name));
  const found = covariance(
    submatrix(hessian, names.length, free),
    free.map((k) => names[k]!),
    precision,
  );
  const matrix = matrixOf(hessian, names.length);
  if (found.status !== "positive-definite") {
    const { reason } = found;
    return { ...fit, status: "not-positive-definite", reason, hessian: matrix, covariance: undefined, edm: undefined };
  }
  const slope = Float64Array.from(free, (k) => fit.gradient!.values[k]!);
  const edm = 0.5 * dot(slope, multiply(Float64Array.from(found.matrix.flat()), slope));
  return { ...fit, hessian: matrix, covariance: found, edm };
}
