/** Which events a training step sees: a pure function of seed, purpose and step. */

import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import { randomKey } from "../../engine/random/random.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { Named } from "../../engine/runtime/backend.js";

export interface MinibatchRequest {
  readonly seed: number;
  /** Names the stream of random numbers. */
  readonly purpose: string;
  /** Number of events per event set. */
  readonly counts: Named<number>;
  /** Events per step, for every event set or per set; a set with fewer events gives all it has. */
  readonly batch: number | Named<number>;
}

export interface Minibatches {
  /** Events of each event set. */
  readonly counts: Named<number>;
  /** Events per step of each event set. */
  readonly sizes: Named<number>;
  /** Steps in which the event set with most batches shows each of them once. */
  readonly stepsPerEpoch: number;
  /** Events of `count` steps, per event set, for `StepPlan.indices`. */
  indices(firstStep: number, count: number): Record<string, Int32Array>;
}

/**
 * Batches without replacement. Each event set has an order of its own, and a new one after the last whole batch of it;
 * the rest of an order is skipped. Smaller sets go through more orders per epoch.
 */
export function minibatches({ seed, purpose, counts, batch }: MinibatchRequest): Minibatches {
  const sets = Object.entries(counts).map(([name, count]) => {
    const wanted = typeof batch === "number" ? batch : entryOf(batch, name);
    if (wanted === undefined || !Number.isInteger(wanted) || wanted < 1 || !Number.isInteger(count) || count < 1) {
      throw new UsageError("minibatches", {
        expected: `a batch of at least one event for event set "${name}", and events`,
        got: `a batch of ${wanted} of ${count} events`,
      });
    }
    const size = Math.min(wanted, count);
    return {
      name,
      count,
      size,
      perOrder: Math.floor(count / size),
      key: randomKey(seed, `${purpose}/shuffle/${name}`),
    };
  });
  if (sets.length === 0) throw new UsageError("minibatches", { expected: "at least one event set", got: "none" });
  return {
    counts,
    sizes: Object.fromEntries(sets.map(({ name, size }) => [name, size])),
    stepsPerEpoch: Math.max(...sets.map(({ perOrder }) => perOrder)),
    indices(firstStep, steps) {
      const indices = sets.map(({ name, count, size, perOrder, key }) => {
        const events = new Int32Array(steps * size);
        for (let i = 0; i < steps; i++) {
          const order = Math.floor((firstStep + i) / perOrder);
          const position = (firstStep + i) % perOrder;
          fillShuffled(key, order, count, position * size, events.subarray(i * size, (i + 1) * size));
        }
        return [name, events];
      });
      return Object.fromEntries(indices);
    },
  };
}
