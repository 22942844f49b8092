/** Prints the kernels of a pass as WGSL. */

import type { FinishedKernel } from "../../passes/epilogues.js";
import { launchesOf } from "../../passes/launches.js";
import type { LoweredPass } from "../../passes/lowering.js";
import { PassMemory, type ProgramMemory } from "../memory.js";
import { printFused } from "./print-fused.js";
import { printLinear } from "./print-linear.js";
import { SumPrinter } from "./print-sums.js";
import type { PrintedKernel } from "./printed-kernel.js";

export interface PrintedPass {
  /** For each kernel and for event sums that are due together, in order, what is dispatched. */
  readonly launches: readonly (readonly PrintedKernel[])[];
  readonly memory: PassMemory;
  readonly sums: SumPrinter;
}

/** Scalar operations of functions such as exp weigh more, but a fused kernel has few of them. */
const WORK_PER_ITEM = 4;

function printKernel(kernel: FinishedKernel, title: string, memory: PassMemory): PrintedKernel {
  if (kernel.kind !== "fused") return { title, ...printLinear(kernel, memory) };
  const { rows, items, inner } = kernel;
  return {
    title,
    code: printFused(kernel, title, memory),
    constants: {},
    arguments: {},
    along: "events",
    groups: rows,
    batches: 1,
    work: WORK_PER_ITEM * rows * items.length * (inner?.size ?? 1),
  };
}

export function printPass(pass: LoweredPass<FinishedKernel>, program: ProgramMemory): PrintedPass {
  const launches = launchesOf(pass);
  const memory = new PassMemory(program, pass, launches);
  const sums = new SumPrinter(pass.sums, pass.set, memory);
  let at = 0;
  const printed = launches.map((launch) => {
    if (launch.kind === "sums") return sums.print(launch.sums);
    return [printKernel(launch.kernel, `Kernel ${at++} of the pass over "${pass.set}"`, memory)];
  });
  return { launches: printed, memory, sums };
}
