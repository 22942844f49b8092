/** How trainings end, are interrupted and go on. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { add, div, log, sumEvents } from "../../../engine/tape/operations.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { adam } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { refusal } from "../../support/rejects.js";
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

forEachTrainer(({ on, rounding, trained }) => {
  test(`early stopping gives back the best parameters ${on}`, async () => {
    // On its way from 0 to the training events at 4, theta passes the validation events at 1.
    const { stopped, message, parameters, bestEpoch, keptEpoch, bestValidationLoss, initialValidationLoss, history } =
      await trained({
        model: distanceModel(),
        initial: scalars({ theta: 0 }),
        data: sampleOf(4),
        validation: sampleOf(0.96875, 1.03125),
        batch: 1,
        epochs: 400,
        patience: 5,
      });
    assert.is(stopped, "patience");
    assert.is(history.length, bestEpoch + 5);
    assert.is(message, `no better validation loss for 5 epochs; the best is epoch ${bestEpoch}`);
    assert.is(keptEpoch, bestEpoch);
    assert.is(initialValidationLoss, 1 + 0.03125 ** 2);
    // A step of Adam under a nearly constant gradient is the learning rate: 0.05 per epoch.
    close(bestEpoch, 20, 1);
    close(parameters.theta![0], 1, 0.05);
    close(bestValidationLoss, (parameters.theta![0]! - 1) ** 2 + 0.03125 ** 2, rounding);
  });

  test(`training that only makes things worse gives back the initial parameters ${on}`, async () => {
    const { parameters, bestEpoch } = await trained({
      model: distanceModel(),
      initial: scalars({ theta: 0 }),
      data: sampleOf(4),
      validation: sampleOf(-1, -1.25),
      batch: 1,
      epochs: 3,
    });
    assert.is(bestEpoch, 0);
    assert.equal(parameters, scalars({ theta: 0 }));
  });

  const resumable = {
    model: normalModel,
    initial: scalars({ mean: 1, logWidth: 0.3 }),
    data: { events: weightedEvents(60, 3) },
    validation: { events: weightedEvents(20, 4) },
    batch: 7,
    epochs: 6,
    patience: 6,
    rate: warmUpCosine({ warmUpSteps: 3 }),
  };

  test(`an interrupted training goes on to the same bits ${on}`, async () => {
    const undisturbed = await trained(resumable);
    const checkpoint = memoryCheckpoint();
    const interruptions: number[] = [];
    for (;;) {
      const abort = new AbortController();
      // Every attempt lasts one group, of a single step at first: interruptions fall within epochs.
      const result = await trained({
        ...resumable,
        checkpoint,
        signal: abort.signal,
        onProgress: () => abort.abort(),
      });
      if (result.stopped !== "aborted") {
        assert.equal(result, undisturbed);
        break;
      }
      const { record } = (await checkpoint.restore())!;
      interruptions.push(record.step);
      assert.match(result.message, new RegExp(`^interrupted in epoch \\d, after step ${record.step}$`));
    }
    assert.ok(interruptions.length > 10, `${interruptions}`);
    assert.ok(interruptions.some((step) => step % 8 !== 0));
    assert.equal(await trained({ ...resumable, checkpoint }), undisturbed, "a finished training is only read back");
    assert.not.equal((await trained({ ...resumable, seed: 2 })).parameters, undisturbed.parameters);
  });

  test(`the state of another training is refused ${on}`, async () => {
    const checkpoint = memoryCheckpoint();
    await trained({ ...resumable, epochs: 1, checkpoint });
    const refused = async (change: Partial<typeof resumable> & { seed?: number }) => {
      return refusal(() => trained({ ...resumable, checkpoint, ...change }));
    };
    assert.match(
      await refused({ seed: 2 }),
      /^train: expected a saved state with seed = 2, got 1. It belongs to another training: remove it, or restore/,
    );
    assert.match(await refused({ batch: 8 }), /a saved state with stepsPerEpoch = 7, got 8/);
    assert.match(
      await refused({
        model: distanceModel(),
        initial: scalars({ theta: 0 }),
      }),
      /a saved state with parameters adam.m.theta, adam.v.theta, theta, got adam.m.logWidth, /,
    );
  });

  test(`a loss that is not finite stops with the step, and keeps the best ${on}`, async () => {
    const logModel: ModelBuilder = (tape, { events }) => {
      const theta = tape.parameter("theta");
      const loss = div(sumEvents(log(add(theta, tape.column("x")))), events!);
      return { loss, trainable: [{ parameters: [theta], optimiser: adam({ learningRate: 0.3 }) }] };
    };
    // θ falls by about 0.3 a step from 1: log θ is NaN before step 5.
    const result = await trained({
      model: logModel,
      initial: scalars({ theta: 1 }),
      data: sampleOf(0),
      validation: sampleOf(10),
      batch: 1,
      epochs: 50,
      checkpoint: memoryCheckpoint(),
    });
    assert.is(result.stopped, "non-finite");
    assert.is(
      result.message,
      "the training loss before step 5 is NaN. Lower the learning rate, and look for NaN and extreme values in the columns",
    );
    assert.is(result.bestEpoch, 4);
    close(result.parameters.theta![0], 1 - 4 * 0.3, 0.1);
    assert.is(result.history.length, 4);
  });

  test(`a validation sample with NaN stops before the first step ${on}`, async () => {
    const result = await trained({
      model: distanceModel(),
      initial: scalars({ theta: 1 }),
      data: sampleOf(0),
      validation: sampleOf(Number.NaN),
      batch: 1,
      epochs: 1,
    });
    assert.is(result.stopped, "non-finite");
    assert.match(
      result.message,
      /^the validation loss of the initial parameters is NaN. Look for NaN and extreme values/,
    );
    assert.equal(result.parameters, scalars({ theta: 1 }));
  });
});

test.run();
