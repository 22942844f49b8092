/** Samples with conditions, derived columns and yields of their weights. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../io/index.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { loadEvents } from "../../../workflow/events/event-data.js";
import { openSimulation } from "../../../workflow/simulation/open-simulation.js";
import { allEvents } from "../../../workflow/simulation/simulation.js";
import { rejects } from "../../support/rejects.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-derived-samples-"));
test.before(async () => {
  const column = (value: (i: number) => number) => ({
    shape: [100],
    data: Float64Array.from({ length: 100 }, (_, i) => value(i)),
  });
  await writeNpz(join(folder, "all.npz"), {
    pt: column((i) => i),
    class: column((i) => i % 2),
    w: column((i) => (i % 10 === 0 ? -1 : 2)),
  });
});
test.after(() => rmSync(folder, { recursive: true }));

/** Two processes of one file, by a condition, and a scale of pt as an expression. */
const yaml = (yieldOfA: string, ...more: readonly string[]) => `
observables:
  x: { features: 1, columns: [root] }
  columns: { root: sqrt(pt) }
  where: pt >= 20
likelihood: { observables: [x] }
processes:
  a: { yield: ${yieldOfA}, samples: [{ file: all.npz, weight: 0.5 * w, where: class == 0 }, { at: { scale: 1 }, columns: { pt: 1.1 * pt } }] }
  b: { yield: 7, samples: [{ file: all.npz, where: class == 1 }, { at: { scale: 1 }, weightFactor: 1 + pt / 100 }] }
nuisances: { scale: }
simulation: { heldOut: 0.3 }
data: { file: all.npz, where: pt < 90, columns: { pt: pt + 1 } }
${more.join("\n")}`;

async function open(text: string) {
  const file = join(folder, "analysis.yaml");
  writeFileSync(file, text);
  const analysis = loadAnalysis(file);
  return { analysis, simulation: await openSimulation(analysis) };
}

/** Of class 0 from 20 on. */
const EVEN = Array.from({ length: 40 }, (_, i) => 20 + 2 * i);
const sum = (numbers: readonly number[]) => numbers.reduce((total, own) => total + own, 0);
const weight = (i: number) => (i % 10 === 0 ? -0.5 : 1);

test("conditions of all files and of a sample; variations are made of varied columns, and are events of their own where these are cut on", async () => {
  const { simulation } = await open(yaml("weights"));
  const [nominal, up, other, weighted] = await Promise.all(
    simulation.anchors.map(async (anchor) => (await allEvents(simulation, [anchor]))[0]!),
  );
  const [all] = [await allEvents(simulation, simulation.anchors)];
  assert.is(all.length, 12);
  const valuesOf = async (k: number) => {
    const events = await allEvents(simulation, [simulation.anchors[k]!]);
    return events.flatMap(({ x }) => Array.from(x)).sort((a, b) => a - b);
  };
  assert.equal(await valuesOf(0), EVEN.map(Math.sqrt));
  // 1.1 * 18 is below 20, 1.1 * 19 is of the other class.
  assert.equal(
    await valuesOf(1),
    EVEN.map((pt) => Math.sqrt(1.1 * pt)),
  );
  assert.equal(
    await valuesOf(2),
    EVEN.map((pt) => Math.sqrt(pt + 1)),
  );
  assert.equal([nominal!.nominal, other!.nominal], [undefined, undefined]);
  assert.ok(up!.nominal !== undefined && weighted!.nominal !== undefined);
  for (const part of await allEvents(simulation, [simulation.anchors[3]!])) {
    assert.equal(
      Array.from(part.weights!),
      Array.from(part.x, (root) => 1 + Math.round(root ** 2) / 100),
    );
  }
  const harder = await open(yaml("weights").replace("1.1 * pt", "2 * pt"));
  const moved = await allEvents(harder.simulation, [harder.simulation.anchors[1]!]);
  assert.equal(
    moved.map(({ nominal: of }) => of),
    [undefined, undefined, undefined],
  );
  assert.is(sum(moved.map(({ count }) => count)), 45);
});

