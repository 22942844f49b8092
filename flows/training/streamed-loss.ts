/** The loss of held-out events that are not all in memory: piece after piece. */

import { randomKey } from "../../engine/random/random.js";
import { fillPositions } from "../../engine/random/shuffle.js";
import type { Named } from "../../engine/runtime/backend.js";
import { selectEvents } from "./event-sample.js";
import type { GroupedLoss, HeldOutLoss, RandomStream, SampleLoss } from "./grouped-loss.js";
import { inSet, type StreamedEvents } from "./streamed-events.js";

/** @param loss  divides by the sum of weights of all held-out events */
export function streamedLoss(stream: StreamedEvents, { program, bind }: SampleLoss): HeldOutLoss {
  const { set } = stream;
  const count = stream.counts.heldOut;
  const lossOf = async (range?: readonly [number, number]) =>
    (await program.run(range === undefined ? {} : { range: { [set]: range } })).loss![0]!;

  /** What does not depend on events has to count once in all, not once for each part of them. */
  async function whole(parameters: Named<Float64Array>): Promise<number> {
    await program.write(parameters);
    let [total, ofNoEvents] = [0, 0];
    for await (const [sample, start] of stream.heldOut()) {
      await bind(inSet(set, sample));
      if (start === 0) ofNoEvents = await lossOf([0, 0]);
      total += (await lossOf()) - ofNoEvents;
    }
    return total + ofNoEvents;
  }

  function inGroups(atMost: number, random: RandomStream): Promise<GroupedLoss> {
    const groups = Math.min(atMost, count);
    const key = randomKey(random.seed, `${random.purpose}/groups/${set}`);
    const ends = Array.from({ length: groups }, (_, group) => Math.floor(((group + 1) * count) / groups));
    /** Those of the same events in memory, which are cut from their shuffled order. */
    const groupsOf = (start: number, length: number): Int32Array => {
      const places = new Int32Array(length);
      fillPositions(key, 0, count, start, places);
      return places.map((place) => {
        let group = Math.floor((place * groups) / count);
        while (place >= ends[group]!) group++;
        return group;
      });
    };
    return Promise.resolve(async (parameters: Named<Float64Array>) => {
      await program.write(parameters);
      const parts = new Array<number>(groups).fill(0);
      let ofNoEvents = 0;
      // A run for each group takes longer than its events where these are few.
      for await (const [sample, start] of stream.heldOut(stream.window / 2)) {
        const { order, starts } = sortedBy(groupsOf(start, sample.count), groups);
        await bind(inSet(set, selectEvents(sample, order)));
        if (start === 0) ofNoEvents = await lossOf([0, 0]);
        for (let group = 0; group < groups; group++) {
          const [from, to] = [starts[group]!, starts[group + 1]!];
          if (from < to) parts[group]! += (await lossOf([from, to])) - ofNoEvents;
        }
      }
      return parts.map((part) => part + ofNoEvents / groups);
    });
  }

  return { counts: { [set]: count }, whole, inGroups, close: () => program.close() };
}

/** Numbers of events group after group, and where groups begin. */
function sortedBy(groupOf: Int32Array, groups: number): { readonly order: Int32Array; readonly starts: Int32Array } {
  const starts = new Int32Array(groups + 1);
  for (const group of groupOf) starts[group + 1]!++;
  for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!;
  const next = starts.slice();
  const order = new Int32Array(groupOf.length);
  for (let event = 0; event < groupOf.length; event++) order[next[groupOf[event]!]!++] = event;
  return { order, starts };
}
