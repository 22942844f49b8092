/** The functions and constants of expressions: a row more is a function more. */
import { erf as exactErf, erfc as exactErfc } from "../../engine/error-functions.js";
import {
  abs,
  add,
  asinh,
  atan,
  cos,
  div,
  erf,
  erfc,
  exp,
  expm1,
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
} from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";
import { NUMBER, NUMBERS, ofNode, type Row } from "./operation.js";
import { choose } from "./operators.js";
import { power } from "./powers.js";

type Sample = readonly number[];

const unary = (f: (x: Var) => Var, f64: (x: number) => number, doc: string, ...samples: readonly Sample[]) =>
  ({ operands: NUMBER, gives: "number", tape: ofNode(f), f64, doc, samples }) as const satisfies Row;

const binary = (tape: Row["tape"], f64: (x: number, y: number) => number, doc: string, ...samples: readonly Sample[]) =>
  ({ operands: NUMBERS, gives: "number", tape, f64, doc, samples }) as const satisfies Row;

/** By the difference of what is small near 0: e^x - e^-x would have the digits of numbers near 1 there. */
const sinh = (x: Var) => mul(0.5, sub(expm1(x), expm1(neg(x))));
const cosh = (x: Var) => mul(0.5, add(exp(x), exp(neg(x))));

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
    Math.pow,
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
  sinh: unary(sinh, Math.sinh, "hyperbolic sine, accurate near 0; infinite beyond 709.78", [0.7], [-1.3]),
  cosh: unary(cosh, Math.cosh, "hyperbolic cosine; infinite beyond 709.78", [0.7], [-1.3]),
  tanh: unary(tanh, Math.tanh, "hyperbolic tangent", [0.7], [-1.3]),
  asinh: unary(asinh, Math.asinh, "inverse hyperbolic sine, accurate near 0", [0.7], [-1.3]),
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

/** Functions that HS³ or ROOT have, and that need operations which the tape has not. */
export const futureFunctions: readonly string[] = [
  "asin",
  "acos",
  "atan2",
  "acosh",
  "atanh",
  "gamma",
  "tgamma",
  "lgamma",
  "floor",
  "ceil",
  "round",
  "trunc",
  "fmod",
];

/** What other languages call them. */
export const otherNames: Readonly<Record<string, FunctionName>> = {
  ln: "log",
  fabs: "abs",
  power: "pow",
  fmin: "min",
  fmax: "max",
  where: "ifelse",
};
