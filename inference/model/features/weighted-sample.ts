/** The weighted empirical distribution of one feature. */

import type { ColumnData } from "../../../engine/runtime/backend.js";

export interface WeightedSample {
  /** Ascending. [events] */
  readonly values: Float64Array;
  /** In the same order, of either sign. [events] */
  readonly weights: Float64Array;
  /** Σ w of the events before each, as a fraction of all: [events + 1] */
  readonly before: Float64Array;
  /** Σ w² of the same, as a fraction of (Σ w)²: [events + 1] */
  readonly squares: Float64Array;
  /** (Σ w)² / Σ w² */
  readonly effectiveEvents: number;
}

/** @param weights  of either sign, with a positive sum */
export function weightedSample(values: ColumnData, weights: ColumnData): WeightedSample {
  const count = values.length;
  const sorted = Float64Array.from(values).sort();
  // Numbers alone are sorted many times faster than their positions: each weight is then brought to its value, equal ones one after another.
  const own = new Float64Array(count);
  const placed = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const first = countBelow(sorted, values[i]!);
    own[first + placed[first]!++] = weights[i]!;
  }
  const before = new Float64Array(count + 1);
  const squares = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) {
    before[i + 1] = before[i]! + own[i]!;
    squares[i + 1] = squares[i]! + own[i]! ** 2;
  }
  const total = before[count]!;
  for (let i = 0; i <= count; i++) {
    before[i]! /= total;
    squares[i]! /= total * total;
  }
  return { values: sorted, weights: own, before, squares, effectiveEvents: 1 / squares[count]! };
}

/** The same events by another, increasing function of the feature. */
export function transformedSample(sample: WeightedSample, of: (value: number) => number): WeightedSample {
  return { ...sample, values: sample.values.map(of) };
}

/** The mirror image, in which the lower tail is the upper one. */
export function mirroredSample({ values, weights, before, squares, ...rest }: WeightedSample): WeightedSample {
  return {
    ...rest,
    values: values.map((_, i) => -values[values.length - 1 - i]!),
    weights: weights.toReversed(),
    before: before.map((_, i) => before[before.length - 1]! - before[before.length - 1 - i]!),
    squares: squares.map((_, i) => squares[squares.length - 1]! - squares[squares.length - 1 - i]!),
  };
}

/** Number of events below `value`. */
export function countBelow(values: ArrayLike<number>, value: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Quantile function of a sample. With weights of either sign the distribution function may fall here and there: it is then taken between
 * the largest of its values before a point and the least after it.
 */
export function quantilesOf({ values, before }: WeightedSample): (probability: number) => number {
  const count = values.length;
  const middle = Float64Array.from({ length: count }, (_, i) => 0.5 * (before[i]! + before[i + 1]!));
  const least = Float64Array.from(middle);
  for (let i = 1; i < count; i++) middle[i] = Math.max(middle[i]!, middle[i - 1]!);
  for (let i = count - 2; i >= 0; i--) least[i] = Math.min(least[i]!, least[i + 1]!);
  for (let i = 0; i < count; i++) middle[i] = 0.5 * (middle[i]! + least[i]!);
  return (probability) => {
    const next = countBelow(middle, probability);
    if (next === 0) return values[0]!;
    if (next === count) return values[count - 1]!;
    const [from, to] = [middle[next - 1]!, middle[next]!];
    const part = to > from ? (probability - from) / (to - from) : 0.5;
    return values[next - 1]! + part * (values[next]! - values[next - 1]!);
  };
}

/** Mean and standard deviation of the events between two values. */
export function momentsOfSample(
  { values, weights }: WeightedSample,
  least: number,
  largest: number,
): { mean: number; sigma: number } {
  const first = countBelow(values, least);
  let [total, sum, end] = [0, 0, first];
  for (let i = first; i < values.length && values[i]! <= largest; i++) {
    end = i + 1;
    total += weights[i]!;
    sum += weights[i]! * values[i]!;
  }
  const mean = sum / total;
  let square = 0;
  for (let i = first; i < end; i++) square += weights[i]! * (values[i]! - mean) ** 2;
  return { mean, sigma: Math.sqrt(square / total) };
}
