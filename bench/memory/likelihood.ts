/**
 * Peak resident bytes of a process that asks a likelihood of the toy for values, gradients, Hessians and scores, as a fit and `hessian` do.
 *
 * @param argv  number of events, precision of the backend, MiB that may be kept
 */
import { cpuBackend } from "../../engine/cpu/backend.js";
import { sharedColumn } from "../../engine/runtime/shared-column.js";
import { likelihood } from "../../inference/model/likelihood/likelihood.js";
import { toy } from "../workloads/toy.js";

const [count, precision, cache] = process.argv.slice(2) as [string, "f32" | "f64", string];
const events = Number(count);
// As the command line reads them; the values do not matter here.
const column = (start: number) =>
  sharedColumn(Float32Array.from({ length: 2 * events }, (_, i) => 2 * Math.sin(start + i)));
const data = { count: events, x: column(0), y: column(1) };
const backend = await cpuBackend({ precision });
const of = await likelihood({
  backend,
  model: toy(),
  data,
  form: "joint",
  extended: true,
  cacheBytes: Number(cache) * 2 ** 20,
});
const at = Float64Array.of(0.1, -0.2);
for (const order of [0, 1, 2] as const) await of.evaluate(at, order);
await of.outerProduct(at);
await backend.close();
process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
