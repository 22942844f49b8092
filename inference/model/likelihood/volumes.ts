/** What the frame of the flows makes of log p: that of the observed features is less by the volume of the frame. */

import type { ColumnData } from "../../../engine/runtime/backend.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import { logSlopes, logVolume } from "../feature-frame.js";
import type { EventData, LikelihoodRequest } from "./likelihood-request.js";

/** Of one density: log p in the frame less `constant`, plus the slope of each event, is log p in the units of the features. */
interface Volume {
  readonly constant: number;
  /** [events]; absent where the frame has no transformations */
  readonly slopes?: Float64Array | undefined;
}

/** Of the density of x, where it counts, and of all that counts. */
export interface Volumes {
  readonly x: Volume;
  readonly withY: Volume;
}

export function volumesOf({ model: { frame }, data, form }: LikelihoodRequest): Volumes {
  const x = form === "joint" ? { constant: logVolume(frame?.x), slopes: logSlopes(frame?.x, data.x) } : { constant: 0 };
  if (data.y === undefined) return { x, withY: x };
  const y = logSlopes(frame?.y, data.y);
  const slopes = x.slopes === undefined || y === undefined ? (x.slopes ?? y) : x.slopes.map((own, i) => own + y[i]!);
  return { x, withY: { constant: x.constant + logVolume(frame?.y), slopes } };
}

/**
 * What they make of -Σ w log p.
 *
 * @param weights  [events] of all that counts; all 1 where absent
 * @param ofX      [events] of log p(x) beside, where x counts otherwise than y
 */
export function nllOfVolumes(
  { x, withY }: Volumes,
  { count }: EventData,
  weights: ColumnData | undefined,
  ofX: ColumnData | undefined,
): number {
  const total = ({ constant, slopes }: Volume, own: ColumnData | undefined) =>
    constant * totalWeight({ count, weights: own }) - (slopes === undefined ? 0 : weightedSum(slopes, own));
  return total(withY, weights) + (ofX === undefined ? 0 : total(x, ofX));
}

function weightedSum(values: Float64Array, weights: ColumnData | undefined): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights?.[i] ?? 1;
    // 0 · ∞ is no number: an event of no weight says nothing.
    if (weight !== 0) sum += weight * values[i]!;
  }
  return sum;
}

/**
 * log p of events in the units of the features.
 *
 * @param inFrame  log p of what the flows see [events of a range]
 * @param first    of the events
 */
export function inUnits({ withY: { constant, slopes } }: Volumes, inFrame: Float64Array, first: number): Float64Array {
  if (slopes !== undefined) return inFrame.map((value, i) => value - constant + slopes[first + i]!);
  return constant === 0 ? inFrame : inFrame.map((value) => value - constant);
}
