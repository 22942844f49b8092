import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../engine/random/random.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { div, square, sub, sum, sumEvents } from "../../../engine/tape/operations.js";
import { adam } from "../../../flows/training/optimiser.js";
import { train } from "../../../flows/training/training.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import type { Checkpoint, TrainingRequest } from "../../../flows/training/training-request.js";
import type { TrainingState } from "../../../flows/training/training-state.js";
import { testBackends } from "../../support/backends.js";

/** ½ (x - theta)², averaged: its minimum is the mean of the events. */
const meanModel: ModelBuilder = (tape, { events }) => {
  const theta = tape.parameter("theta");
  const loss = div(sumEvents(square(sub(tape.column("x"), theta))), 2 * events!);
  return { loss, trainable: [{ parameters: [theta], optimiser: adam({ learningRate: 0.1 }) }] };
};

/** Standard normal events, others in every epoch. */
function freshNormal(count: number, seed: number) {
  return (epoch: number) => {
    const x = new Float64Array(count);
    fillNormal(randomKey(seed, "averaging test"), epoch * count, x);
    return { events: { columns: { x }, count } };
  };
}

type Some = Partial<Omit<TrainingRequest, "backend">>;

for (const { name, precision, create } of testBackends()) {
  const on = `on ${name} ${precision}`;
  const backend = create();
  test.after(async () => (await backend).close());

  /** One step per epoch. */
  async function trained(epochs: number, more: Some = {}) {
    const result = await train({
      backend: await backend,
      model: meanModel,
      initial: { theta: Float64Array.of(3) },
      data: freshNormal(40, 5),
      batch: 40,
      epochs,
      seed: 5,
      purpose: "averaging",
      ...more,
    });
    return result.parameters.theta![0]!;
  }

  test(`the result is the mean of the last half of 9 steps ${on}`, async () => {
    const last = [];
    // ⌊9/2⌋ steps are left out: those after steps 5 … 9 count.
    for (const epochs of [5, 6, 7, 8, 9]) last.push(await trained(epochs));
    const mean = last.reduce((sum, theta) => sum + theta, 0) / last.length;
    const got = await trained(9, { averaged: 0.5 });
    assert.ok(Math.abs(mean - last.at(-1)!) > 0.01, "the mean differs from the last value");
    assert.ok(Math.abs(got - mean) < (precision === "f64" ? 1e-12 : 1e-6), `${got} against ${mean}`);
    assert.is(await trained(9, { averaged: 0 }), last.at(-1)!);
  });

  test(`an interrupted average goes on to the same bits ${on}`, async () => {
    let saved: TrainingState | undefined;
    const controller = new AbortController();
    const checkpoint: Checkpoint = {
      save: async (state) => {
        saved = state;
      },
      restore: async () => saved,
    };
    await trained(9, {
      averaged: 0.5,
      checkpoint,
      signal: controller.signal,
      onProgress: ({ step }) => step === 7 && controller.abort(),
    });
    assert.is(saved!.record.step, 7);
    assert.is(await trained(9, { averaged: 0.5, checkpoint }), await trained(9, { averaged: 0.5 }));
  });

  test(`validation sees the average ${on}`, async () => {
    const validation = { events: { columns: { x: Float64Array.of(1) }, count: 1 } };
    const result = await train({
      backend: await backend,
      model: meanModel,
      initial: { theta: Float64Array.of(3) },
      data: freshNormal(40, 5),
      validation,
      batch: 40,
      epochs: 9,
      averaged: 0.5,
      seed: 5,
      purpose: "averaging",
    });
    const expected = 0.5 * (1 - (await trained(9, { averaged: 0.5 }))) ** 2;
    assert.ok(Math.abs(result.history.at(-1)!.validationLoss! - expected) < 1e-5);
  });
}

test("averaged over fresh events, estimates have the width of maximum-likelihood ones (200 toys at once, seed 6, false-alarm probability 1e-3)", async () => {
  const [toys, steps, events] = [200, 400, 20];
  // Each toy is a parameter with a feature of its own: Adam treats every element alone.
  const model: ModelBuilder = (tape, { events: count }) => {
    const theta = tape.parameter("theta", [toys]);
    const loss = div(sumEvents(sum(square(sub(tape.column("x", [toys]), theta)), 0)), 2 * count!);
    return { loss, trainable: [{ parameters: [theta], optimiser: adam({ learningRate: 0.1 }) }] };
  };
  async function meanSquare(averaged: number) {
    const { parameters } = await train({
      backend: referenceBackend(),
      model,
      initial: { theta: new Float64Array(toys).fill(0.5) },
      data: (epoch) => {
        const x = new Float64Array(toys * events);
        fillNormal(randomKey(6, "averaging test"), epoch * x.length, x);
        return { events: { columns: { x }, count: events } };
      },
      batch: events,
      epochs: steps,
      averaged,
      seed: 6,
      purpose: "averaging",
    });
    return parameters.theta!.reduce((total, theta) => total + theta ** 2, 0) / toys;
  }
  // The mean of the events of half of the steps has variance 2 / (steps events). The 99.9% point of χ² of 200 is 267.5; 1.3 is
  // for what the average remembers of earlier steps, some tens of the 200.
  const bound = (2 / (steps * events)) * 1.3 * (267.5 / toys);
  const got = await meanSquare(0.5);
  assert.ok(got < bound, `${got} below ${bound}`);
  const without = await meanSquare(0);
  assert.ok(without > 3 * bound, `without the average ${without}, above ${3 * bound}`);
});

test("a part that is none is refused", async () => {
  await train({
    backend: referenceBackend(),
    model: meanModel,
    initial: { theta: Float64Array.of(0) },
    data: freshNormal(4, 1)(0),
    batch: 4,
    epochs: 1,
    averaged: 1.5,
    seed: 1,
    purpose: "averaging",
  }).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, "train: expected averaged to be a part of all steps, 0 to 1, got 1.5"),
  );
});

test.run();
