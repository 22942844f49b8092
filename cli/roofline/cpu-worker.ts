/** One thread of the roofline of a processor: it measures what a message names for a given time and returns the best rate. */
import { parentPort, workerData } from "node:worker_threads";
import { lanesOf, type Precision } from "../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../engine/cpu/assembly/simd.js";
import { allowWide } from "../../engine/cpu/wide.js";
import { wantsWide } from "../command/wide.js";
import { copyLoop, multiplyAddLoop, type RateSampler } from "./webassembly.js";

export type RooflineName = "arithmetic" | "cache";

export interface RooflineOrder {
  readonly name: RooflineName;
  readonly milliseconds: number;
}

/** With their copy, half of the smallest second-level cache there is. */
const CACHE_BYTES = 2 ** 16;

const relaxed = await hasRelaxedSimd();
const lanes = lanesOf(workerData as Precision, { relaxed, wide: wantsWide() ? await allowWide(relaxed) : "none" });
const samplers: { readonly [N in RooflineName]: RateSampler } = {
  arithmetic: await multiplyAddLoop(lanes),
  cache: await copyLoop(lanes, CACHE_BYTES),
};
parentPort?.on("message", ({ name, milliseconds }: RooflineOrder) => {
  const end = performance.now() + milliseconds;
  let best = 0;
  while (performance.now() < end) best = Math.max(best, samplers[name]());
  parentPort?.postMessage(best);
});
parentPort?.postMessage("ready");
