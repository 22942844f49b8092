/** The Node side of what the WebGPU backend needs from its host: an entry to the graphics driver, through Dawn. */
import { UsageError } from "../errors.js";

/** Dawn crashes at exit if this object is collected before its devices, so it stays for the life of the process. */
let entry: GPU | undefined;

/** `navigator.gpu` of this host. */
export async function openGpu(): Promise<GPU> {
  if (entry !== undefined) return entry;
  let dawn: typeof import("webgpu");
  try {
    dawn = await import("webgpu");
  } catch (error) {
    throw new UsageError("webgpu backend", {
      expected: "the package `webgpu`, which brings WebGPU to Node",
      got: (error as Error).message,
      hint: "Install it: npm install webgpu",
    });
  }
  // Times of kernels need the clock of the GPU as fine as it is. Coarse clocks protect pages from one another.
  entry = dawn.create(["disable-dawn-features=timestamp_quantization"]);
  return entry;
}
