/** Which trainings a morph is made of, by what is there to train and to judge it with. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  autoregressiveFlow,
  factorizableFlow,
  initialise,
  referenceBackend,
  type SimulatedEvents,
} from "../../../../index.js";
import { anchorSets, initialMorph, morphStages } from "../../../../inference/model/training/morph.js";
import { movedModel } from "../../../../inference/model/training/moved-density.js";
import type { MorphContext, MorphTask } from "../../../../workflow/steps/trainings/morph-task.js";
import { trainMorph } from "../../../../workflow/steps/trainings/morph-training.js";
import { passingSteps, type StepStore } from "../../../../workflow/store/step-store.js";
import { randomNumbers } from "../../../support/random-numbers.js";

const COUNT = 200;
const SHAPES = [
  { name: "a", nominal: 0 },
  { name: "b", nominal: 0 },
];
const random = randomNumbers(4);
const z = () => (random() + random() + random() + random() - 2) * Math.sqrt(3);
const events = (at: readonly number[], nominal?: SimulatedEvents): SimulatedEvents => {
  const x = Float64Array.from({ length: COUNT }, (_, i) => (nominal?.x[i] ?? z()) + 0.3 * at[0]!);
  return { process: 0, at, count: COUNT, x, ...(nominal && { nominal }) };
};
const NOMINAL = events([0, 0]);

const common = { features: 1, context: 1, hidden: [4] };
const density = autoregressiveFlow({ ...common, transforms: 1, transform: { kind: "affine" } });
const architecture = factorizableFlow({
  ...common,
  layers: 2,
  nuisances: [{ linearOnly: true }, { linearOnly: true }],
});
const nominalFlow = { architecture: density, weights: initialise(density, 1, { identity: true }) };

/** Names of the steps, and the morph that they leave. */
async function trained(samples: readonly SimulatedEvents[], more: Partial<MorphTask> = {}) {
  const steps: string[] = [];
  const passing = passingSteps({});
  const store: StepStore = {
    run(name, inputs, body) {
      steps.push(name);
      return passing.run(name, inputs, body);
    },
  };
  const of = (anchors: readonly { readonly at: readonly number[] }[]) =>
    samples.filter(({ at }) => anchors.some((own) => own.at.join() === at.join()));
  const context: MorphContext = {
    backend: referenceBackend(),
    store,
    signal: new AbortController().signal,
    progress: { begin: () => ({ update() {}, done() {} }), note() {} },
    sizes: { processes: 1, shapes: 2, x: 1, y: 0 },
    analysis: { configuration: { seed: 1 } },
    simulation: {
      anchors: samples,
      isFresh: false,
      digest: () => "",
      training: async (_, anchors) => of(anchors),
      validation: async (anchors) => of(anchors),
    },
  };
  const untrained = initialMorph(architecture, ["a", "b"], nominalFlow, 1);
  const found = await trainMorph(context, {
    of: "x",
    moved: movedModel("x", nominalFlow),
    nominalKey: "",
    untrained,
    stages: morphStages(anchorSets(samples, SHAPES), []),
    shapes: SHAPES,
    recipe: {
      ...{ optimiser: "adam", learningRate: 0.01, weightDecay: 0, batch: 100, epochs: 1, patience: 0 },
      ...{ warmUp: 0, averaged: 0 },
    },
    leftOut: new Set(),
    label: "morph",
    step: "train.f",
    purpose: "train.f",
    ...more,
  });
  const isIdentity = (k: number) =>
    [...found.flow.weights].every(([name, { data }]) => {
      const own = untrained.weights.get(name)!.data;
      return !name.includes(`.nuisances.${k}.`) || data.every((value, i) => value === own[i]);
    });
  return { steps, isIdentity, trainings: found.trainings.map(({ label }) => label), noise: found.noise };
}

test("a nuisance with samples of its own beside nominal ones is learned by a simple morph, whose noise is known", async () => {
  const { steps, noise, isIdentity } = await trained([NOMINAL, events([1, 0])]);
  assert.equal(steps, ["train.f.simple.a", "train.f.residual.a"]);
  assert.equal([isIdentity(0), isIdentity(1)], [false, true]);
  // Two numbers, from two samples of 200 events.
  assert.equal(
    noise.map((own) => [own.nuisance, own.process, own.noise]),
    [["a", 0, 0.02]],
  );
});

test("variations of the same events, and samples without nominal ones, are learned as it is configured", async () => {
  assert.equal((await trained([NOMINAL, events([1, 0], NOMINAL)])).steps, ["train.f.single.a"]);
  const without = await trained([events([1, 0])]);
  assert.equal([without.steps, without.noise], [["train.f.single.a"], []]);
  // What takes nothing to latent numbers cannot be judged.
  const moved = { ...movedModel("x", nominalFlow), hasLatent: false };
  assert.equal((await trained([NOMINAL, events([1, 0])], { moved })).steps, ["train.f.single.a"]);
});

test("nuisances that samples move together are trained together; those that are left out stay without an effect", async () => {
  const samples = [NOMINAL, events([1, 1])];
  const together = await trained(samples);
  assert.equal([together.steps, together.trainings], [["train.f.together.a"], ["a, b"]]);
  assert.equal([together.isIdentity(0), together.isIdentity(1)], [false, false]);
  const leftOut = await trained([...samples.slice(0, 1), events([1, 0])], { leftOut: new Set(["a"]) });
  assert.equal([leftOut.steps, leftOut.isIdentity(0)], [[], true]);
});

test.run();
