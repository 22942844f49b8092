import { type FunctionBuilder, ModuleBuilder, type ValueType } from "../../../../engine/cpu/assembly/assembler.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";

export const PAGE = 65536;

/** Compiles one exported function over a fresh memory of one page. */
export function compileOne(
  params: readonly ValueType[],
  results: readonly ValueType[],
  body: (f: FunctionBuilder) => void,
): { readonly call: (...values: number[]) => number; readonly code: Uint8Array; readonly memory: ArrayBuffer } {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1 });
  body(module.exportedFunction("main", params, results));
  const memory = new wasm.Memory({ initial: 1 });
  const code = module.build();
  const instance = new wasm.Instance(new wasm.Module(code), { env: { memory } });
  return { call: instance.exports.main!, code, memory: memory.buffer as ArrayBuffer };
}
