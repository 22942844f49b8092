/** One thread of the multiply-add loop: runs as many samples as a message says, then answers. */
import { parentPort } from "node:worker_threads";
import { multiplyAddLoop } from "../../cli/roofline/webassembly.js";
import { lanesOf } from "../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../engine/cpu/assembly/simd.js";

const sample = await multiplyAddLoop(lanesOf("f32", { relaxed: await hasRelaxedSimd(), wide: "none" }));
parentPort?.on("message", (samples: number) => {
  for (let i = 0; i < samples; i++) sample();
  parentPort?.postMessage("done");
});
parentPort?.postMessage("ready");
