/** Events of samples of one file, for trainings of morphs: an event is held out in all of them, or in none. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitIndices } from "../../../../flows/training/event-sample.js";
import type { MorphedForm } from "../../../../inference/model/densities/morphed.js";
import { morphLayout } from "../../../../inference/model/training/morph-layout.js";
import { readComposition } from "../../../../workflow/configuration/composition/composition-file.js";
import { morphSimulation } from "../../../../workflow/steps/composition/morph-simulation.js";
import { readTrainingSamples, type SampledMorph } from "../../../../workflow/steps/composition/training-samples.js";
import { compositionFiles } from "../../composition-sample.js";

test("rows that the flow trains on are trained on in every sample of the file, and its held-out ones held out", async () => {
  const files = await compositionFiles();
  const m = Array.from({ length: 40 }, (_, i) => i + 0.5);
  await files.sample("one.npz", { m, up: m.map((own) => own + 0.25), down: m.map((own) => own - 0.25) });
  const source = `columns: { m: { range: [0, 100] } }
samples: { one: one.npz, up: { file: one.npz, columns: { m: up } }, down: { file: one.npz, columns: { m: down } } }
parameters: { nu: 0 }
densities:
  zero: { flow: { of: [m], train: one, heldOut: 0.25, region: { m: [[8, 100]] } } }
  f: { morphed: { density: zero, of: [m], nuisances: { nu: 0 }, train: [{ sample: up, at: { nu: 1 } }, { sample: down, at: { nu: -1 } }] } }
likelihoods: { fit: { density: f, sample: one, extended: false } }
`;
  const analysis = await readComposition(source, join(files.folder, "a.yaml"));
  const all = await readTrainingSamples(analysis, {
    progress: { begin: () => ({ update() {}, done() {} }), note() {} },
    warn() {},
  });
  const sampled = all.find(({ density }) => density === "f") as SampledMorph;
  const { composition, configuration } = analysis;
  const layout = morphLayout(composition, composition.densities.f as MorphedForm);
  const simulation = morphSimulation(layout, sampled, [0], configuration.seed);
  // The flow's region leaves rows 8 to 39.
  const request = { seed: configuration.seed, purpose: "train.zero", validation: 0.25 };
  const ofFlow = splitIndices(32, request);
  const rowsIn = (own: { x: ArrayLike<number> }) => Array.from(own.x, Math.floor).filter((row) => row >= 8);
  for (const part of ["training", "validation"] as const) {
    const events = await (part === "training"
      ? simulation.training("", simulation.anchors, 0, 1)
      : simulation.validation(simulation.anchors));
    assert.is(events!.length, 3);
    for (const own of events!) {
      assert.equal(
        rowsIn(own),
        Array.from(ofFlow[part], (k) => k + 8),
        `${part} at ${own.at[0]}`,
      );
    }
  }
  files.remove();
});

test.run();
