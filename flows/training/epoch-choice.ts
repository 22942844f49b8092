/** Which epoch of a training is kept: the last, unless the best is better by more than chance. */

import { fillShuffled, randomKey } from "../../engine/random/random.js";
import type { Named, Program } from "../../engine/runtime/backend.js";
import { type EventSample, selectEvents } from "./event-sample.js";

/** Groups of events whose sums give the error of the sum of all: it is then known to 1 / √(2 · 63), 9%. */
const GROUPS = 64;

/** Mean loss of a sample with one set of parameters less that with another, and what it is uncertain by. */
export interface PairedDifference {
  readonly difference: number;
  /** Standard error, of the differences event by event; undefined of a single event. */
  readonly error: number | undefined;
}

/** A program whose loss is that of a whole sample, as a function of parameters. */
export interface SampleLoss {
  readonly program: Program;
  readonly bind: (samples: Named<EventSample>) => Promise<void>;
}

/**
 * Is the loss with the first parameters below that with the second by more than its standard error? The rule of Breiman, Friedman,
 * Olshen and Stone 1984, "Classification and Regression Trees", section 3.4.3: the least of many losses is lower by chance.
 *
 * Linear regressions of 5 to 300 parameters, 30 epochs of gradient descent with a cosine rate, 60 each, lost against the best of all
 * epochs (1e-4 nats per event, range over settings):
 *
 *     the best beats the last by        0          1          2 standard errors    never: the last
 *     they converged                5 to 11     1 to 6     0.1 to 0.8              0.1 to 0.5
 *     they learnt noise             0 to 28     0 to 93      0 to 240              1 to 1900
 */
export function isBeyondChance({ difference, error }: PairedDifference): boolean {
  return error !== undefined && difference < -error;
}

/**
 * The losses of the same events with either parameters differ by much less than their own errors. Groups are drawn at random, as
 * neighbours in a file may be alike. The samples stay bound in the order of the groups.
 *
 * @param purpose  names the stream of random numbers
 */
export async function pairedDifference(
  { program, bind }: SampleLoss,
  samples: Named<EventSample>,
  [first, second]: readonly [Named<Float64Array>, Named<Float64Array>],
  { seed, purpose }: { readonly seed: number; readonly purpose: string },
): Promise<PairedDifference> {
  await bind(
    Object.fromEntries(
      Object.entries(samples).map(([set, sample]) => {
        const order = new Int32Array(sample.count);
        fillShuffled(randomKey(seed, `${purpose}/groups/${set}`), 0, sample.count, 0, order);
        return [set, selectEvents(sample, order)];
      }),
    ),
  );
  const groups = Math.min(GROUPS, ...Object.values(samples).map(({ count }) => count));
  // The loss is a sum over events divided by a constant: those of the groups add up to it.
  const partsOf = async (parameters: Named<Float64Array>) => {
    await program.write(parameters);
    const parts: number[] = [];
    for (let group = 0; group < groups; group++) {
      const range = Object.entries(samples).map(([set, { count }]) => {
        return [set, [0, 1].map((end) => Math.floor(((group + end) * count) / groups)) as [number, number]] as const;
      });
      parts.push((await program.run({ range: Object.fromEntries(range) })).loss![0]!);
    }
    return parts;
  };
  const [ofFirst, ofSecond] = [await partsOf(first), await partsOf(second)];
  const parts = ofFirst.map((part, group) => part - ofSecond[group]!);
  const difference = parts.reduce((sum, part) => sum + part, 0);
  const squares = parts.reduce((sum, part) => sum + (part - difference / groups) ** 2, 0);
  return { difference, error: groups < 2 ? undefined : Math.sqrt((squares * groups) / (groups - 1)) };
}
