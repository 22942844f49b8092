/** The memory of a program, from what it holds at first. */
import { MemoryError } from "../errors.js";
import { type WasmMemory, wasm } from "./assembly/webassembly.js";

export interface MemoryImage {
  readonly pages: number;
  readonly contents: readonly { readonly address: number; readonly values: Int32Array }[];
}

/** 4 GiB, which is as far as addresses go. */
export const MOST_PAGES = 65536;
/** Bytes. */
export const PAGE = 65536;

const mebibytes = (pages: number) => `${Math.ceil((pages * PAGE) / 2 ** 20)} MiB`;

/** V8 reserves that much of the address space for each memory, however small, unless a flag forbids it. */
const WAY_OUT =
  "Node reserves 10 GiB of address space for every program: set NODE_OPTIONS=--disable-wasm-trap-handler, which reserves what is " +
  "needed, or raise the limit (`ulimit -v`); else take fewer threads";

export function memoryOf({ pages, contents }: MemoryImage, shared: boolean): WasmMemory {
  if (pages > MOST_PAGES) {
    throw new MemoryError("cpu backend", {
      expected: `a program that needs at most ${mebibytes(MOST_PAGES)} of memory`,
      got: `one that needs ${mebibytes(pages)}`,
      hint: "Every thread needs its part: take fewer threads, or compile fewer outputs at once",
    });
  }
  const memory = reserve(pages, shared);
  for (const { address, values } of contents) new Int32Array(memory.buffer, address).set(values);
  return memory;
}

function reserve(pages: number, shared: boolean): WasmMemory {
  try {
    return new wasm.Memory({ initial: pages, maximum: pages, shared });
  } catch (error) {
    throw new MemoryError("cpu backend", {
      expected: `${mebibytes(pages)} of memory for a program`,
      got: `a refusal (${(error as Error).message})`,
      hint: WAY_OUT,
    });
  }
}
