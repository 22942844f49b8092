/** The functions and constants of expressions: a row more is a function more. */

import { erf as exactErf, erfc as exactErfc } from "../../engine/error-functions.js";
import { gamma as exactGamma, lgamma as exactLgamma } from "../../engine/gamma-function.js";
import {
  abs,
  acos,
  add,
  asin,
  asinh,
  atan,
  atan2,
  cos,
  div,
  erf,
  erfc,
  exp,
  expm1,
  floor,
  greater,
  hypot,
  less,
  lgamma,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  sin,
  sqrt,
  sub,
  tanh,
  where,
} from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";
import { NUMBER, NUMBERS, ofNode, type Row } from "./operation.js";
import { choose } from "./operators.js";
import { exactPower, power } from "./powers.js";

type Sample = readonly number[];

const unary = (f: (x: Var) => Var, f64: (x: number) => number, doc: string, ...samples: readonly Sample[]) =>
  ({ operands: NUMBER, gives: "number", tape: ofNode(f), f64, doc, samples }) as const satisfies Row;

const binary = (tape: Row["tape"], f64: (x: number, y: number) => number, doc: string, ...samples: readonly Sample[]) =>
  ({ operands: NUMBERS, gives: "number", tape, f64, doc, samples }) as const satisfies Row;

/** The tape form of a function of two nodes. Where it is called, one of the operands is a node. */
const ofNodes =
  (f: (x: Var, y: Var) => Var): Row["tape"] =>
  (...operands) => {
    const { tape } = operands.find((operand) => typeof operand !== "number") as Var;
    const [x, y] = operands.map((own) => (typeof own === "number" ? tape.constant(own) : own)) as [Var, Var];
    return f(x, y);
  };

/** By the difference of what is small near 0: e^x - e^-x would have the digits of numbers near 1 there. */
const sinh = (x: Var) => mul(0.5, sub(expm1(x), expm1(neg(x))));
const cosh = (x: Var) => mul(0.5, add(exp(x), exp(neg(x))));

/** log(x + √(x² - 1)) by what is small near 1. */
const acosh = (x: Var) => {
  const above = sub(x, 1);
  return log1p(add(above, sqrt(mul(above, add(x, 1)))));
};
const atanh = (x: Var) => mul(0.5, sub(log1p(x), log1p(neg(x))));

const ceil = (x: Var) => neg(floor(neg(x)));
const trunc = (x: Var) => where(less(x, 0), ceil(x), floor(x));
const round = (x: Var) => where(less(x, 0), ceil(sub(x, 0.5)), floor(add(x, 0.5)));
/** As on the tape: π on the negative axis whatever the sign of a zero. */
const exactAtan2 = (y: number, x: number) => Math.atan2(y + 0, x + 0);
const exactRound = (x: number) => (x < 0 ? Math.ceil(x - 0.5) : Math.floor(x + 0.5));

/** The sign of Γ(x): below 0, that of the number of poles above x. */
const tgamma = (x: Var) => {
  const isTurned = where(less(x, 0), greater(sub(mul(0.5, floor(x)), floor(mul(0.5, floor(x)))), 0.25), 0);
  return where(isTurned, neg(exp(lgamma(x))), exp(lgamma(x)));
};

