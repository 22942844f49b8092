/**
 * sin, cos for |x| <= 2^20 pi/2, about 1.6 million; beyond, NaN: an angle that large has lost its phase in f32, and carries
 * ten digits of it in f64. Reduction by multiples of pi/2 in pieces (Cody and Waite 1980). f32 computes in f64.
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import { type Lanes, lanesOf, type Precision } from "../assembly/lanes.js";
import { bitsConstant, floatFormats, polynomial, signBit } from "./float-format.js";
import { cosPolynomial, HALF_PI, sinPolynomial } from "./minimax.js";

const LIMIT = 2 ** 20 * (Math.PI / 2);
/** Below this sin x rounds to x, and -0 stays -0. */
const TINY = 2 ** -27;

/** sin(x + quarterTurns pi/2) of f64 lanes, with polynomials good for `accuracy`. */
function emitInF64(f: FunctionBuilder, lanes: Lanes, x: Local, quarterTurns: 0 | 1, accuracy: Precision): void {
  const { roundingShift } = floatFormats.f64;
  const quadrant = f.scratch("v128", "sin quadrant");
  const n = f.scratch("v128", "sin n");
  const r = f.scratch("v128", "sin r");
  const z = f.scratch("v128", "sin z");
  f.get(x);
  lanes.constant(f, 2 / Math.PI);
  lanes.constant(f, roundingShift);
  lanes.madd(f);
  f.tee(quadrant);
  lanes.constant(f, roundingShift);
  f.op(lanes.sub).set(n).get(x).set(r);
  for (const piece of HALF_PI) {
    f.get(n);
    lanes.constant(f, piece);
    f.get(r);
    lanes.nmadd(f);
    f.set(r);
  }
  f.get(r).get(r).op(lanes.mul).set(z);
  f.get(quadrant);
  bitsConstant(f, lanes, BigInt(quarterTurns));
  f.op("i64x2.add").set(quadrant);

  // Odd quadrants: cos r = 1 - z/2 + z^2 C(z); even ones: sin r = r + r z S(z).
  f.get(z).get(z).op(lanes.mul);
  polynomial(f, lanes, z, cosPolynomial[accuracy].coefficients);
  f.get(z);
  lanes.constant(f, -0.5);
  lanes.constant(f, 1);
  lanes.madd(f);
  lanes.madd(f);
  f.get(r).get(z).op(lanes.mul);
  polynomial(f, lanes, z, sinPolynomial[accuracy].coefficients);
  f.get(r);
  lanes.madd(f);
  f.get(quadrant);
  bitsConstant(f, lanes, 1n);
  f.op("v128.and");
  bitsConstant(f, lanes, 1n);
  f.op("i64x2.eq", lanes.select);
  // The second bit of the quadrant is the sign.
  f.get(quadrant).i32(62).op("i64x2.shl");
  signBit(f, lanes);
  f.op("v128.and", "v128.xor");

  lanes.constant(f, Number.NaN);
  f.get(x).op(lanes.abs);
  lanes.constant(f, LIMIT);
  f.op(lanes.lessEqual, lanes.select);
  if (quarterTurns === 0) {
    f.set(r).get(x).get(r).get(x).op(lanes.abs);
    lanes.constant(f, TINY);
    f.op(lanes.less, lanes.select);
  }
}

function emitTurned(f: FunctionBuilder, lanes: Lanes, x: Local, quarterTurns: 0 | 1): void {
  if (lanes.precision === "f64") {
    emitInF64(f, lanes, x, quarterTurns, "f64");
    return;
  }
  const double = lanesOf("f64", { relaxed: lanes.relaxed, wide: "none" });
  const half = f.scratch("v128", "sin half");
  f.get(x).op("f64x2.promote_low_f32x4").set(half);
  emitInF64(f, double, half, quarterTurns, "f32");
  f.op("f32x4.demote_f64x2_zero");
  f.get(x).get(x).shuffle([2, 3, 2, 3]).op("f64x2.promote_low_f32x4").set(half);
  emitInF64(f, double, half, quarterTurns, "f32");
  f.op("f32x4.demote_f64x2_zero").shuffle([0, 1, 4, 5]);
}

export function emitSin(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  emitTurned(f, lanes, x, 0);
}

export function emitCos(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  emitTurned(f, lanes, x, 1);
}
