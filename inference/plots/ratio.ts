import { UsageError } from "../../engine/errors.js";
import { type Axis, linearAxis } from "./axis.js";
import { requireLength, requireSome } from "./check.js";
import type { Part, Scales } from "./figure.js";
import { errorPoint, line, offScale } from "./marks.js";

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
  let markup = "";
  for (let i = 0; i < counts.length; i++) {
    const [count, error] = [counts[i]!, errors[i]!];
    markup += errorPoint(to.x((edges[i]! + edges[i + 1]!) / 2), to.y(count), to.y(count - error), to.y(count + error));
  }
  return markup;
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

/**
 * Ratio to a prediction, around 1. The range holds nine tenths of the points with their errors; a triangle marks a
 * point beyond it. `behind` draws what lies under the points.
 */
export function ratioPart(
  label: string,
  histogram: Counts,
  prediction: ArrayLike<number>,
  behind: (to: Scales) => string,
): Part {
  const points = ratioPoints(histogram, prediction);
  const reaches = points.map(({ ratio, error }) => Math.abs(ratio - 1) + error).sort((a, b) => a - b);
  const reach = reaches[Math.floor(0.9 * (reaches.length - 1))] ?? 0;
  const half = 1.25 * (HALF_RANGES.find((range) => range >= reach) ?? 0.8);
  const domain: [number, number] = [1 - half, 1 + half];
  const draw = (to: Scales) => {
    let markup =
      behind(to) +
      line(
        [
          [0, to.y(1)],
          [to.width, to.y(1)],
        ],
        0.8,
        "2 3",
      );
    for (const { x, ratio, error } of points) {
      if (ratio > domain[1]) markup += offScale(to.x(x), 8, "up");
      else if (ratio < domain[0]) markup += offScale(to.x(x), to.height - 8, "down");
      else markup += errorPoint(to.x(x), to.y(ratio), to.y(ratio - error), to.y(ratio + error));
    }
    return markup;
  };
  return { height: 74, y: linearAxis(label, domain, 3), rightLabels: [], draw };
}
