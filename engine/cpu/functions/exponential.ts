/** exp, expm1, tanh, sigmoid: argument reduction by multiples of ln 2 (Cody and Waite 1980), then a minimax polynomial. */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { bitsConstant, floatFormats, polynomial, takeSign, wholePolynomial } from "./float-format.js";
import { expPolynomial, LN2 } from "./minimax.js";

/**
 * exp is finite up to `overflow`, the largest number not above ln(largest number); `underflow` is the least number not
 * below ln(least normal number): beneath it exp gives 0, gradual underflow is not followed.
 */
const range = {
  f32: { overflow: 88.72283172607422, underflow: -87.33654022216797 },
  f64: { overflow: 709.782712893384, underflow: -708.3964185322641 },
} as const;

/**
 * x + low = n ln 2 + r with |r| <= ln(2)/2. Returns the locals of r and of n + roundingShift, whose low bits are n.
 */
function reduce(
  f: FunctionBuilder,
  lanes: Lanes,
  x: Local,
  low?: Local,
): { readonly r: Local; readonly shifted: Local } {
  const { roundingShift } = floatFormats[lanes.precision];
  const r = f.scratch("v128", "exp r");
  const n = f.scratch("v128", "exp n");
  const shifted = f.scratch("v128", "exp shifted");
  f.get(x);
  if (low !== undefined) f.get(low).op(lanes.add);
  lanes.constant(f, Math.LOG2E);
  lanes.constant(f, roundingShift);
  lanes.madd(f);
  f.tee(shifted);
  lanes.constant(f, roundingShift);
  f.op(lanes.sub).set(n);
  f.get(x).set(r);
  for (const piece of LN2[lanes.precision]) {
    f.get(n);
    lanes.constant(f, piece);
    f.get(r);
    lanes.nmadd(f);
    f.set(r);
  }
  if (low !== undefined) f.get(r).get(low).op(lanes.add).set(r);
  return { r, shifted };
}

/** [v] -> v where x does not overflow, +Infinity where it does, NaN where x is NaN. */
function overflowToInfinity(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  f.get(x);
  lanes.constant(f, Number.POSITIVE_INFINITY);
  f.op(lanes.add).get(x);
  lanes.constant(f, range[lanes.precision].overflow);
  f.op(lanes.lessEqual, lanes.select);
}

/** e^(x + low), where low is small beside 1: the ends of the range are those of x. */
export function emitExp(f: FunctionBuilder, lanes: Lanes, x: Local, low?: Local): void {
  const format = floatFormats[lanes.precision];
  const { r, shifted } = reduce(f, lanes, x, low);
  // e^r = 1 + r + r^2 q(r), then n is added to the exponent.
  const { coefficients } = expPolynomial[lanes.precision];
  if (lanes.precision === "f32") polynomial(f, lanes, r, [1, 1, ...coefficients]);
  else {
    f.get(r).get(r).op(lanes.mul);
    wholePolynomial(f, lanes, r, coefficients);
    f.get(r);
    lanes.madd(f);
    lanes.constant(f, 1);
    f.op(lanes.add);
  }
  f.get(shifted).i32(format.fractionBits).op(format.shiftLeft, format.addBits);
  overflowToInfinity(f, lanes, x);
  f.get(x);
  lanes.constant(f, range[lanes.precision].underflow);
  f.op(lanes.less, lanes.andnot);
}

/**
 * [] -> 2^n (e^r - 1) + 2^n - 1, with the halves of both for n - 1 stays a valid exponent up to the overflow of x. For x
 * above the logarithm of the least normal number.
 */
function emitExpm1InRange(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const format = floatFormats[lanes.precision];
  const { r, shifted } = reduce(f, lanes, x);
  const half = f.scratch("v128", "expm1 half");
  f.get(shifted).i32(format.fractionBits).op(format.shiftLeft);
  bitsConstant(f, lanes, BigInt(format.bias - 1) << BigInt(format.fractionBits));
  f.op(format.addBits).tee(half);
  f.get(r).get(r).op(lanes.mul);
  polynomial(f, lanes, r, expPolynomial[lanes.precision].coefficients);
  f.get(r);
  lanes.madd(f);
  f.get(half);
  lanes.constant(f, 0.5);
  f.op(lanes.sub);
  lanes.madd(f);
  f.tee(half).get(half).op(lanes.add);
}

/** e^x - 1, relatively accurate near 0. */
export function emitExpm1(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const clamped = f.scratch("v128", "expm1 clamped");
  f.get(x);
  lanes.constant(f, -64); // e^-64 is below half a unit in the last place of 1
  f.op(lanes.pmax).set(clamped);
  emitExpm1InRange(f, lanes, clamped);
  overflowToInfinity(f, lanes, x);
  takeSign(f, lanes, x);
}

/** With e = e^(2|x|) - 1: tanh |x| = e / (e + 2). */
export function emitTanh(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const argument = f.scratch("v128", "tanh argument");
  const e = f.scratch("v128", "tanh e");
  f.get(x).op(lanes.abs);
  lanes.constant(f, 22); // tanh rounds to 1 from 9.02 (f32) and 19.07 (f64) on
  f.op(lanes.pmin).tee(argument).get(argument).op(lanes.add).set(argument);
  emitExpm1InRange(f, lanes, argument);
  f.tee(e).get(e);
  lanes.constant(f, 2);
  f.op(lanes.add, lanes.div);
  takeSign(f, lanes, x);
}

/** With e = e^-|x|, which cannot overflow: 1 / (1 + e) for positive x, else e / (1 + e). */
export function emitSigmoid(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const argument = f.scratch("v128", "sigmoid argument");
  const e = f.scratch("v128", "sigmoid e");
  f.get(x).op(lanes.abs, lanes.neg).set(argument);
  emitExp(f, lanes, argument);
  f.set(e);
  lanes.constant(f, 1);
  f.get(e).get(x);
  lanes.constant(f, 0);
  f.op(lanes.greater, lanes.select).get(e);
  lanes.constant(f, 1);
  f.op(lanes.add, lanes.div);
}
