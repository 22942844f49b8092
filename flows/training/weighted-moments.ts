import { UsageError } from "../../engine/errors.js";
import { aColumn, aNumber, checkArgument, checkParts, numbers } from "../../engine/options.js";
import type { ColumnData } from "../../engine/runtime/backend.js";

/** Σ of the weights of events [count], of either sign; their number where they have none. */
export function totalWeight(data: { count: number; weights?: ColumnData | undefined }): number {
  checkParts("totalWeight", "data", data, { count: aNumber });
  const { count, weights } = data;
  if (weights === undefined) return count;
  let total = 0;
  for (let event = 0; event < count; event++) total += weights[event]!;
  return total;
}

export interface WeightedMoments {
  /** Σ w x / Σ w, in the units of x [features] */
  readonly mean: Float64Array;
  /** √(Σ w (x - mean)² / Σ w), in the units of x [features] */
  readonly standardDeviation: Float64Array;
}

/**
 * Mean and standard deviation of every feature, in f64: constants for standardisation.
 *
 * @param column    [features, count]
 * @param count     number of events
 * @param weights   [count]; all 1 where absent
 * @param name      of the column, for messages
 */
export function weightedMoments(
  column: ColumnData,
  count: number,
  weights?: ColumnData,
  name?: string,
): WeightedMoments {
  checkArgument("weightedMoments", "the column", column, aColumn);
  checkArgument("weightedMoments", "the number of events", count, aNumber);
  const features = column.length / count;
  if (!(count >= 1) || !Number.isInteger(features) || (weights !== undefined && weights.length !== count)) {
    throw new UsageError("weightedMoments", {
      expected: "a column [features, count] and weights [count]",
      got: `${column.length} numbers, count = ${count}${weights === undefined ? "" : `, ${weights.length} weights`}`,
    });
  }
  const mean = new Float64Array(features);
  const standardDeviation = new Float64Array(features);
  for (let feature = 0; feature < features; feature++) {
    const values = column.subarray(feature * count, (feature + 1) * count);
    const spread = spreadOf(values, weights);
    // In f64 a constant column can leave a spread of rounding errors.
    const isVarying = spread.sigma > Number.EPSILON * Math.abs(spread.mean) && spread.sigma < Number.POSITIVE_INFINITY;
    if (!isVarying)
      throw notStandardisable(`feature ${feature}${name === undefined ? "" : ` of ${name}`}`, values, spread);
    mean[feature] = spread.mean;
    standardDeviation[feature] = spread.sigma;
  }
  return { mean, standardDeviation };
}

/** Of one feature. */
export interface Spread {
  readonly mean: number;
  /** Standard deviation; NaN where weights of either sign leave less than nothing of the variance. */
  readonly sigma: number;
}

/** @param weights  one per value; all 1 where absent */
export function spreadOf(values: ColumnData, weights?: ColumnData): Spread {
  checkArgument("spreadOf", "values", values, numbers);
  const first = meanPower(1, values, weights, 0, 1);
  // Of values far from 0 the sum is rounded by more than they differ, that of their differences is not.
  const mean = first + meanPower(1, values, weights, first, 1);
  const unit = powerOfTwoBelow(largestDistance(values, mean));
  return { mean, sigma: unit * Math.sqrt(meanPower(2, values, weights, mean, unit)) };
}

/** Σ w ((x - from) / unit)ⁿ / Σ w, n 1 or 2. */
function meanPower(n: 1 | 2, values: ColumnData, weights: ColumnData | undefined, from: number, unit: number): number {
  let sum = 0;
  let sumOfWeights = 0;
  for (let i = 0; i < values.length; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    const distance = (values[i]! - from) / unit;
    sum += weight * (n === 1 ? distance : distance * distance);
    sumOfWeights += weight;
  }
  return sum / sumOfWeights;
}

function largestDistance(values: ColumnData, from: number): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]! - from));
  return largest;
}

/** In units of it squares neither overflow nor vanish; a power of two rounds nothing. */
function powerOfTwoBelow(value: number): number {
  return value > 0 && value < Number.POSITIVE_INFINITY ? 2 ** Math.floor(Math.log2(value)) : 1;
}

function notStandardisable(feature: string, values: ColumnData, { mean, sigma }: Spread): UsageError {
  const event = values.findIndex((value) => !Number.isFinite(value));
  return new UsageError("weightedMoments", {
    expected: "finite values that differ and weights of positive sum",
    got: `${feature} with ${event >= 0 ? `${values[event]} in event ${event}` : `mean ${mean} and variance ${sigma ** 2}`}`,
    hint:
      event >= 0
        ? "Remove such events first"
        : "Leave out features that are constant; of those that differ in the last digits of large numbers, subtract a constant",
  });
}
