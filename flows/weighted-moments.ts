import type { ColumnData } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";

/** Σ of the weights of events [count], of either sign; their number where they have none. */
export function totalWeight({ count, weights }: { count: number; weights?: ColumnData | undefined }): number {
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
 * Mean and standard deviation of every feature, in f64 and two passes: constants for standardisation.
 *
 * @param column    [features, count]
 * @param count     number of events
 * @param weights   [count]; all 1 where absent
 */
export function weightedMoments(column: ColumnData, count: number, weights?: ColumnData): WeightedMoments {
  const features = column.length / count;
  if (!(count >= 1) || !Number.isInteger(features) || (weights !== undefined && weights.length !== count)) {
    throw new UsageError("weightedMoments", {
      expected: "a column [features, count] and weights [count]",
      got: `${column.length} numbers, count = ${count}${weights === undefined ? "" : `, ${weights.length} weights`}`,
    });
  }
  const mean = new Float64Array(features);
  const standardDeviation = new Float64Array(features);
  const weightOf = weights === undefined ? () => 1 : (event: number) => weights[event]!;
  for (let feature = 0; feature < features; feature++) {
    const values = column.subarray(feature * count, (feature + 1) * count);
    const centre = weightedMean(count, weightOf, (event) => values[event]!);
    const variance = weightedMean(count, weightOf, (event) => (values[event]! - centre) ** 2);
    // In f64 a constant column can leave a variance of rounding errors.
    const isVarying = variance > (Number.EPSILON * centre) ** 2 && variance < Number.POSITIVE_INFINITY;
    if (!isVarying) throw notStandardisable(feature, values, centre, variance);
    mean[feature] = centre;
    standardDeviation[feature] = Math.sqrt(variance);
  }
  return { mean, standardDeviation };
}

function weightedMean(count: number, weightOf: (event: number) => number, termOf: (event: number) => number): number {
  let sum = 0;
  let sumOfWeights = 0;
  for (let event = 0; event < count; event++) {
    const weight = weightOf(event);
    sum += weight * termOf(event);
    sumOfWeights += weight;
  }
  return sum / sumOfWeights;
}

function notStandardisable(feature: number, values: ColumnData, mean: number, variance: number): UsageError {
  const event = values.findIndex((value) => !Number.isFinite(value));
  return new UsageError("weightedMoments", {
    expected: "finite values that differ and weights of positive sum",
    got: `feature ${feature} with ${event >= 0 ? `${values[event]} in event ${event}` : `mean ${mean} and variance ${variance}`}`,
    hint: event >= 0 ? "Remove such events first" : "Leave out features that are constant",
  });
}
