/** Inverses of trigonometric functions, composed of others: no kernel and no derivative of their own. */
import { checkNode } from "../nodes.js";
import type { Var } from "../tape.js";
import { square } from "./composed.js";
import { add, div, greater, less, mul, neg, sqrt, sub, where } from "./elementwise.js";
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
