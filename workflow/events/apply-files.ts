/** Events in and out of `apply`: the columns that T needs, and all others as they are. */

import type { ApplySample, Direction } from "../../inference/measurements/distribution-of-interest/apply.js";
import {
  type Columns,
  eventExtensions,
  eventsOf,
  isEventFile,
  isWords,
  problemOf,
  readTable,
  type TableContents,
  writeTable,
} from "../../io/columns.js";
import { suggestion } from "../../io/edit-distance.js";
import { isReadInPieces, isWritten, writtenExtensions } from "../../io/events/formats.js";
import { openTable } from "../../io/events/open-table.js";
import { eventFiles, FileError, type NamedArray, openEvents } from "../../io/index.js";
import { writeParquetPieces } from "../../io/parquet/write.js";
import { watchFiles } from "../../io/source.js";
import { type Analysis, processNames } from "../configuration/analysis.js";
import { type Derivation, dataDerivation, simulatedDerivation } from "../configuration/derivation.js";
import { UsageError } from "../errors.js";
import { checkOutputFile, isSameFile } from "../store/output-folder.js";
import { readDerived } from "./derived/read.js";
import { blocksOf, MOST_ROWS, ROWS_AT_ONCE, rowsOf } from "./row-blocks.js";

/** Which events T is applied to, and how. */
export interface ApplyOptions {
  /** File of the events. */
  readonly events: string | undefined;
  /** File of the columns. */
  readonly out: string | undefined;
  readonly direction: Direction;
  /** The process of all events. */
  readonly process: string | undefined;
  /** Column with the process of each event. */
  readonly processColumn: string | undefined;
}

export interface ApplyFiles {
  readonly events: string;
  readonly out: string;
  /** Block after block, or all in one: see `isInBlocks`. */
  readonly write: (blocks: AsyncIterable<Columns>, provenance: Readonly<Record<string, string>>) => Promise<void>;
}

/** Whether the file is written block after block. */
const isParquet = (out: string) => /\.(?:parquet|pq)$/i.test(out);

/** Whether events are read, mapped and written block after block. */
export const isInBlocks = ({ events, out }: Pick<ApplyFiles, "events" | "out">): boolean =>
  isParquet(out) && isReadInPieces(events);

/** The files that the options name; refuses before any work what cannot be read or written. */
export function applyFiles({ events, out }: ApplyOptions): ApplyFiles {
  const where = "unbinned apply";
  const got = (name: string, value: string | undefined) => (value === undefined ? `no ${name}` : `${name} ${value}`);
  if (events === undefined || !isEventFile(events)) {
    throw new UsageError(where, {
      expected: `--events FILE with the events to map, one of ${eventExtensions.join(", ")}`,
      got: got("--events", events),
    });
  }
  if (out === undefined || !isWritten(out)) {
    const expected = `--out FILE for the columns, one of ${writtenExtensions.join(", ")}`;
    throw new UsageError(where, { expected, got: got("--out", out) });
  }
  if (eventFiles(events).some((file) => isSameFile(out, file))) {
    throw new UsageError(where, { expected: "--out to be another file than --events", got: out });
  }
  checkOutputFile(out);
  return { events, out, write: (blocks, provenance) => writeBlocks(out, blocks, provenance) };
}

async function writeBlocks(
  out: string,
  blocks: AsyncIterable<Columns>,
  provenance: Readonly<Record<string, string>>,
): Promise<void> {
  if (isParquet(out)) return writeParquetPieces(out, blocks, provenance);
  let whole: Columns = new Map();
  for await (const block of blocks) whole = block;
  await writeTable(out, whole, provenance);
}

