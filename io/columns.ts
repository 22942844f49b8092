/** Tables of events: named columns, each [features, events] with the events contiguous. */

import { extname } from "node:path";
import { checkNames, checkOptions, checkPath } from "./arguments.js";
import {
  type ArrayInFile,
  gatherStrided,
  type NamedArray,
  type NumberArray,
  readArray,
  type StoredArray,
  toFloat64,
} from "./arrays.js";
import { type CsvColumn, listCsv, readCsvFrom, readCsvTable } from "./csv/csv.js";
import { parseNumber } from "./csv/csv-number.js";
import { writeCsv } from "./csv/csv-write.js";
import { nearest } from "./edit-distance.js";
import { FileError, listNames, quote } from "./errors.js";
import { foreignHint } from "./foreign-formats.js";
import { allocate } from "./memory.js";
import { toRowMajor } from "./numpy/npy.js";
import { listNpz, openNpz, writeNpz } from "./numpy/npz.js";
import { listSafetensors, openSafetensors, writeSafetensors } from "./safetensors.js";
import { type ByteSource, withFile } from "./source.js";

export interface EventColumn {
  /** Names of the features for axes and messages: `x` alone, or `x[0]`, `x[1]`, ... */
  readonly features: readonly string[];
  /** [features, events]: feature i of event n is element i * events + n. */
  readonly data: Float32Array | Float64Array;
}

export interface EventTable {
  /** Where the table came from, for messages. */
  readonly path: string;
  /** Number of events in the columns. */
  readonly count: number;
  /** Number of events in the file. */
  readonly total: number;
  readonly columns: ReadonlyMap<string, EventColumn>;
}

/** Arrays, events first, or words by the name of their column. */
export type Columns = Map<string, CsvColumn>;

export const isWords = (column: CsvColumn | undefined): column is readonly string[] => Array.isArray(column);

/** What there is for each kind of file. Only text has columns of words. */
interface Format {
  readonly list: (path: string) => Promise<string[]>;
  readonly read: (source: ByteSource, names: readonly string[] | undefined, head?: number) => Promise<EventTable>;
  readonly readAll: (path: string) => Promise<TableContents>;
  readonly write: (path: string, columns: Columns) => Promise<void>;
  /** Why the format has no place for the column of a file of so many events; undefined where it has one. */
  readonly problem: (column: CsvColumn, count: number) => string | undefined;
}

const formats: Readonly<Record<string, Format>> = {
  ".npz": formatOfArrays(listNpz, openNpz, writeNpz),
  ".safetensors": formatOfArrays(
    listSafetensors,
    async (source) => (await openSafetensors(source)).tensors,
    writeSafetensors,
  ),
  ".csv": {
    list: listCsv,
    read: async (source, names, head) => {
      const { columns, total } = await readCsvFrom(source, names, head);
      const table = new Map([...columns].map(([name, data]) => [name, { features: [name], data }]));
      return { path: source.name, count: Math.min(total, head ?? total), total, columns: table };
    },
    readAll: async (path) => ({ columns: await readCsvTable(path), unread: new Map() }),
    write: writeCsv,
    problem: (column, count) => {
      const shape = isWords(column) ? [column.length] : column.shape;
      return shape[0] === count && shape.length <= 2 ? undefined : `an array [${shape.join(", ")}]`;
    },
  },
};

function formatOfArrays(
  list: Format["list"],
  open: (source: ByteSource, names?: readonly string[]) => Promise<ReadonlyMap<string, ArrayInFile>>,
  write: (path: string, arrays: ReadonlyMap<string, NamedArray>) => Promise<void>,
): Format {
  return {
    list,
    read: async (source, names, head) => readArrays(source.name, await open(source, names), names, head),
    readAll: (path) => withFile(path, async (source) => contentsOf(path, await open(source))),
    // Columns of words have a problem here: whoever writes has asked.
    write: (path, columns) => write(path, columns as Map<string, NamedArray>),
    problem: (column) => (isWords(column) ? "words, or integers beyond 2^53" : undefined),
  };
}

/** The extensions of files of events. */
export const eventExtensions: readonly string[] = Object.keys(formats);

/** Whether there is a format of events for the file, by its extension. */
export const isEventFile = (path: string): boolean => Object.hasOwn(formats, extname(path).toLowerCase());

/**
 * Reads events from an `.npz`, `.safetensors` or `.csv` file. Arrays are [events] or [events, features], the event index first.
 *
 * Floats of at most 32 bits and integers of at most 16 become f32, all else f64; both hold every value exactly, and a 64-bit
 * integer beyond 2^53 is refused.
 *
 * @param names        read these columns only; by default all that are numbers, which then must have one length
 * @param options.head read the first events only, by default all; where there are fewer, those
 */
export async function readEvents(
  path: string,
  names?: readonly string[],
  options: { readonly head?: number } = {},
): Promise<EventTable> {
  checkPath("readEvents", path);
  checkNames("readEvents", names);
  checkOptions("readEvents", options, { head: "number" });
  const format = formatOf(path);
  if (names) {
    const found = new Set(await format.list(path));
    for (const name of names) if (!found.has(name)) throw missingColumn(path, name, [...found]);
  }
  return withFile(path, (source) => format.read(source, names, options.head));
}

/** Everything in a file of events, whatever its shape: what else a table of events is written with. */
export interface TableContents {
  readonly columns: Columns;
  /** What is of no type that can be read, and why. */
  readonly unread: ReadonlyMap<string, FileError>;
}

