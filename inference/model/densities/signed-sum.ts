/** log of a sum of densities with coefficients of any sign. */
import {
  abs,
  add,
  exp,
  less,
  log,
  max,
  maximum,
  mul,
  reshape,
  stopGradient,
  sub,
  sum,
  where,
} from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";

/** Logarithms beyond are those of nothing. */
const HUGE = 1e30;

/** The largest logarithm. Guard the input, not the output: of events that no density has, all are -Infinity. */
function bounded(largest: Var): Var {
  const own = stopGradient(largest);
  return where(less(abs(own), HUGE), own, 0);
}

/**
 * log Σ c_i e^{l_i}; not a number where the sum is negative. A signal may be measured below zero: its coefficient has no logarithm, the sum
 * has.
 */
export function logSignedSum(coefficients: readonly Var[], logs: readonly Var[]): Var {
  const centre = bounded(logs.reduce(maximum));
  const terms = logs.map((own, i) => mul(coefficients[i]!, exp(sub(own, centre))));
  return add(centre, log(terms.reduce(add)));
}

/** The same along the last axis: [n] and [..., n] become [...]. */
export function logSignedSumAlong(coefficients: Var, logs: Var): Var {
  const centre = bounded(max(logs, -1));
  const total = add(centre, log(sum(mul(coefficients, exp(sub(logs, centre))), -1)));
  return reshape(total, total.shape.slice(0, -1));
}
