/** The events that a flow of a composition is trained on, and those that are held out of them. */
import { splitSample } from "../../../flows/training/event-sample.js";
import { StreamedEvents } from "../../../flows/training/streamed-events.js";
import type { TrainingRequest } from "../../../flows/training/training-request.js";
import { SAMPLE, type SampleOfAll, sampleOf } from "../../../inference/model/training/composition-density.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import { type ChannelSource, isStreamed } from "../../events/channel-stream.js";
import { digestOfColumns } from "../../events/event-digest.js";
import { openTrainingBlocks, sharedRows } from "../../events/training-blocks.js";
import type { Shown } from "../../reporter.js";
import type { SampledFlow } from "./training-samples.js";

export interface FlowEvents extends Pick<TrainingRequest, "data" | "validation"> {
  /** Of what has been read, for people. */
  readonly shown?: (steps: number) => Shown;
  readonly close: () => Promise<void>;
}

/** What constants of a flow are made of. */
export const constantsSample = (data: ChannelSource): SampleOfAll =>
  isStreamed(data) ? { ...data.sample, ranges: data.ranges } : data;

/** Of events that are not all in memory, their order depends on how rows are shared out: what stands for it in the key of the step. */
export function orderKey({ configuration }: CompositionAnalysis, data: ChannelSource): { readonly order?: string } {
  if (!isStreamed(data)) return {};
  const { starts, window } = sharedRows(data.rows, configuration.memory.rows);
  return { order: digestOfColumns([Float64Array.from(starts), Float64Array.of(window)]) };
}

/** @param purpose names the streams of random numbers */
export async function flowEvents(
  analysis: CompositionAnalysis,
  { events: { data }, channel, recipe }: SampledFlow,
  purpose: string,
): Promise<FlowEvents> {
  const { seed, memory } = analysis.configuration;
  const request = { seed, purpose, validation: recipe.heldOut };
  if (!isStreamed(data)) {
    const { training, validation } = splitSample(sampleOf(data), request);
    return { data: { [SAMPLE]: training }, validation: { [SAMPLE]: validation }, close: async () => {} };
  }
  const shared = sharedRows(data.rows, memory.rows);
  const blocks = await openTrainingBlocks(analysis, channel, data, shared);
  const stream = new StreamedEvents({ ...request, set: SAMPLE, blocks, window: shared.window });
  const batch = Math.min(recipe.training.batch, stream.counts.training);
  return {
    data: stream,
    shown: (steps) => ({ events: steps * batch, read: bytesText(blocks.bytes()) }),
    close: blocks.close,
  };
}

/** "21 MB" */
function bytesText(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toPrecision(3)} GB`;
}
