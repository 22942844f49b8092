/**
 * Values that stand for no measurement: -999 for "missing", a default that was filled in, a number read in the wrong format.
 * A density has none of them, so a fit must not look at them as if it had.
 */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { ValueRange } from "../model/simulated-range.js";
import { tailProbability } from "./tail.js";

export interface StrayValue {
  readonly value: number;
  /** Events that have exactly this value. */
  readonly count: number;
  /** The first of them, counted from 0. */
  readonly rows: readonly number[];
  /** Far beyond where values are expected; else one that is repeated where others are not. */
  readonly isFar: boolean;
}

/** Rows to name. */
export const NAMED_ROWS = 3;

/**
 * A value that occurs this many times as often as any other of a column of continuous numbers is a spike. Rounded and
 * whole numbers repeat too, but like their neighbours. Where no other value repeats at all, fewer will do.
 */
const SPIKE = 20;
const SPIKE_OF_UNIQUE = 5;

/** Other values that a column has at least, unless it is constant: with fewer, its numbers are labels. */
const LEAST_OTHERS = 20;

/** Values that are looked for on each side, and among the repeated. */
const MOST = 4;

/**
 * A value that occurs this often is far when it lies beyond the others by more than their whole range, any other when it does by
 * r ranges: where the density falls like x^(-1-a), the largest of n events does so with a probability of r^-a, or n/m r^-a beside
 * the range of m simulated events, and not at all where it falls faster. Analyses have one sample of data, and of simulation many.
 * Where the sample itself says how its tail falls, one that is beyond the simulated events by their whole range is far when the
 * tail leads that far with a probability below `TAIL_LEVEL`.
 */
const OFTEN = 3;
const RANGES_OF_EXPECTED = 10;
const RANGES_OF_OTHERS = 100;
const TAIL_LEVEL = 1e-3;

interface Run {
  readonly value: number;
  readonly count: number;
}

/** The outermost values of a sorted column, from one end (step 1) or the other (-1), the outermost first. */
function outermost(sorted: ColumnData, step: 1 | -1): Run[] {
  const runs: Run[] = [];
  for (let i = step === 1 ? 0 : sorted.length - 1; sorted[i] !== undefined && runs.length < MOST; ) {
    const value = sorted[i]!;
    let count = 0;
    for (; sorted[i] === value; i += step) count++;
    runs.push({ value, count });
  }
  return runs;
}

/** The values of a column at its ends, those repeated most, and how many different ones there are. */
function runsOf(sorted: ColumnData) {
  const frequent: Run[] = [];
  let distinct = 0;
  let least = 0;
  for (let start = 0, end = 1; start < sorted.length; start = end++) {
    const value = sorted[start]!;
    while (end < sorted.length && sorted[end] === value) end++;
    distinct++;
    if (end - start <= least) continue;
    frequent.push({ value, count: end - start });
    frequent.sort((a, b) => b.count - a.count);
    if (frequent.length > MOST + 1) frequent.pop();
    if (frequent.length > MOST) least = frequent[MOST]!.count;
  }
  return { low: outermost(sorted, 1), high: outermost(sorted, -1), frequent, distinct };
}

type Runs = ReturnType<typeof runsOf>;

/** The values that are repeated so much more often than all others. */
function spikesOf({ frequent, distinct }: Runs): readonly Run[] {
  if (distinct === 1) return frequent.filter(({ count }) => count >= SPIKE);
  const last = frequent.findLastIndex(({ count }, i) => {
    const next = frequent[i + 1]?.count;
    return i < MOST && next !== undefined && count >= (next === 1 ? SPIKE_OF_UNIQUE : SPIKE * next);
  });
  return distinct - (last + 1) < LEAST_OTHERS ? [] : frequent.slice(0, last + 1);
}

/** The values at either end that are far from the reference. */
function farOf(sorted: ColumnData, { low, high }: Runs, [least, largest]: ValueRange, ranges: number): readonly Run[] {
  const range = largest - least;
  const side = (runs: readonly Run[], step: 1 | -1, distanceOf: (value: number) => number) => {
    const beyond = runs.filter(({ value }) => distanceOf(value) > range);
    const skip = beyond.reduce((sum, { count }) => sum + count, 0);
    const far = beyond.filter(
      ({ value, count }) =>
        count >= OFTEN ||
        distanceOf(value) > range * ranges ||
        (ranges === RANGES_OF_EXPECTED && tailProbability(sorted, step, skip, value) < TAIL_LEVEL),
    );
    return outermostIfMany(far);
  };
  return [...side(low, 1, (value) => least - value), ...side(high, -1, (value) => value - largest)];
}

/** Many different values are a population of their own, which needs no list of names. */
const outermostIfMany = (runs: readonly Run[]) =>
  runs.length === MOST && runs.every(({ count }) => count < OFTEN) ? runs.slice(0, 1) : runs;

/** Where all values lie but the least and the largest; undefined where too few are left to say what is far. */
function innerInterval({ low, high, distinct }: Runs): ValueRange | undefined {
  return distinct < LEAST_OTHERS + 2 ? undefined : [low[1]!.value, high[1]!.value];
}

function firstRows(values: ColumnData, value: number): number[] {
  const rows: number[] = [];
  for (let row = values.indexOf(value); row >= 0 && rows.length < NAMED_ROWS; row = values.indexOf(value, row + 1)) {
    rows.push(row);
  }
  return rows;
}

/**
 * Stray values of one feature, the most frequent first.
 *
 * @param values    finite [events]
 * @param expected  where they should lie; absent: where all lie but the least and the largest
 */
export function strayValues(values: ColumnData, expected?: ValueRange): StrayValue[] {
  const sorted = values.slice().sort();
  const runs = runsOf(sorted);
  const reference = expected ?? innerInterval(runs);
  const ranges = expected === undefined ? RANGES_OF_OTHERS : RANGES_OF_EXPECTED;
  const far = reference === undefined ? [] : farOf(sorted, runs, reference, ranges);
  const spikes = spikesOf(runs).filter(({ value }) => far.every((run) => run.value !== value));
  const found = (isFar: boolean) => (run: Run) => ({ ...run, rows: firstRows(values, run.value), isFar });
  return [...far.map(found(true)), ...spikes.map(found(false))].sort((a, b) => b.count - a.count);
}
