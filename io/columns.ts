/** Events in and out of files of every kind. */
import { checkNames, checkOptions } from "./arguments.js";
import type { NamedArray } from "./arrays.js";
import type { CsvColumn } from "./csv/csv.js";
import { type Columns, isWords, type Provenance, type TableContents } from "./event-format.js";
import { type EventTable, missingColumn } from "./event-table.js";
import { columnIn, countEvents, noNumbers, toColumn } from "./events/event-columns.js";
import { eventExtensions, formatOf, isEventFile, writerOf } from "./events/formats.js";
import { columnNames, type OpenedEvents, type OpenOptions, onePlace, openColumns } from "./events/open-events.js";
import { checkEventPath, type EventPath } from "./events/place.js";

export { type Columns, eventExtensions, isEventFile, isWords, type TableContents };

export interface ReadOptions extends OpenOptions {
  /** Read the first events only, by default all; where there are fewer, those. */
  readonly head?: number;
}

/**
 * Reads events from files of any kind that `docs/files.md` names. Arrays are [events] or [events, features], the event index first.
 *
 * Floats of at most 32 bits and integers of at most 16 become f32, all else f64; both hold every value exactly, and a 64-bit
 * integer beyond 2^53 is refused.
 *
 * @param path  a file, `file.root:tree`, a pattern with wildcards, or a list of such; files come in the order of their names
 * @param names read these columns only; by default all that are numbers, which then must have one length. Of a column that has
 *              several numbers for each event, `x[2]` is one of them, and `x[size]` their number; of a column of words,
 *              `x == "word"` is 1 where it is this word, else 0
 */
export async function readEvents(
  path: EventPath,
  names?: readonly string[],
  options: ReadOptions = {},
): Promise<EventTable> {
  checkEventPath("readEvents", path);
  checkNames("readEvents", names);
  checkOptions("readEvents", options, { head: "number", missing: "object" });
  const events = await openColumns(path, names, options, options.head);
  try {
    return await events.read(0, Math.min(events.count, options.head ?? events.count));
  } finally {
    await events.close();
  }
}

/** Opens files of events to read them piece by piece; arguments as those of `readEvents`. */
export async function openEvents(
  path: EventPath,
  names?: readonly string[],
  options: OpenOptions = {},
): Promise<OpenedEvents> {
  checkEventPath("openEvents", path);
  checkNames("openEvents", names);
  checkOptions("openEvents", options, { missing: "object" });
  return openColumns(path, names, options);
}

/** Names of the columns that all files of a path have. */
export async function listColumns(path: EventPath): Promise<string[]> {
  checkEventPath("listColumns", path);
  return columnNames(path);
}

/** Reads all that a file of events holds. */
export async function readTable(path: string): Promise<TableContents> {
  const { path: file, part } = onePlace(path);
  return formatOf(file).readAll(file, part);
}

/** Writes columns to a file of events; for none of them may there be a `problemOf`. */
export async function writeTable(path: string, columns: Columns, provenance?: Provenance): Promise<void> {
  await writerOf(path).table(path, columns, provenance);
}

/** Why a file of events has no place for a column, the file being of so many events; undefined where it has one. */
export function problemOf(path: string, column: CsvColumn, count: number): string | undefined {
  return writerOf(path).problem(column, count);
}

/**
 * The events of some columns of a table that was read before.
 *
 * @param firstRow  the row of the file that the first event of the table has, for messages
 */
export function eventsOf(
  path: string,
  { columns, unread }: TableContents,
  names: readonly string[],
  firstRow = 0,
): EventTable {
  const arrays = names.map((name): [string, NamedArray] => {
    const column = columns.get(name);
    const problem = unread.get(name);
    if (problem !== undefined) throw problem;
    if (column === undefined) throw missingColumn(path, name, [...columns.keys()]);
    if ("data" in column) return [name, column];
    throw noNumbers(columnIn(path, name), column);
  });
  const total = countEvents(path, new Map(arrays));
  const table = arrays.map(
    ([name, array]) => [name, toColumn(path, name, { ...array, fortranOrder: false }, firstRow)] as const,
  );
  return { path, count: total, total, columns: new Map(table) };
}
