/** Tables of events: named columns, each [features, events] with the events contiguous. */
import { extname } from "node:path";
import { gatherStrided, type NamedArray, type NumberArray, toFloat64 } from "./arrays.js";
import { listCsv, readCsv } from "./csv.js";
import { editDistance } from "./edit-distance.js";
import { FileError, listNames, quote } from "./errors.js";
import type { StoredArray } from "./npy.js";
import { listNpz, readStoredNpz } from "./npz.js";
import { listSafetensors, readSafetensorsFrom } from "./safetensors.js";
import { withFile } from "./source.js";

export interface EventColumn {
  /** Names of the features for axes and messages: `x` alone, or `x[0]`, `x[1]`, ... */
  readonly features: readonly string[];
  /** [features, events]: feature i of event n is element i * events + n. */
  readonly data: Float32Array | Float64Array;
}

export interface EventTable {
  /** Where the table came from, for messages. */
  readonly path: string;
  /** Number of events. */
  readonly count: number;
  readonly columns: ReadonlyMap<string, EventColumn>;
}

type Reader = (path: string, names: readonly string[] | undefined) => Promise<Map<string, StoredArray>>;

const formats: Readonly<Record<string, { readonly read: Reader; readonly list: (path: string) => Promise<string[]> }>> =
  {
    ".npz": {
      read: (path, names) => withFile(path, (source) => readStoredNpz(source, names)),
      list: listNpz,
    },
    ".safetensors": {
      read: (path, names) =>
        withFile(path, async (source) => rowMajor((await readSafetensorsFrom(source, names)).tensors)),
      list: listSafetensors,
    },
    ".csv": {
      read: async (path, names) => rowMajor(vectors(await readCsv(path, names))),
      list: listCsv,
    },
  };

function vectors(columns: ReadonlyMap<string, Float64Array>): Map<string, NamedArray> {
  return new Map([...columns].map(([name, data]) => [name, { shape: [data.length], data }]));
}

function rowMajor(arrays: ReadonlyMap<string, NamedArray>): Map<string, StoredArray> {
  return new Map([...arrays].map(([name, array]) => [name, { ...array, fortranOrder: false }]));
}

/**
 * Reads events from an `.npz`, `.safetensors` or `.csv` file. Arrays are [events] or [events, features], the event index first.
 *
 * Floats of at most 32 bits and integers of at most 16 become f32, all else f64; both hold every value exactly, and a 64-bit
 * integer beyond 2^53 is refused.
 *
 * @param names read these columns only; by default all, which then must have one length
 */
export async function readEvents(path: string, names?: readonly string[]): Promise<EventTable> {
  const format = formatOf(path);
  if (names) {
    const found = await format.list(path);
    for (const name of names) if (!found.includes(name)) throw missingColumn(path, name, found);
  }
  const arrays = await format.read(path, names);
  const counts = [...arrays].map(([name, { shape }]) => eventCount(path, name, shape));
  checkSameCount(path, [...arrays.keys()], counts);
  const wanted = names ?? [...arrays.keys()];
  const columns = new Map(wanted.map((name) => [name, toColumn(path, name, arrays.get(name)!)]));
  return { path, count: counts[0] ?? 0, columns };
}

/** Names of the columns in a file of events. */
export function listColumns(path: string): Promise<string[]> {
  return formatOf(path).list(path);
}

function formatOf(path: string) {
  const format = formats[extname(path).toLowerCase()];
  if (format) return format;
  throw new FileError(path, {
    expected: `a file of events: ${Object.keys(formats).join(", ")}`,
    got: `the extension ${quote(extname(path))}`,
  });
}

function eventCount(path: string, name: string, shape: readonly number[]): number {
  if (shape.length === 1 || shape.length === 2) return shape[0]!;
  throw new FileError(`${path}, column ${quote(name)}`, {
    expected: "shape [events] or [events, features]",
    got: `[${shape.join(", ")}]`,
    hint: "Name the columns to read, or save this array elsewhere",
  });
}

