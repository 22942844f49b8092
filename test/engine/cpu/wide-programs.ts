/**
 * `wide-programs.js PRECISION WIDE COUNT SEED`: prints how many random programs were compared, and fails at the first whose kernels
 * for 256 bits give other bits than the plain ones. A process of its own, because the switch holds for all of it, and flags of
 * V8 must make it optimise at once: else it would do so only after more calls than a program gets.
 */
import fc from "fast-check";
import { host } from "#cpu-host";
import type { Precision, Wide } from "../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../engine/cpu/assembly/simd.js";
import { compileProgram } from "../../../engine/cpu/compile.js";
import { control, Execution, Team } from "../../../engine/cpu/execution.js";
import { memoryOf } from "../../../engine/cpu/program-memory.js";
import { sizeOf } from "../../../engine/tape/tape.js";
import { genomes, programOf, type RandomProgram } from "../random-programs.js";

const [precision, wide, count, seed] = process.argv.slice(2) as [Precision, Wide, string, string];
const relaxed = await hasRelaxedSimd();
const EVENTS = [1, 3, 67, 130];

/** On this thread, with no worker. */
async function run({ outputs, columns, parameters }: RandomProgram, form: Wide, events: number) {
  host.allowWide(form !== "none");
  const simd = { relaxed, wide: form };
  const compiled = await compileProgram({ outputs }, { precision, threads: 1, simd, isSharing: true });
  const team = new Team(0, 1, new Int32Array(new SharedArrayBuffer(4 * control.length)));
  const execution = new Execution({ ...compiled, memory: memoryOf(compiled.memory, true) }, team);
  execution.bind(columns(events));
  execution.write(parameters);
  const ofEvents = Object.values(outputs).filter((node) => node.events !== undefined);
  const filled = new Map(ofEvents.map((node) => [node.id, new Float64Array(sizeOf(node.shape) * events)]));
  const targets = [...filled].map(([node, column]) => ({ node, column }));
  execution.evaluate(() => ({ start: 0, length: events, index: undefined }), targets);
  const free = execution.values();
  return Object.entries(outputs).map(([name, node]) => [name, filled.get(node.id) ?? free[name]!] as const);
}

// Compiling does not hold the process.
const hold = setInterval(() => {}, 1000);
let compared = 0;
await fc.assert(
  fc.asyncProperty(genomes, async (genome) => {
    const program = programOf(genome);
    const events = EVENTS[compared++ % EVENTS.length] as number;
    // The wide one first: V8 keeps the code of a module for the next of the same bytes.
    const fast = await run(program, wide, events);
    const plain = new Map(await run(program, "none", events));
    for (const [name, values] of fast) {
      values.forEach((value, i) => {
        const expected = plain.get(name)?.[i];
        if (!Object.is(value, expected))
          throw new Error(`${name}[${i}] of ${events} events: ${value}, not ${expected}`);
      });
    }
  }),
  { numRuns: Number(count), seed: Number(seed), endOnFailure: true },
);
clearInterval(hold);
console.log(`${compared} programs`);
