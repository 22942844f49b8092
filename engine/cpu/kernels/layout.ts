import type { FusedKernel, Item } from "../../passes/lowering.js";
import type { Var } from "../../tape/tape.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import type { ScalarFunction } from "../functions/scalar-functions.js";

/** Where things lie in memory. Event buffers are relative to the base of a thread, everything else is absolute. */
export interface Layout {
  readonly lanes: Lanes;
  /** Bytes of one row of a tile: events per tile times bytes per number. */
  readonly rowBytes: number;
  buffer(item: Item): number;
  /** A row of zeros, relative like a buffer. */
  readonly zeroRow: number;
  /** Bytes free for values kept between rounds, relative like a buffer. */
  readonly kept: number;
  parameter(node: Var): number;
  readonly zeroParameter: number;
  /** Address of a constant table of i32. */
  table(values: Int32Array): number;
  /** Writes the function's instructions: argument in the local, result on the stack. */
  scalar(f: FunctionBuilder, name: ScalarFunction, x: Local): void;
}

export const VECTOR_BYTES = 16;

/** Bytes a kernel needs for values kept between rounds. */
export function keptBytes(kernel: FusedKernel, lanes: Lanes): number {
  return kernel.items.length * (kernel.inner?.size ?? 1) * lanes.fusedVectors * VECTOR_BYTES;
}
