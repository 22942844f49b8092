/**
 * Value, slopes and second derivatives of every function of numbers, at kinks, in tails and at extreme arguments: closed forms of
 * another shape than the operation's own. A new export of engine/tape/operations.ts is a compile error until it has a law here or is
 * named among what is linear.
 */
import * as operations from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { activations } from "../../../flows/networks/masked-network.js";
import * as exact from "../../support/error-functions.js";
import { faddeeva, logFaddeeva } from "../../support/faddeeva.js";
import { lgamma, polygamma } from "../../support/gamma.js";

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus, NaN: nan } = Number;

export type Numbers = readonly number[];

export interface Law {
  /** Of one number per argument. */
  readonly f: (...arguments_: Var[]) => Var;
  readonly value: (...x: number[]) => number;
  /** [arguments]; at a kink, what the operation states. */
  readonly slopes: (...x: number[]) => Numbers;
  /** Second derivatives by argument and argument; all 0 where absent. */
  readonly curvatures?: (...x: number[]) => readonly Numbers[];
  readonly points: readonly Numbers[];
  /**
   * Allowed errors of value, slopes and second derivatives in units of the last place of 1, beside those of the number itself:
   * where terms of order 1 cancel. 0 where absent: then tails are exact to some units of their own last place.
   */
  readonly absolute?: Absolute | ((...x: number[]) => Absolute);
}

type Absolute = readonly [value: number, slopes: number, curvatures: number];

const unary = (
  f: (x: Var) => Var,
  value: (x: number) => number,
  slope: (x: number) => number,
  curvature: (x: number) => number,
  points: Numbers,
  absolute?: Law["absolute"],
): Law => ({
  f,
  value,
  slopes: (x) => [slope(x)],
  curvatures: (x) => [[curvature(x)]],
  points: points.map((x) => [x]),
  ...(absolute && { absolute }),
});

const signed = (values: Numbers) => values.flatMap((x) => [x, -x]);
const pairs = (values: Numbers) => values.flatMap((a) => values.map((b) => [a, b]));

/** 0, around where f32 and f64 lose e^-x beside 1, and where their exponentials end. */
const tails = signed([
  0,
  2 ** -126,
  1e-30,
  1e-8,
  1e-3,
  0.1,
  0.5,
  1,
  3,
  8,
  17,
  20,
  37,
  40,
  60,
  86,
  89,
  200,
  700,
  800,
  1e30,
  inf,
]);
const moderate = signed([0, 1e-30, 1e-8, 1e-3, 0.1, 0.5, 1, 2.5]);
const positive = [2 ** -126, 1e-30, 1e-8, 0.3, 1 - 2 ** -20, 1, 1 + 2 ** -20, 2.5, 1e8, 1e30, 2 ** 127];

/** sech² = 1 / cosh², that cannot overflow. */
const sechSquared = (x: number) => (Math.abs(x) > 400 ? 0 : Math.cosh(x) ** -2);
export const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const logisticSlope = (x: number) => (Math.abs(x) > 40 ? Math.exp(-Math.abs(x)) : 0.25 * sechSquared(x / 2));
const logisticCurvature = (x: number) => -Math.tanh(x / 2) * logisticSlope(x);
const softplus = (x: number) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const erfSlope = (x: number) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
const step = (is: boolean) => (is ? 1 : 0);
const shareOf = (wins: boolean, ties: boolean) => (wins ? 1 : ties ? 0.5 : 0);

/** e^(x - log Σ e^x) */
function softmax(x: Numbers): number[] {
  const largest = Math.max(...x);
  if (!Number.isFinite(largest)) return x.map((own) => step(largest > 0 && own === largest));
  const parts = x.map((own) => Math.exp(own - largest));
  const total = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / total);
}

