/** Events of a sample that a flow is trained on: in memory where there is room for them, else they are read again in every epoch. */
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ChannelPlan } from "../configuration/composition/likelihood-plans.js";
import type { Reporter } from "../reporter.js";
import type { ChannelEvents } from "./channel-events.js";
import { isStreamed } from "./channel-stream.js";
import { openPieces, warnOfWhole } from "./open-channel.js";

/** Of a file with more rows, the events are kept where conditions and ranges leave no more than `memory.rows` of them. */
export async function openForTraining(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
): Promise<ChannelEvents> {
  const { rows } = analysis.configuration.memory;
  const { seconds: _, ...found } = await openPieces(analysis, plan, progress, rows, "nothing");
  const { data, file } = found;
  if (isStreamed(data)) {
    progress.note(
      `${file}: its ${data.count} events are more than memory.rows = ${rows}: the ${plan.name} reads them again in every epoch`,
    );
  } else warnOfWhole(analysis, found, rows, warn);
  return found;
}
