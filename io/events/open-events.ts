/** Events of one file or of several, from one row to another. */
import type { ElementType } from "../arrays.js";
import { FileError, quote } from "../errors.js";
import type { EventFile, Selection } from "../event-format.js";
import type { EventColumn, EventTable } from "../event-table.js";
import { allocateFloats } from "../memory.js";
import { columnIn, countEvents } from "./event-columns.js";
import { openPlace } from "./formats.js";
import { type EventPath, labelOf, placesOf } from "./place.js";
import {
  type ColumnForm,
  checkMissing,
  formOf,
  isOfWords,
  type Missing,
  takeColumn,
  type WantedColumn,
  wantedColumns,
} from "./wanted.js";

export interface OpenedColumn {
  readonly features: readonly string[];
  /** Of the numbers that are read. */
  readonly type: Extract<ElementType, "f4" | "f8">;
}

/** Columns of events that are read row by row, or piece by piece. */
export interface OpenedEvents {
  /** The path, for messages. */
  readonly path: string;
  /** Number of events. */
  readonly count: number;
  readonly columns: ReadonlyMap<string, OpenedColumn>;
  /**
   * Rows at which pieces begin that can be read without the rest of their file: row groups, clusters, or whole files. In ascending
   * order; the first is 0, and the last piece ends with the events.
   */
  readonly pieces: readonly number[];
  /** The events from one row to before another. */
  readonly read: (from: number, to: number) => Promise<EventTable>;
  readonly close: () => Promise<void>;
}

export interface OpenOptions {
  /** For an element `x[2]` of a column whose events have different numbers of them: its value where an event has too few. */
  readonly missing?: Missing;
}

/** One of the files. */
interface Part {
  readonly path: string;
  readonly release: EventFile["release"];
  readonly selection: Selection;
  readonly wanted: readonly WantedColumn[];
  readonly forms: ReadonlyMap<string, ColumnForm>;
  /** Row of all that its first row is. */
  readonly start: number;
  readonly count: number;
}

/**
 * Opens files of events to read some columns; see `readEvents`.
 *
 * @param head no rows beyond so many will be read
 */
export async function openColumns(
  path: EventPath,
  names: readonly string[] | undefined,
  { missing = {} }: OpenOptions,
  head = Number.POSITIVE_INFINITY,
): Promise<OpenedEvents> {
  const label = labelOf(path);
  checkMissing(label, missing, names);
  const parts: Part[] = [];
  const places = placesOf(path);
  let count = 0;
  for (const place of places) {
    const file = await openPlace(place);
    try {
      const asked = names ?? (parts[0] && [...parts[0].forms.keys()]);
      const part = await openPart(file, asked, missing, count, Math.max(0, head - count));
      if (parts.length > 0) checkForms(parts[0]!, part);
      parts.push(part);
      count += part.count;
    } catch (error) {
      await file.release();
      throw error;
    }
    // Of many files, only those that are read are open.
    if (places.length > 1) await file.release();
  }
  const columns = columnsOf(parts);
  return {
    path: label,
    count,
    columns,
    pieces: parts.flatMap(({ selection, start, count: own }) =>
      own === 0 ? [] : selection.pieces.map((row) => start + row),
    ),
    read: (from, to) => readRows(label, parts, columns, count, from, to),
    close: async () => {
      for (const { release } of parts) await release();
    },
  };
}

async function openPart(
  file: EventFile,
  names: readonly string[] | undefined,
  missing: Missing,
  start: number,
  head: number,
): Promise<Part> {
  const { path, release } = file;
  const asked = names && wantedColumns(path, names, file.names, missing);
  const ofWords = new Set(asked?.filter(isOfWords).map(({ column }) => column));
  const selection = await file.select(asked && [...new Set(asked.map(({ column }) => column))], head, ofWords);
  const wanted = asked ?? wantedColumns(path, [...selection.columns.keys()], file.names, missing);
  for (const { column } of wanted) {
    const { problem } = selection.columns.get(column)!;
    if (problem !== undefined) throw problem;
  }
  const count = selection.columns.size > 0 ? countEvents(path, selection.columns) : await file.count();
  const forms = wanted.map((one) => [one.name, formOf(path, one, selection.columns.get(one.column)!)] as const);
  return { path, release, selection, wanted, forms: new Map(forms), start, count };
}