function checkSameCount(path: string, names: readonly string[], counts: readonly number[]): void {
  const other = counts.findIndex((count) => count !== counts[0]);
  if (other < 0) return;
  throw new FileError(path, {
    expected: "columns of one length",
    got: `${counts[0]} events in ${quote(names[0]!)} and ${counts[other]} in ${quote(names[other]!)}`,
    hint: "All columns of a sample describe the same events",
  });
}

function toColumn(path: string, name: string, { shape, data, fortranOrder }: StoredArray): EventColumn {
  const [events, width] = [shape[0]!, shape[1] ?? 1];
  const numbers = toFloats(`${path}, column ${quote(name)}`, data);
  const features = shape.length === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}[${i}]`);
  // A column-major [events, features] has its events contiguous already.
  if (fortranOrder || width === 1) return { features, data: numbers };
  return { features, data: gatherStrided(numbers, 0, [width, events], [1, width]) as Float32Array | Float64Array };
}

function toFloats(where: string, data: NumberArray): Float32Array | Float64Array {
  if (data instanceof Float32Array) return data;
  return data.BYTES_PER_ELEMENT <= 2 ? Float32Array.from(data as Int16Array) : toFloat64(where, data);
}

/**
 * A column that a computation can rely on: present, as wide as asked, at least one event unless any number will do, all values finite.
 *
 * @param name     a column, or several to be stacked feature after feature
 * @param expected number of features
 */
export function requireColumn(
  table: EventTable,
  name: string | readonly string[],
  expected: { readonly features?: number; readonly events?: "any" | "some" } = {},
): EventColumn {
  const names = typeof name === "string" ? [name] : name;
  const column = stack(names.map((part) => find(table, part)));
  const where = `${table.path}, column ${names.map(quote).join(" + ")}`;
  if (expected.features !== undefined && column.features.length !== expected.features) {
    throw new FileError(where, {
      expected: plural(expected.features, "feature"),
      got: plural(column.features.length, "feature"),
      hint: "Name the columns that hold them, or correct the declared number of features",
    });
  }
  if (table.count === 0 && expected.events !== "any")
    throw new FileError(where, { expected: "at least one event", got: "none" });
  checkFinite(where, column, table.count);
  return column;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function find(table: EventTable, name: string): EventColumn {
  const column = table.columns.get(name);
  if (column) return column;
  throw missingColumn(table.path, name, [...table.columns.keys()]);
}

function stack(columns: readonly EventColumn[]): EventColumn {
  if (columns.length === 1) return columns[0]!;
  const length = columns.reduce((sum, { data }) => sum + data.length, 0);
  const isF32 = columns.every(({ data }) => data instanceof Float32Array);
  const data = isF32 ? new Float32Array(length) : new Float64Array(length);
  let offset = 0;
  for (const column of columns) {
    data.set(column.data, offset);
    offset += column.data.length;
  }
  return { features: columns.flatMap(({ features }) => features), data };
}

function checkFinite(where: string, { features, data }: EventColumn, count: number): void {
  let bad = 0;
  let first = data.length;
  let firstRow = count;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i])) continue;
    bad++;
    if (i % count < firstRow) {
      first = i;
      firstRow = i % count;
    }
  }
  if (bad === 0) return;
  throw new FileError(where, {
    expected: "finite values",
    got: `${plural(bad, "value")} that ${bad === 1 ? "is" : "are"} not, the first ${data[first]} in row ${firstRow} (counted from 0) of ${quote(features[Math.floor(first / count)]!)}`,
    hint: "Remove these events from the sample, or repair them",
  });
}

function missingColumn(path: string, name: string, found: readonly string[]): FileError {
  const distance = (other: string) =>
    other.startsWith(name) ? 0.5 : editDistance(name.toLowerCase(), other.toLowerCase());
  const nearest = [...found].sort((a, b) => distance(a) - distance(b))[0];
  // Something must agree: every name of one letter is one letter away from every other.
  const isNear =
    nearest !== undefined && distance(nearest) <= Math.max(1, name.length / 3) && distance(nearest) < name.length;
  return new FileError(path, {
    expected: `a column ${quote(name)}`,
    got: found.length === 0 ? "no columns" : `columns ${listNames(found)}`,
    ...(isNear && { hint: `Did you mean ${quote(nearest)}?` }),
  });
}
