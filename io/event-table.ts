/** Tables of events: named columns, each [features, events] with the events contiguous. */
import { nearest } from "./edit-distance.js";
import { FileError, listNames, quote } from "./errors.js";

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
  /** Number of events in the file, or in all files. */
  readonly total: number;
  /** Of several files: which has the rows from `start` on. */
  readonly files?: readonly { readonly path: string; readonly start: number }[];
  readonly columns: ReadonlyMap<string, EventColumn>;
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
  checkFinite(where, column, table);
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

/** What messages call a row: where there are several files, by its place in its own. */
export function rowOf({ files = [] }: Pick<EventTable, "files">, row: number): string {
  const file = files.findLast(({ start }) => start <= row);
  return file === undefined
    ? `row ${row} (counted from 0)`
    : `row ${row - file.start} (counted from 0) of ${file.path}`;
}

function checkFinite(where: string, { features, data }: EventColumn, table: EventTable): void {
  const { count } = table;
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
    got: `${plural(bad, "value")} that ${bad === 1 ? "is" : "are"} not, the first ${data[first]} in ${rowOf(table, firstRow)} of ${quote(features[Math.floor(first / count)]!)}`,
    hint: "Remove these events from the sample, or repair them",
  });
}

/** The error that no column has the name, with the nearest that one has. */
export function missingColumn(path: string, name: string, found: readonly string[]): FileError {
  const meant = nearest(name, found);
  return new FileError(path, {
    expected: `a column ${quote(name)}`,
    got: found.length === 0 ? "no columns" : `columns ${listNames(found)}`,
    ...(meant !== undefined && { hint: `Did you mean ${quote(meant)}?` }),
  });
}