test("yields are sums of weights after the conditions, negative ones too, or cross section times luminosity over what was generated", async () => {
  const selected = sum(EVEN.map(weight));
  const generated = sum(Array.from({ length: 100 }, (_, i) => weight(i)));
  assert.is((await open(yaml("weights"))).simulation.yields[0], selected);
  assert.equal((await open(yaml("12"))).simulation.yields, [12, 7]);
  const given = (of: string) => yaml(`{ crossSection: 1.5, luminosity: 1000, generated: ${of} }`);
  assert.is((await open(given("weights"))).simulation.yields[0], 1500 * (selected / generated));
  assert.is((await open(given("5000"))).simulation.yields[0], 1500 * (selected / 5000));
  await rejects(open(yaml("weights").replace("0.5 * w", "w - 1.8")), /(yield|positive)/);
});

test("cut flows have events and sums of weights after each condition, those of values included", async () => {
  const { analysis, simulation } = await open(
    yaml("weights", "")
      .replace("data: {", "data: { without: [{ feature: root, values: [5] }],")
      .replace("pt >= 20", "pt >= 20 && class <= 1"),
  );
  const [ofA, ofB] = simulation.cutFlows;
  const from20 = Array.from({ length: 80 }, (_, i) => 20 + i);
  assert.equal(ofA!.rows, [
    { after: "read", events: 100, sumOfWeights: 85 },
    { after: "pt >= 20", events: 80, sumOfWeights: sum(from20.map(weight)) },
    { after: "class <= 1", events: 80, sumOfWeights: sum(from20.map(weight)) },
    { after: "class == 0", events: 40, sumOfWeights: sum(EVEN.map(weight)) },
  ]);
  assert.equal(
    ofB!.rows.map(({ after, events }) => [after, events]),
    [
      ["read", 100],
      ["pt >= 20", 80],
      ["class <= 1", 80],
      ["class == 1", 40],
      ["without root = 5", 39],
    ],
  );
  assert.is(simulation.kept[1], 39 / 40);
  assert.match(
    simulation.selectionTexts[0]!,
    /all\.npz: events \(sums of weights\) read: 100 \(85\), pt >= 20: 80 \(68\), class <= 1: 80 \(68\), class == 0: 40 \(28\)$/,
  );
  const data = await loadEvents(analysis, [], undefined);
  // pt of the data is one more: 20 to 89 without 25.
  assert.equal([data.data.count, data.rows![0], data.rows!.at(-1)], [69, 19, 88]);
});

test("what nothing reads, and yields of nothing, are refused", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      yaml("weights").replace("{ pt: pt + 1 }", "{ ptt: pt + 1 }"),
      /data\.columns\.ptt: expected a column of the observables, or one that an expression names, got "ptt"\. Did you mean pt\?/,
    ],
    [
      yaml("{ crossSection: 2 }"),
      /processes\.a\.yield: expected crossSection, luminosity and generated, got crossSection alone\. Add luminosity and generated/,
    ],
    [
      yaml("{ events: 3, luminosity: 2 }"),
      /processes\.a\.yield: expected a number of events, or a cross section, not both/,
    ],
    [yaml("weigths"), /processes\.a\.yield\.events: expected a number .*, or weights, got "weigths"/],
  ];
  for (const [text, pattern] of cases) await rejects(open(text), pattern);
});

test("a sample has a column as it is in the file, where others are made of it", async () => {
  const made = yaml("weights")
    .replace("root: sqrt(pt)", "root: pt / 4, pt: pt / 1000")
    .replace("where: pt >= 20", "where: pt >= 0")
    .replace(
      "weight: 0.5 * w, where: class == 0 }, { at: { scale: 1 }, columns: { pt: 1.1 * pt } }",
      "columns: { pt: pt } }",
    )
    .replace(", { at: { scale: 1 }, weightFactor: 1 + pt / 100 }", "")
    .replace("nuisances: { scale: }", "nuisances: { rate: { kind: rate, kappa: 0.1 } }")
    .replace("columns: { pt: pt + 1 }", "columns: { pt: pt }");
  const { analysis, simulation } = await open(made);
  const values = async (k: number) =>
    Math.max(...(await allEvents(simulation, [simulation.anchors[k]!])).flatMap(({ x }) => Array.from(x)));
  assert.is(await values(0), 99 / 4);
  assert.is(await values(1), 99 / 1000 / 4);
  const { data } = await loadEvents(analysis, [], undefined);
  assert.is(Math.max(...data.x), 89 / 4);
});

test.run();
