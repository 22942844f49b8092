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

const PAIRED = YAML.replace(
  "{ file: up.npz, at: { scale: 1 } }",
  `{ at: { scale: 1 }, columns: { x: x_up } }, { file: paired.npz, at: { scale: -1 }, weightFactor: f }`,
).replaceAll("{ file: nominal.npz }", "{ file: paired.npz, weight: w }");

/** Numbers of the events, 0.1 more in the variation; weights 1 and 2 in turn, and factors. */
async function openPaired(text: string) {
  const file = join(folder, "paired.yaml");
  writeFileSync(file, text);
  const column = (value: (i: number) => number) => ({
    shape: [100, 1],
    data: Float64Array.from({ length: 100 }, (_, i) => value(i)),
  });
  await writeNpz(join(folder, "paired.npz"), {
    x: column((i) => i),
    x_up: column((i) => i + 0.25),
    w: column((i) => 1 + (i % 2)),
    f: column((i) => (i < 50 ? 0.5 : 3)),
  });
  return openSimulation(loadAnalysis(file));
}

test("variations of the same events lie in the part of their nominal ones, with their weights", async () => {
  const simulation = await openPaired(PAIRED);
  assert.equal(
    simulation.anchors.map(({ at }) => at[0]),
    [0, 1, -1],
  );
  const parts = [
    await simulation.training("x", simulation.anchors, 0, 1),
    (await simulation.validation(simulation.anchors))!,
    await simulation.test(simulation.anchors),
  ];
  for (const [nominal, up, down] of parts) {
    assert.is(nominal!.nominal, undefined);
    assert.equal([up!.nominal, down!.nominal], [nominal, nominal]);
    const events = Array.from(nominal!.x);
    assert.equal(
      Array.from(up!.x),
      events.map((i) => i + 0.25),
    );
    assert.equal(down!.x, nominal!.x);
    assert.equal(up!.weights, nominal!.weights);
    assert.equal(
      Array.from(down!.weights!),
      events.map((i) => (1 + (i % 2)) * (i < 50 ? 0.5 : 3)),
    );
  }
});

test("a nuisance of which the same events show an effect however weak is not left out; its yield follows its weights", async () => {
  const simulation = await openPaired(PAIRED);
  const { effects, verdicts } = await simulation.checks();
  // Shifted up, and with weights of another kind below: what both do to x goes the same way, but 100 events are too few to say so.
  assert.equal(verdicts, []);
  assert.ok(effects[0]!.pValue < 1e-9, `${effects[0]!.pValue}`);
  const [row] = simulation.acceptance.rows;
  assert.equal([row!.up!.ratio, row!.up!.error, row!.down!.ratio], [1, 0, 1.75]);
});

test("the digest of a variation follows from its own numbers and those it is a variation of", async () => {
  const digestOf = async (text: string) => {
    const { digest, anchors } = await openPaired(text);
    return digest([anchors[1]!], "x");
  };
  const digest = await digestOf(PAIRED);
  assert.not.equal(await digestOf(PAIRED.replace("x_up", "f")), digest);
  assert.is(await digestOf(PAIRED.replace("weightFactor: f", "weight: f")), digest);
  // The same shifted events, as a sample of its own.
  const alone = PAIRED.replace(
    "{ at: { scale: 1 }, columns",
    "{ file: other.npz, weight: w, at: { scale: 1 }, columns",
  );
  const names = ["x_up", "w"].map((name) => [name, { shape: [100, 1], data: new Float64Array(100).fill(1) }] as const);
  await writeNpz(join(folder, "other.npz"), new Map(names));
  const other = await digestOf(alone);
  assert.is(JSON.parse(other).digests[0].length, 2);
  assert.is(JSON.parse(digest).digests[0].length, 3);
});

test("a column that the file lacks is named, with those it has", async () => {
  let message = "";
  await openPaired(PAIRED.replace("x_up", "x_upp")).catch((error) => {
    message = error.message;
  });
  assert.match(message, /paired\.npz: expected a column "x_upp", got .*x_up/);
});

test.run();
