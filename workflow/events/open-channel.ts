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
} from "./channel-events.js";
import type { StreamedChannel } from "./channel-stream.js";
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
  const checkUnchanged = watchFiles(eventFiles(file));
  const columns = await listColumns(file);
  const { count: total, pieces } = await rowsOf(file);
  if (total <= rows) return readChannel(analysis, plan);
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
  const leftOut = leftOutOf(inBlocks, total, reasonsOf(analysis, plan));
  const data: StreamedChannel = {
    count,
    ...(isWeighted(last!.data) && { weighted: sums }),
    kept: kept.data,
    sample: sampled.data,
    async *pieces() {
      for await (const found of looked(kept.data.length)) yield found.data;
    },
  };
  checkLookedAt(analysis, plan, { data, total, weight: last!.weight });
  if (kept.hasAll) return { ...kept.joined(), file, total, leftOut };
  const again = (total - blocks[kept.data.length]!) / total;
  warn(
    `${file}: its ${count} events are more than memory.rows = ${rows}: ${count - countOf(kept.data)} of them are read again for every evaluation of the likelihood, which took ${(seconds * again).toPrecision(2)} s this time, and nothing is cached of any`,
  );
  return { data, file, total, leftOut, digest: hash.digest("hex") };
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
