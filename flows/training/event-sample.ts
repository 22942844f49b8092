/** The events of one event set as columns, and what training needs to know about them. */

import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import {
  aNumber,
  anObject,
  aText,
  checkArgument,
  checkOptions,
  checkParts,
  type Options,
  optional,
  valueText,
} from "../../engine/options.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { ColumnData, Named } from "../../engine/runtime/backend.js";
import { type SplitRequest, splitOrder } from "./split-order.js";
import { totalWeight } from "./weighted-moments.js";

export interface EventSample {
  /** By name: `[...shape, count]`, events contiguous. Used as they are. */
  readonly columns: Named<ColumnData>;
  readonly count: number;
  /** Name of the column that holds event weights [count]; all events count 1 where absent. */
  readonly weights?: string | undefined;
}

const sampleOptions: Options<EventSample> = { columns: anObject, count: aNumber, weights: optional(aText) };

export const checkSample = (where: string, sample: EventSample): void => checkOptions(where, sample, sampleOptions);

/** Number of events per event set. */
export function eventCounts(samples: Named<EventSample>): Record<string, number> {
  checkArgument("eventCounts", "samples", samples, anObject);
  return Object.fromEntries(Object.entries(samples).map(([set, { count }]) => [set, count]));
}

/** Σ of event weights, which may be negative one by one but not in all. */
export function sumOfWeights(sample: EventSample): number {
  checkParts("sumOfWeights", "a sample", sample, { count: aNumber });
  if (sample.weights === undefined) return sample.count;
  const weights = entryOf(sample.columns, sample.weights);
  if (weights?.length !== sample.count) {
    throw new UsageError("EventSample", {
      expected: `weights in a column "${sample.weights}" [${sample.count}]`,
      got: weights === undefined ? `columns ${Object.keys(sample.columns).join(", ")}` : `${weights.length} numbers`,
    });
  }
  const total = totalWeight({ count: sample.count, weights });
  if (total > 0 && total < Number.POSITIVE_INFINITY) return total;
  throw new UsageError("EventSample", {
    expected: `the weights "${sample.weights}" to have a positive finite sum`,
    got: `${total}`,
    hint: "Look for NaN and for too many negative weights",
  });
}

export type { SplitRequest };

export interface EventSplit {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/** Numbers of the events of each part, ascending. */
export function splitIndices(count: number, request: SplitRequest): EventSplit {
  const { key, size } = splitOrder(count, request);
  const order = new Int32Array(count);
  fillShuffled(key, 0, count, 0, order);
  return { training: order.slice(size).sort(), validation: order.slice(0, size).sort() };
}

/** Copies of the events of each part. */
export function splitSample(sample: EventSample, request: SplitRequest) {
  checkSample("splitSample", sample);
  const { training, validation } = splitIndices(sample.count, request);
  return { training: selectEvents(sample, training), validation: selectEvents(sample, validation) };
}

function checkEventNumbers(count: number, events: Int32Array): void {
  if (!(events instanceof Int32Array)) {
    throw new UsageError("selectEvents", { expected: "numbers of events as an Int32Array", got: valueText(events) });
  }
  const bad = events.find((event) => !(event >= 0 && event < count));
  if (bad === undefined) return;
  throw new UsageError("selectEvents", { expected: `numbers of events in [0, ${count})`, got: `${bad}` });
}

/** A copy that holds only the events of these numbers, in this order. */
export function selectEvents(sample: EventSample, events: Int32Array): EventSample {
  checkSample("selectEvents", sample);
  checkEventNumbers(sample.count, events);
  const columns = Object.entries(sample.columns).map(([name, from]) => {
    const rows = from.length / sample.count;
    const to =
      from instanceof Float32Array ? new Float32Array(rows * events.length) : new Float64Array(rows * events.length);
    for (let r = 0; r < rows; r++) {
      for (let e = 0; e < events.length; e++) to[r * events.length + e] = from[r * sample.count + events[e]!]!;
    }
    return [name, to];
  });
  return { ...sample, columns: Object.fromEntries(columns), count: events.length };
}
