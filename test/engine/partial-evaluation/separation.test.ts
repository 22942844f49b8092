/** What is separated stays what it is, in programs with sums over events too. */
import fc from "fast-check";
import { test } from "uvu";
import { separate } from "../../../engine/partial-evaluation/separation.js";
import { schedule } from "../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { close, tolerances } from "../../support/close.js";
import { genomes, programOf, type RandomProgram } from "../random-programs.js";

const EVENTS = 9;
const RUNS = Number(process.env.RANDOM_PROGRAMS ?? 100);
const LEAVES = ["p0", "p1", "p2", "p3", "x1", "x2", "x3"];

async function evaluated(outputs: Readonly<Record<string, Var>>, { columns, parameters }: RandomProgram) {
  const program = await referenceBackend().compile({ outputs });
  await program.bind(columns(EVENTS));
  await program.write(parameters);
  return program.run();
}

test(`${RUNS} random programs keep their values, whichever parameters and columns are dynamic`, async () => {
  await fc.assert(
    fc.asyncProperty(genomes, fc.nat({ max: 2 ** LEAVES.length - 1 }), async (genome, which) => {
      const random = programOf(genome);
      const dynamic = new Set(LEAVES.filter((_, i) => (which >> i) % 2 === 1));
      const roots = Object.values(random.outputs);
      const used = new Set(schedule(roots).nodes);
      const leaves = ({ operation }: Var) => operation.name === "column" || operation.name === "parameter";
      const nodes = roots[0]!.tape.nodes.filter((node) => used.has(node) || leaves(node));
      const image = separate(nodes, new Tape(), (label) => dynamic.has(label));
      const outputs = Object.fromEntries(Object.entries(random.outputs).map(([name, node]) => [name, image(node)]));
      const wanted = await evaluated(random.outputs, random);
      const got = await evaluated(outputs, random);
      for (const [name, numbers] of Object.entries(wanted)) close(got[name]!, numbers, tolerances.f64, name);
    }),
    { numRuns: RUNS, seed: 20261129 },
  );
});

test.run();
