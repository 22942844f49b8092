/** Counts of successes: exact intervals and tests. */
import { UsageError } from "../../../engine/errors.js";
import { logGamma } from "./special-functions.js";

function check(where: string, successes: number, trials: number): void {
  const isCount = Number.isInteger(successes) && Number.isInteger(trials) && successes >= 0 && successes <= trials;
  if (isCount && trials > 0) return;
  throw new UsageError(where, { expected: "0 to n successes of n >= 1 trials", got: `${successes} of ${trials}` });
}

/** Probability of exactly k successes in n trials of probability p, 0 < p < 1. */
function binomialTerm(k: number, n: number, p: number): number {
  const logChoices = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return Math.exp(logChoices + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/** Parts of a sum that are smaller are rounding. */
const ROUNDING = 2 ** -54;

/** Probability of at most k successes: from its most likely count on to either side, each term from the one before, while they count. */
function atMost(k: number, n: number, p: number): number {
  const likeliest = Math.min(k, Math.floor((n + 1) * p));
  const most = binomialTerm(likeliest, n, p);
  const odds = p / (1 - p);
  let sum = most;
  for (let i = likeliest, term = most; i > 0 && term > ROUNDING * sum; i--) {
    term *= i / ((n - i + 1) * odds);
    sum += term;
  }
  for (let i = likeliest, term = most; i < k && term > ROUNDING * sum; i++) {
    term *= ((n - i) * odds) / (i + 1);
    sum += term;
  }
  return Math.min(1, sum);
}

/** The value in (0, 1) at which a falling function crosses zero. */
function rootOfFalling(f: (p: number) => number): number {
  let [low, high] = [0, 1];
  // Each step halves the interval: 60 reach rounding.
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Central interval of the probability of success: Clopper and Pearson 1934, Biometrika 26, 404. Covers at least `level`.
 *
 * @param level  0.683 for one standard deviation
 */
export function clopperPearson(successes: number, trials: number, level: number): readonly [number, number] {
  check("clopperPearson", successes, trials);
  const tail = (1 - level) / 2;
  const lower = successes === 0 ? 0 : rootOfFalling((p) => tail - (1 - atMost(successes - 1, trials, p)));
  const upper = successes === trials ? 1 : rootOfFalling((p) => atMost(successes, trials, p) - tail);
  return [lower, upper];
}

/** Counts that differ in probability by less than this part count as equally likely: rounding. */
const SAME = 1e-7;

/** Two-sided exact test: the probability of all counts that are no more likely than the one seen, if each trial succeeds with `p`. */
export function binomialPValue(successes: number, trials: number, p: number): number {
  check("binomialPValue", successes, trials);
  const seen = binomialTerm(successes, trials, p);
  let sum = 0;
  for (let k = 0; k <= trials; k++) {
    const probability = binomialTerm(k, trials, p);
    if (probability <= seen * (1 + SAME)) sum += probability;
  }
  return Math.min(1, sum);
}
