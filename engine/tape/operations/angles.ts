/** Inverses of trigonometric functions, composed of others: no kernel and no derivative of their own. */
import { checkNode } from "../nodes.js";
import type { Var } from "../tape.js";
import { square } from "./composed.js";
import {
  abs,
  add,
  div,
  equal,
  greater,
  less,
  maximum,
  mul,
  neg,
  sqrt,
  stopGradient,
  sub,
  where,
} from "./elementwise.js";
import type { Operand } from "./operands.js";

/** Σ c_i x^i, by Horner. */
const polynomial = (x: Var, coefficients: readonly number[]): Operand =>
  coefficients.reduceRight<Operand>((value, c) => add(mul(value, x), c), 0);

/** (atan(√z) / √z) of z < 0.04: the first term that is left out is below 1e-18. */
const ATAN_SERIES = Array.from({ length: 12 }, (_, k) => (k % 2 === 0 ? 1 : -1) / (2 * k + 1));

/** The inverse of the tangent, odd, between ±π/2, with all digits near 0; so has its slope 1 / (1 + x²), far out too. */
export function atan(x: Var): Var {
  checkNode("atan", x);
  const isNegative = less(x, 0);
  // Not `abs`, whose derivative at 0 is 0.
  const size = where(isNegative, neg(x), x);
  const isFar = greater(size, 1);
  // Guard the input, not the output.
  const bounded = where(isFar, div(1, where(isFar, size, 1)), where(isFar, 0, size));
  // tan(φ/2) of t = tan φ is t / (1 + √(1 + t²)): from 1 down to tan(π/16) in two steps.
  const half = (t: Var) => div(t, add(1, sqrt(add(1, square(t)))));
  const quarter = half(half(bounded));
  const ofBounded = mul(mul(quarter, 4), polynomial(square(quarter), ATAN_SERIES));
  const ofSize = where(isFar, sub(Math.PI / 2, ofBounded), ofBounded);
  return where(isNegative, neg(ofSize), ofSize);
}

/** The inverse of the sine, between ±π/2; NaN beyond ±1. All digits near 0; the slope 1 / √(1 - x²) too, which is infinite at ±1. */
export function asin(x: Var): Var {
  checkNode("asin", x);
  // sin φ / (1 + cos φ) is tan(φ/2).
  return mul(atan(div(x, add(1, sqrt(mul(sub(1, x), add(1, x)))))), 2);
}

/** The inverse of the cosine, between 0 and π; NaN beyond ±1. All digits near 1, where it is 0; at ±1 the slope is infinite, or not a number. */
export function acos(x: Var): Var {
  checkNode("acos", x);
  return mul(atan2(sqrt(sub(1, x)), sqrt(add(1, x))), 2);
}

/**
 * The angle of the point (x, y) from the positive x axis, between ±π, π on the negative one whatever the sign of a zero; at (0, 0) it is 0, and so are
 * its derivatives. All digits where it is small. NaN where both are infinite.
 */
export function atan2(y: Var, x: Var): Var {
  checkNode("atan2", y);
  checkNode("atan2", x);
  const [height, width] = [y, x].map((of) => where(less(of, 0), neg(of), of)) as [Var, Var];
  const isSteep = greater(height, width);
  const [small, large] = [where(isSteep, width, height), where(isSteep, height, width)];
  const isNone = equal(large, 0);
  // Guard the input, not the output.
  const ofRatio = atan(div(where(isNone, 0, small), where(isNone, 1, large)));
  const fromAxis = where(isSteep, sub(Math.PI / 2, ofRatio), ofRatio);
  const upper = where(less(x, 0), sub(Math.PI, fromAxis), fromAxis);
  return where(less(y, 0), neg(upper), upper);
}

/** √(x² + y²), whose squares do not overflow; at (0, 0) it is 0, and so are its derivatives. */
export function hypot(x: Var, y: Var): Var {
  checkNode("hypot", x);
  checkNode("hypot", y);
  const large = stopGradient(maximum(abs(x), abs(y)));
  const isNone = equal(large, 0);
  // Guard the input, not the output.
  const scale = where(isNone, 1, large);
  const total = add(square(div(x, scale)), square(div(y, scale)));
  return mul(scale, where(isNone, 0, sqrt(where(isNone, 1, total))));
}
