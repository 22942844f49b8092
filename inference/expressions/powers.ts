/** a^b in operations of the tape. */
import {
  add,
  div,
  equal,
  exp,
  greater,
  greaterEqual,
  less,
  log,
  mul,
  type Operand,
  sqrt,
  square,
  where,
} from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";

/** x^n for a whole n >= 1, by squares. */
function product(x: Var, n: number): Var {
  if (n === 1) return x;
  const half = square(product(x, Math.floor(n / 2)));
  return n % 2 === 1 ? mul(half, x) : half;
}

function whole(x: Var, n: number): Operand {
  if (n === 0) return 1;
  return n > 0 ? product(x, n) : div(1, product(x, -n));
}

/** x^b for a number b > 0 that is not whole. */
function positiveExponent(x: Var, b: number): Var {
  const isZero = equal(x, 0);
  // Guard the input, not the output: the logarithm of 0 would make derivatives of 0 · ∞.
  const power = exp(mul(b, log(where(isZero, 1, x))));
  return where(isZero, b > 1 ? 0 : sqrt(where(isZero, x, 1)), power);
}

/** x^b where the exponent is known at run time alone: at x = 0, its two derivatives in x are those of 1, x, x² or √x. */
function anyExponent(x: Var, b: Var): Var {
  const isEdge = where(equal(x, 0), greaterEqual(b, 0), 0);
  const isRoot = where(greater(b, 0), less(b, 1), 0);
  // Guard the input, not the output: see above. For b < 0 the logarithm has to see the 0, and gives infinity.
  const power = exp(mul(b, log(where(isEdge, 1, x))));
  const root = sqrt(where(where(isEdge, isRoot, 0), x, 1));
  const edge = add(equal(b, 0), add(mul(equal(b, 1), x), mul(equal(b, 2), square(x))));
  return where(isEdge, where(isRoot, root, edge), power);
}

/**
 * a^b. For a whole number b by multiplications, for any a; for b = 1/2 the square root; else e^(b log a), which is NaN for a < 0, and to
 * |b log a| units in the last place.
 *
 * At a = 0 with b >= 0 the derivatives are those from the right (the second of 1 < b < 2, which is infinite, is taken to be 0), and
 * that in b is 0.
 */
export function power(a: Operand, b: Operand): Operand {
  if (typeof b === "number") {
    const x = a as Var;
    if (Number.isInteger(b)) return whole(x, b);
    if (b === 0.5) return sqrt(x);
    return b > 0 ? positiveExponent(x, b) : exp(mul(b, log(x)));
  }
  if (typeof a !== "number") return anyExponent(a, b);
  return a > 0 ? exp(mul(b, Math.log(a))) : anyExponent(b.tape.constant(a), b);
}

/** a^b in f64 as IEEE 754, C and numpy have it: 1^b is 1 for any b, and (-1)^±∞ is 1. JavaScript has NaN there. */
export const exactPower = (a: number, b: number): number =>
  a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b;
