/**
 * How far out may the outermost of n events lie? By a generalised Pareto distribution of the outermost tenth of them, by probability-weighted
 * moments: Hosking and Wallis 1987, "Parameter and quantile estimation for the generalized Pareto distribution".
 */
import type { ColumnData } from "../../engine/runtime/backend.js";

/** Part of the events that make a tail. */
const PART = 0.1;

/** Events that a tail has at least: with fewer, its shape is too uncertain, and a rare population too easily missing. */
const LEAST_EVENTS = 100;

/** Standard deviations by which the shape of the tail may be heavier than estimated. */
const MARGIN = 3;

/** A tail that ends more abruptly than linearly is taken for one that ends linearly. */
const LIGHTEST = -0.5;

/** Shapes that are lighter are taken for this one, all but exponential: where a bounded tail ends is not known so well. */
const EXPONENTIAL = 1e-3;

/**
 * Probability that an event of the tail lies at `value` or beyond; 1 where the events do not say.
 *
 * @param sorted  finite, from the least to the largest [events]
 * @param step    the tail at the least values (1) or at the largest (-1)
 * @param skip    the outermost events that are in question, and no part of the tail
 */
export function tailProbability(sorted: ColumnData, step: 1 | -1, skip: number, value: number): number {
  const size = Math.floor(PART * sorted.length);
  if (size < LEAST_EVENTS) return 1;
  const at = (i: number) => sorted[step === 1 ? i : sorted.length - 1 - i]!;
  const threshold = at(skip + size);
  let [mean, weighted] = [0, 0];
  for (let i = 0; i < size; i++) {
    const excess = Math.abs(at(skip + i) - threshold) / size;
    mean += excess;
    // 1 - F of the i-th from the outside, by the plotting position of Hosking and Wallis.
    weighted += (excess * (i + 0.35)) / size;
  }
  const spread = mean - 2 * weighted;
  if (!(spread > 0)) return 1;
  const shape = Math.max(LIGHTEST, 2 - mean / spread);
  const scale = mean * (1 - shape);
  // The variance of the estimate for exponential tails is 4/3 over their events.
  const deviation = (1 + Math.max(0, shape)) * Math.sqrt(4 / 3 / size);
  const heavier = Math.max(EXPONENTIAL, shape + MARGIN * deviation);
  const distance = Math.abs(value - threshold) / scale;
  return Math.min(1, size * Math.exp(-Math.log1p(heavier * distance) / heavier));
}
