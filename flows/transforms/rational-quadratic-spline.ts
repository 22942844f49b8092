/** Monotone rational-quadratic splines with linear tails. */
import {
  abs,
  add,
  cumulativeSum,
  div,
  equal,
  exp,
  greater,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  slice,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  where,
} from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";
import { withLastAxis, withoutLastAxis } from "../shapes.js";

export interface SplineArchitecture {
  readonly kind: "spline";
  readonly bins: number;
  /** Half-width B of the box, in the units of the input; the identity outside (-B, B]. */
  readonly bound: number;
  /** The slope at the right edge is a parameter too, instead of 1. */
  readonly freeRightSlope?: boolean;
  /** In a flow, the input is scaled and shifted first, by two more parameters: a narrow class of events then fills the box as a wide one does. */
  readonly scaled?: boolean;
  /** Least slope at knots, and of sizes of bins as e^{-limit/2}, that soft clipping allows. LEAST_SLOPE where absent. */
  readonly leastSlope?: number;
}

/** Least slope of a map that soft clipping allows; the greatest is its inverse. zuko's default. */
export const LEAST_SLOPE = 1e-3;

/** Widths, heights and inner slopes, in that order. */
export const splineParameters = ({ bins, freeRightSlope = false }: SplineArchitecture) =>
  3 * bins - (freeRightSlope ? 0 : 1);

/** x / (1 + |x| / limit): the identity near 0, within ±limit everywhere. */
const softClip = (x: Var, limit: number) => div(x, add(mul(abs(x), 1 / limit), 1));

/**
 * Unnormalised sizes e_i = exp(w̃_i) of the K bins of one axis, as what they have beyond 1 [..., K], and its sum [..., 1].
 *
 * Positions are counted from the middle of the box, in units in which all sizes add up to `total`, and sums of sizes are sums of e_i - 1
 * beside whole numbers: near the middle, and with bins of similar sizes, they round little. Measured from the left edge, every position
 * would carry the rounding of the whole box, and an event near a knot would more often get the slope of the wrong side.
 */
interface Side {
  readonly excess: Var;
  readonly totalExcess: Var;
  readonly total: Var;
}

/** Soft clipping bounds the logits, so that exp cannot overflow and the softmax needs no subtraction of the largest. */
function sideOf(logits: Var, limit: number): Side {
  const sizes = exp(softClip(logits, limit / 2));
  const excess = sub(sizes, 1);
  return { excess, totalExcess: sum(excess, -1), total: sum(sizes, -1) };
}

/** Farther than any position. */
const FAR = 2 ** 60;

/**
 * Bins before that of a position [..., 1]: the bin k with (left edge of k) < position <= (right edge of k), whatever the rounding one
 * of 0 to K - 1. Compared is what `within` divides by the size of the bin.
 */
function binsBefore({ excess }: Side, position: Var): Var {
  const bins = excess.shape.at(-1) as number;
  const uniform = Array.from({ length: bins }, (_, k) => (k === bins - 1 ? FAR : k + 1 - bins / 2));
  const beyond = greater(sub(position, position.tape.constant(uniform)), cumulativeSum(excess, -1));
  return sum(beyond, -1);
}

const pick = (which: Var, values: Var) => sum(mul(which, values), -1);

/** Σ over the bins before. */
function sumBefore(values: Var, before: Var): Var {
  const index = values.tape.constant(Array.from({ length: values.shape.at(-1) as number }, (_, k) => k));
  return sum(mul(greater(before, index), values), -1);
}

/** One axis of a bin, all [..., 1]: its left edge is at uniformLeft + leftExcess - totalExcess / 2 from the middle of the box. */
interface Extent {
  readonly uniformLeft: Var;
  readonly leftExcess: Var;
  readonly size: Var;
  readonly totalExcess: Var;
  readonly total: Var;
}

/** What the formulas of one bin need; all [..., 1]. */
interface Piece {
  readonly x: Extent;
  readonly y: Extent;
  /** Mean slope σ, slopes δ at the left and right knot, and q = δ_right + δ_left - 2σ. */
  readonly mean: Var;
  readonly slopeLeft: Var;
  readonly q: Var;
  readonly slopeRight: Var;
}

/** Logits of the slopes at inner knots [..., K - 1] or, with the right edge, [..., K], and where they are clipped. */
interface Slopes {
  readonly logits: Var;
  readonly limit: number;
}

function pieceOf(widths: Side, heights: Side, { logits, limit }: Slopes, before: Var): Piece {
  const bins = widths.excess.shape.at(-1) as number;
  const index = before.tape.constant(Array.from({ length: bins }, (_, k) => k));
  const isHere = equal(before, index);
  const uniformLeft = sub(before, bins / 2);
  const on = ({ excess, totalExcess, total }: Side): Extent => ({
    uniformLeft,
    leftExcess: sumBefore(excess, before),
    size: add(pick(isHere, excess), 1),
    totalExcess,
    total,
  });
  const [x, y] = [on(widths), on(heights)];
  // The logits of two slopes are picked before clipping and exp; an edge without one has logit 0, slope 1.
  const slope = (logit: Var) => exp(softClip(logit, limit));
  const slopeLeft = slope(pick(slice(isHere, -1, 1, bins), slice(logits, -1, 0, bins - 1)));
  const slopeRight = slope(pick(slice(isHere, -1, 0, logits.shape.at(-1) as number), logits));
  const mean = div(mul(y.size, x.total), mul(x.size, y.total));
  return { x, y, mean, slopeLeft, slopeRight, q: sub(add(slopeRight, slopeLeft), mul(mean, 2)) };
}

