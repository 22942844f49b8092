/** Events of a sample that a flow is trained on: in memory where there is room for them, else they are read again in every epoch. */

import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import { joinedColumns } from "../../inference/model/sampling/simulated-events.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ChannelPlan } from "../configuration/composition/likelihood-plans.js";
import type { Reporter } from "../reporter.js";
import type { ChannelEvents } from "./channel-events.js";
import { isStreamed, type StreamedChannel } from "./channel-stream.js";
import { digestOfColumns } from "./event-digest.js";
import { NO_PIECES, openPieces } from "./open-channel.js";

/** Of a file with more rows, the events are kept where conditions and ranges leave no more than `memory.rows` of them. */
export async function openForTraining(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
): Promise<ChannelEvents> {
  const { rows } = analysis.configuration.memory;
  const found = await openPieces(analysis, plan, progress, rows);
  const { data, file, total } = found;
  const tooMany = `${file}: its ${total} events are more than memory.rows = ${rows}`;
  if (!isStreamed(data)) {
    if (total > rows && analysis.inline === undefined) warn(`${tooMany}, but are kept in memory: ${NO_PIECES}`);
    return found;
  }
  if (data.count <= rows) {
    const kept = await allOf(data);
    return { ...found, data: kept, digest: digestOfColumns([...Object.values(kept.columns), kept.weights]) };
  }
  progress.note(`${tooMany}: the ${plan.name} reads them again in every epoch`);
  return found;
}

async function allOf(stream: StreamedChannel): Promise<ChannelData> {
  const pieces: ChannelData[] = [];
  for await (const piece of stream.pieces()) pieces.push(piece);
  const joined = (of: (piece: ChannelData) => ChannelData["columns"][string]) =>
    joinedColumns(pieces.filter(({ count }) => count > 0).map((piece) => ({ count: piece.count, column: of(piece) })));
  const names = Object.keys(pieces[0]!.columns);
  const columns = Object.fromEntries(names.map((name) => [name, joined(({ columns: own }) => own[name]!)] as const));
  return { count: stream.count, columns, ...(pieces[0]!.weights && { weights: joined(({ weights }) => weights!) }) };
}
