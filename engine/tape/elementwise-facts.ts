/**
 * What there is to know of each elementwise operation, whatever the backend. The rows of the table are the operations: a row
 * more is an operation more, and the compiler then asks for all else that it needs (a function of nodes, a derivative rule, the forms
 * of the fast backends, a sample for the laws).
 */

import { erf, erfc, erfcMeanExcess, erfcx } from "../error-functions.js";
import {
  imFaddeeva,
  imFaddeevaCurvature,
  imFaddeevaSlope,
  reFaddeeva,
  reFaddeevaCurvature,
  reFaddeevaSlope,
} from "../faddeeva.js";

/**
 * What the slope in an input depends on: "none" where there is no derivative, "constant" where the slope depends on no input that
 * has a derivative, "others" where it depends on other inputs alone, "itself" where it depends on this one.
 */
export type Slope = "none" | "constant" | "others" | "itself";

export interface ElementwiseFacts {
  /** One for each input. */
  readonly slopes: readonly [Slope] | readonly [Slope, Slope] | readonly [Slope, Slope, Slope];
  /** A truth is 1 or 0; fast backends keep it as a mask until something wants a number. */
  readonly gives: "number" | "truth";
  /** The definition. */
  readonly f64: (a: number, b: number, c: number) => number;
  /** Floating-point operations: those of the form in f32 on the cpu backend. */
  readonly flops: number;
  /** Time of one, in additions. */
  readonly additions: number;
}

/** The same cost of a function: its polynomial and the reduction of its argument. */
const FUNCTION = 20;
/** That of functions with an exponential, a longer polynomial and two divisions. */
const ERROR_FUNCTION = 40;
/** That of a sum of quotients, with exponentials, sines and cosines: of one function alone. `flops` are those of both ways to it. */
const FADDEEVA = 200;

/** By e^-|x|, which cannot overflow and keeps both tails. */
function sigmoid(x: number): number {
  const decay = Math.exp(-Math.abs(x));
  return (x > 0 ? 1 : decay) / (1 + decay);
}

export const elementwiseFacts = {
  neg: { slopes: ["constant"], gives: "number", f64: (a) => -a, flops: 1, additions: 1 },
  exp: { slopes: ["itself"], gives: "number", f64: Math.exp, flops: 22, additions: FUNCTION },
  log: { slopes: ["itself"], gives: "number", f64: Math.log, flops: 23, additions: FUNCTION },
  log1p: { slopes: ["itself"], gives: "number", f64: Math.log1p, flops: 27, additions: FUNCTION },
  expm1: { slopes: ["itself"], gives: "number", f64: Math.expm1, flops: 25, additions: FUNCTION },
  tanh: { slopes: ["itself"], gives: "number", f64: Math.tanh, flops: 27, additions: FUNCTION },
  sigmoid: { slopes: ["itself"], gives: "number", f64: sigmoid, flops: 27, additions: FUNCTION },
  sin: { slopes: ["itself"], gives: "number", f64: Math.sin, flops: 32, additions: FUNCTION },
  cos: { slopes: ["itself"], gives: "number", f64: Math.cos, flops: 30, additions: FUNCTION },
  erf: { slopes: ["itself"], gives: "number", f64: erf, flops: 80, additions: ERROR_FUNCTION },
  erfc: { slopes: ["itself"], gives: "number", f64: erfc, flops: 82, additions: ERROR_FUNCTION },
  erfcx: { slopes: ["itself"], gives: "number", f64: erfcx, flops: 66, additions: ERROR_FUNCTION },
  erfcMeanExcess: { slopes: ["itself"], gives: "number", f64: erfcMeanExcess, flops: 69, additions: ERROR_FUNCTION },
  reFaddeeva: { slopes: ["itself", "itself"], gives: "number", f64: reFaddeeva, flops: 446, additions: FADDEEVA },
  imFaddeeva: { slopes: ["itself", "itself"], gives: "number", f64: imFaddeeva, flops: 446, additions: FADDEEVA },
  reFaddeevaSlope: {
    slopes: ["itself", "itself"],
    gives: "number",
    f64: reFaddeevaSlope,
    flops: 446,
    additions: FADDEEVA,
  },
  imFaddeevaSlope: {
    slopes: ["itself", "itself"],
    gives: "number",
    f64: imFaddeevaSlope,
    flops: 446,
    additions: FADDEEVA,
  },
  reFaddeevaCurvature: {
    slopes: ["itself", "itself"],
    gives: "number",
    f64: reFaddeevaCurvature,
    flops: 446,
    additions: FADDEEVA,
  },
  imFaddeevaCurvature: {
    slopes: ["itself", "itself"],
    gives: "number",
    f64: imFaddeevaCurvature,
    flops: 446,
    additions: FADDEEVA,
  },
  sqrt: { slopes: ["itself"], gives: "number", f64: Math.sqrt, flops: 1, additions: FUNCTION },
  abs: { slopes: ["itself"], gives: "number", f64: Math.abs, flops: 1, additions: 1 },
  floor: { slopes: ["none"], gives: "number", f64: Math.floor, flops: 1, additions: 1 },
  stopGradient: { slopes: ["none"], gives: "number", f64: (a) => a, flops: 0, additions: 0 },
  add: { slopes: ["constant", "constant"], gives: "number", f64: (a, b) => a + b, flops: 1, additions: 1 },
  sub: { slopes: ["constant", "constant"], gives: "number", f64: (a, b) => a - b, flops: 1, additions: 1 },
  mul: { slopes: ["others", "others"], gives: "number", f64: (a, b) => a * b, flops: 1, additions: 1 },
  div: { slopes: ["others", "itself"], gives: "number", f64: (a, b) => a / b, flops: 1, additions: FUNCTION },
  maximum: { slopes: ["itself", "itself"], gives: "number", f64: (a, b) => Math.max(a, b), flops: 1, additions: 1 },
  minimum: { slopes: ["itself", "itself"], gives: "number", f64: (a, b) => Math.min(a, b), flops: 1, additions: 1 },
  greater: { slopes: ["none", "none"], gives: "truth", f64: (a, b) => (a > b ? 1 : 0), flops: 1, additions: 1 },
  greaterEqual: { slopes: ["none", "none"], gives: "truth", f64: (a, b) => (a >= b ? 1 : 0), flops: 1, additions: 1 },
  equal: { slopes: ["none", "none"], gives: "truth", f64: (a, b) => (a === b ? 1 : 0), flops: 1, additions: 1 },
  where: {
    slopes: ["none", "constant", "constant"],
    gives: "number",
    f64: (condition, a, b) => (condition !== 0 ? a : b),
    flops: 0,
    additions: 1,
  },
} satisfies Readonly<Record<string, ElementwiseFacts>>;

/** Operations that compute every element from the same element of their inputs. */
export type ElementwiseName = keyof typeof elementwiseFacts;

type NameOf<Inputs extends number> = {
  [N in ElementwiseName]: (typeof elementwiseFacts)[N]["slopes"]["length"] extends Inputs ? N : never;
}[ElementwiseName];

export type UnaryName = NameOf<1>;
export type BinaryName = NameOf<2>;

export const factsOf = (name: ElementwiseName): ElementwiseFacts => elementwiseFacts[name];

/** Whether an operation, or the name of one, is elementwise. */
export const isElementwise = (name: string): name is ElementwiseName => Object.hasOwn(elementwiseFacts, name);

/** Whether the operation of that name gives 1 or 0. */
export const givesTruth = (name: string): boolean => isElementwise(name) && factsOf(name).gives === "truth";
