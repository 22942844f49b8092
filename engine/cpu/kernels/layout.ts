import type { FusedKernel, Item } from "../../passes/lowering.js";
import type { Var } from "../../tape/tape.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import type { ScalarFunction } from "../functions/scalar-functions.js";

/** Where things lie in memory. Event buffers are relative to the base of a thread, everything else is absolute. */
export interface Layout {
  readonly lanes: Lanes;
  /** Bytes from one row of a tile to the next. */
  readonly rowBytes: number;
  /** Kernels go through the events that there are, rounded up to whole steps; else through whole rows, whatever lies there. */
  readonly isRagged: boolean;
  buffer(item: Item): number;
  /** A row of zeros, relative like a buffer. */
  readonly zeroRow: number;
  /** Bytes free for what a kernel keeps between rounds or adds, relative like a buffer. */
  readonly kept: number;
  /** Where an event sum lies in an accumulator. */
  sum(node: Var): number;
  parameter(node: Var): number;
  readonly zeroParameter: number;
  /** Address of a constant table of i32. */
  table(values: Int32Array): number;
  /** Writes the function's instructions: argument in the local, result on the stack. */
  scalar(f: FunctionBuilder, name: ScalarFunction, x: Local): void;
}

export const VECTOR_BYTES = 16;

/** Bytes a kernel needs for values kept between rounds, behind those that it adds in. */
export function keptBytes(kernel: FusedKernel, lanes: Lanes): number {
  return kernel.items.length * (kernel.inner?.size ?? 1) * lanes.fusedVectors * VECTOR_BYTES;
}
