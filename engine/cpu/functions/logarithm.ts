/**
 * log, log1p. x = 2^k m with m in [sqrt(1/2), sqrt(2)); with f = m - 1 and s = f / (2 + f), log m = 2 atanh(s)
 * = f - s (f - R), R = 2 s^2/3 + 2 s^4/5 + ..., because 2s = f - s f: f is exact, and what is rounded is small beside it.
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { bitsConstant, floatFormats, polynomial, takeSign, wholePolynomial } from "./float-format.js";
import { LN2, logPolynomial } from "./minimax.js";

/** Bits of sqrt(1/2), rounded down: where the exponent of the mantissa range changes. */
const SQRT_HALF_BITS = { f32: 0x3f3504f3n, f64: 0x3fe6a09e667f3bccn } as const;

interface Split {
  /** Bits of 2^k less bits of 1. */
  readonly exponentBits: Local;
  /** k as a number. */
  readonly k: Local;
}

/** Splits positive normal x = 2^k m and leaves m on the stack. */
function split(f: FunctionBuilder, lanes: Lanes, x: Local): Split {
  const format = floatFormats[lanes.precision];
  const fraction = BigInt(format.fractionBits);
  const exponentBits = f.scratch("v128", "log exponent bits");
  const k = f.scratch("v128", "log k");
  const one = BigInt(format.bias) << fraction;
  // Bits of x relative to sqrt(1/2), biased so that the shift may be unsigned.
  f.get(x);
  bitsConstant(f, lanes, one - SQRT_HALF_BITS[lanes.precision]);
  f.op(format.addBits).i32(format.fractionBits).op(format.shiftRight).set(k);
  f.get(k).i32(format.fractionBits).op(format.shiftLeft);
  bitsConstant(f, lanes, one);
  f.op(format.subBits).set(exponentBits);
  // An integer in the fraction of 2^fractionBits is that power plus the integer.
  f.get(k);
  bitsConstant(f, lanes, BigInt(format.bias + format.fractionBits) << fraction);
  f.op("v128.or");
  lanes.constant(f, 2 ** format.fractionBits + format.bias);
  f.op(lanes.sub).set(k);
  f.get(x).get(exponentBits).op(format.subBits);
  return { exponentBits, k };
}

/** [] -> k ln 2 + log(1 + fraction). */
function assemble(f: FunctionBuilder, lanes: Lanes, k: Local, fraction: Local): void {
  const [high, low] = LN2[lanes.precision];
  const s = f.scratch("v128", "log s");
  const z = f.scratch("v128", "log z");
  f.get(fraction).get(fraction);
  lanes.constant(f, 2);
  f.op(lanes.add, lanes.div).tee(s).get(s).op(lanes.mul).set(z);
  // k high + (f - (s (f - z P(z)) - k low))
  f.get(k);
  lanes.constant(f, high);
  f.get(s);
  f.get(z);
  const ofPrecision = lanes.precision === "f32" ? polynomial : wholePolynomial;
  ofPrecision(f, lanes, z, logPolynomial[lanes.precision].coefficients);
  f.get(fraction);
  lanes.nmadd(f);
  f.get(k);
  lanes.constant(f, -low);
  f.op(lanes.mul);
  lanes.madd(f);
  f.set(s).get(fraction).get(s).op(lanes.sub);
  lanes.madd(f);
}

/** [v] -> v, but NaN below `zero`, -Infinity at `zero`, x itself where x is +Infinity or NaN. */
function domain(f: FunctionBuilder, lanes: Lanes, x: Local, zero: number): void {
  f.get(x).get(x);
  lanes.constant(f, Number.POSITIVE_INFINITY);
  f.op(lanes.less, lanes.select);
  f.set(f.scratch("v128", "log value"));
  lanes.constant(f, Number.NEGATIVE_INFINITY);
  f.get(f.scratch("v128", "log value")).get(x);
  lanes.constant(f, zero);
  f.op(lanes.equal, lanes.select).get(x);
  lanes.constant(f, zero);
  f.op(lanes.less, "v128.or");
}

/** Natural logarithm, subnormal numbers included. */
export function emitLog(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const format = floatFormats[lanes.precision];
  const isSubnormal = f.scratch("v128", "log is subnormal");
  const scaled = f.scratch("v128", "log scaled");
  const fraction = f.scratch("v128", "log fraction");
  const scaleBits = format.fractionBits + 1;
  f.get(x);
  lanes.constant(f, 2 ** scaleBits);
  f.op(lanes.mul).get(x).get(x);
  lanes.constant(f, format.minNormal);
  f.op(lanes.less).tee(isSubnormal).op(lanes.select).set(scaled);
  const { k } = split(f, lanes, scaled);
  lanes.constant(f, 1);
  f.op(lanes.sub).set(fraction);
  f.get(k);
  lanes.constant(f, scaleBits);
  f.get(isSubnormal).op("v128.and", lanes.sub).set(k);
  assemble(f, lanes, k, fraction);
  domain(f, lanes, x, 0);
}

/**
 * log(1 + x), relatively accurate near 0. With u = 1 + x rounded, c = x - (u - 1) is what rounding lost (exactly, up to
 * x = 2^fractionBits, beyond which it does not matter), and f = (u 2^-k - 1) + c 2^-k, which for k = 0 is x itself.
 */
export function emitLog1p(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const format = floatFormats[lanes.precision];
  const u = f.scratch("v128", "log1p u");
  const fraction = f.scratch("v128", "log fraction");
  f.get(x);
  lanes.constant(f, 1);
  f.op(lanes.add).set(u);
  const { exponentBits, k } = split(f, lanes, u);
  f.set(fraction);
  // All of it doubled, because 2^-k has no normal number for the largest k, and halved at the end.
  f.get(x).get(u);
  lanes.constant(f, 1);
  f.op(lanes.sub, lanes.sub);
  bitsConstant(f, lanes, BigInt(format.bias + 1) << BigInt(format.fractionBits));
  f.get(exponentBits).op(format.subBits);
  f.get(fraction).get(fraction).op(lanes.add);
  lanes.constant(f, 2);
  f.op(lanes.sub);
  lanes.madd(f);
  lanes.constant(f, 0.5);
  f.op(lanes.mul).set(fraction);
  assemble(f, lanes, k, fraction);
  domain(f, lanes, x, -1);
  takeSign(f, lanes, x);
}