/** A column of y: [events] or [events, width]. */
export interface ObservedColumn {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Events to map, all of a file or some of its rows. */
export interface ApplyTable {
  readonly sample: ApplySample;
  /** Row of the file that the first event is. */
  readonly firstRow: number;
  /** All in the file that can be read. */
  readonly columns: Columns;
  /** The columns of y, as the file has them. */
  readonly observed: readonly ObservedColumn[];
}

/** Elements of columns, of these rows or of all. */
async function elementsOf(
  file: string,
  names: readonly string[],
  missing: Derivation["missing"],
  rows: readonly [from: number, to: number] | undefined,
) {
  const opened = await openEvents(file, names, { missing });
  try {
    return await opened.read(...(rows ?? [0, opened.count]));
  } finally {
    await opened.close();
  }
}

/** @param rows  that `contents` are of; absent: all */
export async function applyTable(
  analysis: Analysis,
  options: ApplyOptions,
  files: ApplyFiles,
  contents: TableContents,
  rows?: readonly [from: number, to: number],
): Promise<ApplyTable> {
  const { observables } = analysis.configuration;
  const { processColumn } = options;
  // A map T has a y: the model was checked.
  const [x, y] = [observables.x, observables.y!];
  const { events } = files;
  const { columns, unread } = contents;
  const [firstRow] = rows ?? [0];
  const named = processColumn === undefined ? undefined : columns.get(processColumn);
  const numbered = processColumn === undefined || isWords(named) ? [] : [processColumn];
  // All events are mapped: conditions do not count here.
  const { columns: made, missing } = (options.direction === "to-data" ? simulatedDerivation : dataDerivation)(analysis);
  const source = {
    file: events,
    columns: [...columns.keys(), ...unread.keys()],
    read: async (names: readonly string[], ofMissing: Derivation["missing"]) =>
      // Elements of columns are none of the table.
      names.every((name) => columns.has(name) || unread.has(name))
        ? eventsOf(events, contents, names, firstRow)
        : elementsOf(events, names, ofMissing, rows),
    firstRow,
  };
  const wanted = [...new Set([...x.columns, ...y.columns, ...numbered])];
  const derived = await readDerived(source, { columns: made, missing, where: [], weights: [] }, wanted);
  const { count } = derived;
  const process = processOf(analysis, options, (name, processes) =>
    isWords(named)
      ? fromNames(columnOf(events, name), named, processes, firstRow)
      : fromNumbers(columnOf(events, name), derived.column([name], 1), processes, firstRow),
  );
  const sample = {
    count,
    x: derived.column(x.columns, x.features),
    y: derived.column(y.columns, y.features),
    ...(process !== undefined && { process }),
  };
  checkPlaces(files, columns, count);
  // What is made of others, or an element of a column, is one number.
  const observed = y.columns.map((name) => {
    const own = derived.inFile(name);
    return { name, shape: (columns.get(own ?? "") as NamedArray | undefined)?.shape ?? [count] };
  });
  return { sample, firstRow, columns, observed };
}

/** Events to map, in blocks. */
export interface ApplySource {
  readonly total: number;
  /** Of the columns that are kept beside the results. */
  readonly names: readonly string[];
  /** What in the file is of a type that is not read. */
  readonly unread: readonly string[];
  /** At least one, in order, each once. */
  readonly blocks: AsyncIterable<ApplyTable>;
  readonly close: () => Promise<void>;
}

/** Block by block where the files are read and written so; else all in one. */
export async function openApplySource(
  analysis: Analysis,
  options: ApplyOptions,
  files: ApplyFiles,
): Promise<ApplySource> {
  const { events } = files;
  if (!isInBlocks(files)) {
    const contents = await readTable(events);
    const table = await applyTable(analysis, options, files, contents);
    const { columns, unread } = contents;
    async function* whole() {
      yield table;
    }
    return {
      total: table.sample.count,
      names: [...columns.keys()],
      unread: [...unread.keys()],
      blocks: whole(),
      close: async () => {},
    };
  }
  const checkUnchanged = watchFiles(eventFiles(events));
  const { count: total, pieces } = await rowsOf(events);
  const starts = blocksOf(pieces, total, ROWS_AT_ONCE, MOST_ROWS);
  const table = await openTable(events);
  const { names, unread } = table;
  async function* blocks() {
    for (const [i, from] of starts.slice(0, -1).entries()) {
      const to = starts[i + 1]!;
      const columns = await table.read(from, to);
      yield await applyTable(analysis, options, files, { columns, unread }, [from, to]);
    }
    checkUnchanged();
  }
  return { total, names, unread: [...unread.keys()], blocks: blocks(), close: table.close };
}

const columnOf = (file: string, name: string) => `${file}, column ${JSON.stringify(name)}`;

/** Refuses a file some of whose columns the one to write has no place for. */
function checkPlaces({ events, out }: ApplyFiles, columns: Columns, count: number): void {
  for (const [name, column] of columns) {
    const problem = problemOf(out, column, count);
    if (problem === undefined) continue;
    throw new UsageError(columnOf(events, name), {
      expected: `a column of ${count} ${isWords(column) ? "numbers" : "events"}, to be kept in ${out}`,
      got: problem,
      hint: `Write ${isWords(column) ? ".csv" : ".npz or .safetensors"}, or apply to the file without it`,
    });
  }
}

/** Whether the process of every event is known: there is one map then. */
export const knowsProcess = ({ configuration }: Analysis, { process, processColumn }: ApplyOptions): boolean =>
  process !== undefined || processColumn !== undefined || processNames(configuration).length === 1;

/** Positions of the processes as far as they are known; the process of a simulated event is always known. */
function processOf(
  { configuration }: Analysis,
  { direction, process, processColumn }: ApplyOptions,
  read: (column: string, processes: readonly string[]) => Int32Array,
): number | Int32Array | undefined {
  const names = processNames(configuration);
  if (process !== undefined && processColumn !== undefined) {
    const hint = "Give one of them";
    throw new UsageError("unbinned apply", { expected: "one process", got: "--process and --process-column", hint });
  }
  if (processColumn !== undefined) return read(processColumn, names);
  if (process !== undefined) {
    const found = names.indexOf(process);
    if (found >= 0) return found;
    throw new UsageError("--process", {
      expected: `a declared process (${names.join(", ")})`,
      got: process,
      hint: suggestion(process, names),
    });
  }
  if (names.length === 1) return 0;
  if (direction === "to-simulation") return undefined;
  throw new UsageError("unbinned apply", {
    expected: "the process of every event, as each has its own map to data",
    got: "none",
    hint: "Give --process NAME, or --process-column NAME",
  });
}

function fromNumbers(
  where: string,
  numbers: ArrayLike<number>,
  processes: readonly string[],
  firstRow: number,
): Int32Array {
  const found = Int32Array.from(numbers);
  const wrong = found.findIndex((value, row) => value !== numbers[row] || processes[value] === undefined);
  if (wrong < 0) return found;
  throw new FileError(where, {
    expected: `processes from 0 to ${processes.length - 1} (${processes.join(", ")})`,
    got: `${numbers[wrong]} in row ${firstRow + wrong} (counted from 0)`,
  });
}

function fromNames(
  where: string,
  names: readonly string[],
  processes: readonly string[],
  firstRow: number,
): Int32Array {
  const found = Int32Array.from(names, (name) => processes.indexOf(name));
  const wrong = found.indexOf(-1);
  if (wrong < 0) return found;
  throw new FileError(where, {
    expected: `declared processes (${processes.join(", ")}) by name, or all by number`,
    got: `${JSON.stringify(names[wrong])} in row ${firstRow + wrong} (counted from 0)`,
    hint: suggestion(names[wrong]!, processes),
  });
}
