/** Do the data lie where simulation has a density? By the log-densities of held-out simulated events, in any number of features at once. */
import { logGamma } from "../statistics/goodness/special-functions.js";

/** Events of the data of lower density than simulated ones have. */
export interface LowDensity {
  readonly count: number;
  /** They have a log p below this one of a simulated event. */
  readonly below: number;
  /** Part of the simulated events, by weight, of which log p is not above that. */
  readonly simulated: number;
  /** Probability of as many where the data have at most `TAIL` times the tail of simulation. */
  readonly pValue: number;
  /** Their positions, that of the lowest density first. */
  readonly events: readonly number[];
}

/** Chance of a finding on data whose tail is `TAIL` times as heavy as that of simulation. */
const LOW_DENSITY_LEVEL = 0.001;

/** Other fractions of the processes and nuisances that simulation does not have make a tail of the data at most this much heavier. */
const TAIL = 3;

/** Part of the simulated events that is a tail: what is wrong with more of them is for tests of the goodness of fit. */
const MOST_PART = 0.01;

/**
 * Probability of at least `count` of `trials` where the probability of each is not known but has a Beta(a, b) distribution, as that below
 * the a-th lowest of a + b - 1 events has.
 */
export function betaBinomialTail(count: number, trials: number, a: number, b: number): number {
  // Below the mean it is about a half or more, and no finding.
  if (count <= (trials * a) / (a + b)) return 1;
  const logBeta = (p: number, q: number) => logGamma(p) + logGamma(q) - logGamma(p + q);
  const logChoices = logGamma(trials + 1) - logGamma(count + 1) - logGamma(trials - count + 1);
  let term = Math.exp(logChoices + logBeta(count + a, trials - count + b) - logBeta(a, b));
  let sum = 0;
  for (let n = count; n <= trials && term > 1e-17 * sum; n++) {
    sum += term;
    term *= ((trials - n) / (n + 1)) * ((n + a) / (trials - n - 1 + b));
  }
  return Math.min(1, sum);
}

interface Level {
  readonly below: number;
  /** Part of the weight. */
  readonly part: number;
  /** Effective number of events in it. */
  readonly effective: number;
}

/**
 * The tails of simulated events of lowest density, each of twice the weight of the one before, up to a hundredth of all.
 *
 * In a tail of light events, those of a rare process, heavy ones are missing by chance: it is taken for one of its weight in events of the
 * heaviest kind, and is none before it weighs as much as one of these.
 */
function levelsOf(logProb: Float64Array, weights: ArrayLike<number>): Level[] {
  const order = Array.from(logProb.keys()).sort((i, j) => logProb[i]! - logProb[j]!);
  const total = order.reduce((sum, i) => sum + weights[i]!, 0);
  const heaviest = order.reduce((most, i) => Math.max(most, weights[i]!), 0);
  const levels: Level[] = [];
  let [first, second] = [0, 0];
  for (const i of order) {
    first += weights[i]!;
    second += weights[i]! ** 2;
    const part = first / total;
    if (part > MOST_PART) break;
    // Weights of either sign may cancel.
    if (!(first >= heaviest) || part < 2 * (levels.at(-1)?.part ?? 0)) continue;
    levels.push({ below: logProb[i]!, part, effective: Math.min(first ** 2 / second, first / heaviest) });
  }
  return levels;
}

/**
 * The tail in which the data have more events than chance and `TAIL` allow, by the most; undefined where there is none.
 *
 * @param logProb    of the data [events]; what is not a number is below all others
 * @param simulated  log p and weights of held-out simulated events, each process with its expected yield
 */
export function lowDensityEvents(
  logProb: Float64Array,
  simulated: { readonly logProb: Float64Array; readonly weights: ArrayLike<number> },
): LowDensity | undefined {
  const levels = levelsOf(simulated.logProb, simulated.weights);
  const own = logProb.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value));
  let worst: (Level & { readonly count: number; readonly pValue: number }) | undefined;
  for (const level of levels) {
    const { below, part, effective } = level;
    const count = own.reduce((sum, value) => sum + (value < below ? 1 : 0), 0);
    const mean = Math.min(0.5, TAIL * part);
    const pValue = betaBinomialTail(count, own.length, effective, effective / mean - effective + 1);
    if (pValue < LOW_DENSITY_LEVEL / levels.length && !(worst && worst.pValue <= pValue))
      worst = { ...level, count, pValue };
  }
  if (worst === undefined) return undefined;
  const { below, part, count, pValue } = worst;
  const events = Array.from(own.keys())
    .filter((event) => own[event]! < below)
    .sort((i, j) => own[i]! - own[j]!);
  return { count, below, simulated: part, pValue, events };
}
