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
import {
  dot,
  eigenSymmetric,
  multiply,
  submatrix,
  symmetrised,
} from "../../statistics/linear-algebra/symmetric-matrix.js";
import { type Matrix, matrixOf, type Objective } from "../../statistics/objective.js";
import { EVERYWHERE } from "../composition/composition.js";
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

/** A displacement [K], and the vector [K] whose product is 1 with it and 0 with all others. */
interface Step {
  readonly displacement: Float64Array;
  readonly dual: Float64Array;
}

/**
 * As many steps as parameters, each of about one standard deviation, along the principal modes of a curvature whose parameters are scaled to a diagonal
 * of 1: along the axes where they are uncorrelated. Steps of one parameter after another would be as short as its error with all others known: where
 * parameters are all but degenerate the small curvature in the direction of the large errors would be left of large ones that cancel, each with the
 * noise of its knots. A parameter with a bound nearer than that is moved alone.
 */
function principalSteps(curvature: Matrix, isNearBound: (k: number, reach: number) => boolean): Step[] {
  const size = curvature.length;
  const reach = curvature.map((row, k) => 1 / Math.sqrt(row[k]!));
  const together = reach.flatMap((own, k) => (isNearBound(k, own) ? [] : [k]));
  const scaled = Float64Array.from(
    together.flatMap((k) => together.map((l) => curvature[k]![l]! * reach[k]! * reach[l]!)),
  );
  const { values, vectors } = eigenSymmetric(scaled, together.length);
  const alone = (ks: readonly number[]): Step[] =>
    ks.map((k) => {
      const along = (length: number) => Float64Array.from(reach, (_, l) => (l === k ? length : 0));
      return { displacement: along(reach[k]!), dual: along(1 / reach[k]!) };
    });
  if (values.some((value) => !(value > 0))) return alone(reach.map((_, k) => k));
  const modes = vectors.map((vector, j): Step => {
    const [displacement, dual] = [new Float64Array(size), new Float64Array(size)];
    const length = Math.sqrt(values[j]!);
    for (const [at, k] of together.entries()) {
      displacement[k] = (vector[at]! * reach[k]!) / length;
      dual[k] = (vector[at]! * length) / reach[k]!;
    }
    return { displacement, dual };
  });
  return [...alone(reach.flatMap((_, k) => (together.includes(k) ? [] : [k]))), ...modes];
}

/**
 * Differences of slopes one standard deviation to either side, over their distance, symmetrised: row-major [K, K]. The mean curvature over that
 * distance, knots included, which errors are quoted over. A bound on the way is where the point stays, at ν itself if that is at the bound: nothing
 * is known of the curvature beyond.
 *
 * @param curvature  about that of the objective, its diagonal above 0: standard deviations and correlations follow from it
 * @param bounds     around ν
 */
export async function finiteDifferenceHessian(
  objective: Objective,
  nu: readonly number[],
  curvature: Matrix,
  bounds: Bounds = {},
): Promise<Float64Array> {
  checkParts("finiteDifferenceHessian", "an objective", objective, { names: aList, evaluate: aFunction });
  checkArgument("finiteDifferenceHessian", "nu", nu, numbers);
  checkArgument("finiteDifferenceHessian", "the curvature", curvature, aList);
  const size = nu.length;
  const limits = objective.names.map((name) => entryOf(bounds, name) ?? EVERYWHERE);
  const isNearBound = (k: number, reach: number) => nu[k]! + reach > limits[k]![1] || nu[k]! - reach < limits[k]![0];
  const steps = principalSteps(curvature, isNearBound);
  const hessian = new Float64Array(size * size);
  for (const { displacement, dual } of steps) {
    /** Part of the displacement, times a sign, that stays within the bounds. */
    const within = (sign: number) =>
      displacement.reduce((part, own, k) => {
        if (own === 0) return part;
        const room = sign * own > 0 ? limits[k]![1] - nu[k]! : nu[k]! - limits[k]![0];
        return Math.min(part, Math.max(0, room) / Math.abs(own));
      }, 1);
    const [high, low] = [within(1), -within(-1)];
    const slopeAt = async (part: number) => {
      const moved = Float64Array.from(nu, (own, k) => {
        const [least, largest] = limits[k]!;
        return Math.min(largest, Math.max(least, own + part * displacement[k]!));
      });
      return (await objective.evaluate(moved, 1)).gradient!;
    };
    const [above, below] = [await slopeAt(high), await slopeAt(low)];
    for (let l = 0; l < size; l++) {
      const change = (above[l]! - below[l]!) / (high - low);
      for (let k = 0; k < size; k++) hessian[l * size + k]! += change * dual[k]!;
    }
  }
  return symmetrised(hessian, size);
}

/** The objective with its finite-difference Hessian where its Hessian is asked for; `curvature` and `bounds` as of `finiteDifferenceHessian`. */
export function withFiniteDifferenceHessian(objective: Objective, curvature: Matrix, bounds?: Bounds): Objective {
  checkParts("withFiniteDifferenceHessian", "an objective", objective, { names: aList, evaluate: aFunction });
  checkArgument("withFiniteDifferenceHessian", "the curvature", curvature, aList);
  return {
    names: objective.names,
    async evaluate(nu, order) {
      if (order < 2) return objective.evaluate(nu, order);
      const found = await objective.evaluate(nu, 1);
      return { ...found, hessian: await finiteDifferenceHessian(objective, Array.from(nu), curvature, bounds) };
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
