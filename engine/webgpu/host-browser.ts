/** The browser side of what the WebGPU backend needs from its host. */
import { UsageError } from "../errors.js";

/** `navigator.gpu`, where the browser has it. */
export async function openGpu(): Promise<GPU> {
  const { navigator } = globalThis as unknown as { navigator: { gpu?: GPU } };
  if (navigator.gpu === undefined) {
    throw new UsageError("webgpu backend", {
      expected: "a browser with WebGPU, on a page from https or localhost",
      got: "none: navigator.gpu is undefined",
    });
  }
  return navigator.gpu;
}
