/** Events in and out of `apply`: the columns that T needs, all others as they are, and what T adds to them. */
import { extname, resolve } from "node:path";
import type { Applied, ApplySample, Direction, MapVariation } from "../inference/apply.js";
import {
  type EventTable,
  FileError,
  type NamedArray,
  readCsv,
  readEvents,
  readNpz,
  readSafetensors,
  requireColumn,
  writeNpz,
  writeSafetensors,
} from "../io/index.js";
import { type Analysis, processNames } from "./analysis.js";
import type { Options } from "./arguments.js";
import { transposed } from "./event-data.js";
import { UsageError } from "./messages.js";
import { checkOutputFile } from "./output-folder.js";
import { suggestion } from "./suggestion.js";

/** Arrays by the name of their column, events first. */
type Columns = Map<string, NamedArray>;

const writers: Readonly<Record<string, (path: string, columns: Columns) => Promise<void>>> = {
  ".npz": writeNpz,
  ".safetensors": writeSafetensors,
};

/** What the file of events holds, whatever it is: columns of events and other arrays alike. */
const readers: Readonly<Record<string, (path: string) => Promise<Columns>>> = {
  ".npz": (path) => readNpz(path),
  ".safetensors": async (path) => (await readSafetensors(path)).tensors,
  ".csv": async (path) =>
    new Map([...(await readCsv(path))].map(([name, data]) => [name, { shape: [data.length], data }])),
};

export interface ApplyFiles {
  readonly events: string;
  readonly out: string;
  readonly write: (columns: Columns) => Promise<void>;
}

/** The files that the options name; refuses before any work what cannot be written. */
export function applyFiles({ events, out }: Options): ApplyFiles {
  const where = "unbinned apply";
  if (events === undefined) {
    throw new UsageError(where, { expected: "--events FILE with the events to map", got: "no --events" });
  }
  const write = out === undefined ? undefined : writers[extname(out).toLowerCase()];
  if (out === undefined || write === undefined) {
    throw new UsageError(where, {
      expected: `--out FILE for the columns, ${Object.keys(writers).join(" or ")}`,
      got: out === undefined ? "no --out" : `--out ${out}`,
    });
  }
  if (resolve(out) === resolve(events)) {
    throw new UsageError(where, { expected: "--out to be another file than --events", got: out });
  }
  checkOutputFile(out);
  return { events, out, write: (columns) => write(out, columns) };
}

export interface ApplyTable {
  readonly sample: ApplySample;
  /** Everything in the file. */
  readonly columns: Columns;
}

export async function readApplyTable(analysis: Analysis, options: Options, events: string): Promise<ApplyTable> {
  const { observables } = analysis.configuration;
  const { processColumn } = options;
  // A map T has a y: the model was checked.
  const [x, y] = [observables.x, observables.y!];
  const wanted = [...x.columns, ...y.columns, ...(processColumn === undefined ? [] : [processColumn])];
  const table = await readEvents(events, [...new Set(wanted)]);
  const process = processOf(analysis, options, table);
  const sample = {
    count: table.count,
    x: requireColumn(table, x.columns, x).data,
    y: requireColumn(table, y.columns, y).data,
    ...(process !== undefined && { process }),
  };
  return { sample, columns: await readers[extname(events).toLowerCase()]!(events) };
}

/** Positions of the processes as far as they are known; simulation comes from a process that somebody knows. */
function processOf(
  { configuration }: Analysis,
  { direction, process, processColumn }: Options,
  table: EventTable,
): number | Int32Array | undefined {
  const names = processNames(configuration);
  if (process !== undefined && processColumn !== undefined) {
    const hint = "Give one of them";
    throw new UsageError("unbinned apply", { expected: "one process", got: "--process and --process-column", hint });
  }
  if (processColumn !== undefined) return processesIn(table, processColumn, names);
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

function processesIn(table: EventTable, name: string, names: readonly string[]): Int32Array {
  const { data } = requireColumn(table, name, { features: 1 });
  const wrong = data.findIndex((value) => !Number.isInteger(value) || names[value] === undefined);
  if (wrong < 0) return Int32Array.from(data);
  throw new FileError(`${table.path}, column ${JSON.stringify(name)}`, {
    expected: `processes from 0 to ${names.length - 1} (${names.join(", ")})`,
    got: `${data[wrong]} in row ${wrong} (counted from 0)`,
  });
}

/** What `apply` calls its columns. */
export interface ColumnNames {
  /** Of a variation's y, one per map. */
  y(variation: MapVariation): readonly string[];
  readonly logDet: readonly string[];
  readonly probabilities: readonly string[];
  /** Those of the nominal map and what belongs to it; then all, in their order in the file. */
  readonly nominal: readonly string[];
  readonly all: readonly string[];
}

/**
 * Where the process of each event is known there is one map, `y.data` or `y.simulation`; else one per process, `y.<process>`.
 */
export function columnNames(
  direction: Direction,
  isKnown: boolean,
  processes: readonly string[],
  variations: readonly MapVariation[],
): ColumnNames {
  const maps = isKnown ? [direction === "to-data" ? "data" : "simulation"] : processes;
  const [first, ...others] = variations;
  const y = ({ name }: MapVariation) => maps.map((map) => `y.${map}${name === "nominal" ? "" : `.${name}`}`);
  const logDet = isKnown ? ["log_det"] : processes.map((process) => `log_det.${process}`);
  const probabilities = isKnown ? [] : processes.map((process) => `probability.${process}`);
  const nominal = [...(first === undefined ? [] : y(first)), ...logDet, ...probabilities];
  return { y, logDet, probabilities, nominal, all: [...nominal, ...others.flatMap(y)] };
}

/** Refuses a file in which a column of `apply` would take the place of another. */
export function checkNoClash(events: string, columns: Columns, names: ColumnNames): void {
  const clash = names.all.find((name) => columns.has(name));
  if (clash === undefined) return;
  throw new UsageError(events, {
    expected: `no column "${clash}", which apply adds`,
    got: "one",
    hint: "Rename it, or apply to the file without it",
  });
}

/** Adds what one variation gave. */
export function addColumns(
  columns: Columns,
  names: ColumnNames,
  { variation, y, logDet = [], probabilities = [] }: Applied,
  count: number,
  precision: "f32" | "f64",
): void {
  const stored = (values: Float64Array) => (precision === "f32" ? Float32Array.from(values) : values);
  for (const [map, name] of names.y(variation).entries()) {
    const values = stored(y[map]!);
    columns.set(name, { shape: [count, values.length / count], data: transposed(values, count) });
  }
  for (const [map, values] of logDet.entries()) {
    columns.set(names.logDet[map]!, { shape: [count], data: stored(values) });
  }
  for (const [map, values] of probabilities.entries()) {
    columns.set(names.probabilities[map]!, { shape: [count], data: stored(values) });
  }
}
