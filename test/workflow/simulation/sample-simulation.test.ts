/** Events of the user's files: what trains, what chooses the epoch and what judges have none in common. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../io/index.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { openSimulation } from "../../../workflow/simulation/open-simulation.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-simulation-"));
test.after(() => rmSync(folder, { recursive: true }));

const YAML = `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes:
  only: { yield: 10, samples: [{ file: nominal.npz }, { file: up.npz, at: { scale: 1 } }] }
nuisances: { scale: }
simulation: { heldOut: 0.3 }
data: { file: nominal.npz }
`;

test("three parts of every sample, with no event in common and none left out", async () => {
  const file = join(folder, "analysis.yaml");
  writeFileSync(file, YAML);
  const numbered = (from: number) => ({
    shape: [100, 1],
    data: Float64Array.from({ length: 100 }, (_, i) => from + i),
  });
  await writeNpz(join(folder, "nominal.npz"), { x: numbered(0) });
  await writeNpz(join(folder, "up.npz"), { x: numbered(1000) });
  const simulation = await openSimulation(loadAnalysis(file));
  assert.equal(simulation.anchors, [
    { process: 0, at: [0] },
    { process: 0, at: [1] },
  ]);
  const parts = [
    await simulation.training("x", simulation.anchors, 0, 1),
    (await simulation.validation(simulation.anchors))!,
    await simulation.test(simulation.anchors),
  ];
  assert.equal(
    parts.map((samples) => samples.map(({ count }) => count)),
    [
      [70, 70],
      [15, 15],
      [15, 15],
    ],
  );
  const all = parts.flatMap((samples) => samples.flatMap(({ x }) => Array.from(x)));
  assert.equal(
    all.sort((a, b) => a - b),
    [...numbered(0).data, ...numbered(1000).data],
  );
});

test.run();
