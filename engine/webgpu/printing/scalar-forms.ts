/** Scalar operations as WGSL expressions. */
import type { ShaderName } from "../../../shaders/include.js";
import { UsageError } from "../../errors.js";
import type { ScalarName } from "../../passes/lowering.js";

/** The names of operands give an expression. */
export interface Form {
  readonly text: (a: string, b: string, c: string) => string;
  /** The file that it calls into, a function of one number or two. */
  readonly shader?: ShaderName;
}

/** Functions of WGSL that are accurate enough as they are. */
const builtIn = (name: "exp" | "sqrt" | "abs" | "floor"): Form => ({ text: (a) => `${name}(${a})` });
const fromFile = (name: string, shader: ShaderName): Form => ({ text: (a) => `${name}(${a})`, shader });
const ofTwo = (name: string, shader: ShaderName): Form => ({ text: (a, b) => `${name}(${a}, ${b})`, shader });
const infix = (symbol: string): Form => ({ text: (a, b) => `${a} ${symbol} ${b}` });

/** Comparisons give bool, and `where` takes one. */
export const scalarForms: { readonly [N in ScalarName]: Form } = {
  neg: { text: (a) => (a.startsWith("-") ? `-(${a})` : `-${a}`) },
  exp: builtIn("exp"),
  log: fromFile("accurate_log", "shared/accurate_log.wgsl"),
  log1p: fromFile("log1p", "shared/log1p.wgsl"),
  expm1: fromFile("expm1", "shared/expm1.wgsl"),
  tanh: fromFile("accurate_tanh", "shared/accurate_tanh.wgsl"),
  sigmoid: fromFile("sigmoid", "shared/sigmoid.wgsl"),
  sin: fromFile("accurate_sin", "shared/sin_cos.wgsl"),
  cos: fromFile("accurate_cos", "shared/sin_cos.wgsl"),
  erf: fromFile("erf", "shared/error_function.wgsl"),
  erfc: fromFile("erfc", "shared/error_function.wgsl"),
  erfcx: fromFile("erfcx", "shared/error_function.wgsl"),
  erfcMeanExcess: fromFile("erfc_mean_excess", "shared/error_function.wgsl"),
  reFaddeeva: ofTwo("re_faddeeva", "shared/faddeeva.wgsl"),
  imFaddeeva: ofTwo("im_faddeeva", "shared/faddeeva.wgsl"),
  reFaddeevaSlope: ofTwo("re_faddeeva_slope", "shared/faddeeva.wgsl"),
  imFaddeevaSlope: ofTwo("im_faddeeva_slope", "shared/faddeeva.wgsl"),
  reFaddeevaCurvature: ofTwo("re_faddeeva_curvature", "shared/faddeeva.wgsl"),
  imFaddeevaCurvature: ofTwo("im_faddeeva_curvature", "shared/faddeeva.wgsl"),
  sqrt: builtIn("sqrt"),
  abs: builtIn("abs"),
  floor: builtIn("floor"),
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  maximum: { text: (a, b) => `max(${a}, ${b})` },
  minimum: { text: (a, b) => `min(${a}, ${b})` },
  greater: infix(">"),
  greaterEqual: infix(">="),
  equal: infix("=="),
  where: { text: (condition, a, b) => `select(${b}, ${a}, ${condition})` },
};

/** The shortest decimal that f32 rounds to the same number. */
export function literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) {
    throw new UsageError("WGSL kernel", {
      expected: "constants that are finite in f32",
      got: String(value),
      hint: "WGSL has no infinities or NaN: give the number as a parameter",
    });
  }
  let text = String(rounded);
  for (let digits = 1; digits <= 9; digits++) {
    text = String(Number(rounded.toPrecision(digits)));
    if (Math.fround(Number(text)) === rounded) break;
  }
  return /[.e]/.test(text) ? text : `${text}.0`;
}
