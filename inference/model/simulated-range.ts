/** Where simulated events lie: what a model was trained on, and beyond which it only extrapolates. */
import { UsageError } from "../../engine/errors.js";
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { SimulatedEvents } from "./sampling/simulated-events.js";

/** Least and largest value, in the units of the feature. */
export type ValueRange = readonly [least: number, largest: number];

/** The least and the largest value of all columns. */
export function rangeOf(columns: readonly ColumnData[]): ValueRange {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const column of columns) {
    for (const value of column) {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
  }
  return [least, largest];
}

export interface SimulatedRange {
  /** Effective number of simulated events of the process that has the fewest. */
  readonly events: number;
  /** Of each feature, over all processes and points. */
  readonly x: readonly ValueRange[];
  readonly y?: readonly ValueRange[];
}

/** Events of weight 0 stand for nothing. */
function intervalOf(samples: readonly SimulatedEvents[], of: "x" | "y", feature: number): ValueRange {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { count, weights, ...columns } of samples) {
    const values = columns[of]!.subarray(feature * count, (feature + 1) * count);
    for (let event = 0; event < count; event++) {
      if (weights?.[event] === 0) continue;
      const value = values[event]!;
      if (value < least) least = value;
      if (value > largest) largest = value;
    }
  }
  return [least, largest];
}

/** (Σw)² / Σw² of the events of each process. */
function effectiveNumbers(samples: readonly SimulatedEvents[]): number[] {
  const sums = new Map<number, { first: number; second: number }>();
  // Relative to it: squares overflow, or vanish, where weights do not.
  let largest = 0;
  for (const { weights } of samples) for (const weight of weights ?? [1]) largest = Math.max(largest, Math.abs(weight));
  for (const { process, count, weights } of samples) {
    const own = sums.get(process) ?? { first: 0, second: 0 };
    sums.set(process, own);
    for (let event = 0; event < count; event++) {
      const weight = (weights?.[event] ?? 1) / largest;
      own.first += weight;
      own.second += weight ** 2;
    }
  }
  return [...sums.values()].map(({ first, second }) => first ** 2 / second);
}

/** @param samples  every process at every point, at least one each */
export function simulatedRange(samples: readonly SimulatedEvents[]): SimulatedRange {
  const { count, x, y } = samples[0]!;
  const intervals = (of: "x" | "y", length: number) =>
    Array.from({ length: length / count }, (_, feature) => intervalOf(samples, of, feature));
  return {
    events: Math.min(...effectiveNumbers(samples)),
    x: intervals("x", x.length),
    ...(y && { y: intervals("y", y.length) }),
  };
}

/** Refuses what is no range, as a file may hold. */
export function checkRange(where: string, range: SimulatedRange): void {
  const isInterval = (interval: unknown) =>
    Array.isArray(interval) && interval.length === 2 && interval.every(Number.isFinite) && interval[0] <= interval[1];
  const areIntervals = (of: unknown) => Array.isArray(of) && of.every(isInterval);
  const { events, x, y } = range;
  if (events > 0 && areIntervals(x) && (y === undefined || areIntervals(y))) return;
  throw new UsageError(where, {
    expected: "the least and the largest simulated value of every feature",
    got: JSON.stringify(range).slice(0, 100),
    hint: "Is this a model that unbinned saved?",
  });
}
