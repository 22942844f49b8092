/** Events of a channel, in memory where there is room for them; else they are read again for every evaluation of the likelihood. */
import { createHash } from "node:crypto";
import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import { isWeighted, weightSums } from "../../inference/model/likelihood/event-stream.js";
import { isReadInPieces } from "../../io/events/formats.js";
import { FileError, listColumns, type OpenedEvents, openEvents } from "../../io/index.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ChannelPlan } from "../configuration/composition/likelihood-plans.js";
import type { Reporter } from "../reporter.js";
import {
  type ChannelEvents,
  checkLookedAt,
  fileOf,
  type LookedAt,
  lookAt,
  readChannel,
  reasonsOf,
} from "./channel-events.js";
import type { StreamedChannel } from "./channel-stream.js";
import type { LeftOut } from "./loaded-events.js";

/** Rows that are read at once, where the pieces of files are as small: enough to keep all cores busy. */
export const ROWS_AT_ONCE = 2 ** 18;

/** Events of a stream that are kept for what looks at how columns are distributed. */
const SAMPLED = 2 ** 17;

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

/** Every so many-th event of all, block after block. */
export class Sampled {
  private readonly values = new Map<string, number[]>();
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

/** @param rows  of a file that are kept in memory at most. A file of a kind that is not read piece by piece is kept */
export async function openChannel(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
  rows = analysis.configuration.memory.rows,
): Promise<ChannelEvents> {
  const file = fileOf(analysis, plan);
  if (analysis.inline !== undefined) return readChannel(analysis, plan);
  if (!isReadInPieces(file)) {
    const kept = await readChannel(analysis, plan);
    if (kept.total > rows) {
      warn(
        `${file}: its ${kept.total} events are more than memory.rows = ${rows}, but are kept in memory: files of this kind are not read piece by piece. Convert them to Parquet`,
      );
    }
    return kept;
  }
  const columns = await listColumns(file);
  const { count: total, pieces } = await rowsOf(file, columns);
  if (total <= rows) return readChannel(analysis, plan);
  const blocks = blocksOf(pieces, total, Math.min(rows, ROWS_AT_ONCE), rows);
  const looked = () => blocksLookedAt(analysis, plan, { file, columns, blocks });

  const counter = progress.begin(`read ${plan.sample}`, total, "events");
  const hash = createHash("sha256");
  const sampled = new Sampled(Math.ceil(total / SAMPLED));
  const sums = { total: 0, squares: 0 };
  let [count, block] = [0, 0];
  const inBlocks: LeftOut[] = [];
  let last: LookedAt | undefined;
  for await (const found of looked()) {
    const { data } = found;
    const own = weightSums(data);
    sums.total += own.total;
    sums.squares += own.squares;
    count += data.count;
    inBlocks.push(...found.leftOut);
    hash.update(found.digest());
    sampled.add(data);
    last = found;
    counter.update(blocks[++block]!);
  }
  counter.done();
  const data: StreamedChannel = {
    count,
    ...(isWeighted(last!.data) && { weighted: sums }),
    sample: sampled.data,
    async *pieces() {
      for await (const found of looked()) yield found.data;
    },
  };
  checkLookedAt(analysis, plan, { data, total, weight: last!.weight });
  warn(
    `${file}: its ${total} events are more than memory.rows = ${rows}: they are read again for every evaluation of the likelihood, and nothing is cached of them`,
  );
  return {
    data,
    file,
    total,
    leftOut: leftOutOf(inBlocks, total, reasonsOf(analysis, plan)),
    digest: hash.digest("hex"),
  };
}

/** How many rows there are, and where pieces of them begin: of any column that can be read. */
export async function rowsOf(
  file: string,
  columns: readonly string[],
): Promise<Pick<OpenedEvents, "count" | "pieces">> {
  for (const name of columns) {
    try {
      const events = await openEvents(file, [name]);
      await events.close();
      return events;
    } catch (error) {
      // Words, for example: the next column.
      if (!(error instanceof FileError)) throw error;
    }
  }
  return { count: 0, pieces: [] };
}

interface Blocks {
  readonly file: string;
  readonly columns: readonly string[];
  readonly blocks: readonly number[];
}

/** Block after block; the file is open as long as it is read. */
async function* blocksLookedAt(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { file, columns, blocks }: Blocks,
): AsyncGenerator<LookedAt> {
  let open: Awaited<ReturnType<typeof openEvents>> | undefined;
  try {
    for (const [i, from] of blocks.slice(0, -1).entries()) {
      const read = async (names: readonly string[]) => {
        open ??= await openEvents(file, names);
        return open.read(from, blocks[i + 1]!);
      };
      yield await lookAt(analysis, plan, { file, columns, read, firstRow: from });
    }
  } finally {
    await open?.close();
  }
}
