/** Ours, as one contestant among the rivals: `ours.js FOLDER BACKEND THREADS`. */
import { wantsWide } from "../../cli/command/wide.js";
import { peakOf } from "../../cli/roofline/peak.js";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { webgpuBackend } from "../../engine/webgpu/backend.js";
import { casesOf, fileOf, prepare, suiteNames } from "./cases.js";
import { serve } from "./protocol.js";

const [name, count] = process.argv.slice(3);
const threads = Number(count);
const backend = name === "webgpu" ? await webgpuBackend() : await cpuBackend({ threads, wide: wantsWide() });
const cases = suiteNames.flatMap(casesOf);
await serve(
  (wanted) => {
    const own = cases.find((one) => fileOf(one) === wanted.case && one.task === wanted.task);
    if (own === undefined) throw new Error(`no case ${wanted.case} ${wanted.task}`);
    return prepare(backend, own);
  },
  async () => (await peakOf(backend, threads)).gigaflopsPerSecond,
);
await backend.close();
