/** Damped BFGS: second derivatives from differences of gradients, for minima not far from one where they are known. */

import { dot, multiply } from "../linear-algebra/symmetric-matrix.js";
import type { Objective } from "../objective.js";

/** Part of the curvature that an update keeps at the least, so that the matrix stays positive definite; Powell's 0.2. */
const LEAST_CURVATURE = 0.2;

/**
 * The objective with a Hessian that starts as the one given and is corrected by every gradient: the damped BFGS update, Nocedal
 * & Wright, Numerical Optimization, 2nd ed., procedure 18.2. Never a second derivative of the objective, which costs about
 * K times a gradient, and which lacks what knots of splines add to the one given. For one minimisation only: it remembers.
 *
 * @param hessian  positive definite where the objective is free to move, row-major [K, K]
 */
export function withDampedBfgs(objective: Objective, hessian: Float64Array): Objective {
  let curvature = hessian;
  let last: { readonly nu: Float64Array; readonly gradient: Float64Array } | undefined;
  return {
    names: objective.names,
    async evaluate(nu, order) {
      const found = await objective.evaluate(nu, order === 0 ? 0 : 1);
      const { gradient } = found;
      if (order < 2 || gradient === undefined) return found;
      if (gradient.every(Number.isFinite)) {
        const before = last;
        if (before !== undefined) {
          const step = nu.map((value, k) => value - before.nu[k]!);
          curvature = updated(
            curvature,
            step,
            gradient.map((value, k) => value - before.gradient[k]!),
          );
        }
        last = { nu: nu.slice(), gradient };
      }
      return { ...found, hessian: curvature };
    },
  };
}

/** H with H step = change, or as near to it as keeps it positive definite along the step. */
function updated(hessian: Float64Array, step: Float64Array, change: Float64Array): Float64Array {
  const n = step.length;
  const expected = multiply(hessian, step);
  const known = dot(step, expected);
  if (!(known > 0)) return hessian;
  const seen = dot(step, change);
  const share = seen >= LEAST_CURVATURE * known ? 1 : ((1 - LEAST_CURVATURE) * known) / (known - seen);
  const damped = change.map((value, k) => share * value + (1 - share) * expected[k]!);
  const along = dot(step, damped);
  return hessian.map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return value - (expected[i]! * expected[j]!) / known + (damped[i]! * damped[j]!) / along;
  });
}
