/** Prints the kernels of a pass as WGSL. */
import { shaderSource } from "../../shaders/include.js";
import { actionsOf } from "../actions.js";
import type { Kernel, LoweredPass } from "../lowering.js";
import { PassMemory, type ProgramMemory } from "./memory.js";
import { printFused } from "./print-fused.js";
import { printLinear } from "./print-linear.js";
import { SumPrinter } from "./print-sums.js";

/** What a dispatch counts along x: events of the chunk, its groups, or rows of what is computed once. */
export type Along = "events" | "sumGroups" | "weightGroups" | "once";

export interface PrintedKernel {
  readonly title: string;
  /** WGSL save `#include`, which `resolveIncludes` resolves. */
  readonly code: string;
  /** Values of the code's `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
  readonly along: Along;
  /** Workgroups along y; of what is computed once, rows along x. */
  readonly groups: number;
  /** Workgroups along z. */
  readonly batches: number;
  /** Arithmetic per event, roughly. */
  readonly work: number;
}

export interface PrintedPass {
  /** Kernels and event sums, in order. */
  readonly kernels: readonly PrintedKernel[];
  readonly memory: PassMemory;
  readonly sums: SumPrinter;
}

/** Scalar operations of functions such as exp weigh more, but a fused kernel has few of them. */
const WORK_PER_ITEM = 4;

function printKernel(kernel: Kernel, title: string, memory: PassMemory): PrintedKernel {
  const common = { title, along: "events", batches: 1 } as const;
  if (kernel.kind === "linear") {
    const [rows, columns] =
      kernel.item.operands[1]?.from === "parameter" ? kernel.item.operands[1].node.shape.slice(-2) : [];
    return {
      ...common,
      code: shaderSource("linear.wgsl"),
      ...printLinear(kernel, memory),
      work: 2 * Math.max(rows ?? 1, columns ?? 1) * kernel.item.size,
    };
  }
  const { rows, items, inner } = kernel;
  const work = WORK_PER_ITEM * rows * items.length * (inner?.size ?? 1);
  return { ...common, code: printFused(kernel, title, memory), constants: {}, groups: rows, work };
}

export function printPass(pass: LoweredPass, program: ProgramMemory): PrintedPass {
  const actions = actionsOf(pass);
  const memory = new PassMemory(program, pass, actions);
  const sums = new SumPrinter(pass.sums, pass.set, memory);
  let at = 0;
  const kernels = actions.flatMap((action) => {
    if (action.kind === "sums") return sums.print(action.sums);
    return [printKernel(action.kernel, `Kernel ${at++} of the pass over "${pass.set}"`, memory)];
  });
  return { kernels, memory, sums };
}