/** Reads all that a file of events holds. */
export function readTable(path: string): Promise<TableContents> {
  return formatOf(path).readAll(path);
}

/** Writes columns to a file of events; for none of them may there be a `problemOf`. */
export function writeTable(path: string, columns: Columns): Promise<void> {
  return formatOf(path).write(path, columns);
}

/** Why a file of events has no place for a column, the file being of so many events; undefined where it has one. */
export function problemOf(path: string, column: CsvColumn, count: number): string | undefined {
  return formatOf(path).problem(column, count);
}

/** The events of some columns of a table that was read before. */
export function eventsOf(path: string, { columns, unread }: TableContents, names: readonly string[]): EventTable {
  const arrays = names.map((name): [string, NamedArray] => {
    const column = columns.get(name);
    const problem = unread.get(name);
    if (problem !== undefined) throw problem;
    if (column === undefined) throw missingColumn(path, name, [...columns.keys()]);
    if ("data" in column) return [name, column];
    throw noNumbers(columnIn(path, name), column);
  });
  const total = countEvents(path, new Map(arrays));
  const table = arrays.map(([name, array]) => [name, toColumn(path, name, { ...array, fortranOrder: false })] as const);
  return { path, count: total, total, columns: new Map(table) };
}

function noNumbers(where: string, words: readonly string[]): FileError {
  const row = words.findIndex((word) => parseNumber(word) === undefined);
  const got = row < 0 ? "integers beyond 2^53" : `${quote(words[row]!)} in row ${row} (counted from 0)`;
  return new FileError(where, { expected: "numbers", got });
}

async function readArrays(
  path: string,
  arrays: ReadonlyMap<string, ArrayInFile>,
  names: readonly string[] | undefined,
  head: number | undefined,
): Promise<EventTable> {
  const wanted = new Map(
    [...arrays].filter(([name, { problem }]) => (names === undefined ? problem === undefined : names.includes(name))),
  );
  for (const { problem } of wanted.values()) if (problem !== undefined) throw problem;
  const total = countEvents(path, wanted);
  const count = Math.min(total, head ?? total);
  const columns = new Map<string, EventColumn>();
  // One after another: no more than one column is held twice.
  for (const name of names ?? wanted.keys()) {
    columns.set(name, toColumn(path, name, await readArray(wanted.get(name)!, count)));
  }
  return { path, count, total, columns };
}

async function contentsOf(path: string, arrays: ReadonlyMap<string, ArrayInFile>): Promise<TableContents> {
  const columns = new Map<string, CsvColumn>();
  const unread = new Map<string, FileError>();
  for (const [name, array] of arrays) {
    if (array.problem) unread.set(name, array.problem);
    else columns.set(name, toRowMajor(columnIn(path, name), await array.read()));
  }
  return { columns, unread };
}

/** Names of the columns in a file of events. */
export function listColumns(path: string): Promise<string[]> {
  checkPath("listColumns", path);
  return formatOf(path).list(path);
}

function formatOf(path: string) {
  const format = formats[extname(path).toLowerCase()];
  if (format) return format;
  const hint = foreignHint(extname(path));
  throw new FileError(path, {
    expected: `a file of events: ${eventExtensions.join(", ")}`,
    got: `the extension ${quote(extname(path))}`,
    ...(hint !== undefined && { hint }),
  });
}

function columnIn(path: string, name: string): string {
  return `${path}, column ${quote(name)}`;
}

/** The number of events that all arrays agree on; 0 where there is none. */
function countEvents(path: string, arrays: ReadonlyMap<string, { readonly shape: readonly number[] }>): number {
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

function toColumn(path: string, name: string, { shape, data, fortranOrder }: StoredArray): EventColumn {
  const where = columnIn(path, name);
  const [events, width] = [shape[0]!, shape[1] ?? 1];
  const features = shape.length === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}[${i}]`);
  // A column-major [events, features] has its events contiguous already.
  const isContiguous = fortranOrder || width === 1;
  const ordered = isContiguous ? data : gatherStrided(where, data, 0, [width, events], [1, width]);
  return { features, data: toFloats(where, ordered) };
}

function toFloats(where: string, data: NumberArray): Float32Array | Float64Array {
  if (data instanceof Float32Array) return data;
  return data.BYTES_PER_ELEMENT <= 2 ? toFloat32(where, data as Int16Array) : toFloat64(where, data);
}

function toFloat32(where: string, data: Int8Array | Uint8Array | Int16Array | Uint16Array): Float32Array {
  const numbers = allocate(where, Float32Array, data.length);
  numbers.set(data);
  return numbers;
}

/**
 * A column that a computation can rely on: present, as wide as asked, at least one event unless any number will do, all values finite.
 *
 * @param name              a column, or several to be stacked feature after feature
 * @param expected.features number of features
 * @param expected.events   `any` where no events will do as well; by default there are `some`
 */
export function requireColumn(
  table: EventTable,
  name: string | readonly string[],
  expected: { readonly features?: number; readonly events?: "any" | "some" } = {},
): EventColumn {
  if (!((table as Partial<EventTable> | null | undefined)?.columns instanceof Map)) {
    throw new FileError("requireColumn", {
      expected: "a table with its columns, as readEvents gives it",
      got: typeof table,
    });
  }
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
  const meant = nearest(name, found);
  return new FileError(path, {
    expected: `a column ${quote(name)}`,
    got: found.length === 0 ? "no columns" : `columns ${listNames(found)}`,
    ...(meant !== undefined && { hint: `Did you mean ${quote(meant)}?` }),
  });
}
