import { ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { type Lanes, lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../../engine/cpu/assembly/simd.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import {
  defineScalarFunction,
  emitScalarFunction,
  type ScalarFunction,
} from "../../../../engine/cpu/functions/scalar-functions.js";

const isRelaxed = await hasRelaxedSimd();
const CAPACITY = 4096;

export type Apply = (values: readonly number[]) => number[];

/** Runs the function over any number of values; "inline" and "called" print the two ways kernels may use. */
export function compileMap(name: ScalarFunction, lanes: Lanes, way: "inline" | "called"): Apply {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1 });
  const reference = way === "called" ? defineScalarFunction(module, lanes, name) : undefined;
  const f = module.exportedFunction("main", [], []);
  const address = f.local("i32");
  f.range(address, 0, CAPACITY * lanes.bytes, 16, () => {
    f.get(address).get(address).memory(lanes.load);
    if (reference === undefined) emitScalarFunction(f, lanes, name);
    else f.call(reference);
    f.memory(lanes.store);
  });
  const memory = new wasm.Memory({ initial: 1 });
  const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
  const buffer = memory.buffer as ArrayBuffer;
  const view = lanes.precision === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
  return (values) => {
    const results: number[] = [];
    for (let start = 0; start < values.length; start += CAPACITY) {
      const part = values.slice(start, start + CAPACITY);
      view.set(part);
      instance.exports.main!();
      results.push(...view.subarray(0, part.length));
    }
    return results;
  };
}

/** Every precision with and without fused multiply-add. */
export const allLanes: readonly { readonly lanes: Lanes; readonly label: string }[] = (["f32", "f64"] as const).flatMap(
  (precision) =>
    (isRelaxed ? [false, true] : [false]).map((relaxed) => ({
      lanes: lanesOf(precision, { relaxed, wide: "none" }),
      label: `${precision}${relaxed ? " fused" : ""}`,
    })),
);
