/** Events of a channel, in memory where there is room for them; else they are read again for every evaluation of the likelihood. */
import { createHash } from "node:crypto";
import { isWeighted, weightSums } from "../../inference/model/likelihood/event-stream.js";
import { isReadInPieces } from "../../io/events/formats.js";
import { listColumns, openEvents } from "../../io/index.js";
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
import { isStreamed, type StreamedChannel } from "./channel-stream.js";
import type { LeftOut } from "./loaded-events.js";
import { blocksOf, leftOutOf, ROWS_AT_ONCE, rowsOf, Sampled } from "./row-blocks.js";

/** Events of a stream that are kept for what looks at how columns are distributed. */
const SAMPLED = 2 ** 17;

/** @param rows  of a file that are kept in memory at most. A file of a kind that is not read piece by piece is kept */
export async function openChannel(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
  rows = analysis.configuration.memory.rows,
): Promise<ChannelEvents> {
  const found = await openPieces(analysis, plan, progress, rows);
  const { data, file, total } = found;
  const tooMany = `${file}: its ${total} events are more than memory.rows = ${rows}`;
  if (isStreamed(data))
    warn(`${tooMany}: they are read again for every evaluation of the likelihood, and nothing is cached of them`);
  else if (total > rows && analysis.inline === undefined) warn(`${tooMany}, but are kept in memory: ${NO_PIECES}`);
  return found;
}

/** Why events are kept, however many they are. */
export const NO_PIECES = "files of this kind are not read piece by piece. Convert them to Parquet";

/** The same, without a warning. */
export async function openPieces(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  progress: Reporter["progress"],
  rows: number,
): Promise<ChannelEvents> {
  const file = fileOf(analysis, plan);
  if (analysis.inline !== undefined || !isReadInPieces(file)) return readChannel(analysis, plan);
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
    ranges: sampled.ranges,
    rows: { count: total, pieces },
    async *pieces() {
      for await (const found of looked()) yield found.data;
    },
  };
  checkLookedAt(analysis, plan, { data, total, weight: last!.weight });
  return {
    data,
    file,
    total,
    leftOut: leftOutOf(inBlocks, total, reasonsOf(analysis, plan)),
    digest: hash.digest("hex"),
  };
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
