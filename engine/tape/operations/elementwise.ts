/** Operations element by element, their operands brought to one shape and one event set; 0 and 1 are simplified. */

import { UsageError } from "../../errors.js";
import type { BinaryName, ElementwiseName, UnaryName } from "../elementwise-facts.js";
import { checkNode, checkOperand } from "../nodes.js";
import { checkSize, type Shape, type Var } from "../tape.js";
import { broadcastShapes, checkOneTape, commonEvents, like, type Operand, uniformValue } from "./operands.js";
import { broadcast, broadcastEvents } from "./shapes.js";

/** Brings operands to one shape and one event set. */
function align(where: string, operands: readonly Operand[]): Var[] {
  for (const operand of operands) checkOperand(where, operand);
  const vars = operands.filter((operand): operand is Var => typeof operand !== "number");
  const first = vars[0];
  if (first === undefined) {
    throw new UsageError(where, { expected: "at least one operand on a tape", got: "numbers only" });
  }
  checkOneTape(where, vars);
  const events = commonEvents(where, vars);
  const shape = vars.reduce<Shape>((common, operand) => broadcastShapes(where, common, operand.shape), []);
  checkSize(where, shape);
  return operands.map((operand) => {
    if (typeof operand === "number") return first.tape.constant(operand, shape, events);
    return broadcastEvents(broadcast(operand, shape), events);
  });
}

function elementwise(name: ElementwiseName, operands: readonly Operand[]): Var {
  const inputs = align(name, operands);
  const first = inputs[0] as Var;
  return first.tape.append({ name }, inputs, first.shape, first.events);
}

const unary = (name: UnaryName) => (x: Var) => elementwise(name, [x]);
const binary = (name: BinaryName) => (a: Operand, b: Operand) => elementwise(name, [a, b]);

export const neg = unary("neg");
/** e^x. Overflows to +Infinity above 88.72 in f32, 709.78 in f64. */
export const exp = unary("exp");
export const log = unary("log");
/** log(1 + x), accurate near 0 where log(add(x, 1)) is not. */
export const log1p = unary("log1p");
/** e^x - 1, accurate near 0. Its derivative is taken as y + 1: where that is far below 1, it has the digits of a number near 1. */
export const expm1 = unary("expm1");
/** Its derivative is taken as 1 - y²: where that is far below 1, it has the digits of a number near 1. */
export const tanh = unary("tanh");
/**
 * 1 / (1 + e^-x), accurate in both tails: e^x far below 0, down to the least number that `exp` gives. Its derivative is taken as y (1 - y):
 * far above 0, where that is far below 1, it has the digits of a number near 1.
 */
export const sigmoid = unary("sigmoid");
/** Backends may give NaN beyond |x| = 2^20 π/2, where an f32 has lost its phase; `cos` likewise. */
export const sin = unary("sin");
export const cos = unary("cos");
/** (2/√π) ∫_0^x e^(-t²) dt, odd. The slope's relative error is that of x², which e^ multiplies by x². */
export const erf = unary("erf");
/** 1 - erf(x) with all its digits far above 0, down to the least normal number: at 9.19 in f32, 26.54 in f64. The slope is as that of `erf`. */
export const erfc = unary("erfc");
/**
 * e^(x²) erfc(x), which far above 0 falls as 1 / (√π x). Overflows to +Infinity below -9.38 in f32, -26.62 in f64. The slope is taken as
 * -2 erfcx(x) erfcMeanExcess(x), with all digits; later derivatives cancel, see there.
 */
export const erfcx = unary("erfcx");
/**
 * ∫_x^∞ erfc(t) dt / erfc(x): by how much on average what lies above x exceeds it, for a normal variable of variance 1/2. Far above 0 it
 * falls as 1 / (2 x), far below 0 it is -x. Half the slope of -log erfc is x + erfcMeanExcess(x).
 *
 * The slope is taken as 2 y (x + y) - 1, a difference that is exact to some units in the last place of 1: up to x = 100, where it is
 * -1 / (2 x²), that leaves a relative error of 4 x² units; beyond, it is a series in 1 / x² with a relative error of 7e-11. Every further
 * derivative loses a factor of x more up to 100.
 */
