/** Parts of the domains of columns: unions of intervals, such as sidebands. */
import { UsageError } from "../../../engine/errors.js";
import type { Var } from "../../../engine/tape/tape.js";

export type Interval = readonly [low: number, high: number];

/** By column; what is not named is not narrowed. */
export type Region = Readonly<Record<string, readonly Interval[]>>;

/** An end that may follow from parameters and given columns, as where a map moves a domain. */
export type End = number | Var;
export type BoundInterval = readonly [low: End, high: End];
export type BoundRegion = Readonly<Record<string, readonly BoundInterval[]>>;

/** Whether nothing lies beyond the end. */
export const isOpen = (end: End): boolean => typeof end === "number" && !Number.isFinite(end);

/** Refuses intervals that are none, lie outside of the domain, overlap, or are not in ascending order. */
export function checkIntervals(where: string, intervals: readonly Interval[], [low, high]: Interval): void {
  const shown = (own: Interval) => `[${own.join(", ")}]`;
  if (intervals.length === 0) throw new UsageError(where, { expected: "at least one interval", got: "none" });
  for (const [i, interval] of intervals.entries()) {
    const [from, to] = interval;
    if (!(from < to)) throw new UsageError(where, { expected: "intervals from low to high", got: shown(interval) });
    if (!(from >= low && to <= high)) {
      throw new UsageError(where, { expected: `intervals within ${shown([low, high])}`, got: shown(interval) });
    }
    const next = intervals[i + 1];
    if (next !== undefined && !(to <= next[0])) {
      throw new UsageError(where, {
        expected: "intervals in ascending order that do not overlap",
        got: `${shown(interval)} before ${shown(next)}`,
      });
    }
  }
}

/** Whether a number lies in one of them; the ends belong to it. */
export const isInside = (intervals: readonly Interval[], value: number): boolean =>
  intervals.some(([low, high]) => low <= value && value <= high);

/** What both have of a column. */
export function intersection(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  return a.flatMap(([low, high]) =>
    b.flatMap(([from, to]): Interval[] => {
      const both: Interval = [Math.max(low, from), Math.min(high, to)];
      return both[0] < both[1] ? [both] : [];
    }),
  );
}
