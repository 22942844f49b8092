/** `compile`: from nothing to a compiled program of R1, tracing and lowering included. */
import { Bench } from "tinybench";
import { wantsWide } from "../cli/command/wide.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { workload, workloadNames } from "./workloads/r1.js";

const where = machine();
printMachine(where);
const backend = await cpuBackend({ threads: 1, wide: wantsWide() });
const bench = new Bench({ iterations: 8, time: 0, warmupIterations: 2, warmupTime: 0 });
for (const name of workloadNames) {
  bench.add(name, async () => {
    const program = await backend.compile(workload(name, 4096, 4).request);
    await program.close();
  });
}
await bench.run();
await backend.close();
const results = bench.tasks.map(({ name, result }) => {
  if (result.state !== "completed") throw new Error(`${name}: ${result.state}`);
  const { p50, min, max } = result.latency;
  console.log(`${name}: ${p50.toFixed(0)} ms (${min.toFixed(0)}-${max.toFixed(0)})`);
  return { name, milliseconds: Number(p50.toFixed(1)), least: Number(min.toFixed(1)), most: Number(max.toFixed(1)) };
});
writeResult("compile", where, { results });
