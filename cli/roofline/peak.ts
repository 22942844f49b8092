/** What the machine under a backend gives at best. */
import type { Backend } from "../../engine/runtime/backend.js";
import { Device } from "../../engine/webgpu/device/device.js";
import { cpuPeak } from "./cpu.js";
import { peakArithmetic, peakBandwidth } from "./gpu.js";
import { watched } from "./gpu-clock.js";

export interface Peak {
  /** What did the work. */
  readonly device: string;
  /** Of a loop of nothing but multiply-adds, which count as two. */
  readonly gigaflopsPerSecond: number;
  /** Read and written by a copy where kernels keep their numbers: in the second-level cache, or in the memory of a GPU. */
  readonly gigabytesPerSecond: number;
}

/** Of a GPU: the user waits for it. */
const SPENT = { goal: 20, seconds: 0.1 };

/** @param threads  of the backend */
export async function peakOf({ name, precision }: Backend, threads: number): Promise<Peak> {
  if (name !== "webgpu") {
    const { arithmetic, cache } = await cpuPeak(precision, threads);
    return {
      device: threads === 1 ? "one thread" : `${threads} threads`,
      gigaflopsPerSecond: arithmetic,
      gigabytesPerSecond: cache,
    };
  }
  const { opened: device, gpu, clock } = await watched(() => Device.open());
  const bench = { gpu, clock, isSoftware: device.isSoftware };
  try {
    return {
      device: device.description,
      gigaflopsPerSecond: (await peakArithmetic(bench, SPENT)) / 1e9,
      gigabytesPerSecond: (await peakBandwidth(bench, SPENT)) / 1e9,
    };
  } finally {
    device.close();
  }
}
