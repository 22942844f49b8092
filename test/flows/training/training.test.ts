/** Trainings reach the optimum that their loss has, and look at the events that they are given. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Named } from "../../../engine/runtime/backend.js";
import { add, div, mul, reshape, square, sub, sum, sumEvents } from "../../../engine/tape/operations.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { adam } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import type { TrainingProgress, TrainingRequest } from "../../../flows/training/training-request.js";
import { refusal } from "../../support/rejects.js";
import {
  close,
  distanceModel,
  forEachTrainer,
  normalModel,
  optimiser,
  sampleOf,
  scalars,
  weightedEvents,
} from "./small-trainings.js";

/** Weighted mean and log of the weighted width, by the definition: where the normal likelihood is largest. */
function bestNormal({ columns: { x, w } }: ReturnType<typeof weightedEvents>) {
  const total = w.reduce((sum, weight) => sum + weight, 0);
  const mean = x.reduce((sum, value, e) => sum + value * w[e]!, 0) / total;
  const variance = x.reduce((sum, value, e) => sum + (value - mean) ** 2 * w[e]!, 0) / total;
  return { mean, logWidth: Math.log(variance) / 2, total };
}

forEachTrainer(({ on, precision, rounding, trained }) => {
  test(`full batches reach the weighted optimum of a normal density ${on}`, async () => {
    const sample = weightedEvents(200, 1);
    const { mean, logWidth, total } = bestNormal(sample);
    const { stopped, parameters, history, bestEpoch, bestValidationLoss } = await trained({
      model: normalModel,
      initial: scalars({ mean: 1, logWidth: 0.3, unused: 7 }),
      data: { events: sample },
      validation: { events: sample },
      batch: 1000,
      epochs: 400,
      rate: warmUpCosine({ warmUpSteps: 5 }),
    });
    assert.is(stopped, "epochs");
    close(parameters.mean![0], mean, precision === "f64" ? 1e-6 : 1e-4);
    close(parameters.logWidth![0], logWidth, precision === "f64" ? 1e-6 : 1e-4);
    assert.is(parameters.unused![0], 7);
    assert.is(history.length, 400);
    assert.is(history[0]!.step, 1);
    assert.is(bestValidationLoss, Math.min(...history.map((entry) => entry.validationLoss!)));
    assert.is(history[bestEpoch - 1]!.validationLoss, bestValidationLoss);
    // The losses of the first and last epoch by hand: ½ ((x - mean)/width)² + log width, averaged with weights.
    const initialLoss =
      sample.columns.x.reduce((sum, x, e) => {
        return sum + sample.columns.w[e]! * (0.5 * ((x - 1) / Math.exp(0.3)) ** 2 + 0.3);
      }, 0) / total;
    close(history[0]!.trainingLoss, initialLoss, rounding);
    close(history.at(-1)!.validationLoss, 0.5 + logWidth, rounding);
    assert.is(history[0]!.learningRates.length, 1);
    close(history[0]!.learningRates[0], 0.01, 1e-15);
  });

  test(`minibatches reach the optimum within 5 standard deviations, seed 2, false-alarm probability 1e-6, ${on}`, async () => {
    const sample = weightedEvents(1000, 2);
    const { mean, logWidth } = bestNormal(sample);
    const { parameters, history } = await trained({
      seed: 2,
      model: normalModel,
      initial: scalars({ mean: 1, logWidth: 0.3 }),
      data: { events: sample },
      batch: 50,
      epochs: 20,
      rate: warmUpCosine(),
    });
    // Steps of the last epochs average over all events: what is left is below the statistical width of the sample.
    close(parameters.mean![0], mean, (5 * 0.5) / Math.sqrt(1000));
    close(parameters.logWidth![0], logWidth, 5 / Math.sqrt(2000));
    assert.is(history.at(-1)!.step, 400);
    assert.is(history.at(-1)!.validationLoss, undefined);
  });

  test(`every event set counts as its normaliser says, whatever its size, ${on}`, async () => {
    const seen: Named<number>[] = [];
    const { parameters } = await trained({
      model: (tape, normalisers) => {
        seen.push(normalisers);
        const theta = tape.parameter("theta");
        const term = (set: string) => {
          const events = tape.events(set);
          const [x, w] = [tape.column(`${set}/x`, [], events), tape.column(`${set}/w`, [], events)];
          return div(sumEvents(mul(w, square(sub(x, theta)))), normalisers[set]!);
        };
        return { loss: add(term("up"), term("down")), trainable: [{ parameters: [theta], optimiser }] };
      },
      initial: scalars({ theta: 0 }),
      data: {
        up: {
          columns: { "up/x": Float64Array.of(1, 1, 1, 5), "up/w": Float64Array.of(1, 1, 1, 3) },
          count: 4,
          weights: "up/w",
        },
        down: { columns: { "down/x": Float64Array.of(1, 2), "down/w": Float64Array.of(1, 1) }, count: 2 },
      },
      batch: 4,
      epochs: 400,
      rate: warmUpCosine(),
    });
    assert.equal(seen, [{ up: 6, down: 2 }]);
    // Means 3 and 1.5 with equal say, though "up" has thrice the weight.
    close(parameters.theta![0], 2.25, precision === "f64" ? 1e-5 : 1e-4);
  });

  test(`normalisers are the mean weight of a batch in training, the sum in validation, ${on}`, async () => {
    const seen: Named<number>[] = [];
    const sample = {
      columns: { x: Float64Array.of(0, 1, 2, 3), w: Float64Array.of(1, 2, 3, 4) },
      count: 4,
      weights: "w",
    };
    await trained({
      model: (tape, normalisers) => {
        seen.push(normalisers);
        return normalModel(tape, normalisers);
      },
      initial: scalars({ mean: 0, logWidth: 0 }),
      data: { events: sample },
      validation: { events: sample },
      batch: 2,
      epochs: 1,
    });
    assert.equal(seen, [{ events: 5 }, { events: 10 }]);
  });

  test(`fresh events are asked for once per epoch ${on}`, async () => {
    const asked: number[] = [];
    const { history } = await trained({
      model: distanceModel(adam({ learningRate: 1e-12 })),
      initial: scalars({ theta: 0 }),
      data: async (epoch) => {
        asked.push(epoch);
        return sampleOf(epoch, epoch, epoch, epoch);
      },
      batch: 2,
      epochs: 3,
    });
    // The first sample once more, before the first step: it gives the normalisers.
    assert.equal(asked, [0, 0, 1, 2]);
    history.forEach(({ trainingLoss }, epoch) => {
      close(trainingLoss, epoch ** 2, rounding);
    });
  });

  test(`parameters drawn per step change the training, not the validation ${on}`, async () => {
    const { history, initialValidationLoss } = await trained({
      model: (tape, { events }) => {
        const [theta, drawn] = [tape.parameter("theta"), tape.parameter("drawn", [2])];
        const x = tape.column("x", [2]);
        const loss = div(sumEvents(square(sub(add(x, drawn), theta))), events!);
        return {
          loss: div(reshape(sum(loss, 0), []), 2),
          trainable: [{ parameters: [theta], optimiser: adam({ learningRate: 1e-12 }) }],
        };
      },
      initial: { theta: Float64Array.of(0), drawn: Float64Array.of(3, 4) },
      data: { events: { columns: { x: Float64Array.of(0, 0) }, count: 1 } },
      validation: { events: { columns: { x: Float64Array.of(0, 0) }, count: 1 } },
      batch: 1,
      epochs: 3,
      perStep: (step) => ({ drawn: [step, 2 * step] }),
    });
    close(initialValidationLoss, 12.5, rounding);
    history.forEach(({ trainingLoss, validationLoss }, step) => {
      close(trainingLoss, 2.5 * step ** 2, rounding);
      close(validationLoss, 12.5, rounding);
    });
  });

  test(`progress counts steps and epochs ${on}`, async () => {
    const reports: TrainingProgress[] = [];
    await trained({
      model: distanceModel(),
      initial: scalars({ theta: 0 }),
      data: sampleOf(1, 2, 3, 4),
      batch: 1,
      epochs: 2,
      onProgress: (report) => reports.push(report),
    });
    assert.is(reports[0]!.step, 1);
    const last = reports.at(-1)!;
    assert.equal([last.step, last.steps, last.epoch, last.epochs, last.bestEpoch], [8, 8, 2, 2, 1]);
    reports.forEach(({ step, epoch }) => {
      assert.is(epoch, Math.ceil(step / 4));
    });
  });

  test(`what is missing is named ${on}`, async () => {
    const good = {
      model: distanceModel(),
      initial: scalars({ theta: 0 }),
      data: sampleOf(1, 2),
      batch: 1,
      epochs: 1,
    };
    const twoSets: ModelBuilder = (tape, normalisers) => {
      const { loss, trainable } = distanceModel()(tape, normalisers);
      return { loss: add(loss, sumEvents(tape.column("y", [], tape.events("second")))), trainable };
    };
    const message = async (change: Partial<TrainingRequest>) => {
      return refusal(() => trained({ ...good, ...change }));
    };
    assert.match(
      await message({ initial: {} }),
      /initial values for every parameter, 1 numbers for "theta" \[\], got none/,
    );
    assert.match(await message({ initial: { theta: Float64Array.of(1, 2) } }), /for "theta" \[\], got 2/);
    assert.match(
      await message({ validation: { other: good.data.events } }),
      /train: expected validation samples of the event sets events, got other/,
    );
    assert.match(
      await message({ model: twoSets }),
      /train: expected a sample for every event set of the model, "second" among them, got events/,
    );
    assert.match(
      await message({ data: { events: { columns: { y: Float64Array.of(1) }, count: 1 } } }),
      /train: expected a column "x" of 1 numbers \(\[1\]\) in the sample "events", got columns y/,
    );
    assert.match(
      await message({ data: { events: { columns: { x: Float64Array.of(1, 2) }, count: 3 } } }),
      /a column "x" of 3 numbers \(\[3\]\) in the sample "events", got 2/,
    );
    assert.match(await message({ epochs: 0 }), /epochs to be a positive integer, got 0/);
    assert.match(
      await message({ patience: 2 }),
      /patience to be .* with a validation sample, got patience = 2 without one/,
    );
    assert.match(
      await message({ epochs: 2, data: (epoch) => sampleOf(...Array(2 + epoch).fill(0)) }),
      /train: expected 2 fresh events of "events" in every epoch, got 3 in epoch 1/,
    );
  });
});

test.run();
