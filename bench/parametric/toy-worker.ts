/** A thread that fits toys of the bench `parametric` on a backend in the thread itself: as many of its toys as it is posted. */
import { parentPort, workerData } from "node:worker_threads";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { toyFitter } from "./ours.js";

export interface ToyWork {
  readonly toys: readonly Float64Array[];
  readonly wide: boolean;
}

const { toys, wide } = workerData as ToyWork;
const backend = await cpuBackend({ precision: "f64", threads: 0, wide });
const fitter = await toyFitter(backend, toys[0]!);
parentPort?.on("message", async (count: number) => {
  for (const toy of toys.slice(0, count)) await fitter.fit(toy);
  parentPort?.postMessage(count);
});
