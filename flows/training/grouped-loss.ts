/** The loss of a sample in groups of events, whose differences between two sets of parameters give a mean and its error. */

import { randomKey } from "../../engine/random/random.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { Named, Program } from "../../engine/runtime/backend.js";
import { type EventSample, eventCounts, selectEvents } from "./event-sample.js";

/** A program whose loss is that of a whole sample, as a function of parameters. */
export interface SampleLoss {
  readonly program: Program;
  readonly bind: (samples: Named<EventSample>) => Promise<void>;
}

/** Names a stream of random numbers. */
export interface RandomStream {
  readonly seed: number;
  readonly purpose: string;
}

/** The loss of events that are held out, wherever they are. */
export interface HeldOutLoss {
  /** Events of each event set. */
  readonly counts: Named<number>;
  readonly whole: (parameters: Named<Float64Array>) => Promise<number>;
  /** In groups that are drawn at random. @param atMost groups, fewer where there are fewer events */
  readonly inGroups: (atMost: number, stream: RandomStream) => Promise<GroupedLoss>;
  readonly close: () => Promise<void>;
}

/** That of samples in memory, to which the program is bound. */
export const lossOfSamples = (loss: SampleLoss, samples: Named<EventSample>): HeldOutLoss => ({
  counts: eventCounts(samples),
  async whole(parameters) {
    await loss.program.write(parameters);
    return (await loss.program.run()).loss![0]!;
  },
  inGroups: (atMost, stream) => groupedLoss(loss, samples, atMost, stream),
  close: () => loss.program.close(),
});

/** Parts of the loss of a sample, one for each group of its events, as a function of parameters. They add up to the loss. */
export type GroupedLoss = (parameters: Named<Float64Array>) => Promise<readonly number[]>;

/**
 * Groups are drawn at random, as neighbours in a file may be alike. The samples stay bound in the order of the groups.
 *
 * @param samples    those whose sums of weights the program divides by
 * @param atMost     groups, fewer where there are fewer events; of n groups the standard error is known to 1 / √(2n - 2)
 * @param purpose    names the stream of random numbers
 */
export async function groupedLoss(
  { program, bind }: SampleLoss,
  samples: Named<EventSample>,
  atMost: number,
  { seed, purpose }: RandomStream,
): Promise<GroupedLoss> {
  await bind(
    Object.fromEntries(
      Object.entries(samples).map(([set, sample]) => {
        const order = new Int32Array(sample.count);
        fillShuffled(randomKey(seed, `${purpose}/groups/${set}`), 0, sample.count, 0, order);
        return [set, selectEvents(sample, order)];
      }),
    ),
  );
  const groups = Math.min(atMost, ...Object.values(samples).map(({ count }) => count));
  const lossOf = async (first: number, last: number) => {
    const range = Object.entries(samples).map(([set, { count }]) => {
      return [set, [first, last].map((end) => Math.floor((end * count) / groups)) as [number, number]] as const;
    });
    return (await program.run({ range: Object.fromEntries(range) })).loss![0]!;
  };
  return async (parameters) => {
    await program.write(parameters);
    // The loss is a sum over events divided by a constant, and what does not depend on events, which every group has to have once in all.
    const ofNoEvents = await lossOf(0, 0);
    const parts: number[] = [];
    for (let group = 0; group < groups; group++) {
      parts.push((await lossOf(group, group + 1)) - ofNoEvents + ofNoEvents / groups);
    }
    return parts;
  };
}

/** Mean loss of a sample with one set of parameters less that with another, and what it is uncertain by. */
export interface PairedDifference {
  readonly difference: number;
  /** Standard error, of the differences event by event; undefined of a single event. */
  readonly error: number | undefined;
}

/** The losses of the same events with either parameters differ by much less than their own errors. */
export function differenceOf(first: readonly number[], second: readonly number[]): PairedDifference {
  const groups = first.length;
  const parts = first.map((part, group) => part - second[group]!);
  const difference = parts.reduce((sum, part) => sum + part, 0);
  const squares = parts.reduce((sum, part) => sum + (part - difference / groups) ** 2, 0);
  return { difference, error: groups < 2 ? undefined : Math.sqrt((squares * groups) / (groups - 1)) };
}
