/** The likelihood of a plan, with any events. */
import type { Backend } from "../../../engine/runtime/backend.js";
import { type ChannelsLikelihood, channelsLikelihood } from "../../../inference/model/likelihood/channels.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { ChannelSource } from "../../events/channel-stream.js";

/** @param data  in the order of the channels */
export const openPlan = (
  { backend, signal }: { readonly backend: Backend; readonly signal: AbortSignal },
  { composition, channels }: LikelihoodPlan,
  data: readonly ChannelSource[],
): Promise<ChannelsLikelihood> =>
  channelsLikelihood({
    backend,
    composition,
    channels: channels.map(({ name, selected, isExtended }, c) => ({
      name,
      density: selected,
      data: data[c]!,
      isExtended,
    })),
    signal,
  });
