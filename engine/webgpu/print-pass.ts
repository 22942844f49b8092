/** Prints the kernels of a pass as WGSL. */
import { shaderSource } from "../../shaders/include.js";
import type { LoweredPass } from "../lowering.js";
import { DeviceMemory } from "./memory.js";
import { printFused } from "./print-fused.js";
import { printLinear } from "./print-linear.js";

export interface PrintedKernel {
  readonly title: string;
  /** WGSL save `#include`, which `resolveIncludes` resolves. */
  readonly code: string;
  /** Values of the code's `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
  /** Invocations along y; along x there is one per event. */
  readonly groups: number;
}

export interface PrintedPass {
  readonly kernels: readonly PrintedKernel[];
  readonly memory: DeviceMemory;
}

/** Event sums and weight gradients are no kernels of this form and are left out. */
export function printPass(pass: LoweredPass): PrintedPass {
  const memory = new DeviceMemory(pass);
  const kernels = pass.kernels.map((kernel, at): PrintedKernel => {
    const title = `Kernel ${at} of the pass over "${pass.set}"`;
    if (kernel.kind === "linear") return { title, code: shaderSource("linear.wgsl"), ...printLinear(kernel, memory) };
    return { title, code: printFused(kernel, title, memory), constants: {}, groups: kernel.rows };
  });
  return { kernels, memory };
}
