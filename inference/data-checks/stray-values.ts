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
  /** So many events have it that a density of the feature would be one of this value: no accident of a few events. */
  readonly isSpike: boolean;
}

/** Rows to name. */
export const NAMED_ROWS = 3;

/**
 * A value that occurs this many times as often as any other of a column of continuous numbers is a spike. Rounded and
 * whole numbers repeat too, but like their neighbours. Where no other value repeats at all, fewer will do.
 */
const SPIKE = 20;
const SPIKE_OF_UNIQUE = 5;

/**
 * Values of a few digits repeat, and often the more so the steeper the density. There, a value is a spike that occurs so many times as
 * often as each of the next different values on either side: beside a power of ten, where numbers of three digits begin to lie ten times
 * as far apart, it may be 5.5 times.
 */
const SPIKE_OF_NEIGHBOURS = 8;
const NEIGHBOURS = 8;

/** Part of the events that has a spike at least, where it is not far from all others. */
const SPIKE_PART = 1e-3;

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

/** The most frequent of the runs that it is given, one more than are looked for. */
class MostFrequent {
  readonly runs: Run[] = [];
  private least = 0;

  add(run: Run): void {
    if (run.count <= this.least) return;
    this.runs.push(run);
    this.runs.sort((a, b) => b.count - a.count);
    if (this.runs.length > MOST + 1) this.runs.pop();
    if (this.runs.length > MOST) this.least = this.runs[MOST]!.count;
  }
}

/** The values of a column at its ends, those repeated most, those much more than their neighbours, and how many different ones there are. */
function runsOf(sorted: ColumnData) {
  const frequent = new MostFrequent();
  const protruding = new MostFrequent();
  /** One value with its neighbours. */
  const around: Run[] = [];
  let distinct = 0;
  const look = (at: number) => {
    const own = around[at];
    if (own === undefined || own.count < SPIKE) return;
    const others = around.reduce((most, { count }, i) => (i === at ? most : Math.max(most, count)), 0);
    if (own.count >= SPIKE_OF_NEIGHBOURS * others) protruding.add(own);
  };
  for (let start = 0, end = 1; start < sorted.length; start = end++) {
    const value = sorted[start]!;
    while (end < sorted.length && sorted[end] === value) end++;
    const run = { value, count: end - start };
    distinct++;
    frequent.add(run);
    if (around.push(run) > 2 * NEIGHBOURS + 1) around.shift();
    look(around.length - 1 - NEIGHBOURS);
  }
  // The last have fewer above them.
  for (let left = Math.min(NEIGHBOURS, around.length); left > 0; left--) {
    if (around.length > 2 * NEIGHBOURS) around.shift();
    look(around.length - left);
  }
  return {
    low: outermost(sorted, 1),
    high: outermost(sorted, -1),
    frequent: frequent.runs,
    protruding: protruding.runs.slice(0, MOST),
    distinct,
  };
}

type Runs = ReturnType<typeof runsOf>;

/** The values that are repeated so much more often than all others. */
function spikesOf({ frequent, protruding, distinct }: Runs): readonly Run[] {
  if (distinct === 1) return frequent.filter(({ count }) => count >= SPIKE);
  const last = frequent.findLastIndex(({ count }, i) => {
    const next = frequent[i + 1]?.count;
    return i < MOST && next !== undefined && count >= (next === 1 ? SPIKE_OF_UNIQUE : SPIKE * next);
  });
  const repeated = frequent.slice(0, last + 1);
  const all = [...repeated, ...protruding.filter(({ value }) => repeated.every((run) => run.value !== value))];
  return distinct - all.length < LEAST_OTHERS ? [] : all.slice(0, MOST);
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
  const found = (isFar: boolean) => (run: Run) => ({
    ...run,
    rows: firstRows(values, run.value),
    isFar,
    isSpike: isFar ? run.count >= OFTEN : run.count >= SPIKE_PART * values.length,
  });
  return [...far.map(found(true)), ...spikes.map(found(false))].sort((a, b) => b.count - a.count);
}
