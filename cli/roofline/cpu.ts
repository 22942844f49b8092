/** What a processor gives at best to so many threads, measured in a fraction of a second. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Precision } from "../../engine/cpu/assembly/lanes.js";
import type { RooflineName, RooflineOrder } from "./cpu-worker.js";

/** For each peak of the roofline: enough for the best of many samples, of which others on the machine disturb some. */
const MILLISECONDS = 100;

/** Of all threads together, in billions per second. */
export interface CpuPeak {
  /** Floating-point operations of a loop of nothing but multiply-adds, which count as two. */
  readonly arithmetic: number;
  /** Bytes read and written by a copy within the second-level cache of a core. */
  readonly cache: number;
}

export async function cpuPeak(precision: Precision, threads: number): Promise<CpuPeak> {
  const url = new URL("./cpu-worker.js", import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(url, { workerData: precision }));
  try {
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const best = async (name: RooflineName) => {
      const speeds = await Promise.all(
        workers.map(async (worker) => {
          const order: RooflineOrder = { name, milliseconds: MILLISECONDS };
          worker.postMessage(order);
          return ((await once(worker, "message")) as [number])[0];
        }),
      );
      return speeds.reduce((sum, speed) => sum + speed, 0);
    };
    return { arithmetic: await best("arithmetic"), cache: await best("cache") };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
