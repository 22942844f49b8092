/** What `apply` adds to the columns of a file. */
import type { Applied, Direction, MapVariation } from "../../inference/measurements/distribution-of-interest/apply.js";
import type { Columns } from "../../io/columns.js";
import { UsageError } from "../errors.js";
import type { ObservedColumn } from "./apply-files.js";
import { transposed } from "./event-data.js";

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
export function checkNoClash(events: string, columns: Iterable<string>, names: ColumnNames): void {
  const repeated = names.all.find((name, i) => names.all.indexOf(name) < i);
  if (repeated !== undefined) {
    throw new UsageError(events, {
      expected: "columns of y and processes whose names joined by a dot differ",
      got: `two results with the name "${repeated}"`,
      hint: "Rename a column of y or a process",
    });
  }
  const there = new Set(columns);
  // Text has a column for every feature.
  const clash = names.all.flatMap((name) => [name, `${name}[0]`]).find((name) => there.has(name));
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
