/** Files that are read in blocks of rows: where these begin, and what is kept of all of them. */
import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import { rangeOf, type ValueRange } from "../../inference/model/simulated-range.js";
import { type OpenedEvents, openEvents } from "../../io/index.js";
import type { LeftOut } from "./loaded-events.js";

/** Rows that are read at once, where the pieces of files are as small: enough to keep all cores busy. */
export const ROWS_AT_ONCE = 2 ** 18;

/** Of a piece that is larger, such as a row group of all rows, parts are read: each unpacks the whole piece again. */
export const MOST_ROWS = 2 ** 22;

/**
 * Where blocks of rows begin, and the end of the last: each as many pieces as make it no larger than `wanted`, and of a piece that is larger than
 * `most` equal parts.
 */
export function blocksOf(pieces: readonly number[], count: number, wanted: number, most: number): number[] {
  const blocks = [0];
  for (const [i, start] of pieces.entries()) {
    const end = pieces[i + 1] ?? count;
    if (start > blocks.at(-1)! && end - blocks.at(-1)! > wanted) blocks.push(start);
    const parts = Math.ceil((end - start) / most);
    for (let part = 1; part < parts; part++) blocks.push(start + Math.floor(((end - start) * part) / parts));
  }
  return [...blocks, count];
}

/** What is left out of all blocks, from what is left out of each. @param total  rows @param reasons  behind conditions, in their order */
export function leftOutOf(blocks: readonly LeftOut[], total: number, reasons: readonly string[] = []): LeftOut[] {
  const sums = new Map<string, LeftOut>();
  for (const one of blocks) {
    const before = sums.get(one.reason) ?? { count: 0, sum: 0 };
    sums.set(one.reason, { ...one, count: one.count + before.count, sum: one.sum + before.sum });
  }
  // Conditions look at all rows, ranges and regions at what conditions leave.
  const place = ({ reason, isCondition }: LeftOut) => (isCondition ? -1 : reasons.indexOf(reason));
  const all = [...sums.values()].sort((a, b) => place(a) - place(b));
  const left = all.reduce((rest, { count, isCondition }) => (isCondition ? rest - count : rest), total);
  return all.map((one) => ({ ...one, of: one.isCondition ? total : left }));
}

/** Every so many-th event of all, block after block, and the ranges of all. */
export class Sampled {
  private readonly values = new Map<string, number[]>();
  /** Least and largest value of each column. */
  readonly ranges: Record<string, ValueRange> = {};
  private seen = 0;

  constructor(private readonly step: number) {}

  add({ count, columns, weights }: ChannelData): void {
    const first = (this.step - (this.seen % this.step)) % this.step;
    const all = { ...columns, ...(weights && { [WEIGHTS]: weights }) };
    for (const [name, values] of Object.entries(all)) {
      const own = this.values.get(name) ?? [];
      for (let i = first; i < count; i += this.step) own.push(values[i]!);
      this.values.set(name, own);
    }
    for (const [name, values] of Object.entries(columns)) {
      this.ranges[name] = rangeOf([values, Float64Array.from(this.ranges[name] ?? [])]);
    }
    this.seen += count;
  }

  get data(): ChannelData {
    const { [WEIGHTS]: weights, ...columns } = Object.fromEntries(
      [...this.values].map(([name, values]) => [name, Float64Array.from(values)]),
    );
    const count = Object.values(columns)[0]?.length ?? 0;
    return { count, columns, ...(weights && { weights }) };
  }
}

const WEIGHTS = " weights";

/** How many rows there are, and where pieces of them begin. */
export async function rowsOf(file: string): Promise<Pick<OpenedEvents, "count" | "pieces">> {
  const events = await openEvents(file, []);
  await events.close();
  return events;
}
