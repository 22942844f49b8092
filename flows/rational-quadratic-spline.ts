/** Monotone rational-quadratic splines with linear tails. */
import {
  abs,
  add,
  cumulativeSum,
  div,
  exp,
  greater,
  lessEqual,
  log,
  mul,
  neg,
  slice,
  sqrt,
  square,
  sub,
  sum,
  where,
} from "../engine/operations.js";
import type { Var } from "../engine/tape.js";
import { withAxis, withoutAxis } from "./shapes.js";

export interface SplineArchitecture {
  readonly kind: "spline";
  readonly bins: number;
  /** Half-width B of the box, in the units of the input; the identity outside (-B, B]. */
  readonly bound: number;
  /** The slope at the right edge is a parameter too, instead of 1. */
  readonly freeRightSlope?: boolean;
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

/** Unnormalised sizes e_i = exp(w̃_i) of all bins, of the bin of an input, and of those before it. */
interface Side {
  readonly sizes: Var;
  readonly total: Var;
}

/** Soft clipping bounds the logits, so that exp cannot overflow and the softmax needs no subtraction of the largest. */
function sideOf(logits: Var, limit: number): Side {
  const sizes = exp(softClip(logits, limit / 2));
  return { sizes, total: sum(sizes, -1) };
}

/** In which bin an input falls, [..., K] of 0 and 1: exactly one bin, whatever the rounding. */
interface Bin {
  readonly isHere: Var;
  readonly isBefore: Var;
}

/**
 * Finds the bin k with (sum of sizes before k) < t <= (sum of sizes up to k).
 *
 * The first bin takes every t > 0 by the running sum starting at 0; the last takes all that is left, because
 * `isBefore` is struck out there. Inclusive and exclusive running sums add the same numbers in the same order.
 */
function findBin({ sizes }: Side, t: Var): Bin {
  const bins = sizes.shape.at(-1) as number;
  const isInner = sizes.tape.constant(Array.from({ length: bins }, (_, k) => (k < bins - 1 ? 1 : 0)));
  const isBefore = mul(greater(t, cumulativeSum(sizes, -1)), isInner);
  const isHereOrBefore = greater(t, cumulativeSum(sizes, -1, { exclusive: true }));
  return { isHere: sub(isHereOrBefore, isBefore), isBefore };
}

const pick = (which: Var, values: Var) => sum(mul(which, values), -1);

/** What the formulas of one bin need; all [..., 1]. */
interface Piece {
  /** Left edge and width in units in which all widths add up to `x.total`; heights likewise. */
  readonly x: { readonly left: Var; readonly size: Var; readonly total: Var };
  readonly y: { readonly left: Var; readonly size: Var; readonly total: Var };
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

function pieceOf(widths: Side, heights: Side, { logits, limit }: Slopes, { isHere, isBefore }: Bin): Piece {
  const bins = isHere.shape.at(-1) as number;
  const nRight = logits.shape.at(-1) as number;
  const on = ({ sizes, total }: Side) => ({ left: pick(isBefore, sizes), size: pick(isHere, sizes), total });
  const [x, y] = [on(widths), on(heights)];
  // The logits of two slopes are picked before clipping and exp; an edge without one has logit 0, slope 1.
  const slope = (logit: Var) => exp(softClip(logit, limit));
  const slopeLeft = slope(pick(slice(isHere, -1, 1, bins), slice(logits, -1, 0, bins - 1)));
  const slopeRight = slope(pick(slice(isHere, -1, 0, nRight), logits));
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

/** Numbers (x + B) / 2B in (0, 1] and back. */
const toUnit = (x: Var, bound: number) => mul(add(x, bound), 0.5 / bound);
const fromUnit = (unit: Var, bound: number) => sub(mul(unit, 2 * bound), bound);

/** arXiv:1906.04032 eq. 4. */
function forwardInside(x: Var, widths: Side, heights: Side, slopes: Slopes, bound: number): Mapped {
  const t = mul(toUnit(x, bound), widths.total);
  const piece = pieceOf(widths, heights, slopes, findBin(widths, t));
  const { mean, slopeLeft, q, y } = piece;
  const zeta = div(sub(t, piece.x.left), piece.x.size);
  const product = mul(zeta, sub(1, zeta));
  const denominator = add(mean, mul(q, product));
  const ratio = div(add(mul(mean, square(zeta)), mul(slopeLeft, product)), denominator);
  const value = fromUnit(div(add(y.left, mul(y.size, ratio)), y.total), bound);
  return { value, logSlope: logSlope(piece, zeta, denominator) };
}

/** The root 2c / (-b - √(b² - 4ac)) of arXiv:1906.04032 eq. 6-8, finite as a → 0, divided by the bin's height. */
function inverseInside(y: Var, widths: Side, heights: Side, slopes: Slopes, bound: number): Mapped {
  const t = mul(toUnit(y, bound), heights.total);
  const piece = pieceOf(widths, heights, slopes, findBin(heights, t));
  const { mean, slopeLeft, q, x } = piece;
  const u = div(sub(t, piece.y.left), piece.y.size);
  const uq = mul(u, q);
  const a = add(sub(mean, slopeLeft), uq);
  const b = sub(slopeLeft, uq);
  const mu = mul(mean, u);
  const zeta = div(mul(mu, 2), add(b, sqrt(add(square(b), mul(mul(a, mu), 4)))));
  const value = fromUnit(div(add(x.left, mul(x.size, zeta)), x.total), bound);
  const denominator = add(mean, mul(q, mul(zeta, sub(1, zeta))));
  return { value, logSlope: neg(logSlope(piece, zeta, denominator)) };
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
  const column = withAxis(x);
  // Guard the input, not the output: a single where behind the spline gives finite values and NaN gradients, so the
  // spline never sees what is outside (first where), and its result is not used there (second where).
  const isInside = mul(greater(column, -bound), lessEqual(column, bound));
  const safe = where(isInside, column, 0);
  const widths = sideOf(part(0, bins), limit);
  const heights = sideOf(part(bins, 2 * bins), limit);
  const inside = direction === "forward" ? forwardInside : inverseInside;
  const mapped = inside(safe, widths, heights, { logits: part(2 * bins, end), limit }, bound);
  return {
    value: withoutAxis(where(isInside, mapped.value, column)),
    logSlope: withoutAxis(where(isInside, mapped.logSlope, 0)),
  };
}
