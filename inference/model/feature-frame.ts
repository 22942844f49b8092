/**
 * The numbers that flows see: (g(x) - shift) / scale of every feature, in f64, before any cast to f32.
 *
 * g is a monotone map that makes the tails of a feature those of a normal distribution (`features/`), or none. It does not depend on ν and
 * stands before the tape, so that the density of the observed features is log p(x) = log q(z) - Σ log scale + Σ log g'(x).
 *
 * f32 has 24 bits. A feature 10⁷ ± 1 rounded to it loses what differs between events, and features below 10⁻³⁸ or above 10³⁸
 * lose themselves. The standardisation of each flow comes too late for them: it works on what a backend has been given.
 */

import { UsageError } from "../../engine/errors.js";
import { aColumn, checkArgument, checkParts } from "../../engine/options.js";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { weightedMoments } from "../../flows/training/weighted-moments.js";
import { chooseTransform, type FeatureRequest } from "./features/choose-transform.js";
import { type FeatureTransform, type MonotoneMap, monotoneMap } from "./features/feature-transform.js";
import { isTransform } from "./features/transform-form.js";
import { weightedSample } from "./features/weighted-sample.js";

/** Of one observable [D]. */
export interface FeatureFrame {
  /** g of each feature; absent where none has one. */
  readonly transforms?: readonly FeatureTransform[];
  /** In the units of g, both. */
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

/** What is asked for a feature, beside its sample. */
export interface TransformRequest extends Omit<FeatureRequest, "sample"> {
  /** Of the events as they count for the transformation, from their values and weights [count]; as they count for the frame where absent. */
  readonly weightsOf?: (values: ColumnData, weights: ColumnData) => ColumnData;
}

/**
 * The frame in which these features [D, count] differ by numbers of order one, with tails that a flow can learn; undefined where they do as
 * they are.
 *
 * @param weights   [count]
 * @param name      of the column, for messages
 * @param requests  for each feature; absent: no transformations
 */
export function frameOf(
  column: ColumnData,
  weights: ColumnData,
  name: string,
  requests: readonly TransformRequest[] = [],
): FeatureFrame | undefined {
  const { length: count } = weights;
  const features = requests.map((request, feature) => {
    const values = column.subarray(feature * count, (feature + 1) * count);
    return request.choice === "none" ? NONE : transformOf(values, weights, `${name}${feature + 1}`, request);
  });
  const transforms = features.some(({ kind }) => kind !== "none") ? { transforms: features } : undefined;
  const mapped = transforms === undefined ? column : leaveUnits(transforms.transforms, column);
  const { mean, standardDeviation } = weightedMoments(mapped, count, weights, name);
  const exponents = Array.from(standardDeviation, Math.log2);
  const shift = exponents.map((exponent, feature) => {
    const step = powerOfTwo(SHIFT_STEP + Math.round(exponent));
    return step * Math.round(mean[feature]! / step);
  });
  const scale = exponents.map((exponent) => powerOfTwo(SCALE_STEP * Math.round(exponent / SCALE_STEP)));
  const isIdentity = shift.every((value) => value === 0) && scale.every((value) => value === 1);
  return isIdentity && transforms === undefined ? undefined : { ...transforms, shift, scale };
}

const NONE: FeatureTransform = { kind: "none" };

function transformOf(
  values: ColumnData,
  weights: ColumnData,
  name: string,
  request: TransformRequest,
): FeatureTransform {
  // What is not finite is refused by the moments, by name.
  if (!values.every(Number.isFinite)) return NONE;
  const sample = weightedSample(values, request.weightsOf?.(values, weights) ?? weights);
  const found = chooseTransform({ ...request, sample });
  if (found !== undefined) return found;
  throw new UsageError(`transform of ${name}`, {
    expected: `enough different values for ${request.choice}`,
    got: `${sample.effectiveEvents.toPrecision(3)} effective events from ${sample.values[0]} to ${sample.values.at(-1)}`,
    hint: "Take another transform, or simulate more",
  });
}

/** g of each feature [D, count]. */
function leaveUnits(transforms: readonly FeatureTransform[], column: ColumnData): Float64Array {
  const result = Float64Array.from(column);
  mapEach(transforms, result, (map) => map.forward);
  return result;
}

/** Replaces each number of the column [D, count] by a function of it that belongs to its feature. */
function mapEach(
  transforms: readonly FeatureTransform[],
  column: Float64Array,
  of: (map: MonotoneMap) => (value: number) => number,
): void {
  const count = column.length / transforms.length;
  for (const [feature, transform] of transforms.entries()) {
    if (transform.kind === "none") continue;
    const change = of(monotoneMap(transform));
    for (let at = feature * count; at < (feature + 1) * count; at++) column[at] = change(column[at]!);
  }
}

/** The frame that changes nothing. */
export function identityFrame(features: number): FeatureFrame {
  return { shift: new Array<number>(features).fill(0), scale: new Array<number>(features).fill(1) };
}

export function isIdentityFrame({ transforms, shift, scale }: FeatureFrame): boolean {
  return transforms === undefined && shift.every((value) => value === 0) && scale.every((value) => value === 1);
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
  const mapped = frame.transforms === undefined ? column : leaveUnits(frame.transforms, column);
  return changed(frame, mapped, result, (value, shift, scale) => (value - shift) / scale);
}

/** What flows gave [D, count] as observed values, in f64. Without a frame the column itself. */
export function leaveFrame(frame: FeatureFrame | undefined, column: ColumnData): ColumnData {
  checkArgument("leaveFrame", "the column", column, aColumn);
  if (frame === undefined) return column;
  const result = new Float64Array(column.length);
  changed(frame, column, result, (value, shift, scale) => value * scale + shift);
  if (frame.transforms !== undefined) mapEach(frame.transforms, result, (map) => map.inverse);
  return result;
}

/** What flows gave [D, count] less another such column, in the units of the features. */
export function leaveFrameAsDifference(
  frame: FeatureFrame | undefined,
  to: ColumnData,
  from: ColumnData,
): Float64Array {
  if (frame?.transforms === undefined) {
    // Of small differences of large numbers no digits are lost.
    const difference = Float64Array.from(to, (value, i) => value - from[i]!);
    if (frame === undefined) return difference;
    return changed(frame, difference, difference, (value, _, scale) => value * scale) as Float64Array;
  }
  const [end, start] = [leaveFrame(frame, to), leaveFrame(frame, from)];
  return Float64Array.from(end, (value, i) => value - start[i]!);
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

/**
 * Σ log g' of the features of each event [count], of observed values [D, count]; undefined without transformations. -∞ where there is no density:
 * beyond an edge.
 */
export function logSlopes(frame: FeatureFrame | undefined, column: ColumnData): Float64Array | undefined {
  if (frame?.transforms === undefined) return undefined;
  const { transforms } = frame;
  const slopes = Float64Array.from(column);
  mapEach(transforms, slopes, (map) => map.logSlope);
  const count = column.length / transforms.length;
  const sums = new Float64Array(count);
  for (const [feature, { kind }] of transforms.entries()) {
    if (kind === "none") continue;
    for (let event = 0; event < count; event++) sums[event]! += slopes[feature * count + event]!;
  }
  return sums;
}

/**
 * Mean of what the log density of what flows see is larger by than that of the observed features, of the events that have one.
 *
 * @param column   [D, count]
 * @param weights  [count]; all 1 where absent
 */
export function meanLogVolume(frame: FeatureFrame | undefined, column: ColumnData, weights?: ColumnData): number {
  const slopes = logSlopes(frame, column);
  const volume = logVolume(frame);
  if (slopes === undefined) return volume;
  let [sum, total] = [0, 0];
  for (const [event, slope] of slopes.entries()) {
    if (!Number.isFinite(slope)) continue;
    const weight = weights?.[event] ?? 1;
    sum += weight * slope;
    total += weight;
  }
  return total > 0 ? volume - sum / total : volume;
}

/**
 * Σ log scale: by this, less Σ log g' (`logSlopes`), the log density of what flows see is larger than that of the observed features.
 */
export function logVolume(frame: FeatureFrame | undefined): number {
  return (frame?.scale ?? []).reduce((sum, unit) => sum + Math.log(unit), 0);
}

/** Refuses what is no frame of so many features, from whatever file it is. */
export function checkFrame(where: string, frame: Partial<FeatureFrame> | undefined, features: number): void {
  const isVector = (values: unknown, isSound: (value: number) => boolean) =>
    Array.isArray(values) &&
    values.length === features &&
    values.every((value) => Number.isFinite(value) && isSound(value));
  const isAffine = isVector(frame?.shift, () => true) && isVector(frame?.scale, (value) => value > 0);
  if (isAffine) {
    const transforms: unknown = frame?.transforms;
    if (transforms === undefined) return;
    if (Array.isArray(transforms) && transforms.length === features && transforms.every(isTransform)) return;
    throw new UsageError(where, {
      expected: `a transformation for each of ${features} features`,
      got: `${JSON.stringify(transforms)}`.slice(0, 200),
    });
  }
  throw new UsageError(where, {
    expected: `a finite shift and a positive finite scale for each of ${features} features`,
    got: `${JSON.stringify(frame, (_, value) => (Number.isNaN(value) ? "NaN" : value))}`.slice(0, 200),
  });
}
