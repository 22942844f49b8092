/**
 * erf and erfc in f64, of additions, multiplications, divisions and comparisons alone as in exact-functions.ts: what the operations of
 * these names mean. For |x| < 1/2 erf is a polynomial of x²; beyond, erfc |x| = e^(-x²) / (√π (|x| + K)) with the mean excess
 * K = ierfc |x| / erfc |x|.
 */
import { erfPolynomial, meanExcessPolynomial } from "./cpu/functions/minimax.js";
import { exp, polynomial } from "./exact-functions.js";

const RECIPROCAL_SQRT_PI = 1 / Math.sqrt(Math.PI);

/** erf x for |x| < 1/2 */
const erfNearZero = (x: number) => x + x * polynomial(x * x, erfPolynomial.f64.coefficients);

/** K of a >= 0, as w P(w) with w = 1 / (a + offset) */
function meanExcess(a: number): number {
  const { offset, coefficients } = meanExcessPolynomial.f64;
  const w = 1 / (a + offset);
  return w * polynomial(2 * offset * w - 1, coefficients);
}

/** e^(-a²) for a >= 0. The square is taken in two parts, the first exact: e^ multiplies its rounding by itself. */
function expMinusSquare(a: number): number {
  const bounded = Math.min(a, 28); // e^(-28²) is 0.
  const high = Math.fround(bounded);
  const low = (high - bounded) * (high + bounded);
  const ofHigh = exp(-high * high);
  // |low| < 5e-5, whose fourth power does not count.
  return ofHigh + ofHigh * (low * (1 + low * (0.5 + low / 6)));
}

/** erfc a for a >= 1/2 */
const erfcFar = (a: number) => (RECIPROCAL_SQRT_PI * expMinusSquare(a)) / (a + meanExcess(a));

/** To 3 units in the last place. */
export function erf(x: number): number {
  const a = Math.abs(x);
  return a < 0.5 ? erfNearZero(x) : Math.sign(x) * (1 - erfcFar(a));
}

/** To 4 units in the last place down to the least normal number, at 26.543; 0 from 26.62 on. */
export function erfc(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) return 1 - erfNearZero(x);
  return x > 0 ? erfcFar(a) : 2 - erfcFar(a);
}
