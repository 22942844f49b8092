/** What benches of the likelihood at many ν have in common: a machine, one thread of the cpu backend, models with their data. */
import { wantsWide } from "../../cli/command/wide.js";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { published } from "../workloads/published.js";
import { responseOf, toy } from "../workloads/toy.js";
import { machine, printMachine } from "./machine.js";

/**
 * Prints the machine and which weights the published model has; what the toy is: examples/doi-toy/analysis.yaml with random weights.
 *
 * @returns `dataOf` gives events of the published model, which the others take too
 */
export async function likelihoodModels() {
  const where = machine();
  printMachine(where);
  const backend = await cpuBackend({ threads: 1, wide: wantsWide() });
  const { isReal, model, data: dataOf } = await published();
  const weights = isReal ? "published" : "random";
  console.log(`published model: ${weights} weights`);
  const small = toy();
  const models = {
    "published, T fixed": model,
    "published, T profiled": { ...model, response: responseOf(3, [256, 256], 0.3) },
    "toy, T fixed": small,
    "toy, T profiled": { ...small, response: responseOf(2, [32, 32], 0.3) },
  };
  return { where, backend, weights, models, dataOf };
}
