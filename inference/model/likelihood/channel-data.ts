/** Events of a channel: what may be wrong with them, and the columns that its tape looks at. */
import { UsageError } from "../../../engine/errors.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { sharedColumn } from "../../../engine/runtime/shared-column.js";
import type { TapeParts } from "../composition/bind-composition.js";
import type { CheckedComposition } from "../composition/composition.js";
import { derivedColumns } from "../language/framed-columns.js";
import type { BoundEvents, StoredEvents } from "./event-programs.js";
import { type EventStream, isStream, isWeighted, type WeightSums } from "./event-stream.js";
import { WEIGHT } from "./likelihood-terms.js";

/** Events of one channel, by the columns of the composition. */
export interface ChannelData {
  readonly count: number;
  /** [events] each: those that the density is of, and those that it is conditional on. */
  readonly columns: Readonly<Record<string, ColumnData>>;
  /** [events], of either sign. Absent: every event counts 1. */
  readonly weights?: ColumnData | undefined;
}

/** Events of which those that are not kept are read again for every evaluation. Values and weights are checked when they are read. */
export interface ChannelStream extends EventStream<ChannelData> {
  /** Absent: every event counts 1. */
  readonly weighted?: WeightSums | undefined;
}

export interface Channel {
  readonly name: string;
  /** Of the composition. */
  readonly density: string;
  readonly data: ChannelData | ChannelStream;
  /** With the Poisson term of the number of events. */
  readonly isExtended: boolean;
}

/** Of messages: rows are counted from 0, as in arrays. */
export function checkChannel(composition: CheckedComposition, channel: Channel): void {
  const { name, density, data, isExtended } = channel;
  const where = `channel ${name}`;
  if (!Object.hasOwn(composition.densities, density)) {
    const known = Object.keys(composition.densities).join(", ");
    throw new UsageError(where, { expected: `a density (${known})`, got: JSON.stringify(density) });
  }
  const shape = composition.shape(density);
  if (isExtended && !shape.isExtended) {
    throw new UsageError(where, {
      expected: `numbers of events in ${density}, as the channel is extended`,
      got: "fractions alone",
      hint: "Give the mixture numbers of events, or set extended to false",
    });
  }
  if (!(data.count > 0 || (data.count === 0 && isExtended))) {
    throw new UsageError(where, { expected: "at least one event, unless it is extended", got: `${data.count}` });
  }
  if (!isStream<ChannelData>(data)) checkEvents(composition, { name, density, data }, 0);
}

/** @param start  events of the channel before these */
function checkEvents(
  composition: CheckedComposition,
  { name, density, data }: { readonly name: string; readonly density: string; readonly data: ChannelData },
  start: number,
): void {
  const where = `channel ${name}`;
  const { count, columns, weights } = data;
  if (weights !== undefined && weights.length !== count) {
    throw new UsageError(where, { expected: `${count} weights`, got: `${weights.length}` });
  }
  for (const column of columnsOf(composition, density)) {
    const own = Object.hasOwn(columns, column) ? columns[column]! : undefined;
    if (own === undefined || own.length !== count) {
      const got = own === undefined ? `none (${Object.keys(columns).join(", ")})` : `${own.length}`;
      throw new UsageError(where, { expected: `${count} numbers of the column ${column}`, got });
    }
    const [low, high] = composition.domain(column);
    const classes = composition.classes(column);
    const isIn = (value: number) => (classes ? classes.includes(value) : value >= low && value <= high);
    let [number, bad] = [0, count];
    for (let i = 0; i < count; i++) {
      if (isIn(own[i]!)) continue;
      number++;
      bad = Math.min(bad, i);
    }
    if (number === 0) continue;
    throw new UsageError(where, {
      expected: classes ? `${column} of ${classes.join(", ")}` : `${column} within [${low}, ${high}]`,
      got: `${own[bad]} in row ${start + bad} (counted from 0); ${number} such events of ${count}`,
      hint: "Select the events within the range of the column, or widen it",
    });
  }
}

export const columnsOf = (composition: CheckedComposition, density: string): readonly string[] => {
  const { of, given } = composition.shape(density);
  return [...of, ...given];
};

/** Events of a channel, with all columns that its tape looks at. */
export function boundEvents(composition: CheckedComposition, channel: Channel, parts: TapeParts): BoundEvents {
  const { data } = channel;
  if (!isStream<ChannelData>(data)) return storedEvents(composition, channel.density, data, parts);
  const hasWeights = isWeighted(data);
  const bound = (piece: ChannelData, start: number) => {
    checkEvents(composition, { ...channel, data: piece }, start);
    checkHasWeights(channel.name, piece, hasWeights);
    return storedEvents(composition, channel.density, piece, parts);
  };
  let keptEvents = 0;
  const kept = (data.kept ?? []).map((piece) => {
    keptEvents += piece.count;
    return bound(piece, keptEvents - piece.count);
  });
  return {
    count: data.count,
    kept,
    async *pieces() {
      let start = keptEvents;
      for await (const piece of data.pieces()) {
        yield bound(piece, start);
        start += piece.count;
      }
    },
  };
}

function storedEvents(
  composition: CheckedComposition,
  density: string,
  { count, columns, weights }: ChannelData,
  { derived }: TapeParts,
): StoredEvents {
  const own = columnsOf(composition, density).map((name) => [name, columns[name]!] as const);
  const all = [
    ...own,
    ...Object.entries(derivedColumns(derived, columns)),
    ...(weights ? [[WEIGHT, weights] as const] : []),
  ];
  return { count, columns: Object.fromEntries(all.map(([name, values]) => [name, sharedColumn(values)])) };
}

/** @param wanted  as the channel had before, or as its stream says */
export function checkHasWeights(name: string, data: ChannelData | ChannelStream, wanted: boolean): void {
  if (isWeighted(data) === wanted) return;
  throw new UsageError(`channel ${name}`, {
    expected: `events ${wanted ? "with" : "without"} weights, as it had before`,
    got: `events ${wanted ? "without" : "with"} weights`,
  });
}
