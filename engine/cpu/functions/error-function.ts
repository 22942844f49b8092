/**
 * erf, erfc and the scaled forms of erfc. For |x| < 1/2 erf is x times a polynomial of x^2; all else is made of erfcx |x| =
 * 1 / (sqrt(pi) (|x| + K)) with the mean excess K = ierfc |x| / erfc |x|, which is w P(w), w = 1 / (|x| + offset) (the change of
 * variable of Shepherd and Laframboise 1981), and of e^(-x^2) or e^(x^2), with x^2 in two parts, because they would multiply its
 * rounding by x^2.
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { emitExp } from "./exponential.js";
import { bitsConstant, longPolynomial, polynomial, takeSign } from "./float-format.js";
import { erfPolynomial, meanExcessPolynomial } from "./minimax.js";

/** Bits whose clearing leaves a number with an exact square. */
const LOW_BITS = { f32: (1n << 12n) - 1n, f64: (1n << 27n) - 1n } as const;
/** From here on erfc is below the least normal number; e^(-x^2) is not yet. */
const ERFC_END = { f32: 9.3, f64: 26.6 } as const;
/** From here on 2 e^(x^2) overflows, and e^(x^2) does not yet; e^(-x^2) has ended. */
const END = { f32: 9.4, f64: 26.635 } as const;
const RECIPROCAL_SQRT_PI = 1 / Math.sqrt(Math.PI);

/** [] -> erf x for |x| < 1/2. */
function emitCentre(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const z = f.scratch("v128", "erf z");
  f.get(x).get(x).op(lanes.mul).set(z);
  f.get(x);
  polynomial(f, lanes, z, erfPolynomial[lanes.precision].coefficients);
  f.get(x);
  lanes.madd(f);
}

/** [] -> e^(a^2) or e^(-a^2) for a = |x|, or END where it is larger. */
function emitSquareExp(f: FunctionBuilder, lanes: Lanes, x: Local, sign: "plus" | "minus"): void {
  const a = f.scratch("v128", "square a");
  const high = f.scratch("v128", "square high");
  const low = f.scratch("v128", "square low");
  const [first, second] = sign === "plus" ? [a, high] : [high, a];
  f.get(x).op(lanes.abs);
  lanes.constant(f, END[lanes.precision]);
  f.op(lanes.pmin).tee(a);
  bitsConstant(f, lanes, LOW_BITS[lanes.precision]);
  f.op("v128.andnot").set(high);
  f.get(first).get(second).op(lanes.sub).get(high).get(a).op(lanes.add, lanes.mul).set(low);
  f.get(high).get(high).op(lanes.mul);
  if (sign === "minus") f.op(lanes.neg);
  f.set(high);
  emitExp(f, lanes, high, low);
}

/** [] -> K of a >= 0. */
function emitMeanExcess(f: FunctionBuilder, lanes: Lanes, a: Local): void {
  const { offset, coefficients } = meanExcessPolynomial[lanes.precision];
  const w = f.scratch("v128", "mean excess w");
  const v = f.scratch("v128", "mean excess v");
  lanes.constant(f, 1);
  f.get(a);
  lanes.constant(f, offset);
  f.op(lanes.add, lanes.div).tee(w);
  f.get(w);
  lanes.constant(f, 2 * offset);
  lanes.constant(f, -1);
  lanes.madd(f);
  f.set(v);
  longPolynomial(f, lanes, v, coefficients);
  f.op(lanes.mul);
}

/** [] -> erfcx a for a >= 0. */
function emitScaledTail(f: FunctionBuilder, lanes: Lanes, a: Local): void {
  lanes.constant(f, RECIPROCAL_SQRT_PI);
  f.get(a);
  emitMeanExcess(f, lanes, a);
  f.op(lanes.add, lanes.div);
}

/** [] -> erfc |x| for |x| >= 1/2. */
function emitTail(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const a = f.scratch("v128", "erf a");
  emitSquareExp(f, lanes, x, "minus");
  f.get(x).op(lanes.abs).set(a);
  emitScaledTail(f, lanes, a);
  f.op(lanes.mul).get(a);
  lanes.constant(f, ERFC_END[lanes.precision]);
  f.op(lanes.greaterEqual, lanes.andnot);
}

/** [] -> mask of |x| < 1/2. */
function isCentre(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  f.get(x).op(lanes.abs);
  lanes.constant(f, 0.5);
  f.op(lanes.less);
}

export function emitErf(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const tail = f.scratch("v128", "erf tail");
  emitTail(f, lanes, x);
  f.set(tail);
  emitCentre(f, lanes, x);
  lanes.constant(f, 1);
  f.get(tail).op(lanes.sub);
  isCentre(f, lanes, x);
  f.op(lanes.select);
  takeSign(f, lanes, x);
}

/** 1 - erf x, relatively accurate for large x; 0 from where it is below the least normal number. */
export function emitErfc(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const tail = f.scratch("v128", "erf tail");
  emitTail(f, lanes, x);
  f.set(tail);
  lanes.constant(f, 1);
  emitCentre(f, lanes, x);
  f.op(lanes.sub);
  lanes.constant(f, 2);
  f.get(tail).op(lanes.sub).get(tail);
  f.get(x);
  lanes.constant(f, 0);
  f.op(lanes.less, lanes.select);
  isCentre(f, lanes, x);
  f.op(lanes.select);
}

/** [positive, negative] -> the first where x >= 0 or NaN, else the second. */
function bySign(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  f.get(x);
  lanes.constant(f, 0);
  f.op(lanes.less, lanes.not, lanes.select);
}

/** e^(x^2) erfc x: erfcx |x|, or 2 e^(x^2) less that. */
export function emitErfcx(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const a = f.scratch("v128", "erf a");
  const tail = f.scratch("v128", "erf tail");
  f.get(x).op(lanes.abs).set(a);
  emitScaledTail(f, lanes, a);
  f.tee(tail);
  emitSquareExp(f, lanes, x, "plus");
  lanes.constant(f, 2);
  f.op(lanes.mul).get(tail).op(lanes.sub);
  bySign(f, lanes, x);
}

/** K of any sign: of -a it is a + e^(-a^2) / (sqrt(pi) erfc(-a)) with erfc(-a) = 2 - erfc a. */
export function emitErfcMeanExcess(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const a = f.scratch("v128", "erf a");
  const excess = f.scratch("v128", "mean excess");
  const decay = f.scratch("v128", "mean excess decay");
  f.get(x).op(lanes.abs).set(a);
  emitMeanExcess(f, lanes, a);
  f.tee(excess).get(a);
  emitSquareExp(f, lanes, x, "minus");
  lanes.constant(f, RECIPROCAL_SQRT_PI);
  f.op(lanes.mul).tee(decay);
  lanes.constant(f, 2);
  f.get(decay).get(a).get(excess).op(lanes.add, lanes.div, lanes.sub, lanes.div, lanes.add);
  bySign(f, lanes, x);
}