/** log dy/dx at ζ, the place within the bin: arXiv:1906.04032 eq. 5, with one logarithm. */
function logSlope({ mean, slopeLeft, slopeRight }: Piece, zeta: Var, denominator: Var): Var {
  const rest = sub(1, zeta);
  const ends = add(mul(slopeRight, square(zeta)), mul(slopeLeft, square(rest)));
  const numerator = add(ends, mul(mul(mean, 2), mul(zeta, rest)));
  return log(mul(numerator, square(div(mean, denominator))));
}

/** Output and log of its derivative, both [..., 1]. */
interface Mapped {
  readonly value: Var;
  readonly logSlope: Var;
}

/** The position of a number in the box, counted from its middle, and half of the excess, which left edges are spared to subtract. */
const toPosition = (x: Var, { totalExcess, total }: Side, bound: number) =>
  add(mul(x, mul(total, 0.5 / bound)), mul(totalExcess, 0.5));

/** Where a position lies within a bin, in [0, 1]: rounding may not leave the bin, beyond which a map need not rise. */
function within({ uniformLeft, leftExcess, size }: Extent, position: Var): Var {
  const place = div(sub(sub(position, uniformLeft), leftExcess), size);
  return add(place, stopGradient(sub(minimum(maximum(place, 0), 1), place)));
}

/** The number in the box at a place within a bin. */
function fromPlace({ uniformLeft, leftExcess, size, totalExcess, total }: Extent, place: Var, bound: number): Var {
  // Doubled, rather than with half of the excess: what is done to sums before they meet the masks of bins takes a kernel of its own.
  const excess = add(mul(size, mul(place, 2)), sub(mul(leftExcess, 2), totalExcess));
  return div(mul(add(mul(uniformLeft, 2), excess), bound), total);
}

/** arXiv:1906.04032 eq. 4. */
function forwardInside(x: Var, widths: Side, heights: Side, slopes: Slopes, bound: number): Mapped {
  const position = toPosition(x, widths, bound);
  const piece = pieceOf(widths, heights, slopes, binsBefore(widths, position));
  const { mean, slopeLeft, q } = piece;
  const zeta = within(piece.x, position);
  const product = mul(zeta, sub(1, zeta));
  const denominator = add(mean, mul(q, product));
  const ratio = div(add(mul(mean, square(zeta)), mul(slopeLeft, product)), denominator);
  return { value: fromPlace(piece.y, ratio, bound), logSlope: logSlope(piece, zeta, denominator) };
}

/**
 * The root of arXiv:1906.04032 eq. 6-8, divided by the bin's height: 2c / (-b - √(b² - 4ac)) where b > 0, finite as a → 0, else
 * (-b + √(b² - 4ac)) / 2a, where a + b > 0. So neither subtracts numbers of one size.
 */
function inverseInside(y: Var, widths: Side, heights: Side, slopes: Slopes, bound: number): Mapped {
  const position = toPosition(y, heights, bound);
  const piece = pieceOf(widths, heights, slopes, binsBefore(heights, position));
  const { mean, slopeLeft, q } = piece;
  const u = within(piece.y, position);
  const uq = mul(u, q);
  const a = add(sub(mean, slopeLeft), uq);
  const b = sub(slopeLeft, uq);
  const mu = mul(mean, u);
  const isRising = greater(b, 0);
  const larger = add(where(isRising, b, neg(b)), sqrt(add(square(b), mul(mul(a, mu), 4))));
  const zeta = div(where(isRising, mul(mu, 2), larger), where(isRising, larger, mul(a, 2)));
  const denominator = add(mean, mul(q, mul(zeta, sub(1, zeta))));
  return { value: fromPlace(piece.x, zeta, bound), logSlope: neg(logSlope(piece, zeta, denominator)) };
}

/**
 * Applies a spline to every feature.
 *
 * @param x           [..., D]
 * @param parameters  [..., D, splineParameters], unconstrained: widths, heights, slopes at the knots from the second on
 * @returns value and log of its derivative, both [..., D]
 */
export function spline(
  x: Var,
  parameters: Var,
  architecture: SplineArchitecture,
  direction: "forward" | "inverse",
): Mapped {
  const { bins, bound, leastSlope = LEAST_SLOPE } = architecture;
  const limit = -Math.log(leastSlope);
  const part = (start: number, stop: number) => slice(parameters, -1, start, stop);
  const end = splineParameters(architecture);
  const column = withLastAxis(x);
  // Guard the input, not the output: a single where behind the spline gives finite values and NaN gradients, so the
  // spline never sees what is outside (first where), and its result is not used there (second where).
  const isInside = mul(greater(column, -bound), lessEqual(column, bound));
  const safe = where(isInside, column, 0);
  const widths = sideOf(part(0, bins), limit);
  const heights = sideOf(part(bins, 2 * bins), limit);
  const inside = direction === "forward" ? forwardInside : inverseInside;
  const mapped = inside(safe, widths, heights, { logits: part(2 * bins, end), limit }, bound);
  return {
    value: withoutLastAxis(where(isInside, mapped.value, column)),
    logSlope: withoutLastAxis(where(isInside, mapped.logSlope, 0)),
  };
}