export const erfcMeanExcess = unary("erfcMeanExcess");
/**
 * Real part of the Faddeeva function w(z) = e^(-z²) erfc(-iz) of z = x + iy for y >= 0, up to |z| = 10^18 in f32 and 10^150 in f64. To some
 * units in its last place, and to x² more of them where e^(-x²) is all that there is of it. On the cpu backend, programs that ask for several of these six
 * functions of the same z compute them at once.
 */
export const reFaddeeva = binary("reFaddeeva");
/** Imaginary part of the same, to some units in the last place of |w|. */
export const imFaddeeva = binary("imFaddeeva");
/** Real part of dw/dz = -2 z w + 2i/√π, to 100 times the units of w. The derivative in y is i dw/dz. */
export const reFaddeevaSlope = binary("reFaddeevaSlope");
/** Imaginary part of the same. */
export const imFaddeevaSlope = binary("imFaddeevaSlope");
/** Real part of d²w/dz², to 10^4 times the units of w. Its own derivatives are taken as -4 w' - 2 z w'', which far out cancels: relative errors grow as |z|². */
export const reFaddeevaCurvature = binary("reFaddeevaCurvature");
/** Imaginary part of the same. */
export const imFaddeevaCurvature = binary("imFaddeevaCurvature");
export const sqrt = unary("sqrt");
/** |x|; the derivative at 0 is 0. */
export const abs = unary("abs");
/** The largest whole number that is not above x. No derivative. */
export const floor = unary("floor");
/** x, whose derivative is taken to be 0. */
export function stopGradient(x: Var): Var {
  checkNode("stopGradient", x);
  return uniformValue(x) === undefined ? elementwise("stopGradient", [x]) : x;
}

/** 1 where a > b, else 0. No derivative. A product with it is a product (0 · NaN is NaN): to select, use `where`. */
export const greater = binary("greater");
/** 1 where a >= b, else 0. No derivative. */
export const greaterEqual = binary("greaterEqual");
/** 1 where a = b, else 0. No derivative. */
export const equal = binary("equal");
export const less = (a: Operand, b: Operand) => greater(b, a);
export const lessEqual = (a: Operand, b: Operand) => greaterEqual(b, a);
/** The larger; at a tie each gets half of the cotangent. */
export const maximum = binary("maximum");
/** The smaller; at a tie each gets half of the cotangent. */
export const minimum = binary("minimum");

/** Both operands aligned, with the numbers they hold everywhere. */
function simplifiable(name: BinaryName, a: Operand, b: Operand) {
  const [x, y] = align(name, [a, b]) as [Var, Var];
  return { x, y, valueX: uniformValue(x), valueY: uniformValue(y) };
}

export function add(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("add", a, b);
  if (valueX !== undefined && valueY !== undefined) return like(x, valueX + valueY);
  if (valueX === 0) return y;
  if (valueY === 0) return x;
  return elementwise("add", [x, y]);
}

export function sub(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("sub", a, b);
  if (valueX !== undefined && valueY !== undefined) return like(x, valueX - valueY);
  if (valueX === 0) return neg(y);
  if (valueY === 0) return x;
  return elementwise("sub", [x, y]);
}

/** a b; 0 times anything is 0 where the 0 is a constant of the tape. */
export function mul(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("mul", a, b);
  if (valueX !== undefined && valueY !== undefined) return like(x, valueX * valueY);
  if (valueX === 0 || valueY === 0) return like(x, 0);
  if (valueX === 1) return y;
  if (valueY === 1) return x;
  return elementwise("mul", [x, y]);
}

export function div(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("div", a, b);
  if (valueX === 0) return like(x, 0);
  if (valueY === 1) return x;
  // A division by a constant is a multiplication where the reciprocal is exact.
  if (valueY !== undefined && Number.isInteger(Math.log2(Math.abs(valueY))) && Number.isFinite(1 / valueY)) {
    return mul(x, 1 / valueY);
  }
  return elementwise("div", [x, y]);
}

/** `a` where the condition is not 0, else `b`. The side not chosen gets no derivative, but is computed: guard its input. */
export function where(condition: Var, a: Operand, b: Operand): Var {
  return elementwise("where", [condition, a, b]);
}
