/** The samples of trained densities: what stands for the nominal one of a morph, and which are variations of it. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readComposition } from "../../../../workflow/configuration/composition/composition-file.js";
import {
  readTrainingSamples,
  type SampledMorph,
  trainedDensities,
} from "../../../../workflow/steps/composition/training-samples.js";
import { compositionFiles, type Files } from "../../composition-sample.js";

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  const m = [1, 2, 3, 4, 5, 6, 7, 8];
  await files.sample("one.npz", { m, up: m.map((own) => own + 3), w: m.map((own) => own / 4) });
  await files.sample("other.npz", { m: m.map((own) => own + 0.5) });
});
test.after(() => files.remove());

const SOURCE = `columns: { m: { range: [0, 10] } }
samples:
  one: one.npz
  other: other.npz
  up: { file: one.npz, columns: { m: up } }
  weighted: { file: one.npz, weight: w }
parameters: { nu: 0, mu: 0 }
densities:
  zero: { flow: { of: [m], train: one, heldOut: 0.25 } }
  fixed: { gaussian: { x: m, mean: 5, sigma: 2 } }
  f: { morphed: { density: zero, of: [m], nuisances: { nu: 0.5, mu: 0 }, train: [{ sample: other, at: { nu: 1 } }, { sample: up, at: { mu: -1 } }, { sample: weighted, at: { nu: -1 } }] } }
likelihoods: { fit: { density: f, sample: one, extended: false } }
`;

const progress = { begin: () => ({ update() {}, done() {} }), note() {} };

async function samplesOf(...set: readonly string[]) {
  const analysis = await readComposition(SOURCE, join(files.folder, "a.yaml"), { set });
  const said: string[] = [];
  const all = await readTrainingSamples(analysis, { progress, warn: (text) => void said.push(text) });
  return { all, analysis, said, morph: all.find(({ density }) => density === "f") as SampledMorph };
}

test("the nominal sample is that of the flow behind the morph, split as its training splits it; samples of its file are variations", async () => {
  const { all, analysis, morph } = await samplesOf();
  assert.equal(
    all.map(({ density, kind }) => `${density}: ${kind}`),
    ["zero: flow", "f: morphed"],
  );
  assert.equal(trainedDensities(analysis, ["fixed", "f", "zero"]), ["f", "zero"]);
  const { sample, split, events } = morph.nominal!;
  assert.equal([sample, split, events.data.count], ["one", { purpose: "train.zero", heldOut: 0.25 }, 8]);
  assert.equal(
    morph.samples.map((own) => [own.sample, own.at, own.isVariation]),
    [
      ["other", [1, 0], false],
      ["up", [0.5, -1], true],
      ["weighted", [-1, 0], true],
    ],
  );
  // 8 + 3 is beyond the range: the rows say which pair has lost its event.
  const up = morph.samples[1]!.events;
  assert.equal(
    [[...up.data.columns.m!], [...up.rows!]],
    [
      [4, 5, 6, 7, 8, 9, 10],
      [0, 1, 2, 3, 4, 5, 6],
    ],
  );
});

test("a morph keeps its samples in memory, and says so where they have more rows than are to be kept", async () => {
  assert.equal((await samplesOf("memory.rows=8")).said, []);
  const { said } = await samplesOf("memory.rows=7");
  const morphs = said.filter((text) => text.includes("morph"));
  assert.is(morphs.length, 2);
  assert.match(
    morphs[0],
    /other\.npz: its 8 events are more than memory\.rows = 7, but are kept in memory: the training of the morph f looks at all/,
  );
});

test("a sample that is named stands beside a density that is not trained, or in place of that of the flow", async () => {
  const none = await samplesOf("densities.f.morphed.density=fixed");
  assert.is(none.morph.nominal, undefined);
  assert.ok(none.morph.samples.every(({ isVariation }) => !isVariation));
  const named = await samplesOf("densities.f.morphed.density=fixed", "densities.f.morphed.nominal=one");
  assert.equal(named.morph.nominal!.split, { purpose: "train.f/nominal", heldOut: 0.2 });
  const other = await samplesOf("densities.f.morphed.nominal=other");
  assert.equal([other.morph.nominal!.sample, other.morph.nominal!.split.purpose], ["other", "train.f/nominal"]);
  assert.equal(
    other.morph.samples.map(({ isVariation }) => isVariation),
    [true, false, false],
  );
});

test.run();
