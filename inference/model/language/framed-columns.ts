/** Columns in the frame of flows (`feature-frame.ts`): computed on the host where they are data, on the tape where parameters move them. */
import { UsageError } from "../../../engine/errors.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { add, div, mul, sub } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { FeatureFrame } from "../feature-frame.js";
import { type FeatureTransform, monotoneMap } from "../features/feature-transform.js";
import { type BoundInterval, type End, isOpen } from "./region.js";

/** The frame of one column: v = (g(x) - shift) / scale. */
export interface FeatureInFrame {
  /** g; the identity where absent. */
  readonly transform?: FeatureTransform;
  readonly shift: number;
  readonly scale: number;
}

export interface FramedColumn {
  /** v, per event or at nodes. */
  readonly value: Var;
  /** log dv/dx. */
  readonly logSlope: Var;
}

/** Numbers of a column that follow from those of another: bound beside the data. */
export interface DerivedColumn {
  readonly of: string;
  readonly map: (value: number) => number;
}

/** By the names that they have on the tape. */
export type DerivedColumns = Map<string, DerivedColumn>;

/** Numbers of the derived columns [events]. */
export function derivedColumns(
  derived: DerivedColumns,
  columns: Readonly<Record<string, ColumnData>>,
): Record<string, Float64Array> {
  return Object.fromEntries([...derived].map(([name, { of, map }]) => [name, Float64Array.from(columns[of]!, map)]));
}

/** Of feature i of a frame; the identity where there is none. */
export function featureOf(frame: FeatureFrame | undefined, i: number): FeatureInFrame {
  if (frame === undefined) return { shift: 0, scale: 1 };
  const transform = frame.transforms?.[i];
  const isBent = transform !== undefined && transform.kind !== "none";
  return { ...(isBent && { transform }), shift: frame.shift[i]!, scale: frame.scale[i]! };
}

const isIdentity = ({ transform, shift, scale }: FeatureInFrame) =>
  transform === undefined && shift === 0 && scale === 1;

export const sameFeature = (a: FeatureInFrame, b: FeatureInFrame): boolean => JSON.stringify(a) === JSON.stringify(b);

/** v and log dv/dx as functions of numbers. */
function numbersOf({ transform, shift, scale }: FeatureInFrame) {
  const map = transform && monotoneMap(transform);
  return {
    value: (x: number) => ((map ? map.forward(x) : x) - shift) / scale,
    logSlope: (x: number) => (map ? map.logSlope(x) : 0) - Math.log(scale),
  };
}

/** @param at  of the tape: what is to be bound is noted there */
export function framedColumn(
  at: { readonly tape: Tape; readonly derived: DerivedColumns },
  column: Var,
  name: string,
  feature: FeatureInFrame,
): FramedColumn {
  const { tape, derived } = at;
  const { transform, shift, scale } = feature;
  const constantSlope = tape.constant(-Math.log(scale), []);
  if (isIdentity(feature)) return { value: column, logSlope: constantSlope };
  const { operation, shape } = column;
  const numbers = numbersOf(feature);
  if (operation.name === "column") {
    const key = `${operation.label} in the frame ${JSON.stringify(feature)}`;
    const made = (what: string, map: (value: number) => number) => {
      const own = `${key}, ${what}`;
      const known = tape.nodes.find((node) => node.operation.name === "column" && node.operation.label === own);
      derived.set(own, { of: operation.label, map });
      return known ?? tape.column(own, [], column.events);
    };
    return {
      value: made("value", numbers.value),
      logSlope: transform === undefined ? constantSlope : made("slope", numbers.logSlope),
    };
  }
  if (operation.name === "constant") {
    const values = "value" in operation ? [operation.value] : operation.values;
    const each = (map: (value: number) => number) =>
      "value" in operation ? tape.constant(map(values[0]!), shape) : tape.constant(values.map(map), shape);
    return { value: each(numbers.value), logSlope: each(numbers.logSlope) };
  }
  if (transform !== undefined) throw bentByParameters(name);
  return { value: div(sub(column, shift), scale), logSlope: constantSlope };
}

export const bentByParameters = (name: string) =>
  new UsageError(`column ${name}`, {
    expected: "a flow without a transformation of a column that parameters move",
    got: "one with such a transformation",
    hint: "Train the flow with transform: none",
  });

/** An end of an interval of the column as flows see it. */
export function framedEnd(end: End, name: string, feature: FeatureInFrame): End {
  const { transform, shift, scale } = feature;
  if (typeof end === "number") {
    // A transformation is finite everywhere: beyond an end that is open there is nothing.
    return Number.isFinite(end) ? numbersOf(feature).value(end) : end;
  }
  if (transform !== undefined) throw bentByParameters(name);
  return isIdentity(feature) ? end : div(sub(end, shift), scale);
}

export const framedInterval = ([low, high]: BoundInterval, name: string, feature: FeatureInFrame): BoundInterval => [
  framedEnd(low, name, feature),
  framedEnd(high, name, feature),
];

/** The column of an end in the frame: x = v scale + shift. */
export function endOutOfFrame(end: End, name: string, { transform, shift, scale }: FeatureInFrame): End {
  if (isOpen(end)) return end;
  if (transform !== undefined) throw bentByParameters(name);
  if (typeof end === "number") return end * scale + shift;
  return add(mul(end, scale), shift);
}
