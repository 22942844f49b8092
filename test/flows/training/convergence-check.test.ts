/** What trainings say of their convergence: of known losses, whatever was interrupted, and how often it is wrong. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../engine/random/random.js";
import { add, square } from "../../../engine/tape/operations.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { adam } from "../../../flows/training/optimiser.js";
import { train } from "../../../flows/training/training.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { testBackends } from "../../support/backends.js";
import {
  close,
  distanceModel,
  forEachTrainer,
  memoryCheckpoint,
  normalModel,
  sampleOf,
  scalars,
  weightedEvents,
} from "./small-trainings.js";

/** Events around a mean, with a standard deviation of 1. */
function around(mean: number, count: number, seed: number) {
  const x = new Float64Array(count);
  fillNormal(randomKey(seed, "convergence test/x"), 0, x);
  return { events: { columns: { x: x.map((value) => mean + value) }, count } };
}

/** Its learning rate stays, so that 120 steps at 1e-4 go as far as 0.012. */
const slow = distanceModel(adam({ learningRate: 1e-4 }));

forEachTrainer(({ on, precision, trained }) => {
  const data = around(4, 64, 1);
  const request = { initial: scalars({ theta: 0 }), data, batch: 64, epochs: 120 };
  const mean = data.events.columns.x.reduce((sum, value) => sum + value, 0) / 64;

  test(`a loss that still falls says by how much, with and without held-out events, fresh or not ${on}`, async () => {
    for (const more of [{}, { validation: data }, { data: () => data }]) {
      const { convergence, parameters } = await trained({ ...request, model: slow, ...more });
      const truth = (mean - parameters.theta![0]!) ** 2;
      assert.is(convergence.status, "still falling");
      assert.match(
        convergence.reason,
        /^the loss is still falling: further training would lower the loss by 1\d ± \S+ or more, after/,
      );
      // The best of factors 4 apart has 64% of it and more.
      assert.ok(
        convergence.gain! < truth * 1.0001 && convergence.gain! > 0.64 * truth,
        `${convergence.gain}, ${truth}`,
      );
    }
  });

  test(`a training that came to its end has converged ${on}`, async () => {
    const { convergence } = await trained({
      ...request,
      model: distanceModel(adam({ learningRate: 0.3 })),
      rate: warmUpCosine(),
      averaged: 0.5,
    });
    assert.is(convergence.status, "converged", convergence.reason);
    assert.ok(convergence.gain! < 1e-2, `${convergence.gain}`);
  });

  test(`a learning rate that ruins what was learnt is a divergence ${on}`, async () => {
    const ruined = { ...request, model: distanceModel(adam({ learningRate: 0.1 })) };
    const rate = (step: number) => (step < 100 ? 1 : 3e4);
    const { convergence } = await trained({ ...ruined, rate });
    assert.is(convergence.status, "diverged");
    assert.match(
      convergence.reason,
      /^the loss at the end is \S+ ± \S+ above that in the second quarter of the steps$/,
    );
    assert.ok(convergence.gain! > 0.1);
    // Held-out events choose an epoch before; that it was left says the same.
    const held = await trained({ ...ruined, rate, validation: data });
    assert.ok(held.keptEpoch <= 100, `${held.keptEpoch}`);
    assert.is(held.convergence.status, "diverged");
    assert.match(held.convergence.reason, /^the loss at the end is \S+ ± \S+ above that of epoch \d+$/);
    assert.is(held.convergence.gain, null);
    const lost = await trained({ ...ruined, initial: scalars({ theta: mean }), rate: () => 3e4, validation: data });
    assert.match(lost.convergence.reason, /above that of the initial parameters$/);
  });

  test(`overfitting is no divergence: the best epoch is kept ${on}`, async () => {
    // Training events pull on to 4, where held-out events lose.
    const { convergence, keptEpoch } = await trained({
      ...request,
      epochs: 200,
      model: distanceModel(adam({ learningRate: 0.05 })),
      validation: around(1, 400, 2),
    });
    assert.ok(keptEpoch < 60, `${keptEpoch}`);
    assert.is(convergence.status, "converged", convergence.reason);
  });

  test(`too few steps, too few events, no move: nothing can be said ${on}`, async () => {
    const reason = async (more: Partial<Parameters<typeof trained>[0]>) => {
      const { convergence } = await trained({ ...request, model: slow, ...more });
      assert.is(convergence.status, "undecided");
      assert.is(convergence.gain, null);
      return convergence.reason;
    };
    assert.is(await reason({ epochs: 99 }), "99 steps are too few to say: at least 100 are needed");
    assert.is(await reason({ epochs: 1 }), "1 step is too few to say: at least 100 are needed");
    const few = sampleOf(...Array.from({ length: 15 }, (_, i) => i));
    assert.is(await reason({ data: few }), "15 events are too few to compare losses: at least 16 are needed");
    assert.is(
      await reason({ validation: sampleOf(1) }),
      "1 event is too few to compare losses: at least 16 are needed",
    );
    const still = { rate: (step: number) => (step < 10 ? 1 : 0) };
    assert.is(await reason(still), "the parameters have not moved since the second quarter of the steps");
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    assert.is(await reason({ signal: controller.signal, onProgress }), "the training was interrupted");
  });

  test(`what does not depend on events counts once ${on}`, async () => {
    // A penalty of θ², as a constraint: together (θ - mean)² + θ² has its minimum at mean / 2.
    const penalised: ModelBuilder = (tape, normalisers) => {
      const model = slow(tape, normalisers);
      const [theta] = model.trainable[0]!.parameters;
      return { ...model, loss: add(model.loss, square(theta!)) };
    };
    const { convergence, parameters } = await trained({ ...request, model: penalised });
    const truth = 2 * (mean / 2 - parameters.theta![0]!) ** 2;
    assert.is(convergence.status, "still falling");
    assert.ok(convergence.gain! < truth * 1.001 && convergence.gain! > 0.64 * truth, `${convergence.gain}, ${truth}`);
  });

  test(`the path begins at the mean over the second quarter, whatever was interrupted ${on}`, async () => {
    const interruptible = {
      model: normalModel,
      initial: scalars({ mean: 1, logWidth: 0.3 }),
      data: { events: weightedEvents(60, 3) },
      validation: { events: weightedEvents(20, 4) },
      batch: 7,
      epochs: 15,
    };
    const undisturbed = await trained(interruptible);
    assert.is.not(undisturbed.convergence.status, "undecided");
    const checkpoint = memoryCheckpoint();
    let attempts = 0;
    for (;;) {
      const abort = new AbortController();
      const result = await trained({
        ...interruptible,
        checkpoint,
        signal: abort.signal,
        onProgress: () => abort.abort(),
      });
      attempts++;
      if (result.stopped === "aborted") continue;
      assert.equal(result, undisturbed);
      break;
    }
    assert.ok(attempts > 10, `${attempts}`);
    const { record, pathSum } = (await checkpoint.restore())!;
    assert.is(record.pathCount, 16);
    assert.equal(Object.keys(pathSum!).sort(), ["logWidth", "mean"]);
  });

  if (precision === "f64") {
    test(`the start of the path is the mean of the parameters after 16 steps of the second quarter ${on}`, async () => {
      // A step of Adam under a constant gradient is the learning rate: θ after n steps is n · 1e-4.
      const checkpoint = memoryCheckpoint();
      await trained({ ...request, data: around(1e6, 64, 1), epochs: 128, model: slow, checkpoint });
      const { record, pathSum } = (await checkpoint.restore())!;
      // After steps 34, 36, ..., 64.
      close(pathSum!.theta![0]! / record.pathCount!, 49e-4, 1e-8);
    });
  }
});

test("trainings that converged are not alarmed (150 seeds, half of them without held-out events; false alarm 1e-4)", async () => {
  const backend = await testBackends()[0]!.create();
  let alarms = 0;
  for (let seed = 0; seed < 150; seed++) {
    const { convergence } = await train({
      backend,
      model: distanceModel(adam({ learningRate: 0.05 })),
      initial: scalars({ theta: 0.5 }),
      data: around(1, 300, seed),
      ...(seed % 2 === 1 && { validation: around(1, 100, 1000 + seed) }),
      batch: 20,
      epochs: 10,
      rate: warmUpCosine({ warmUpSteps: 5 }),
      averaged: 0.5,
      seed,
      purpose: "convergence test",
    });
    if (convergence.status !== "converged") alarms++;
  }
  // One in 220 beyond three standard errors of 16 groups (Student t): more than 5 of 150 once in 10 000.
  assert.ok(alarms <= 5, `${alarms}`);
  await backend.close();
});

test.run();
