/** The logarithm of the gamma function, composed of others: no kernel and no derivative of its own. */
import { GAMMA_CENTRE, GAMMA_FAR, STIRLING } from "../../gamma-function.js";
import { checkNode } from "../nodes.js";
import type { Var } from "../tape.js";
import { square } from "./composed.js";
import { abs, add, div, floor, greaterEqual, less, log, mul, sin, sub, where } from "./elementwise.js";
import type { Operand } from "./operands.js";

/** Σ c_i x^i, by Horner. */
const polynomial = (x: Var, coefficients: readonly number[]): Operand =>
  coefficients.reduceRight<Operand>((value, c) => add(mul(value, x), c), 0);

/** For x >= GAMMA_FAR: (x - 1/2) (log x - 1) + (log 2π - 1) / 2 + … */
function stirling(x: Var): Var {
  const inverse = div(1, x);
  const series = mul(inverse, polynomial(square(inverse), STIRLING));
  return add(mul(sub(x, 0.5), sub(log(x), 1)), add(series, 0.5 * (Math.log(2 * Math.PI) - 1)));
}

/** For 0 < x < GAMMA_FAR: Γ(x) by Γ(x + 1) = x Γ(x) from an argument in [1, 2], where log Γ has zeros at both ends. */
function central(x: Var): Var {
  const isBelow = less(x, 1);
  // Of numbers from 2 on the factors x - 1, x - 2, … that are not below 1; of those below 1 the one divisor x.
  let shift: Operand = isBelow;
  let factor: Operand = where(isBelow, x, 1);
  for (let k = 1; k < GAMMA_FAR - 1; k++) {
    const isAbove = greaterEqual(x, k + 1);
    shift = sub(shift, isAbove);
    factor = mul(factor, where(isAbove, sub(x, k), 1));
  }
  // Not x + shift - 1.5, whose sum is rounded.
  const s = sub(x, sub(1.5, shift));
  const ofFactor = log(factor as Var);
  const rest = mul(mul(sub(s, 0.5), add(s, 0.5)), polynomial(s, GAMMA_CENTRE));
  return add(where(isBelow, sub(0, ofFactor), ofFactor), rest);
}

/**
 * log |Γ(x)|; its derivatives are the digamma function and the polygamma functions.
 *
 * For x > 0 to 4 units in the last place, also beside the zeros at 1 and 2, and to 8 of 1 and of itself below 0, where Γ(x) Γ(1 - x) = π / sin(πx). At 0
 * and the negative whole numbers it is infinite, and the derivatives are not numbers. The first derivative is exact to 8 units in the last
 * place of 1 and of itself for x > 0, the second to 16; each further one loses a digit or more: the fourth is off by 4000 units.
 */
export function lgamma(x: Var): Var {
  checkNode("lgamma", x);
  const isNegative = less(x, 0);
  // The distance from the next whole number is exact. Beyond 2^52 there is none.
  const beside = sub(x, floor(add(x, 0.5)));
  // Guard the input, not the output.
  const angle = where(isNegative, mul(beside, Math.PI), Math.PI / 2);
  const own = where(isNegative, sub(1, x), x);
  const isFar = greaterEqual(own, GAMMA_FAR);
  const ofOwn = where(isFar, stirling(where(isFar, own, GAMMA_FAR)), central(where(isFar, 1, own)));
  const reflected = sub(Math.log(Math.PI), add(log(abs(sin(angle))), ofOwn));
  return where(isNegative, reflected, ofOwn);
}
