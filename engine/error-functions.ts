/**
 * erf, erfc and the scaled forms of erfc in f64, of additions, multiplications, divisions and comparisons alone as in
 * exact-functions.ts: what the operations of these names mean. For |x| < 1/2 erf is x times a polynomial of x²; all else is made of
 * erfcx |x| = 1 / (√π (|x| + K)) with the mean excess K = ierfc |x| / erfc |x|, and of e^(-x²) or e^(x²).
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

/** From here on 2 e^(a²) overflows, and e^(a²) does not yet; e^(-a²) has ended. */
const END = 26.635;

/** e^(a²) or e^(-a²) for a >= 0. The square is taken in two parts, the first exact: e^ multiplies its rounding by itself. */
function expOfSquare(a: number, sign: 1 | -1): number {
  const bounded = Math.min(a, END);
  const high = Math.fround(bounded);
  const low = sign * (bounded - high) * (bounded + high);
  const ofHigh = exp(sign * high * high);
  // |low| < 5e-5, whose fourth power does not count.
  return ofHigh + ofHigh * (low * (1 + low * (0.5 + low / 6)));
}

/** erfcx a for a >= 0 */
const scaledTail = (a: number) => RECIPROCAL_SQRT_PI / (a + meanExcess(a));
/** erfc a for a >= 1/2 */
const tail = (a: number) => expOfSquare(a, -1) * scaledTail(a);

/** To 3 units in the last place. */
export function erf(x: number): number {
  const a = Math.abs(x);
  return a < 0.5 ? erfNearZero(x) : Math.sign(x) * (1 - tail(a));
}

/** To 4 units in the last place down to the least normal number, at 26.543; 0 from 26.62 on. */
export function erfc(x: number): number {
  const a = Math.abs(x);
  if (a < 0.5) return 1 - erfNearZero(x);
  return x > 0 ? tail(a) : 2 - tail(a);
}

/** e^(x²) erfc x, to 5 units in the last place. */
export function erfcx(x: number): number {
  const a = Math.abs(x);
  return x < 0 ? 2 * expOfSquare(a, 1) - scaledTail(a) : scaledTail(a);
}

/** ierfc(x) / erfc(x), to 6 units in the last place. */
export function erfcMeanExcess(x: number): number {
  const a = Math.abs(x);
  const ofPositive = meanExcess(a);
  if (!(x < 0)) return ofPositive;
  // erfc(-a) = 2 - erfc(a)
  const decay = RECIPROCAL_SQRT_PI * expOfSquare(a, -1);
  return a + decay / (2 - decay / (a + ofPositive));
}
