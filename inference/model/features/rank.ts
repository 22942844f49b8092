/**
 * The feature to a standard normal variable, by its own distribution function: through knots at quantiles of the sample, with a law for each
 * tail beyond the outermost knots.
 */

import { normalQuantile } from "../../../engine/random/random.js";
import { curveForward, curveInverse, curveLogSlope, type Knots, slopesOf } from "./monotone-curve.js";
import { normalCumulative } from "./normal-tail.js";
import { type FittedTail, fitUpperTail } from "./tail-fit.js";
import { slopeAtKnot, type Tail, tailLaw } from "./tails.js";
import { countBelow, mirroredSample, quantilesOf, type WeightedSample } from "./weighted-sample.js";

/** Sizes: `knots` from 2 on. */
export interface RankTransform extends Knots {
  readonly kind: "rank";
  readonly x: readonly number[];
  readonly z: readonly number[];
  readonly slope: readonly number[];
  readonly lower: Tail;
  readonly upper: Tail;
}

/** Where the support ends. */
export type Edges = readonly [low: number | undefined, high: number | undefined];

/** Effective events without which the quantiles are not worth having. */
export const LEAST_FOR_RANK = 50;

/** Intervals of equal width in z: the cube root of the number of events, so that their noise falls with it. */
const [LEAST_INTERVALS, MOST_INTERVALS] = [4, 48];

/** Intervals after the halving of those that the events contradict. */
const MOST_AFTER_HALVING = 256;

/** Standard deviations by which events contradict the curve. */
const CONTRADICTION = 5;

/** Effective events that a half of an interval needs. */
const LEAST_IN_HALF = 25;

export function rankMap({ x, z, slope, lower, upper }: RankTransform) {
  const last = x.length - 1;
  const [low, high] = [x[0]!, x[last]!];
  const [bottom, top] = [z[0]!, z[last]!];
  // The lower tail is the mirror image of an upper one.
  const mirrored: Tail = lower.kind === "edge" ? { ...lower, end: -lower.end } : lower;
  const [below, above] = [tailLaw(mirrored, -low, -bottom, slope[0]!), tailLaw(upper, high, top, slope[last]!)];
  const knots = { x: Float64Array.from(x), z: Float64Array.from(z), slope: Float64Array.from(slope) };
  return {
    forward(at: number): number {
      if (at > high) return above.forward(at - high);
      return at < low ? -below.forward(low - at) : curveForward(knots, at);
    },
    inverse(at: number): number {
      if (at > top) return high + above.inverse(at);
      return at < bottom ? low - below.inverse(-at) : curveInverse(knots, at);
    },
    logSlope(at: number): number {
      if (at > high) return above.logSlope(at - high);
      return at < low ? below.logSlope(low - at) : curveLogSlope(knots, at);
    },
  };
}

/** Undefined where the sample has too few different values. */
export function fitRank(sample: WeightedSample, [low, high]: Edges): RankTransform | undefined {
  if (sample.effectiveEvents < LEAST_FOR_RANK) return undefined;
  const upper = fitUpperTail(sample, high);
  const lower = mirrored(fitUpperTail(mirroredSample(sample), low === undefined ? undefined : -low));
  const [from, to] = [normalQuantile(lower.probability), normalQuantile(1 - upper.probability)];
  const wanted = Math.floor(Math.cbrt(sample.effectiveEvents));
  const intervals = Math.min(MOST_INTERVALS, Math.max(LEAST_INTERVALS, wanted));
  const quantile = quantilesOf(sample);
  const atZ = (z: number) => (z === from ? lower.knot : z === to ? upper.knot : quantile(normalCumulative(z)));
  const grid = Array.from({ length: intervals + 1 }, (_, i) =>
    i === intervals ? to : from + ((to - from) * i) / intervals,
  );
  let points = distinct(grid.map((z) => ({ z, x: atZ(z) })));
  if (points.length < 2) return undefined;
  const curve = () => curveOf(points, lower, upper);
  for (let isHalved = true; isHalved && points.length <= MOST_AFTER_HALVING; ) {
    const more = contradicted(sample, curve()).map((z) => ({ z, x: atZ(z) }));
    const all = distinct([...points, ...more].sort((a, b) => a.z - b.z));
    isHalved = all.length > points.length;
    points = all;
  }
  return { kind: "rank", ...curve(), lower: lower.tail, upper: upper.tail };
}

const mirrored = ({ tail, knot, ...rest }: FittedTail): FittedTail => ({
  ...rest,
  knot: -knot,
  tail: tail.kind === "edge" ? { ...tail, end: -tail.end } : tail,
});

type Point = { readonly z: number; readonly x: number };

/** Without those that share their x with one before them: where values are equal, the curve is steep. */
function distinct(points: readonly Point[]): Point[] {
  return points.filter(({ x }, i) => i === 0 || x > points[i - 1]!.x);
}

function curveOf(points: readonly Point[], lower: FittedTail, upper: FittedTail) {
  const [x, z] = [points.map((point) => point.x), points.map((point) => point.z)];
  const last = points.length - 1;
  const ends = [
    lower.slope ?? slopeAtKnot(lower.tail, x[0]!, -z[0]!),
    upper.slope ?? slopeAtKnot(upper.tail, x[last]!, z[last]!),
  ] as const;
  return { x, z, slope: slopesOf(x, z, ends) };
}

/** The middle in z of each interval in which the curve divides the events otherwise than they are divided. */
function contradicted({ values, before, squares, effectiveEvents }: WeightedSample, knots: Knots): number[] {
  const { x, z } = knots;
  const middles: number[] = [];
  for (let i = 0; i + 1 < x.length; i++) {
    const middle = 0.5 * (z[i]! + z[i + 1]!);
    const [left, right] = [normalCumulative(z[i]!), normalCumulative(z[i + 1]!)];
    const expected = normalCumulative(middle) - left;
    const least = Math.min(expected, right - left - expected) * effectiveEvents;
    if (least < LEAST_IN_HALF) continue;
    const [from, to] = [countBelow(values, x[i]!), countBelow(values, x[i + 1]!)];
    const at = countBelow(values, curveInverse(knots, middle));
    const found = before[at]! - before[from]!;
    const total = before[to]! - before[from]!;
    const variance = (squares[to]! - squares[from]!) * (expected / (right - left)) * (1 - expected / (right - left));
    if ((found - (total * expected) / (right - left)) ** 2 > CONTRADICTION ** 2 * variance) middles.push(middle);
  }
  return middles;
}
