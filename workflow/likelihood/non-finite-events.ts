/** Events whose log-density is no number: named wherever a likelihood, a fit or a scan meets them. */
import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { Analysis } from "../configuration/analysis.js";
import { eventText } from "../events/column-checks.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import type { LoadedEvents } from "../events/loaded-events.js";
import type { OpenLikelihood } from "./bound-likelihood.js";

/** Events whose log-densities are looked at together. */
const PORTION = 2 ** 14;

type CheckedLikelihood = Pick<OpenLikelihood, "analysis" | "likelihood" | "events">;

/** Rows of log-densities that are no numbers, the first few, and how many there are. */
export class NonFinite {
  readonly rows: number[] = [];
  readonly values: number[] = [];
  count = 0;

  add(logProb: Float64Array, start: number): void {
    for (const [i, value] of logProb.entries()) {
      if (Number.isFinite(value)) continue;
      if (++this.count > NAMED_ROWS) continue;
      this.rows.push(start + i);
      this.values.push(value);
    }
  }

  /** @param where  the point, where it is not the one that was asked for: " at nu = (1, 0)" */
  verdict(analysis: Analysis, events: LoadedEvents, where = ""): DataVerdict {
    return verdictOf(events.file, this.text(analysis, events, where), this.count, this.inFile(events));
  }

  /** "row 5 (counted from 0): x = 1e20, with log p = -infinity; 3 such events of 100" */
  text(analysis: Analysis, events: LoadedEvents, where = ""): string {
    return `${this.first(analysis, events)}${where}${restText(this.count, events.data.count)}`;
  }

  first(analysis: Analysis, events: LoadedEvents): string {
    return `${eventText(analysis, events, this.rows[0]!)}, with log p = ${infinityText(this.values[0]!)}`;
  }

  inFile({ rows }: LoadedEvents): readonly number[] {
    return this.rows.map((row) => rows?.[row] ?? row);
  }
}

/** The same of events of which only some are in memory at a time. */
export class NonFiniteInBlocks {
  private readonly rows: number[] = [];
  private first: string | undefined;
  private count = 0;

  constructor(private readonly analysis: Analysis) {}

  /** @param logProb  of these events */
  add(logProb: Float64Array, events: LoadedEvents): void {
    const own = new NonFinite();
    own.add(logProb, 0);
    if (own.count === 0) return;
    this.first ??= own.first(this.analysis, events);
    this.rows.push(...own.inFile(events).slice(0, NAMED_ROWS - this.rows.length));
    this.count += own.count;
  }

  /** Undefined where there are none. @param of  number of all events */
  verdict(file: string, of: number): DataVerdict | undefined {
    if (this.first === undefined) return undefined;
    return verdictOf(file, `${this.first}${restText(this.count, of)}`, this.count, this.rows);
  }
}

const restText = (count: number, of: number) => (count === 1 ? "" : `; ${count} such events of ${of}`);

const verdictOf = (file: string, text: string, count: number, rows: readonly number[]): DataVerdict => ({
  check: "finite",
  about: "data",
  failed: true,
  text: `${file}: ${text}`,
  advice: "Remove such events, or look for a sentinel or a wrong unit in them",
  count,
  rows,
});

/** Overflow on the way to log p leaves NaN; both say that the density is 0 to the precision of the numbers. */
const infinityText = (value: number) => (value > 0 ? "infinity" : "-infinity");

/** Those at ν. */
export async function nonFiniteAt(
  { likelihood, events }: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<NonFinite> {
  const found = new NonFinite();
  const { count } = events.data;
  for (let start = 0; start < count; start += PORTION) {
    signal.throwIfAborted();
    const stop = Math.min(count, start + PORTION);
    found.add(await likelihood.logProb(nu, [start, stop]), start);
  }
  return found;
}

/** Steps from a point to where a fit or a scan has looked, in prior standard deviations. */
const STEPS = [0.1, 1, 3];

/** Points that are looked at, at most: each is a pass over the events. */
const MOST_POINTS = 40;

/** A point and those around it, one parameter moved, the nearest first. */
function around(nu: readonly number[]): (readonly number[])[] {
  const moved = STEPS.flatMap((step) =>
    nu.flatMap((_, k) => [step, -step].map((change) => nu.map((value, l) => (l === k ? value + change : value)))),
  );
  return [nu, ...moved].slice(0, MOST_POINTS);
}

/**
 * Which events make a likelihood not finite that is so at one of these points, or near it; undefined where none does.
 *
 * @param points  the likeliest first
 */
export async function nonFiniteNear(
  open: CheckedLikelihood,
  points: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<DataVerdict | undefined> {
  for (const nu of [...points, ...points.slice(0, 1).flatMap((first) => around(first).slice(1))]) {
    const found = await nonFiniteAt(open, nu, signal);
    if (found.count === 0) continue;
    const at = nu.map((value) => Number(value.toPrecision(4))).join(", ");
    return found.verdict(open.analysis, open.events, ` at nu = (${at})`);
  }
  return undefined;
}
