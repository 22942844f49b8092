/** Arrays of a file as columns of events. */
import {
  type ElementType,
  elementBytes,
  gatherStrided,
  type NumberArray,
  type StoredArray,
  toFloat64,
} from "../arrays.js";
import { parseNumber } from "../csv/csv-number.js";
import { FileError, quote } from "../errors.js";
import type { EventColumn } from "../event-table.js";
import { allocate } from "../memory.js";

export function columnIn(path: string, name: string): string {
  return `${path}, column ${quote(name)}`;
}

/** The number of events that all arrays agree on; 0 where there is none. */
export function countEvents(path: string, arrays: ReadonlyMap<string, { readonly shape: readonly number[] }>): number {
  const counts = [...arrays].map(([name, { shape }]) => ({ name, count: eventCount(path, name, shape) }));
  const [first] = counts;
  const other = counts.find(({ count }) => count !== first!.count);
  if (other === undefined) return first?.count ?? 0;
  throw new FileError(path, {
    expected: "columns of one length",
    got: `${first!.count} events in ${quote(first!.name)} and ${other.count} in ${quote(other.name)}`,
    hint: "All columns of a sample describe the same events",
  });
}

// Each has a name. What has more is an image or a matrix, or its axes are the other way round.
const MAX_FEATURES = 2 ** 16;

function eventCount(path: string, name: string, shape: readonly number[]): number {
  const [events, width = 1] = shape;
  if (width > MAX_FEATURES) {
    throw new FileError(columnIn(path, name), {
      expected: `at most ${MAX_FEATURES} features`,
      got: `shape [${shape.join(", ")}]`,
      hint: "The event index comes first: transpose the array",
    });
  }
  if (shape.length === 1 || shape.length === 2) return events!;
  throw new FileError(columnIn(path, name), {
    expected: "shape [events] or [events, features]",
    got: `[${shape.join(", ")}]`,
    hint: "Name the columns to read, or save this array elsewhere",
  });
}

/** Names of the features of a column: its own where events have one number, else one for each. */
export function featuresOf(name: string, shape: readonly number[]): readonly string[] {
  return shape.length === 1 ? [name] : Array.from({ length: shape[1]! }, (_, i) => `${name}[${i}]`);
}

/** Whether f32 holds every value of the type: floats of at most 32 bits, integers of at most 16. */
export const isSingle = (type: ElementType): boolean =>
  type.startsWith("f") || type === "bf2" ? elementBytes(type) <= 4 : elementBytes(type) <= 2;

/**
 * An array [events] or [events, features] as a column.
 *
 * @param firstRow the row of the file that its first event has, for messages
 */
export function toColumn(path: string, name: string, array: StoredArray, firstRow = 0): EventColumn {
  const { shape, data, fortranOrder } = array;
  const where = columnIn(path, name);
  const [events, width] = [shape[0]!, shape[1] ?? 1];
  // A column-major [events, features] has its events contiguous already.
  const isContiguous = fortranOrder || width === 1;
  const ordered = isContiguous ? data : gatherStrided(where, data, 0, [width, events], [1, width]);
  return { features: featuresOf(name, shape), data: toFloats(where, ordered, events, firstRow) };
}

function toFloats(where: string, data: NumberArray, events: number, firstRow: number): Float32Array | Float64Array {
  if (data instanceof Float32Array) return data;
  if (data.BYTES_PER_ELEMENT <= 2) {
    const numbers = allocate(where, Float32Array, data.length);
    numbers.set(data as Int16Array);
    return numbers;
  }
  return toFloat64(where, data, (i) => `in row ${firstRow + (i % events)} (counted from 0)`);
}

/** The column of words, where numbers were asked for. */
export function noNumbers(where: string, words: readonly string[]): FileError {
  const row = words.findIndex((word) => parseNumber(word) === undefined);
  const got = row < 0 ? "integers beyond 2^53" : `${quote(words[row]!)} in row ${row} (counted from 0)`;
  return new FileError(where, { expected: "numbers", got });
}

/** Rows of an array that has them along its first axis. */
export function rowsOf(array: StoredArray, from: number, to: number): StoredArray {
  const [events] = array.shape;
  if (from === 0 && to === events) return array;
  const shape = [to - from, ...array.shape.slice(1)];
  const width = array.data.length / Math.max(1, events!);
  if (!array.fortranOrder) return { ...array, shape, data: array.data.subarray(from * width, to * width) };
  const data = array.data.slice(0, (to - from) * width);
  for (let i = 0; i < width; i++) {
    (data as Float64Array).set(
      array.data.subarray(i * events! + from, i * events! + to) as Float64Array,
      i * (to - from),
    );
  }
  return { ...array, shape, data };
}
