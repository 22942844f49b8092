/** Events of a channel that are not all kept in memory, and what steps ask of events wherever they are. */

import type { ChannelData, ChannelStream } from "../../inference/model/likelihood/channels.js";
import { isStream, piecesOf } from "../../inference/model/likelihood/event-stream.js";
import { binWithin } from "../../inference/model/predictions/closure.js";
import type { ValueRange } from "../../inference/model/simulated-range.js";
import type { BinnedEvents } from "../../inference/statistics/goodness/goodness-of-fit.js";
import { UsageError } from "../errors.js";

export interface StreamedChannel extends ChannelStream {
  /** Some of the events, spread evenly over all: for what looks at how their columns are distributed. */
  readonly sample: ChannelData;
  /** Least and largest value of each column, of all events. */
  readonly ranges: Readonly<Record<string, ValueRange>>;
  /** Of the file: how many there are, and where parts begin that are read without the others. */
  readonly rows: { readonly count: number; readonly pieces: readonly number[] };
}

/** Events in memory, or those that are read again for every evaluation. */
export type ChannelSource = ChannelData | StreamedChannel;

export const isStreamed = (data: ChannelSource): data is StreamedChannel => isStream<ChannelData>(data);

/** All events, or where not all are kept a sample of them. */
export const sampleOf = (data: ChannelSource): ChannelData => (isStreamed(data) ? data.sample : data);

/** All events in memory. @param what  needs them, for messages: "toy experiments" */
export function storedEvents(data: ChannelSource, where: string, what: string): ChannelData {
  if (!isStreamed(data)) return data;
  throw new UsageError(where, {
    expected: `events in memory, for ${what}`,
    got: `${data.count} events that are read in pieces`,
    hint: "Raise memory.rows, or select fewer events",
  });
}

async function* pieces(data: ChannelSource): AsyncGenerator<readonly [piece: ChannelData, start: number]> {
  if (isStreamed(data)) yield* piecesOf<ChannelData>(data);
  else yield [data, 0];
}

/** As `binWithin`. */
export async function binned(data: ChannelSource, column: string, edges: readonly number[]): Promise<BinnedEvents> {
  let all: BinnedEvents | undefined;
  for await (const [{ columns, weights }] of pieces(data)) {
    const own = binWithin(columns[column]!, edges, weights);
    const plus = (key: "sums" | "squares") => own[key].map((value, bin) => value + (all?.[key][bin] ?? 0));
    all = { ...own, sums: plus("sums"), squares: plus("squares") };
  }
  return all ?? binWithin(new Float64Array(0), edges);
}

/** Values of some columns of one event. */
export async function eventAt(
  data: ChannelSource,
  event: number,
  names: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  for await (const [{ count, columns }, start] of pieces(data)) {
    if (event < start + count) return Object.fromEntries(names.map((name) => [name, columns[name]![event - start]!]));
  }
  throw new RangeError(`expected an event before ${data.count}, got ${event}`);
}
