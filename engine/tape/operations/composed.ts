/** Operations composed of others: no kernel and no derivative of their own. */
import { ShapeError, UsageError } from "../../errors.js";
import { valueText } from "../../options.js";
import { checkNode, checkOperand } from "../nodes.js";
import { checkSize, type Shape, type Var } from "../tape.js";
import {
  abs,
  add,
  div,
  erf,
  erfcMeanExcess,
  exp,
  greater,
  less,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  sqrt,
  stopGradient,
  sub,
  where,
} from "./elementwise.js";
import { broadcastShapes, commonEvents, type Operand } from "./operands.js";
import { max, sum } from "./reductions.js";
import { broadcast, broadcastEvents, pad, withAxis } from "./shapes.js";

export const square = (x: Var) => mul(x, x);

/**
 * log(1 + e^x), accurate in both tails. At 0 all of it is what it is for negative x, derivatives included: the maximum of x and 0 has a kink
 * there, which the function has not.
 */
export function softplus(x: Var): Var {
  const isPositive = greater(x, 0);
  return add(where(isPositive, x, 0), log1p(exp(where(isPositive, neg(x), x))));
}

/** log(1 / (1 + e^-x)), accurate in both tails: x far below 0, where the logarithm of `sigmoid` would end at -Infinity. */
export const logSigmoid = (x: Var) => neg(softplus(neg(x)));

/**
 * log erfc(x), to -∞ as -x², where `log` of `erfc` would end at 26.5 in f64 and 9.2 in f32; all digits around its zero at 0. First and
 * second derivatives have all their digits too, to -2 x and -2 far above 0; a third one is off by x units in the last place of 1, up to x = 100.
 */
export function logErfc(x: Var): Var {
  const isFar = greater(x, 0.5);
  // Guard the input, not the output.
  const far = where(isFar, x, 1);
  const near = where(isFar, 0, x);
  // erfc = e^(-x²) / (√π (x + K)) with the mean excess K: what is added has one sign.
  const logOfRest = log(mul(add(far, erfcMeanExcess(far)), Math.sqrt(Math.PI)));
  return where(isFar, neg(add(square(far), logOfRest)), log1p(neg(erf(near))));
}

/**
 * The inverse of the hyperbolic sine, log(x + √(1 + x²)): odd, with all digits near 0, and no x² that overflows. The slope has all
 * digits too; the second derivative, which is -x near 0, is off by a unit in the last place of 1.
 */
export function asinh(x: Var): Var {
  checkNode("asinh", x);
  const isNegative = less(x, 0);
  // Not `abs`, whose derivative at 0 is 0.
  const size = where(isNegative, neg(x), x);
  const isFar = greater(size, 1);
  // Guard the input, not the output.
  const far = where(isFar, size, 1);
  const bounded = where(isFar, div(1, far), size);
  const root = sqrt(add(1, square(bounded)));
  // Of u above 1 log(u (1 + √(1 + 1/u²))); of others √(1 + u²) - 1 = u² / (1 + √(1 + u²)), which does not cancel.
  const beyondOne = where(isFar, root, add(bounded, div(square(bounded), add(1, root))));
  const ofSize = add(log(far), log1p(beyondOne));
  return where(isNegative, neg(ofSize), ofSize);
}

/** Joins along a feature axis; other axes and events broadcast. */
export function concatenate(parts: readonly Var[], axis = -1): Var {
  if (!Array.isArray(parts))
    throw new UsageError("concatenate", { expected: "a list of nodes", got: valueText(parts) });
  for (const part of parts) checkNode("concatenate", part, "a list of nodes");
  const first = parts[0];
  if (first === undefined) throw new UsageError("concatenate", { expected: "at least one part", got: "none" });
  const events = commonEvents("concatenate", parts);
  const rank = Math.max(...parts.map((part) => part.shape.length));
  const at = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (!(Number.isInteger(at) && at >= 0 && at < rank)) {
    throw new ShapeError("concatenate", { expected: `an axis of parts with ${rank} axes`, got: valueText(axis) });
  }
  const lead = parts
    .map((part) => withAxis([...Array(rank - part.shape.length).fill(1), ...part.shape], at, 1))
    .reduce<Shape>((common, shape) => broadcastShapes("concatenate", common, shape), []);
  const sizes = parts.map((part) => part.shape[at - rank + part.shape.length] ?? 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  checkSize("concatenate", withAxis(lead, at, total));
  let offset = 0;
  return parts
    .map((part, i) => {
      const size = sizes[i] as number;
      const aligned = broadcastEvents(broadcast(part, withAxis(lead, at, size)), events);
      const padded = pad(aligned, at, offset, total - offset - size);
      offset += size;
      return padded;
    })
    .reduce((joined, part) => add(joined, part));
}

/** A term as large as this leaves the others no digit of the logarithm of their sum. Half of what f32 holds: shaders have no infinity. */
const HUGE = 2 ** 127;

/**
 * log Σ e^x along a feature axis, which stays with size 1: the largest term itself where that is infinite (or beyond ±2^127). Derivatives
 * are e^x / Σ e^x; where all terms are -Infinity, they are 0.
 */
export function logSumExp(x: Var, axis: number): Var {
  const largest = max(x, axis);
  const isBounded = less(abs(largest), HUGE);
  // Guard the input, not the output: ∞ - ∞ is NaN, and 0 · NaN would be a derivative.
  const centre = stopGradient(where(isBounded, largest, 0));
  const total = sum(exp(where(isBounded, sub(x, centre), 0)), axis);
  const infinite = where(greater(largest, 0), largest, stopGradient(largest));
  return where(isBounded, add(centre, log(total)), infinite);
}

/**
 * e^x / Σ e^x along a feature axis: numbers above 0 that add up to 1, the small ones to x units in their last place. NaN where a term is +Infinity, or
 * all are -Infinity.
 */
export function softmax(x: Var, axis: number): Var {
  checkNode("softmax", x);
  const parts = exp(sub(x, stopGradient(max(x, axis))));
  return div(parts, sum(parts, axis));
}

/** x, or the nearer of both ends where it is not between them; at an end, it gets half of the cotangent. */
export function clip(x: Operand, low: Operand, high: Operand): Var {
  for (const own of [x, low, high]) checkOperand("clip", own);
  return minimum(maximum(x, low), high);
}