function logSumExp(...x: number[]): number {
  const largest = Math.max(...x);
  if (!Number.isFinite(largest)) return largest;
  // The largest itself is left out of the sum, for the digits of what is small beside it.
  const others = [...x].sort((a, b) => b - a).slice(1);
  return largest + Math.log1p(others.reduce((sum, own) => sum + Math.exp(own - largest), 0));
}

const comparison = (f: (a: Var, b: Var) => Var, is: (a: number, b: number) => boolean): Law => ({
  f,
  value: (a, b) => step(is(a, b)),
  slopes: () => [0, 0],
  points: pairs([0, 1, -2, 1e30, inf, minus]),
});

/** Along an axis of three. */
const rowOf =
  (f: (row: Var) => Var) =>
  (...x: Var[]) =>
    operations.reshape(f(operations.concatenate(x.map((own) => operations.reshape(own, [1])))), []);

const sumLaw = (f: Law["f"], value: Law["value"], slopes: Numbers): Law => ({
  f,
  value,
  slopes: () => slopes,
  points: [
    [1, 2, 3],
    [1e30, -1, 1e-30],
  ],
});

/** A part of a derivative of w(x + iy): d/dy is i d/dz. */
const faddeevaLaw = (f: Law["f"], part: 0 | 1, order: 0 | 1 | 2): Law => {
  const at = (x: number, y: number, more: number) => faddeeva(x, y)[order + more]!;
  return {
    f,
    value: (x, y) => at(x, y, 0)[part],
    slopes: (x, y) => {
      const [re, im] = at(x, y, 1);
      return part === 0 ? [re, -im] : [im, re];
    },
    curvatures: (x, y) => {
      const [re, im] = at(x, y, 2);
      const [own, mixed] = part === 0 ? [re, -im] : [im, re];
      return [
        [own, mixed],
        [mixed, -own],
      ];
    },
    points: [
      ...[0, 0.25, -0.5, 1, -1.5].flatMap((x) => [0, 0.125, 0.5, 1].map((y) => [x, y])),
      ...[9, -12].flatMap((x) => [3, 9].map((y) => [x, y])),
    ],
    // Products with z and numbers of order 1 that cancel, and digits that the power series of the answers loses.
    absolute: (x, y) => {
      const growth = Math.max(1, x * x + y * y);
      const [a, b, c, d, e] = [1, 4, 8, 16 * growth, 16 * growth ** 2];
      return ([[a, b, c] as const, [b, c, d] as const, [c, d, e] as const] as const)[order];
    },
  };
};

/** What moves, repeats, or adds numbers and multiplies them by others is tested in operations.test.ts. */
type Linear =
  | "uniformValue"
  | "broadcastShapes"
  | "broadcast"
  | "broadcastEvents"
  | "reshape"
  | "take"
  | "slice"
  | "pad"
  | "select"
  | "concatenate"
  | "sumTo"
  | "linear"
  | "weightGradient"
  | "sumEvents";

