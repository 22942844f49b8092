/**
 * erf, erfc. For |x| < 1/2 a polynomial of x^2; beyond, erfc |x| = e^(-x^2) / (sqrt(pi) (|x| + K)) with the mean excess
 * K = ierfc |x| / erfc |x|, which is w P(w), w = 1 / (|x| + offset) (the change of variable of Shepherd and Laframboise 1981), and
 * x^2 in two parts, because e^(-x^2) would multiply its rounding by x^2.
 */
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { emitExp } from "./exponential.js";
import { bitsConstant, polynomial, takeSign } from "./float-format.js";
import { erfPolynomial, meanExcessPolynomial } from "./minimax.js";

/** Bits whose clearing leaves a number with an exact square. */
const LOW_BITS = { f32: (1n << 12n) - 1n, f64: (1n << 27n) - 1n } as const;
/** From here on erfc is below the least normal number; e^(-x^2) is not yet. */
const ERFC_END = { f32: 9.3, f64: 26.6 } as const;
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

/** [] -> e^(-a^2) for 0 <= a <= ERFC_END. */
function emitDecay(f: FunctionBuilder, lanes: Lanes, a: Local): void {
  const high = f.scratch("v128", "erf high");
  const low = f.scratch("v128", "erf low");
  f.get(a);
  bitsConstant(f, lanes, LOW_BITS[lanes.precision]);
  f.op("v128.andnot").set(high);
  f.get(high).get(a).op(lanes.sub).get(high).get(a).op(lanes.add, lanes.mul).set(low);
  f.get(high).get(high).op(lanes.mul, lanes.neg).set(high);
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
  polynomial(f, lanes, v, coefficients);
  f.op(lanes.mul);
}

/** [] -> erfc |x| for |x| >= 1/2. */
function emitTail(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  const a = f.scratch("v128", "erf a");
  f.get(x).op(lanes.abs);
  lanes.constant(f, ERFC_END[lanes.precision]);
  f.op(lanes.pmin).set(a);
  emitDecay(f, lanes, a);
  lanes.constant(f, RECIPROCAL_SQRT_PI);
  f.op(lanes.mul).get(a);
  emitMeanExcess(f, lanes, a);
  f.op(lanes.add, lanes.div);
  f.get(x).op(lanes.abs);
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
