/** What the frame of the flows makes of log p: that of the observed features is more by log |∂z/∂x| of each event. */

import type { ColumnData } from "../../../engine/runtime/backend.js";
import { type FeatureFrame, logSlopes, logVolume } from "../feature-frame.js";
import type { LikelihoodRequest } from "./likelihood-request.js";

/** Of the density of x, where it counts, and of all that counts [events]; undefined where it is 0. */
export interface Volumes {
  readonly x: Float64Array | undefined;
  readonly withY: Float64Array | undefined;
}

function ofObservable(frame: FeatureFrame | undefined, column: ColumnData, count: number): Float64Array | undefined {
  const [constant, slopes] = [logVolume(frame), logSlopes(frame, column)];
  if (slopes === undefined && constant === 0) return undefined;
  return Float64Array.from({ length: count }, (_, i) => (slopes?.[i] ?? 0) - constant);
}

export function volumesOf({ model: { frame }, data: { count, x, y }, form }: LikelihoodRequest): Volumes {
  const ofX = form === "joint" ? ofObservable(frame?.x, x, count) : undefined;
  const ofY = y && ofObservable(frame?.y, y, count);
  return { x: ofX, withY: ofX && ofY ? ofX.map((own, i) => own + ofY[i]!) : (ofX ?? ofY) };
}

/**
 * What they make of -Σ w log p.
 *
 * @param weights  [events] of all that counts; all 1 where absent
 * @param ofX      [events] of log p(x) beside, where x counts otherwise than y
 */
export const nllOfVolumes = (
  { x, withY }: Volumes,
  weights: ColumnData | undefined,
  ofX: ColumnData | undefined,
): number => -weightedSum(withY, weights) - (ofX === undefined ? 0 : weightedSum(x, ofX));

function weightedSum(values: Float64Array | undefined, weights: ColumnData | undefined): number {
  // 0 · ∞ is no number: an event of no weight says nothing.
  const term = (value: number, weight: number) => (weight === 0 ? 0 : weight * value);
  return values === undefined ? 0 : values.reduce((sum, value, i) => sum + term(value, weights?.[i] ?? 1), 0);
}

/**
 * log p of events in the units of the features.
 *
 * @param inFrame  log p of what the flows see [events of a range]
 * @param first    of the events
 */
export const inUnits = ({ withY }: Volumes, inFrame: Float64Array, first: number): Float64Array =>
  withY === undefined ? inFrame : inFrame.map((value, i) => value + withY[first + i]!);
