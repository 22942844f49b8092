/** Scalar operations as WGSL expressions. */
import type { ShaderName } from "../../../shaders/include.js";
import { UsageError } from "../../errors.js";
import type { ElementwiseName } from "../../tape/tape.js";

/** The names of operands give an expression. */
type Form = (a: string, b: string, c: string) => string;

const call =
  (name: string): Form =>
  (a) =>
    `${name}(${a})`;
const infix =
  (symbol: string): Form =>
  (a, b) =>
    `${a} ${symbol} ${b}`;

/** Comparisons give bool, and `where` takes one. */
export const scalarForms: { readonly [N in Exclude<ElementwiseName, "stopGradient">]: Form } = {
  neg: (a) => (a.startsWith("-") ? `-(${a})` : `-${a}`),
  exp: call("exp"),
  log: call("accurate_log"),
  log1p: call("log1p"),
  expm1: call("expm1"),
  tanh: call("accurate_tanh"),
  sigmoid: call("sigmoid"),
  sin: call("accurate_sin"),
  cos: call("accurate_cos"),
  sqrt: call("sqrt"),
  abs: call("abs"),
  add: infix("+"),
  sub: infix("-"),
  mul: infix("*"),
  div: infix("/"),
  maximum: (a, b) => `max(${a}, ${b})`,
  minimum: (a, b) => `min(${a}, ${b})`,
  greater: infix(">"),
  greaterEqual: infix(">="),
  equal: infix("=="),
  where: (condition, a, b) => `select(${b}, ${a}, ${condition})`,
};

/** The shader files that an operation's expression calls into. */
export const scalarShaders: { readonly [name: string]: ShaderName } = {
  log: "shared/accurate_log.wgsl",
  log1p: "shared/log1p.wgsl",
  expm1: "shared/expm1.wgsl",
  tanh: "shared/accurate_tanh.wgsl",
  sigmoid: "shared/sigmoid.wgsl",
  sin: "shared/sin_cos.wgsl",
  cos: "shared/sin_cos.wgsl",
  max: "shared/lowest.wgsl",
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