export const laws: Readonly<Record<Exclude<keyof typeof operations, Linear>, Law>> = {
  neg: unary(
    operations.neg,
    (x) => -x,
    () => -1,
    () => 0,
    tails,
  ),
  exp: unary(operations.exp, Math.exp, Math.exp, Math.exp, tails),
  log: unary(
    operations.log,
    Math.log,
    (x) => 1 / x,
    (x) => -1 / (x * x),
    [0, ...positive, inf],
  ),
  log1p: unary(
    operations.log1p,
    Math.log1p,
    (x) => 1 / (1 + x),
    (x) => -1 / (1 + x) / (1 + x),
    [...moderate.filter((x) => x > -1), -1, -0.999, 1e8, 1e30, inf],
  ),
  // The slope is y + 1.
  expm1: unary(operations.expm1, Math.expm1, Math.exp, Math.exp, tails, [0, 1, 1]),
  // The slope is 1 - y².
  tanh: unary(operations.tanh, Math.tanh, sechSquared, (x) => -2 * Math.tanh(x) * sechSquared(x), tails, [0, 4, 8]),
  sin: unary(operations.sin, Math.sin, Math.cos, (x) => -Math.sin(x), [...moderate, 7, 100], [1, 1, 1]),
  cos: unary(
    operations.cos,
    Math.cos,
    (x) => -Math.sin(x),
    (x) => -Math.cos(x),
    [...moderate, 7, 100],
    [1, 1, 1],
  ),
  erf: unary(
    operations.erf,
    exact.erf,
    erfSlope,
    (x) => -2 * x * erfSlope(x),
    // Without ±∞, where the second derivative is ∞ · 0.
    tails.filter(Number.isFinite),
  ),
  erfc: unary(
    operations.erfc,
    exact.erfc,
    (x) => -erfSlope(x),
    (x) => 2 * x * erfSlope(x),
    tails.filter(Number.isFinite),
  ),
  erfcx: unary(
    operations.erfcx,
    exact.erfcx,
    (x) => -2 * exact.erfcx(x) * exact.erfcMeanExcess(x),
    (x) => 2 * exact.erfcx(x) * exact.besideOne(x),
    tails.filter(Number.isFinite),
    // The second derivative is a difference of two numbers of the size of the function.
    (x) => [0, 0, x > 0 ? exact.erfcx(x) : 0],
  ),
  erfcMeanExcess: unary(
    operations.erfcMeanExcess,
    exact.erfcMeanExcess,
    exact.erfcMeanExcessSlope,
    (x) => 2 * exact.erfcMeanExcessSlope(x) * (x + 2 * exact.erfcMeanExcess(x)) + 2 * exact.erfcMeanExcess(x),
    tails.filter(Number.isFinite),
    // Of a difference from 1, that a further derivative multiplies by 2 x.
    (x) => [0, 1, 2 + 2 * (x < 0 ? -x : Math.min(x, 100))],
  ),
  sqrt: unary(
    operations.sqrt,
    Math.sqrt,
    (x) => 0.5 / Math.sqrt(x),
    (x) => -0.25 / Math.sqrt(x) / x,
    [0, ...positive, inf],
  ),
  abs: unary(
    operations.abs,
    Math.abs,
    (x) => Math.sign(x),
    () => 0,
    tails,
  ),
  floor: unary(
    operations.floor,
    Math.floor,
    () => 0,
    () => 0,
    [...tails, 1.5, -1.5, 2 ** 24 + 1, -(2 ** 53)],
  ),
  stopGradient: unary(
    operations.stopGradient,
    (x) => x,
    () => 0,
    () => 0,
    tails,
  ),
  square: unary(
    operations.square,
    (x) => x * x,
    (x) => 2 * x,
    () => 2,
    moderate,
  ),
  // The slope is y (1 - y): exact to units of its own where y is small, and of 1 where 1 - y is.
  sigmoid: unary(operations.sigmoid, logistic, logisticSlope, logisticCurvature, tails, (x) =>
    x > 0 ? [0, 1, 1] : [0, 0, 0.5],
  ),
  softplus: unary(operations.softplus, softplus, logistic, logisticSlope, tails),
  logSigmoid: unary(
    operations.logSigmoid,
    (x) => -softplus(-x),
    (x) => logistic(-x),
    (x) => -logisticSlope(x),
    tails,
  ),
  logErfc: unary(
    operations.logErfc,
    exact.logErfc,
    exact.logErfcSlope,
    exact.logErfcCurvature,
    tails.filter(Number.isFinite),
    // The second derivative is a difference of numbers of order 1 in between.
    (x) => [0, 0, Math.abs(x) < 10 ? 1 : 0],
  ),
  asinh: unary(
    operations.asinh,
    Math.asinh,
    (x) => 1 / Math.hypot(1, x),
    (x) => -x / Math.hypot(1, x) ** 3,
    // Without ±∞, where the second derivative is ∞ / ∞.
    tails.filter(Number.isFinite),
    // The second derivative is a difference of numbers of order 1 near 0.
    (x) => [0, 0, Math.abs(x) <= 1 ? 1 : 0],
  ),
  atan: unary(
    operations.atan,
    Math.atan,
    (x) => 1 / (1 + x * x),
    (x) => (Math.abs(x) > 1e8 ? -2 / x / x / x : (-2 * x) / (1 + x * x) ** 2),
    // Without ±∞, where the second derivative is ∞ / ∞.
    tails.filter((x) => Number.isFinite(x) && Math.abs(x) < 1e10),
    // The second derivative is a sum of numbers of order 1 near 1.
    (x) => [0, 1, Math.abs(x) < 3 ? 4 : 0],
  ),
  reFaddeeva: faddeevaLaw(operations.reFaddeeva, 0, 0),
  imFaddeeva: faddeevaLaw(operations.imFaddeeva, 1, 0),
  reFaddeevaSlope: faddeevaLaw(operations.reFaddeevaSlope, 0, 1),
  imFaddeevaSlope: faddeevaLaw(operations.imFaddeevaSlope, 1, 1),
  reFaddeevaCurvature: faddeevaLaw(operations.reFaddeevaCurvature, 0, 2),
  imFaddeevaCurvature: faddeevaLaw(operations.imFaddeevaCurvature, 1, 2),
  asin: unary(
    operations.asin,
    Math.asin,
    (x) => 1 / Math.sqrt((1 - x) * (1 + x)),
    (x) => x / ((1 - x) * (1 + x)) ** 1.5,
    [...moderate.filter((x) => Math.abs(x) < 1), ...signed([0.9, 1 - 2 ** -12])],
    // Its parts are of order 1.
    [0, 1, 4],
  ),
  acos: unary(
    operations.acos,
    Math.acos,
    (x) => -1 / Math.sqrt((1 - x) * (1 + x)),
    (x) => -x / ((1 - x) * (1 + x)) ** 1.5,
    [...moderate.filter((x) => Math.abs(x) < 1), ...signed([0.9, 1 - 2 ** -12])],
    [0, 1, 4],
  ),
  atan2: {
    f: operations.atan2,
    value: Math.atan2,
    slopes: (y, x) => [x / (x * x + y * y), -y / (x * x + y * y)],
    curvatures: (y, x) => {
      const square = (x * x + y * y) ** 2;
      const [own, mixed] = [(-2 * x * y) / square, (y * y - x * x) / square];
      return [
        [own, mixed],
        [mixed, -own],
      ];
    },
    points: pairs(signed([1e-3, 0.7, 1, 30])),
    // Differences of numbers of the size of 1 / r and 1 / r².
    absolute: (y, x) => [1, 2 / Math.hypot(x, y), 8 / (x * x + y * y)],
  },
  hypot: {
    f: operations.hypot,
    value: (x, y) => Math.hypot(x, y),
    slopes: (x, y) => (x === 0 && y === 0 ? [0, 0] : [x / Math.hypot(x, y), y / Math.hypot(x, y)]),
    curvatures: (x, y) => {
      const r = Math.hypot(x, y);
      const [a, b] = r === 0 ? [0, 0] : [x / r, y / r];
      const per = r === 0 ? 0 : 1 / r;
      return [
        [b * b * per, -a * b * per],
        [-a * b * per, a * a * per],
      ];
    },
    points: pairs(signed([0, 1e-3, 0.7, 1, 30])),
    absolute: (x, y) => [0, 0, 4 / (Math.hypot(x, y) || 1)],
  },
  lgamma: unary(
    operations.lgamma,
    lgamma,
    (x) => polygamma(0, x),
    (x) => polygamma(1, x),
    [2 ** -126, 1e-30, 1e-8, 0.3, 1, 1.5, 2, 2.5, 3.7, 7.9, 8, 40, 1e8],
    // The sums of the answers lose digits near the zeros at 1, 1.46 and 2.
    (x) => (x < 20 ? [20, 8, 4] : [0, 1, 1]),
  ),
  clip: {
    f: operations.clip,
    value: (x, low, high) => Math.min(Math.max(x, low), high),
    slopes: (x, low, high) => [
      x < low || x > high ? 0 : x === low || x === high ? 0.5 : 1,
      x < low ? 1 : x === low ? 0.5 : 0,
      x > high ? 1 : x === high ? 0.5 : 0,
    ],
    points: [-3, -1, 0, 2, 5].map((x) => [x, -1, 2]),
  },
  min: {
    f: rowOf((row) => operations.min(row, 0)),
    value: Math.min,
    slopes: (...x) => {
      const isLeast = x.map((own) => step(own === Math.min(...x)));
      return isLeast.map((is) => is / isLeast.reduce<number>((a, b) => a + b, 0));
    },
    points: [
      [1, 2, 3],
      [2, 1, 1],
      [inf, 1, minus],
    ],
  },
  softmax: {
    f: rowOf((row) => operations.slice(operations.softmax(row, 0), 0, 1, 2)),
    value: (...x) => softmax(x)[1] as number,
    slopes: (...x) => {
      const p = softmax(x) as [number, number, number];
      return [-p[1] * p[0], p[1] * (p[0] + p[2]), -p[1] * p[2]];
    },
    curvatures: (...x) => {
      const p = softmax(x);
      const is = (i: number, j: number) => step(i === j);
      return p.map((a, i) => p.map((b, j) => p[1]! * ((is(1, i) - a) * (is(1, j) - b) - a * (is(i, j) - b))));
    },
    // 1 - p cancels where p is near 1.
    absolute: [0, 1, 4],
    points: [
      [0.1, 0.2, 0.3],
      [1, 1, 1],
      [0, -20, -40],
      [1e4, 1e4 - 3, -1e4],
      [minus, 2, 3],
    ].map((row) => row.map(Math.fround)),
  },
  logFaddeeva: {
    f: operations.logFaddeeva,
    value: (x, y) => logFaddeeva(x, y).value,
    slopes: (x, y) => logFaddeeva(x, y).slopes,
    curvatures: (x, y) => logFaddeeva(x, y).curvatures,
    points: [
      ...[0, 0.25, -0.5, 1, -1.5].flatMap((x) => [0, 0.125, 0.5, 1].map((y) => [x, y])),
      ...[9, -30].flatMap((x) => [3, 9, 1200].map((y) => [x, y])),
      ...[1100, -1e6].map((x) => [x, 2 * Math.abs(x)]),
    ],
    // What the operation states, and digits that the power series of the answers loses.
    absolute: [1, 10, 60],
  },
  add: { f: operations.add, value: (a, b) => a + b, slopes: () => [1, 1], points: pairs(moderate) },
  sub: { f: operations.sub, value: (a, b) => a - b, slopes: () => [1, -1], points: pairs(moderate) },
  mul: {
    f: operations.mul,
    value: (a, b) => a * b,
    slopes: (a, b) => [b, a],
    curvatures: () => [
      [0, 1],
      [1, 0],
    ],
    points: pairs(moderate),
  },
  div: {
    f: operations.div,
    value: (a, b) => a / b,
    slopes: (a, b) => [1 / b, -a / b / b],
    curvatures: (a, b) => [
      [0, -1 / b / b],
      [-1 / b / b, (2 * a) / b / b / b],
    ],
    points: pairs(signed([1e-8, 0.3, 1, 7, 1e8])),
  },
  maximum: {
    f: operations.maximum,
    value: Math.max,
    slopes: (a, b) => [shareOf(a > b, a === b), shareOf(b > a, a === b)],
    points: pairs([0, 1, -2, 1e30, inf, minus]),
  },
  minimum: {
    f: operations.minimum,
    value: Math.min,
    slopes: (a, b) => [shareOf(a < b, a === b), shareOf(b < a, a === b)],
    points: pairs([0, 1, -2, 1e30, inf, minus]),
  },
  greater: comparison(operations.greater, (a, b) => a > b),
  greaterEqual: comparison(operations.greaterEqual, (a, b) => a >= b),
  less: comparison(operations.less, (a, b) => a < b),
  lessEqual: comparison(operations.lessEqual, (a, b) => a <= b),
  equal: comparison(operations.equal, (a, b) => a === b),
  where: {
    f: (c, a, b) => operations.where(operations.greater(c as Var, 0), a as Var, b as Var),
    value: (c, a, b) => (c > 0 ? a : b),
    slopes: (c) => [0, step(c > 0), step(!(c > 0))],
    points: [
      [1, 2, inf],
      [0, inf, 3],
      [-1, nan, 1e-30],
      [-1, 2, 3],
    ],
  },
  sum: sumLaw(
    rowOf((row) => operations.sum(row, 0)),
    (a, b, c) => a + b + c,
    [1, 1, 1],
  ),
  cumulativeSum: sumLaw(
    rowOf((row) => operations.slice(operations.cumulativeSum(row, 0), 0, 1, 2)),
    (a, b) => a + b,
    [1, 1, 0],
  ),
  max: {
    f: rowOf((row) => operations.max(row, 0)),
    value: Math.max,
    slopes: (...x) => {
      const isLargest = x.map((own) => step(own === Math.max(...x)));
      return isLargest.map((is) => is / isLargest.reduce<number>((a, b) => a + b, 0));
    },
    points: [
      [1, 2, 3],
      [2, 2, 1],
      [0, -0, 0],
      [inf, 1, minus],
      [minus, minus, -1e30],
    ],
  },
  logSumExp: {
    f: rowOf((row) => operations.logSumExp(row, 0)),
    value: logSumExp,
    slopes: (...x) => softmax(x),
    curvatures: (...x) => {
      const p = softmax(x);
      return p.map((a, i) =>
        p.map((b, j) => (i === j ? a * p.filter((_, k) => k !== i).reduce((s, q) => s + q) : -a * b)),
      );
    },
    // Σ_j p_j = 1 cancels in the second derivatives.
    absolute: [2, 1, 2],
    points: [
      [0.1, 0.2, 0.3],
      [1, 1, 1],
      [0, -20, -40],
      [1e4, 1e4 - 3, -1e4],
      [-1e30, -1e30, 0],
      [1e30, 1e30, 1],
      [-1e4, -1e4 - 1, -1e4 - 30],
      [minus, 2, minus],
      [minus, minus, minus],
      [inf, 1, minus],
      [inf, 1, 2],
    ].map((row) => row.map(Math.fround)),
  },
};

export const activationLaws: Readonly<Record<keyof typeof activations, Law>> = {
  relu: unary(
    activations.relu,
    (x) => Math.max(x, 0),
    (x) => step(x > 0),
    () => 0,
    tails,
  ),
  // At 0 that of negative x: the second derivative jumps there.
  elu: unary(
    activations.elu,
    (x) => (x > 0 ? x : Math.expm1(x)),
    (x) => (x > 0 ? 1 : Math.exp(x)),
    (x) => (x > 0 ? 0 : Math.exp(x)),
    tails,
    [0, 1, 1],
  ),
  silu: unary(
    activations.silu,
    (x) => x * logistic(x),
    (x) => logistic(x) + x * logisticSlope(x),
    (x) => 2 * logisticSlope(x) + x * logisticCurvature(x),
    // Without -∞, where it is 0 · ∞, and the point where in f32 the exponential has ended and 89 times it had not.
    tails.filter((x) => Number.isFinite(x) && x !== -89),
    // Zeros of the slope near -1.28 and of the second derivative near ±2.4.
    [0, 1, 2],
  ),
  tanh: laws.tanh,
};
