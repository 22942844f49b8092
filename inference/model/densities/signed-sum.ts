/** log of a sum of densities with coefficients of any sign. */
import { abs, add, exp, less, log, maximum, mul, stopGradient, sub, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";

/** Logarithms beyond are those of nothing. */
const HUGE = 1e30;

/**
 * log Σ c_i e^{l_i}; not a number where the sum is negative. A signal may be measured below zero: its coefficient has no logarithm, the sum
 * has.
 */
export function logSignedSum(coefficients: readonly Var[], logs: readonly Var[]): Var {
  const largest = stopGradient(logs.reduce(maximum));
  // Guard the input, not the output: of events that no density has, all logarithms are -Infinity.
  const isBounded = less(abs(largest), HUGE);
  const centre = where(isBounded, largest, 0);
  const terms = logs.map((own, i) => mul(coefficients[i]!, exp(sub(own, centre))));
  return add(centre, log(terms.reduce(add)));
}