export const functions = {
  exp: unary(exp, Math.exp, "e^x", [0.7], [-1.3]),
  expm1: unary(expm1, Math.expm1, "e^x - 1, accurate near 0", [0.7], [-0.3]),
  log: unary(log, Math.log, "natural logarithm; NaN below 0", [0.7], [2.3]),
  log1p: unary(log1p, Math.log1p, "log(1 + x), accurate near 0; NaN below -1", [0.7], [-0.3]),
  log10: unary((x) => mul(log(x), Math.LOG10E), Math.log10, "logarithm to base 10; NaN below 0", [0.7], [23]),
  log2: unary((x) => mul(log(x), Math.LOG2E), Math.log2, "logarithm to base 2; NaN below 0", [0.7], [23]),
  sqrt: unary(sqrt, Math.sqrt, "square root; NaN below 0", [0.7], [23]),
  abs: unary(abs, Math.abs, "absolute value; its derivative at 0 is 0", [0.7], [-1.3]),
  pow: binary(
    power,
    exactPower,
    "x to the power y. By multiplications where y is a whole number written as one, for any x; else NaN for x < 0. At x = 0 the derivatives are those from the right",
    [0.7, 2.3],
    [2.5, -1.2],
  ),
  min: binary(minimum, Math.min, "the smaller; at a tie each gets half of the derivative", [0.7, 2.3], [2.5, -1.2]),
  max: binary(maximum, Math.max, "the larger; at a tie each gets half of the derivative", [0.7, 2.3], [2.5, -1.2]),
  sin: unary(sin, Math.sin, "sine of an angle in radians", [0.7], [-2.3]),
  cos: unary(cos, Math.cos, "cosine of an angle in radians", [0.7], [-2.3]),
  tan: unary((x) => div(sin(x), cos(x)), Math.tan, "tangent of an angle in radians", [0.7], [-2.3]),
  atan: unary(atan, Math.atan, "inverse tangent, in radians", [0.7], [-2.3]),
  asin: unary(asin, Math.asin, "inverse sine, in radians; NaN beyond ±1", [0.7], [-0.3]),
  acos: unary(acos, Math.acos, "inverse cosine, in radians, accurate near 1; NaN beyond ±1", [0.7], [-0.3]),
  atan2: {
    operands: { y: "number", x: "number" },
    gives: "number",
    tape: ofNodes(atan2),
    f64: (y, x) => exactAtan2(y, x),
    doc: "angle of the point (x, y), between ±π; 0 at (0, 0)",
    samples: [
      [0.7, 2.3],
      [-2.5, 1.2],
      [0.7, -2.3],
      [-2.5, -1.2],
    ],
  },
  hypot: binary(ofNodes(hypot), Math.hypot, "√(x² + y²), whose squares do not overflow", [0.7, -2.3], [2.5, 1.2]),
  sinh: unary(sinh, Math.sinh, "hyperbolic sine, accurate near 0; infinite beyond 709.78", [0.7], [-1.3]),
  cosh: unary(cosh, Math.cosh, "hyperbolic cosine; infinite beyond 709.78", [0.7], [-1.3]),
  tanh: unary(tanh, Math.tanh, "hyperbolic tangent", [0.7], [-1.3]),
  asinh: unary(asinh, Math.asinh, "inverse hyperbolic sine, accurate near 0", [0.7], [-1.3]),
  acosh: unary(acosh, Math.acosh, "inverse hyperbolic cosine; NaN below 1", [1.7], [23]),
  atanh: unary(atanh, Math.atanh, "inverse hyperbolic tangent, accurate near 0; NaN beyond ±1", [0.7], [-0.3]),
  lgamma: unary(
    lgamma,
    exactLgamma,
    "logarithm of the absolute value of the gamma function; infinite at 0, -1, -2, …",
    [0.7],
    [23],
  ),
  tgamma: unary(
    tgamma,
    exactGamma,
    "gamma function; off by as many units in the last place as the size of lgamma(x)",
    [0.7],
    [5.3],
    [-1.3],
  ),
  floor: unary(floor, Math.floor, "largest whole number that is not above x; its derivative is 0", [0.7], [-2.3]),
  ceil: unary(ceil, Math.ceil, "smallest whole number that is not below x; its derivative is 0", [0.7], [-2.3]),
  round: unary(
    round,
    exactRound,
    "next whole number, away from 0 where two are as near; its derivative is 0",
    [0.7],
    [-2.3],
  ),
  trunc: unary(trunc, Math.trunc, "whole part; its derivative is 0", [0.7], [-2.3]),
  fmod: binary(
    (x, y) => sub(x, mul(y, trunc(div(x, y)))),
    (x, y) => x % y,
    "remainder of x / y with the sign of x; on a tape exact for whole numbers below 2^50, and NaN for an infinite y",
    [7.5, 2.3],
    [-7.5, 2.3],
  ),
  erf: unary(erf, exactErf, "error function", [0.7], [-1.3]),
  erfc: unary(erfc, exactErfc, "1 - erf(x), with all its digits where that is small", [0.7], [-1.3]),
  ifelse: {
    operands: { condition: "truth", x: "number", y: "number" },
    gives: "number",
    tape: choose,
    f64: (condition, x, y) => (condition !== 0 ? x : y),
    doc: "x where the condition is true, else y; also written `condition ? x : y`. Both are computed",
    samples: [
      [1, 0.7, 2.3],
      [0, 0.7, 2.3],
    ],
  },
} as const satisfies Readonly<Record<string, Row>>;

export type FunctionName = keyof typeof functions;

export const constants = { PI: Math.PI, EULER: Math.E, TRUE: 1, FALSE: 0 } as const;

/** What other languages call them. */
export const otherNames: Readonly<Record<string, FunctionName>> = {
  ln: "log",
  fabs: "abs",
  power: "pow",
  gamma: "tgamma",
  fmin: "min",
  fmax: "max",
  where: "ifelse",
};
