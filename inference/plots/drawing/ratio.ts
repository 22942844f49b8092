import { UsageError } from "../../../engine/errors.js";
import { type Axis, linearAxis } from "./axis.js";
import { requireLength, requireSome } from "./check.js";
import type { Part } from "./figure.js";
import { errorPoints, offScale, verticalError } from "./marks.js";
import type { Scales } from "./scales.js";

/** One histogram: counts and their standard deviations per bin, √N or √Σw². */
export interface Counts {
  /** ascending bin edges, in the units of the feature [n + 1] */
  readonly edges: ArrayLike<number>;
  /** events per bin [n] */
  readonly counts: ArrayLike<number>;
  readonly errors: ArrayLike<number>;
}

export function requireCounts(where: string, path: string, { edges, counts, errors }: Counts): void {
  requireSome(where, `${path}.counts`, counts);
  requireLength(where, `${path}.edges`, edges, counts.length + 1);
  requireLength(where, `${path}.errors`, errors, counts.length);
  for (let i = 0; i < counts.length; i++) {
    if (edges[i]! < edges[i + 1]!) continue;
    throw new UsageError(where, {
      expected: `ascending edges in ${path}`,
      got: `${edges[i]} before ${edges[i + 1]}`,
      hint: "Sort the edges and drop empty bins",
    });
  }
}

const POINT_RADIUS = 2.6;

/** Axis of events per bin from zero (or below, for negative weights) to a little above everything drawn. */
export function countsAxis(label: string, histogram: Counts, others: readonly ArrayLike<number>[]): Axis {
  const tops = Array.from(histogram.counts, (count, i) => count + histogram.errors[i]!);
  const bottoms = Array.from(histogram.counts, (count, i) => Math.min(0, count - histogram.errors[i]!));
  const all = others.flatMap((values) => Array.from(values));
  const high = Math.max(...tops, ...all);
  const low = Math.min(...bottoms.filter((_, i) => histogram.counts[i]! < 0), ...all, 0);
  return linearAxis(label, [1.08 * low, high > low ? high + 0.08 * (high - low) : low + 1], 5);
}

export function countPoints({ edges, counts, errors }: Counts, to: Scales): string {
  const points = Array.from(counts, (count, i) => {
    const x = to.x((edges[i]! + edges[i + 1]!) / 2);
    return verticalError(x, to.y(count), to.y(count - errors[i]!), to.y(count + errors[i]!));
  });
  return errorPoints(points, POINT_RADIUS);
}

interface RatioPoint {
  readonly x: number;
  readonly ratio: number;
  readonly error: number;
}

/** Bins without events or without prediction have no ratio. */
function ratioPoints({ edges, counts, errors }: Counts, prediction: ArrayLike<number>): RatioPoint[] {
  const points: RatioPoint[] = [];
  for (let i = 0; i < counts.length; i++) {
    const expected = prediction[i]!;
    if (!(expected > 0) || (counts[i] === 0 && errors[i] === 0)) continue;
    points.push({ x: (edges[i]! + edges[i + 1]!) / 2, ratio: counts[i]! / expected, error: errors[i]! / expected });
  }
  return points;
}

const HALF_RANGES = [0.02, 0.05, 0.1, 0.2, 0.5];

/** Interval around 1 that holds three quarters of the points with their errors; tails with few events may leave it. */
function ratioDomain(points: readonly RatioPoint[]): [number, number] {
  const reaches = points.map(({ ratio, error }) => Math.abs(ratio - 1) + error).sort((a, b) => a - b);
  const reach = reaches[Math.floor(0.75 * (reaches.length - 1))] ?? 0;
  const half = 1.15 * (HALF_RANGES.find((range) => range >= reach) ?? 0.8);
  return [1 - half, 1 + half];
}

/** Ratio to a prediction, over what `behind` draws. A triangle marks a point beyond the range. */
export function ratioPart(
  label: string,
  histogram: Counts,
  prediction: ArrayLike<number>,
  behind: (to: Scales) => string,
): Part {
  const points = ratioPoints(histogram, prediction);
  const [low, high] = ratioDomain(points);
  const draw = (to: Scales) => {
    const inside = points
      .filter(({ ratio }) => ratio >= low && ratio <= high)
      .map(({ x, ratio, error }) => verticalError(to.x(x), to.y(ratio), to.y(ratio - error), to.y(ratio + error)));
    const above = points.filter(({ ratio }) => ratio > high).map(({ x }) => offScale(to.x(x), 8, "up"));
    const below = points.filter(({ ratio }) => ratio < low).map(({ x }) => offScale(to.x(x), to.height - 8, "down"));
    return behind(to) + errorPoints(inside, POINT_RADIUS) + above.join("") + below.join("");
  };
  return { height: 74, y: linearAxis(label, [low, high], 4), rightLabels: [], draw };
}
