/** Events in and out of `apply`: the columns that T needs, all others as they are, and what T adds to them. */

import type {
  Applied,
  ApplySample,
  Direction,
  MapVariation,
} from "../../inference/measurements/distribution-of-interest/apply.js";
import {
  type Columns,
  eventExtensions,
  eventsOf,
  isEventFile,
  isWords,
  problemOf,
  readEvents,
  readTable,
  writeTable,
} from "../../io/columns.js";
import { suggestion } from "../../io/edit-distance.js";
import { isWritten, writtenExtensions } from "../../io/events/formats.js";
import { FileError, type NamedArray } from "../../io/index.js";
import { type Analysis, processNames } from "../configuration/analysis.js";
import { type Derivation, dataDerivation, simulatedDerivation } from "../configuration/derivation.js";
import { UsageError } from "../errors.js";
import { checkOutputFile, isSameFile } from "../store/output-folder.js";
import { readDerived } from "./derived/read.js";
import { transposed } from "./event-data.js";

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
  readonly write: (columns: Columns, provenance: Readonly<Record<string, string>>) => Promise<void>;
}

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
  if (isSameFile(out, events)) {
    throw new UsageError(where, { expected: "--out to be another file than --events", got: out });
  }
  checkOutputFile(out);
  return { events, out, write: (columns, provenance) => writeTable(out, columns, provenance) };
}

/** A column of y: [events] or [events, width]. */
export interface ObservedColumn {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ApplyTable {
  readonly sample: ApplySample;
  /** All in the file that can be read. */
  readonly columns: Columns;
  /** The columns of y, as the file has them. */
  readonly observed: readonly ObservedColumn[];
  /** What in the file is of a type that is not read. */
  readonly unread: readonly string[];
}

export async function readApplyTable(
  analysis: Analysis,
  options: ApplyOptions,
  files: ApplyFiles,
): Promise<ApplyTable> {
  const { observables } = analysis.configuration;
  const { processColumn } = options;
  // A map T has a y: the model was checked.
  const [x, y] = [observables.x, observables.y!];
  const { events } = files;
  const contents = await readTable(events);
  const { columns, unread } = contents;
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
        ? eventsOf(events, contents, names)
        : readEvents(events, names, { missing: ofMissing }),
  };
  const wanted = [...new Set([...x.columns, ...y.columns, ...numbered])];
  const derived = await readDerived(source, { columns: made, missing, where: [], weights: [] }, wanted);
  const { count } = derived;
  const process = processOf(analysis, options, (name, processes) =>
    isWords(named)
      ? fromNames(columnOf(events, name), named, processes)
      : fromNumbers(columnOf(events, name), derived.column([name], 1), processes),
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
  return { sample, columns, observed, unread: [...unread.keys()] };
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

function fromNumbers(where: string, numbers: ArrayLike<number>, processes: readonly string[]): Int32Array {
  const found = Int32Array.from(numbers);
  const wrong = found.findIndex((value, row) => value !== numbers[row] || processes[value] === undefined);
  if (wrong < 0) return found;
  throw new FileError(where, {
    expected: `processes from 0 to ${processes.length - 1} (${processes.join(", ")})`,
    got: `${numbers[wrong]} in row ${wrong} (counted from 0)`,
  });
}

function fromNames(where: string, names: readonly string[], processes: readonly string[]): Int32Array {
  const found = Int32Array.from(names, (name) => processes.indexOf(name));
  const wrong = found.indexOf(-1);
  if (wrong < 0) return found;
  throw new FileError(where, {
    expected: `declared processes (${processes.join(", ")}) by name, or all by number`,
    got: `${JSON.stringify(names[wrong])} in row ${wrong} (counted from 0)`,
    hint: suggestion(names[wrong]!, processes),
  });
}

/** What `apply` calls its columns. */
export interface ColumnNames {
  /** Of a variation's y: by map, then by column of y. */
  y(variation: MapVariation): readonly (readonly string[])[];
  readonly logDet: readonly string[];
  readonly probabilities: readonly string[];
  /** Those of the nominal map and what belongs to it; then all, in their order in the file. */
  readonly nominal: readonly string[];
  readonly all: readonly string[];
}

/**
 * Where the process of each event is known there is one map, `<column>.data` or `<column>.simulation`; else one per process,
 * `<column>.<process>`.
 *
 * @param observed  names of the columns of y in the file
 */
export function columnNames(
  direction: Direction,
  isKnown: boolean,
  processes: readonly string[],
  observed: readonly string[],
  variations: readonly MapVariation[],
): ColumnNames {
  const maps = isKnown ? [direction === "to-data" ? "data" : "simulation"] : processes;
  const [first, ...others] = variations;
  const y = ({ name }: MapVariation) =>
    maps.map((map) => observed.map((column) => `${column}.${map}${name === "nominal" ? "" : `.${name}`}`));
  const logDet = isKnown ? ["log_det"] : processes.map((process) => `log_det.${process}`);
  const probabilities = isKnown ? [] : processes.map((process) => `probability.${process}`);
  const nominal = [...(first === undefined ? [] : y(first).flat()), ...logDet, ...probabilities];
  return {
    y,
    logDet,
    probabilities,
    nominal,
    all: [...nominal, ...others.flatMap((variation) => y(variation).flat())],
  };
}

/** Refuses a file in which a column of `apply` would take the place of another. */
export function checkNoClash(events: string, columns: Columns, names: ColumnNames): void {
  const repeated = names.all.find((name, i) => names.all.indexOf(name) < i);
  if (repeated !== undefined) {
    throw new UsageError(events, {
      expected: "columns of y and processes whose names joined by a dot differ",
      got: `two results with the name "${repeated}"`,
      hint: "Rename a column of y or a process",
    });
  }
  // Text has a column for every feature.
  const clash = names.all.flatMap((name) => [name, `${name}[0]`]).find((name) => columns.has(name));
  if (clash === undefined) return;
  throw new UsageError(events, {
    expected: `no column "${clash}", which apply adds`,
    got: "one",
    hint: "Rename it, or apply to the file without it",
  });
}

/**
 * Adds what one variation gave.
 *
 * @param observed  the columns of y: results have their shapes
 * @param precision  in which y is stored, and all else
 */
export function addColumns(
  columns: Columns,
  names: ColumnNames,
  { variation, y, logDet = [], probabilities = [] }: Applied,
  observed: readonly ObservedColumn[],
  precision: Readonly<Record<"y" | "others", "f32" | "f64">>,
): void {
  const stored = (values: Float64Array, of: "y" | "others") =>
    precision[of] === "f32" ? Float32Array.from(values) : values;
  const count = observed[0]!.shape[0]!;
  for (const [map, own] of names.y(variation).entries()) {
    const values = stored(y[map]!, "y");
    let start = 0;
    for (const [i, { shape }] of observed.entries()) {
      const stop = start + count * (shape[1] ?? 1);
      columns.set(own[i]!, { shape, data: transposed(values.subarray(start, stop), count) });
      start = stop;
    }
  }
  for (const [map, values] of logDet.entries()) {
    columns.set(names.logDet[map]!, { shape: [count], data: stored(values, "others") });
  }
  for (const [map, values] of probabilities.entries()) {
    columns.set(names.probabilities[map]!, { shape: [count], data: stored(values, "others") });
  }
}
