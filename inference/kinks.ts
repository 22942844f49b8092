/**
 * Likelihoods whose slope jumps. The density of a spline flow is continuous with kinks at the knots, so that log p of an event has
 * a kink in ν wherever ν moves the event across a knot. Second derivatives by double backward are those between the
 * kinks: the curvature that sits in the jumps of the slope, of any sign and size, is missing from them however many the events.
 * Differences of slopes and products of slopes have it.
 */
import { covariance } from "./covariance.js";
import type { FitResult } from "./fit-result.js";
import type { Likelihood } from "./likelihood.js";
import type { MixtureModel } from "./mixture-model.js";
import { matrixOf, type Objective } from "./objective.js";
import { dot, multiply, submatrix, symmetrised } from "./symmetric-matrix.js";

/** Does ν move events across the knots of splines, or knots across events? */
export function hasKinks({ x, y, transfer, response }: MixtureModel, looksAtY: boolean): boolean {
  const moved = [
    ...(x.systematics ? [x.nominal] : []),
    ...(looksAtY && y?.systematics ? [y.nominal] : []),
    ...(looksAtY && response && transfer ? [transfer] : []),
  ];
  const movesKnots = looksAtY && response?.architecture.spline !== undefined;
  return movesKnots || moved.some(({ architecture }) => architecture.transform.kind === "spline");
}

/**
 * The likelihood with the information in the scores of its events where its Hessian is asked for: the method of Berndt, Hall, Hall
 * and Hausman 1974, Annals of Economic and Social Measurement 3, 653. The minimum is where the slope says, for either.
 */
export function withScoreCurvature(likelihood: Likelihood): Objective {
  return {
    names: likelihood.names,
    async evaluate(nu, order) {
      if (order < 2) return likelihood.evaluate(nu, order);
      const found = await likelihood.evaluate(nu, 1);
      return { ...found, hessian: (await likelihood.information(nu)).matrix };
    },
  };
}

/**
 * Differences of slopes between ν + reach_k e_k and ν - reach_k e_k over 2 reach_k, symmetrised: row-major [K, K]. The mean
 * curvature over that distance, kinks included.
 *
 * @param reach  about one standard deviation, over which errors are quoted [K]
 */
export async function secantHessian(
  objective: Objective,
  nu: readonly number[],
  reach: readonly number[],
): Promise<Float64Array> {
  const size = nu.length;
  const hessian = new Float64Array(size * size);
  for (const [k, distance] of reach.entries()) {
    const slopeAt = async (side: number) => {
      const moved = Float64Array.from(nu, (value, l) => (l === k ? value + side * distance : value));
      return (await objective.evaluate(moved, 1)).gradient!;
    };
    const [above, below] = [await slopeAt(1), await slopeAt(-1)];
    for (let l = 0; l < size; l++) hessian[l * size + k] = (above[l]! - below[l]!) / (2 * distance);
  }
  return symmetrised(hessian, size);
}

/** The objective with its secant Hessian where its Hessian is asked for; `reach` as of `secantHessian`. */
export function withSecantHessian(objective: Objective, reach: readonly number[]): Objective {
  return {
    names: objective.names,
    async evaluate(nu, order) {
      if (order < 2) return objective.evaluate(nu, order);
      const found = await objective.evaluate(nu, 1);
      return { ...found, hessian: await secantHessian(objective, Array.from(nu), reach) };
    },
  };
}

/** The fit with another Hessian, and the errors and the edm that follow from it. */
export function withHessian(fit: FitResult, hessian: Float64Array, precision: number): FitResult {
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