/** Refuses a file whose columns are not as those of the first. */
function checkForms(first: Part, other: Part): void {
  for (const [name, { features }] of other.forms) {
    const expected = first.forms.get(name)!.features.length;
    if (features.length === expected) continue;
    throw new FileError(columnIn(other.path, name), {
      expected: `${expected} numbers for each event, as in ${first.path}`,
      got: `${features.length}`,
    });
  }
}

function columnsOf(parts: readonly Part[]): Map<string, OpenedColumn> {
  const [first] = parts;
  return new Map(
    [...first!.forms].map(([name, { features }]) => {
      const isSingle = parts.every(({ forms }) => forms.get(name)!.isSingle);
      return [name, { features, type: isSingle ? "f4" : "f8" }] as const;
    }),
  );
}

async function readRows(
  label: string,
  parts: readonly Part[],
  columns: ReadonlyMap<string, OpenedColumn>,
  total: number,
  from: number,
  to: number,
): Promise<EventTable> {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || from > to || to > total) {
    throw new FileError(label, { expected: `rows from 0 to at most ${total}`, got: `${from} to ${to}` });
  }
  const count = to - from;
  // One file where none has the rows: there are none of them.
  const touched = parts.filter((part) => part.start < to && part.start + part.count > from);
  const read = touched.length > 0 ? touched : parts.slice(0, 1);
  const found = new Map<string, EventColumn>();
  for (const part of read) {
    const first = Math.min(part.count, Math.max(0, from - part.start));
    const last = Math.max(first, Math.min(part.count, to - part.start));
    for await (const [column, contents] of part.selection.read(first, last)) {
      for (const wanted of part.wanted) {
        if (wanted.column !== column) continue;
        const taken = takeColumn(part.path, wanted, contents, first);
        const place = { events: last - first, at: part.start + first - from, count };
        found.set(
          wanted.name,
          joined(label, columns.get(wanted.name)!, wanted.name, found.get(wanted.name), taken, place),
        );
      }
    }
    if (parts.length > 1) await part.release();
  }
  const ordered = new Map([...columns.keys()].map((name) => [name, found.get(name)!]));
  const files = parts.length === 1 ? undefined : read.map(({ path, start }) => ({ path, start: start - from }));
  return { path: label, count, total, columns: ordered, ...(files && { files }) };
}

/** Puts the events of one file where they belong among those of all. */
function joined(
  label: string,
  { features, type }: OpenedColumn,
  name: string,
  whole: EventColumn | undefined,
  { data }: EventColumn,
  { events, at, count }: { readonly events: number; readonly at: number; readonly count: number },
): EventColumn {
  const isAll = events === count && (type === "f4") === data instanceof Float32Array;
  if (isAll) return { features, data };
  const target = whole?.data ?? allocateFloats(columnIn(label, name), type === "f4", features.length * count);
  for (let i = 0; i < features.length; i++) target.set(data.subarray(i * events, (i + 1) * events), i * count + at);
  return { features, data: target };
}

/** Names of the columns that all files of a path have, in the order of the first. */
export async function columnNames(path: EventPath): Promise<string[]> {
  let names: string[] | undefined;
  for (const place of placesOf(path)) {
    const file = await openPlace(place);
    await file.release();
    const own = new Set(file.names);
    names = names === undefined ? [...own] : names.filter((name) => own.has(name));
  }
  return names!;
}

/** The one file that a path names; several are refused. */
export function onePlace(path: string): ReturnType<typeof placesOf>[number] {
  const [place, ...others] = placesOf(path);
  if (others.length === 0) return place!;
  throw new FileError(path, {
    expected: "one file",
    got: `${others.length + 1}`,
    hint: `Give one after the other, ${quote(place!.path)} first`,
  });
}
