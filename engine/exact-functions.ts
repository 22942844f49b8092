/**
 * exp, log, tanh, sin, cos and whole powers in f64 of additions, multiplications, divisions and comparisons alone, which every engine
 * rounds alike: for what is stored and must have the same bits everywhere (random normals, learning rates, generators). `Math.*` and `**`
 * are as each engine and version has them: V8's `**` of Node 20 and of Node 26 differ. The formulas are those of the cpu backend.
 */
import { cosPolynomial, expPolynomial, HALF_PI, LN2, logPolynomial, sinPolynomial } from "./cpu/functions/minimax.js";

type Numbers = readonly number[];

/** 1.5 · 2^52: a number added to it is rounded to a whole one. */
const ROUNDING_SHIFT = 6755399441055744;

const [LN2_HIGH, LN2_LOW] = LN2.f64;
const [ofExp, ofLog, ofSin, ofCos] = [expPolynomial, logPolynomial, sinPolynomial, cosPolynomial].map(
  ({ f64 }) => f64.coefficients,
) as [Numbers, Numbers, Numbers, Numbers];

/** Σ c_i x^i, by Horner. */
export function polynomial(x: number, coefficients: Numbers): number {
  let value = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) value = value * x + coefficients[i]!;
  return value;
}

/** The whole number next to x, |x| < 2^51. */
const nearest = (x: number) => x + ROUNDING_SHIFT - ROUNDING_SHIFT;

const bits = new DataView(new ArrayBuffer(8));

/** 2^n for -1022 <= n <= 1023 */
function powerOfTwo(n: number): number {
  bits.setUint32(0, (n + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** e^x, to 1.5 units in the last place; 0 where it is below the least normal number. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -708.3964185322641) return 0;
  const n = nearest(x * Math.LOG2E);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  const ofRest = 1 + (r + r * r * polynomial(r, ofExp));
  // 2^1024 is no number.
  return n > 1023 ? ofRest * 2 * powerOfTwo(n - 1) : ofRest * powerOfTwo(n);
}

/** e^x - 1 for |x| < 700, relatively accurate near 0. */
export function expm1(x: number): number {
  const n = nearest(x * Math.LOG2E);
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  const scale = powerOfTwo(n);
  return scale * (r + r * r * polynomial(r, ofExp)) + (scale - 1);
}

/** To 3 units in the last place. */
export function tanh(x: number): number {
  if (Number.isNaN(x)) return x;
  // tanh rounds to 1 from 19.07 on.
  const e = expm1(2 * Math.min(Math.abs(x), 22));
  return Math.sign(x) * (e / (e + 2));
}

/** k ln 2 + log(1 + f), 1 + f in [√½, √2]. */
function assembled(k: number, f: number): number {
  const s = f / (2 + f);
  const z = s * s;
  return k * LN2_HIGH + (f - (s * (f - z * polynomial(z, ofLog)) - k * LN2_LOW));
}

/** Natural logarithm of a normal number, to 1.5 units in the last place. */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let k = (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | (1023 << 20));
  let m = bits.getFloat64(0);
  if (m > Math.SQRT2) {
    m *= 0.5;
    k += 1;
  }
  return assembled(k, m - 1);
}

/** log(1 + x) for x in [0, 1], relatively accurate near 0. */
export function log1p(x: number): number {
  // What 1 + x rounds away is x - (u - 1), exactly: it comes back as a correction of first order.
  const u = 1 + x;
  const lost = x - (u - 1);
  return u > Math.SQRT2 ? assembled(1, u * 0.5 - 1 + lost * 0.5) : assembled(0, u - 1 + lost);
}

/** sin(x + quarterTurns π/2) for |x| <= 2^20 π/2. */
function sine(x: number, quarterTurns: number): number {
  const n = nearest(x * (2 / Math.PI));
  let r = x;
  for (const piece of HALF_PI) r -= n * piece;
  const z = r * r;
  const quadrant = (n + quarterTurns) & 3;
  const value = (quadrant & 1) === 1 ? 1 - 0.5 * z + z * z * polynomial(z, ofCos) : r + r * z * polynomial(z, ofSin);
  return quadrant >= 2 ? -value : value;
}

/** For |x| <= 2^20 π/2, to 2 units in the last place, near its zeros to 2^-53. `cos` likewise. */
export const sin = (x: number): number => sine(x, 0);
export const cos = (x: number): number => sine(x, 1);

/** x^n for a whole n >= 0, by squaring: with the rounding of at most n - 1 multiplications. */
export function power(x: number, n: number): number {
  let result = 1;
  let square = x;
  for (let rest = n; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
