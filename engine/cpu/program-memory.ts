/** The memory of a program, from what it holds at first. */
import { type WasmMemory, wasm } from "./webassembly.js";

export interface MemoryImage {
  readonly pages: number;
  readonly contents: readonly { readonly address: number; readonly values: Int32Array }[];
}

export function memoryOf({ pages, contents }: MemoryImage, shared: boolean): WasmMemory {
  const memory = new wasm.Memory({ initial: pages, maximum: pages, shared });
  for (const { address, values } of contents) new Int32Array(memory.buffer, address).set(values);
  return memory;
}
