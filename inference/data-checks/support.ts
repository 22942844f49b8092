/** Do the data lie where simulated events lie? By order statistics alone: nothing is assumed of the density. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { ValueRange } from "../model/simulated-range.js";
import { NAMED_ROWS } from "./stray-values.js";

/** Events of the data beyond one end of the simulated range of a feature. */
export interface EventsOutside {
  readonly side: "below" | "above";
  readonly count: number;
  /** The first of them, counted from 0. */
  readonly rows: readonly number[];
  /** Where they lie, in the units of the feature. */
  readonly interval: ValueRange;
  /** Probability of as many where data and simulation have one density, or tails that differ by the factor `TAIL`. */
  readonly pValue: number;
}

/** Chance of a finding on data that lie where simulation does, per sample: both sides of all its features together. */
const SUPPORT_LEVEL = 0.001;

/** Nuisances away from their nominal values, and other fractions of the processes, make a tail of the data at most this much heavier. */
const TAIL = 10;

/**
 * Probability that at least `count` of `observed` events lie beyond all of `simulated` events of the same density: the
 * `count` outermost of all of them are then observed ones, Π (n - i) / (n + m - i).
 */
export function beyondProbability(count: number, observed: number, simulated: number): number {
  let logProbability = 0;
  for (let i = 0; i < count; i++) logProbability += Math.log((observed - i) / (observed + simulated - i));
  return Math.exp(logProbability);
}

/**
 * The sides on which more events lie than chance allows.
 *
 * @param values     of one feature [events]
 * @param interval   of the simulated events
 * @param simulated  their effective number
 * @param features   of the sample, which share `SUPPORT_LEVEL`
 * @param strays     values that are none of the density's, and not counted
 */
export function eventsOutside(
  values: ColumnData,
  [least, largest]: ValueRange,
  simulated: number,
  features: number,
  strays: ReadonlySet<number>,
): EventsOutside[] {
  return (["below", "above"] as const).flatMap((side) => {
    const isBeyond = (value: number) => (side === "below" ? value < least : value > largest);
    const rows: number[] = [];
    let count = 0;
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [row, value] of values.entries()) {
      if (!isBeyond(value) || strays.has(value)) continue;
      if (++count <= NAMED_ROWS) rows.push(row);
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const pValue = beyondProbability(count, values.length, simulated / TAIL);
    return pValue < SUPPORT_LEVEL / (2 * features) ? [{ side, count, rows, interval: [low, high], pValue }] : [];
  });
}
