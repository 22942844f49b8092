/** Numbers of events that extended channels expect where parameters start: fractions that were meant as such expect one event. */
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import { expectedEvents } from "../../../inference/model/composition/toys.js";
import { weightSums } from "../../../inference/model/likelihood/event-stream.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import type { ChannelPlan, LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import { UsageError } from "../../errors.js";
import type { ChannelEvents } from "../../events/channel-events.js";
import { trainedDensities } from "./training-samples.js";

/** Whether the number of a channel follows from flows that are to be trained: from how much of them lies in a region. */
export function restsOnTraining(analysis: CompositionAnalysis, plan: LikelihoodPlan, density: string): boolean {
  const { densities } = reachableParts(plan.composition, [density]);
  const isCut = Object.values(densities).some(({ kind }) => kind === "truncated");
  return isCut && trainedDensities(analysis, Object.keys(densities)).length > 0;
}

/**
 * By channel; none of those that are not extended, or whose number is another for each event. A number below 0 is refused.
 *
 * @param file      for messages
 * @param channels  of the likelihood, those that are looked at
 * @param selected  of a channel, the density whose number is meant
 */
export async function expectedAtStart(
  file: string,
  { name: likelihood, composition }: LikelihoodPlan,
  channels: readonly ChannelPlan[],
  selected = (channel: ChannelPlan) => channel.selected,
): Promise<Record<string, number>> {
  const found: [string, number][] = [];
  for (const channel of channels) {
    const { name, isExtended } = channel;
    const density = selected(channel);
    if (!isExtended || composition.shape(density).given.length > 0) continue;
    try {
      found.push([name, await expectedEvents(composition, density, {})]);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(`${file}: likelihood ${likelihood}, channel ${name}, at the start`, error.complaint);
    }
  }
  return Object.fromEntries(found);
}

/** Fractions sum to 1 or less, and rounding. */
const MOST_OF_FRACTIONS = 1.001;

/** From so many events on, one that is expected is none of a measurement. */
const LEAST_EVENTS = 10;

/**
 * A sentence on each channel whose numbers of events look like fractions.
 *
 * @param events  in the order of the channels
 * @param where   that they are expected
 */
export function fractionTexts(
  { channels }: LikelihoodPlan,
  events: readonly Pick<ChannelEvents, "data">[],
  expected: Readonly<Record<string, number>>,
  where = "at the start",
): string[] {
  return channels.flatMap(({ name, density }, c) => {
    const [observed, own] = [weightSums(events[c]!.data).total, expected[name]];
    if (own === undefined || own > MOST_OF_FRACTIONS || observed < LEAST_EVENTS) return [];
    return [
      `the channel ${name} is extended, as all coefficients of ${density} are given, and expects ${own.toPrecision(3)} events ${where}, ` +
        `where there are ${Number(observed.toPrecision(6))}. Of fractions, leave the last one to \`rest\`, or set extended to false`,
    ];
  });
}
