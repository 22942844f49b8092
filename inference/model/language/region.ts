/** Parts of the domains of columns: unions of intervals, such as sidebands. */
import { UsageError } from "../../../engine/errors.js";
import type { Var } from "../../../engine/tape/tape.js";

export type Interval = readonly [low: number, high: number];

/** By column; what is not named is not narrowed. Of a categorical column, intervals [value, value] of the values that are kept. */
export type Region = Readonly<Record<string, readonly Interval[]>>;

/** An end that may follow from parameters and given columns, as where a map moves a domain. */
export type End = number | Var;
export type BoundInterval = readonly [low: End, high: End];
export type BoundRegion = Readonly<Record<string, readonly BoundInterval[]>>;

/** Whether nothing lies beyond the end. */
export const isOpen = (end: End): boolean => typeof end === "number" && !Number.isFinite(end);

const shown = ([low, high]: Interval) => (low === high ? `the value ${low}` : `[${low}, ${high}]`);

function checkValues(where: string, intervals: readonly Interval[], classes: readonly number[]): void {
  for (const [i, interval] of intervals.entries()) {
    const [value, to] = interval;
    const expected = `values of the column (${classes.join(", ")})`;
    if (value !== to || !classes.includes(value)) throw new UsageError(where, { expected, got: shown(interval) });
    if (intervals.findIndex(([own]) => own === value) < i) {
      throw new UsageError(where, { expected: "each value once", got: `${value} twice` });
    }
  }
}

/**
 * Refuses intervals that are none, lie outside of the domain, overlap, or are not in ascending order.
 *
 * @param classes  of a categorical column, of which a region is made of values
 */
export function checkIntervals(
  where: string,
  intervals: readonly Interval[],
  [low, high]: Interval,
  classes: readonly number[] | undefined,
): void {
  if (intervals.length === 0) throw new UsageError(where, { expected: "at least one interval", got: "none" });
  if (classes !== undefined) {
    checkValues(where, intervals, classes);
    return;
  }
  for (const [i, interval] of intervals.entries()) {
    const [from, to] = interval;
    if (!(from < to)) {
      const hint =
        from === to ? { hint: "Write an interval as [[low, high]]; values are for columns with `values`" } : {};
      throw new UsageError(where, { expected: "intervals from low to high", got: shown(interval), ...hint });
    }
    if (!(from >= low && to <= high)) {
      throw new UsageError(where, { expected: `intervals within [${low}, ${high}]`, got: shown(interval) });
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
