/**
 * The numbers that flows see: (x - shift) / scale of every feature, in f64, before any cast to f32.
 *
 * f32 has 24 bits. A feature 10⁷ ± 1 rounded to it loses what differs between events, and features below 10⁻³⁸ or above 10³⁸
 * lose themselves. The standardisation of each flow comes too late for them: it works on what a backend has been given.
 */

import { UsageError } from "../../engine/errors.js";
import { aColumn, checkArgument, checkParts } from "../../engine/options.js";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { weightedMoments } from "../../flows/training/weighted-moments.js";

/** Of one observable, in the units of its features [D]. */
export interface FeatureFrame {
  readonly shift: readonly number[];
  /** Powers of two: they round nothing. */
  readonly scale: readonly number[];
}

export interface ModelFrame {
  readonly x: FeatureFrame;
  readonly y?: FeatureFrame;
}

type Precision = "f32" | "f64";

/**
 * Shifts are multiples of 2⁴ times a standard deviation: a mean within half of that stays where it is, at the cost of three of f32's
 * 24 bits.
 */
const SHIFT_STEP = 4;

/**
 * Scales are 2 to a multiple of this: standard deviations from 2⁻¹⁰ to 2¹⁰ stay what they are. So the features of most analyses
 * keep every bit, and all others come to be of that size.
 */
const SCALE_STEP = 20;

/** Largest exponent, of either sign: f64 holds both 2^1020 and its inverse. */
const LARGEST_EXPONENT = 1020;

const powerOfTwo = (exponent: number) => 2 ** Math.max(-LARGEST_EXPONENT, Math.min(LARGEST_EXPONENT, exponent));

/**
 * The frame in which these features [D, count] differ by numbers of order one; undefined where they do as they are.
 *
 * @param weights  [count]
 * @param name     of the column, for messages
 */
export function frameOf(column: ColumnData, weights: ColumnData, name: string): FeatureFrame | undefined {
  const { mean, standardDeviation } = weightedMoments(column, weights.length, weights, name);
  const exponents = Array.from(standardDeviation, Math.log2);
  const shift = exponents.map((exponent, feature) => {
    const step = powerOfTwo(SHIFT_STEP + Math.round(exponent));
    return step * Math.round(mean[feature]! / step);
  });
  const scale = exponents.map((exponent) => powerOfTwo(SCALE_STEP * Math.round(exponent / SCALE_STEP)));
  const isIdentity = shift.every((value) => value === 0) && scale.every((value) => value === 1);
  return isIdentity ? undefined : { shift, scale };
}

/** The frame that changes nothing. */
export function identityFrame(features: number): FeatureFrame {
  return { shift: new Array<number>(features).fill(0), scale: new Array<number>(features).fill(1) };
}

/** Each number of the column [D, count] by `change`, which is given shift and scale of its feature too. */
function changed(
  { shift, scale }: FeatureFrame,
  column: ColumnData,
  result: ColumnData,
  change: (value: number, shift: number, scale: number) => number,
): ColumnData {
  const count = column.length / shift.length;
  for (let feature = 0; feature < shift.length; feature++) {
    const [own, unit] = [shift[feature]!, scale[feature]!];
    const end = (feature + 1) * count;
    for (let at = feature * count; at < end; at++) result[at] = change(column[at]!, own, unit);
  }
  return result;
}

/**
 * Observed values [D, count] as flows see them.
 *
 * @param precision  that of the backend they are for: no more digits are kept
 */
export function enterFrame(frame: FeatureFrame | undefined, column: ColumnData, precision: Precision): ColumnData {
  checkArgument("enterFrame", "the column", column, aColumn);
  const isKept = precision === "f64" || column instanceof Float32Array;
  if (frame === undefined) return isKept ? column : Float32Array.from(column);
  const result = new (precision === "f32" ? Float32Array : Float64Array)(column.length);
  return changed(frame, column, result, (value, shift, scale) => (value - shift) / scale);
}

/** What flows gave [D, count] as observed values, in f64. Without a frame the column itself. */
export function leaveFrame(frame: FeatureFrame | undefined, column: ColumnData): ColumnData {
  checkArgument("leaveFrame", "the column", column, aColumn);
  if (frame === undefined) return column;
  return changed(frame, column, new Float64Array(column.length), (value, shift, scale) => value * scale + shift);
}

/** Differences of what flows gave [D, count], in the units of the features. */
export function leaveFrameAsDifference(frame: FeatureFrame | undefined, column: Float64Array): Float64Array {
  if (frame === undefined) return column;
  return changed(frame, column, new Float64Array(column.length), (value, _, scale) => value * scale) as Float64Array;
}

/** Events with x, and y where there is one, as flows see them. Without a frame the events themselves. */
export function framedEvents<E extends { readonly x: ColumnData; readonly y?: ColumnData | undefined }>(
  frame: ModelFrame | undefined,
  events: E,
  precision: Precision,
): E {
  checkParts("framedEvents", "events", events, { x: aColumn });
  if (frame === undefined) return events;
  const { x, y } = events;
  return { ...events, x: enterFrame(frame.x, x, precision), ...(y && { y: enterFrame(frame.y, y, precision) }) };
}

/** Σ log scale: the log density of what flows see is larger by it than that of the observed features. */
export function logVolume(frame: FeatureFrame | undefined): number {
  return (frame?.scale ?? []).reduce((sum, unit) => sum + Math.log(unit), 0);
}

/** Refuses what is no frame of so many features, from whatever file it is. */
export function checkFrame(where: string, frame: Partial<FeatureFrame> | undefined, features: number): void {
  const isVector = (values: unknown, isSound: (value: number) => boolean) =>
    Array.isArray(values) &&
    values.length === features &&
    values.every((value) => Number.isFinite(value) && isSound(value));
  if (isVector(frame?.shift, () => true) && isVector(frame?.scale, (value) => value > 0)) return;
  throw new UsageError(where, {
    expected: `a finite shift and a positive finite scale for each of ${features} features`,
    got: `${JSON.stringify(frame, (_, value) => (Number.isNaN(value) ? "NaN" : value))}`.slice(0, 200),
  });
}
