/** The scalar functions that WebAssembly lacks, printed for f32x4 and f64x2, with the error each is tested to. */
import type { BinaryName } from "../../tape/elementwise-facts.js";
import type { FunctionBuilder, FunctionRef, Local, ModuleBuilder } from "../assembly/assembler.js";
import type { Lanes, Precision } from "../assembly/lanes.js";
import { emitErf, emitErfc, emitErfcMeanExcess, emitErfcx } from "./error-function.js";
import { emitExp, emitExpm1, emitSigmoid, emitTanh } from "./exponential.js";
import { emitFaddeeva } from "./faddeeva.js";
import { emitLog, emitLog1p } from "./logarithm.js";
import { emitCos, emitSin } from "./trigonometric.js";

export const scalarFunctionNames = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "tanh",
  "sigmoid",
  "sin",
  "cos",
  "erf",
  "erfc",
  "erfcx",
  "erfcMeanExcess",
] as const;

export type ScalarFunction = (typeof scalarFunctionNames)[number];

export interface ScalarPrinter {
  /** Writes the instructions inline: argument in a local, which stays; result on the stack. */
  readonly emit: (f: FunctionBuilder, lanes: Lanes, x: Local) => void;
  /** Largest error in units of the last place of the result, with or without fused multiply-add. */
  readonly ulps: Readonly<Record<Precision, number>>;
}

/**
 * Infinities, NaN, signed zeros, subnormal arguments and domain errors are those of Math.*; results that would be subnormal
 * may be 0 (exp, sigmoid, erfc); sin and cos have the domain their file states.
 */
export const scalarFunctions: Readonly<Record<ScalarFunction, ScalarPrinter>> = {
  exp: { emit: emitExp, ulps: { f32: 1.5, f64: 1.5 } },
  expm1: { emit: emitExpm1, ulps: { f32: 2, f64: 2 } },
  log: { emit: emitLog, ulps: { f32: 1.5, f64: 1.5 } },
  log1p: { emit: emitLog1p, ulps: { f32: 2, f64: 2 } },
  tanh: { emit: emitTanh, ulps: { f32: 3, f64: 3 } },
  sigmoid: { emit: emitSigmoid, ulps: { f32: 2.5, f64: 3 } },
  sin: { emit: emitSin, ulps: { f32: 1, f64: 2 } },
  cos: { emit: emitCos, ulps: { f32: 1, f64: 2 } },
  erf: { emit: emitErf, ulps: { f32: 3, f64: 3 } },
  erfc: { emit: emitErfc, ulps: { f32: 5, f64: 4 } },
  erfcx: { emit: emitErfcx, ulps: { f32: 7, f64: 5 } },
  erfcMeanExcess: { emit: emitErfcMeanExcess, ulps: { f32: 6, f64: 6 } },
};

export interface FunctionGroup {
  readonly members: readonly BinaryName[];
  /** Writes the instructions inline: arguments in locals, which stay. Returns the locals of the results. */
  readonly emit: (f: FunctionBuilder, lanes: Lanes, x: Local, y: Local) => readonly Local[];
}

/** Functions of two numbers that are computed together, each with all others. */
export const functionGroups = {
  faddeeva: {
    members: [
      "reFaddeeva",
      "imFaddeeva",
      "reFaddeevaSlope",
      "imFaddeevaSlope",
      "reFaddeevaCurvature",
      "imFaddeevaCurvature",
    ],
    emit: emitFaddeeva,
  },
} as const satisfies Readonly<Record<string, FunctionGroup>>;

export type GroupMember = (typeof functionGroups)[keyof typeof functionGroups]["members"][number];

export const isGroupMember = (name: string): name is GroupMember => groupOf(name) !== undefined;

/** The group that a function of that name is in, if it is in one. */
export const groupOf = (name: string): FunctionGroup | undefined =>
  Object.values<FunctionGroup>(functionGroups).find(({ members }) => (members as readonly string[]).includes(name));

/** [x] -> the function of x, inline. */
export function emitScalarFunction(f: FunctionBuilder, lanes: Lanes, name: ScalarFunction): void {
  const x = f.scratch("v128", "scalar function argument");
  f.set(x);
  scalarFunctions[name].emit(f, lanes, x);
}

/** Defines an internal function v128 -> v128, for kernels to call where inlining would make them too large. */
export function defineScalarFunction(module: ModuleBuilder, lanes: Lanes, name: ScalarFunction): FunctionRef {
  const f = module.internalFunction(`${name}_${lanes.precision}`, ["v128"], ["v128"]);
  scalarFunctions[name].emit(f, lanes, f.param(0));
  return f;
}
