/** Events of a channel, in memory where there is room for them; else they are read again for every evaluation of the likelihood. */
import { createHash } from "node:crypto";
import { countOf, isWeighted, weightSums } from "../../inference/model/likelihood/event-stream.js";
import { isReadInPieces } from "../../io/events/formats.js";
import { eventFiles, listColumns, openEvents } from "../../io/index.js";
import { watchFiles } from "../../io/source.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ChannelPlan } from "../configuration/composition/likelihood-plans.js";
import type { Derivation } from "../configuration/derivation.js";
import type { Reporter } from "../reporter.js";
import {
  type ChannelEvents,
  checkLookedAt,
  fileOf,
  type LookedAt,
  lookAt,
  readChannel,
  reasonsOf,
  sharedEvents,
} from "./channel-events.js";
import { isStreamed, type StreamedChannel } from "./channel-stream.js";
import { KeptBlocks } from "./kept-blocks.js";
import type { LeftOut } from "./loaded-events.js";
import { blocksOf, leftOutOf, ROWS_AT_ONCE, rowsOf, Sampled } from "./row-blocks.js";

/** Events of a stream that are kept for what looks at how columns are distributed. */
const SAMPLED = 2 ** 17;

/**
 * @param rows  that are kept in memory at most, of those that the selection leaves; where these are more, those of two blocks are read
 *              beside them. A file of a kind that is not read piece by piece is kept
 */
export async function openChannel(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
  rows = analysis.configuration.memory.rows,
): Promise<ChannelEvents> {
  const { seconds, ...found } = await openPieces(analysis, plan, progress, rows, "what fits");
  const { data, file, total } = found;
  if (isStreamed(data)) {
    const again = data.count - countOf(data.kept);
    warn(
      `${file}: its ${data.count} events are more than memory.rows = ${rows}: ${again} of them are read again for every evaluation of the likelihood, which took ${seconds.toPrecision(2)} s this time, and nothing is cached of any`,
    );
  } else warnOfWhole(analysis, { file, total }, rows, warn);
  return found;
}

/** Says so where a file that is not read in pieces has more events than should be kept. */
export function warnOfWhole(
  { inline }: CompositionAnalysis,
  { file, total }: Pick<ChannelEvents, "file" | "total">,
  rows: number,
  warn: Reporter["warn"],
): void {
  if (total <= rows || inline !== undefined || isReadInPieces(file)) return;
  warn(
    `${file}: its ${total} events are more than memory.rows = ${rows}, but are kept in memory: files of this kind are not read piece by piece. Convert them to Parquet`,
  );
}

/**
 * The same, without a warning.
 *
 * @param keeps  of events that are more than memory has room for: those that fit, or none
 * @returns the seconds besides that reading those took that are not kept
 */
export async function openPieces(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  progress: Reporter["progress"],
  rows: number,
  keeps: "what fits" | "nothing",
): Promise<ChannelEvents & { readonly seconds: number }> {
  const file = fileOf(analysis, plan);
  const whole = async () => ({ ...(await readChannel(analysis, plan)), seconds: 0 });
  if (analysis.inline !== undefined || !isReadInPieces(file)) return whole();
  const checkUnchanged = watchFiles(eventFiles(file));
  const columns = await listColumns(file);
  const { count: total, pieces } = await rowsOf(file);
  if (total <= rows) return whole();
  const most = Math.max(1, Math.floor(rows / 2));
  const blocks = blocksOf(pieces, total, Math.min(Math.ceil(most / 2), ROWS_AT_ONCE), most);
  const looked = (first: number) => blocksLookedAt(analysis, plan, { file, columns, blocks, first, checkUnchanged });

  const counter = progress.begin(`read ${plan.sample}`, total, "events");
  const start = performance.now();
  const hash = createHash("sha256");
  const sampled = new Sampled(Math.ceil(total / SAMPLED));
  const sums = { total: 0, squares: 0 };
  const kept = new KeptBlocks(blocks, rows);
  let [count, block] = [0, 0];
  const inBlocks: LeftOut[] = [];
  let last: LookedAt | undefined;
  for await (const found of looked(0)) {
    const { data } = found;
    const own = weightSums(data);
    sums.total += own.total;
    sums.squares += own.squares;
    count += data.count;
    inBlocks.push(...found.leftOut);
    hash.update(found.digest());
    sampled.add(data);
    kept.add(found);
    last = found;
    counter.update(blocks[++block]!);
  }
  counter.done();
  const seconds = (performance.now() - start) / 1000;
  const stored = keeps === "nothing" || kept.hasAll ? [] : kept.data.map(sharedEvents);
  const leftOut = leftOutOf(inBlocks, total, reasonsOf(analysis, plan));
  const data: StreamedChannel = {
    count,
    ...(isWeighted(last!.data) && { weighted: sums }),
    kept: stored,
    sample: sampled.data,
    ranges: sampled.ranges,
    rows: { count: total, pieces },
    async *pieces() {
      for await (const found of looked(stored.length)) yield found.data;
    },
  };
  checkLookedAt(analysis, plan, { data, total, weight: last!.weight });
  if (kept.hasAll) return { ...kept.joined(), file, total, leftOut, seconds: 0 };
  const again = (total - blocks[stored.length]!) / total;
  return { data, file, total, leftOut, digest: hash.digest("hex"), seconds: seconds * again };
}

interface Blocks {
  readonly file: string;
  readonly columns: readonly string[];
  readonly blocks: readonly number[];
  /** Of the blocks that are looked at. */
  readonly first: number;
  /** Refuses files that are not what they were. */
  readonly checkUnchanged: () => void;
}

/** Block after block; the file is open as long as it is read. */
async function* blocksLookedAt(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { file, columns, blocks, first, checkUnchanged }: Blocks,
): AsyncGenerator<LookedAt> {
  let open: Awaited<ReturnType<typeof openEvents>> | undefined;
  checkUnchanged();
  try {
    for (let i = first; i + 1 < blocks.length; i++) {
      const from = blocks[i]!;
      const read = async (names: readonly string[], missing: Derivation["missing"]) => {
        open ??= await openEvents(file, names, { missing });
        return open.read(from, blocks[i + 1]!);
      };
      yield await lookAt(analysis, plan, { file, columns, read, firstRow: from });
    }
  } finally {
    await open?.close();
  }
  // What is written over while it is read is noticed here, if its numbers are as many.
  checkUnchanged();
}
