import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillUniform, randomKey } from "../../../engine/random/random.js";
import type { Named } from "../../../engine/runtime/backend.js";
import { add, div, exp, log, mul, reshape, square, sub, sum, sumEvents } from "../../../engine/tape/operations.js";
import { isBeyondChance, pairedDifference } from "../../../flows/training/epoch-choice.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { adam, type Optimiser } from "../../../flows/training/optimiser.js";
import { train } from "../../../flows/training/training.js";
import { type ModelBuilder, validationProgram } from "../../../flows/training/training-program.js";
import type { TrainingProgress, TrainingRequest } from "../../../flows/training/training-request.js";
import {
  decodeTrainingState,
  encodeTrainingState,
  type TrainingState,
} from "../../../flows/training/training-state.js";
import { testBackends } from "../../support/backends.js";

const optimiser = adam({ learningRate: 0.05 });

/** -log of a normal density of mean `mean` and width e^`logWidth`, weighted, without the constant. */
const normalModel: ModelBuilder = (tape, { events }) => {
  const [x, w] = [tape.column("x"), tape.column("w")];
  const [mean, logWidth] = [tape.parameter("mean"), tape.parameter("logWidth")];
  const nll = add(mul(square(mul(sub(x, mean), exp(mul(logWidth, -1)))), 0.5), logWidth);
  return {
    loss: div(sumEvents(mul(w, nll)), events!),
    trainable: [{ parameters: [mean, logWidth], optimiser }],
  };
};

/** Squared distance of `theta` to the events, averaged. */
const distanceModel =
  (settings: Optimiser = optimiser): ModelBuilder =>
  (tape, { events }) => {
    const theta = tape.parameter("theta");
    const loss = div(sumEvents(square(sub(tape.column("x"), theta))), events!);
    return { loss, trainable: [{ parameters: [theta], optimiser: settings }] };
  };

const sampleOf = (...x: number[]) => ({ events: { columns: { x: Float64Array.from(x) }, count: x.length } });

/** Normal events of mean 2 and width 0.5 with weights uniform in (0, 1) + x/4. */
function weightedEvents(count: number, seed: number) {
  const [x, w] = [new Float64Array(count), new Float64Array(count)];
  fillNormal(randomKey(seed, "training test/x"), 0, x);
  fillUniform(randomKey(seed, "training test/w"), 0, w);
  for (let e = 0; e < count; e++) {
    x[e] = 2 + 0.5 * x[e]!;
    w[e] = w[e]! + x[e]! / 4;
  }
  return { columns: { x, w }, count, weights: "w" };
}

/** Weighted mean and log of the weighted width, by the definition: where the normal likelihood is largest. */
function bestNormal({ columns: { x, w } }: ReturnType<typeof weightedEvents>) {
  const total = w.reduce((sum, weight) => sum + weight, 0);
  const mean = x.reduce((sum, value, e) => sum + value * w[e]!, 0) / total;
  const variance = x.reduce((sum, value, e) => sum + (value - mean) ** 2 * w[e]!, 0) / total;
  return { mean, logWidth: Math.log(variance) / 2, total };
}

const scalars = (values: Record<string, number>): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float64Array.of(value)]));

const close = (got: number | undefined, expected: number, tolerance: number) =>
  assert.ok(Math.abs((got as number) - expected) <= tolerance, `${got} against ${expected} within ${tolerance}`);

for (const { name, precision, create } of testBackends()) {
  const on = `on ${name} ${precision}`;
  const rounding = precision === "f64" ? 1e-9 : 1e-4;

  const backend = create();
  test.after(async () => (await backend).close());

  async function trained(request: Omit<TrainingRequest, "backend" | "seed" | "purpose"> & { seed?: number }) {
    return train({ seed: 1, purpose: "test", ...request, backend: await backend });
  }

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

  test(`an epoch that is better by chance alone does not take the place of the last ${on}`, async () => {
    // Nothing is wrong with the events at 1, where training ends, but that these ones lie 1.5 standard errors below.
    const validation = sampleOf(0.4, 0.6, 0.8, 1, 1.2);
    const request = {
      model: distanceModel(),
      initial: scalars({ theta: 0 }),
      data: sampleOf(1),
      batch: 1,
      epochs: 100,
    };
    const found = await trained({ ...request, validation });
    assert.ok(found.bestEpoch < 30, `${found.bestEpoch}`);
    assert.is(found.keptEpoch, 100);
    close(found.parameters.theta![0], 1, 0.05);
    assert.is(found.bestValidationLoss, Math.min(...found.history.map((entry) => entry.validationLoss!)));
    // (x - 0.8)² - (x - 1)² = 0.4 x - 0.36 of each event: mean -0.04, error 0.4 · √0.1 / √5 = 0.057; theta is near 0.8.
    const [, epoch, lead, error] = /best is epoch (\d+), within chance \(by (\S+) ± (\S+)\): the last is kept$/.exec(
      found.message,
    )!;
    assert.is(Number(epoch), found.bestEpoch);
    close(Number(lead), 0.04, 0.005);
    close(Number(error), 0.057, 0.01);

    const alone = await trained({ ...request, validation: sampleOf(0.8) });
    assert.match(alone.message, /within chance \(one event gives no error\): the last is kept/);
    assert.is(alone.keptEpoch, 100);
  });

  test(`a finished training that is resumed keeps the same epoch ${on}`, async () => {
    const checkpoint = memoryCheckpoint();
    const request = { model: distanceModel(), initial: scalars({ theta: 0 }), data: sampleOf(1), batch: 1, epochs: 60 };
    const first = await trained({ ...request, validation: sampleOf(0.4, 0.6, 0.8, 1, 1.2), checkpoint });
    const again = await trained({ ...request, validation: sampleOf(0.4, 0.6, 0.8, 1, 1.2), checkpoint });
    assert.is.not(first.bestEpoch, first.keptEpoch);
    assert.equal(again, first);
  });

  test(`the difference of two losses and its error are those of the events ${on}`, async () => {
    const check = async (count: number, tolerance: number) => {
      const x = new Float64Array(count);
      fillNormal(randomKey(5, "training test/paired"), 0, x);
      // Neighbours alike, as in a file that somebody sorted.
      const samples = { events: { columns: { x: x.sort() }, count } };
      const loss = await validationProgram(await backend, distanceModel(), samples, scalars({ theta: 0 }));
      const pair = [scalars({ theta: 0.5 }), scalars({ theta: 0.25 })] as const;
      const found = await pairedDifference(loss, samples, pair, { seed: 1, purpose: "test" });
      await loss.program.close();
      const each = Array.from(x, (value) => (value - 0.5) ** 2 - (value - 0.25) ** 2);
      const mean = each.reduce((sum, value) => sum + value, 0) / count;
      const error = Math.sqrt(each.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1) / count);
      close(found.difference, mean, rounding * 10);
      close(found.error, error, tolerance * error);
    };
    // A group for every event; 64 groups of 100, whose spread is known to 9%: four of these, a false alarm in 20 000 seeds.
    await check(40, 1e-3);
    await check(6400, 0.36);
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

  /** A file in which states survive as text and arrays. */
  function memoryCheckpoint() {
    let file: ReturnType<typeof encodeTrainingState> | undefined;
    return {
      save: async (state: TrainingState) => {
        file = encodeTrainingState(state);
      },
      restore: async () => file && decodeTrainingState(file.arrays, file.record),
    };
  }

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
    const refusal = async (change: Partial<typeof resumable> & { seed?: number }) => {
      try {
        await trained({ ...resumable, checkpoint, ...change });
      } catch (error) {
        return (error as Error).message;
      }
      return "accepted";
    };
    assert.match(
      await refusal({ seed: 2 }),
      /^train: expected a saved state with seed = 2, got 1. It belongs to another training: remove it, or restore/,
    );
    assert.match(await refusal({ batch: 8 }), /a saved state with stepsPerEpoch = 7, got 8/);
    assert.match(
      await refusal({
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
      try {
        await trained({ ...good, ...change });
      } catch (error) {
        return (error as Error).message;
      }
      return "accepted";
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
}

test("64 held-out events choose an early epoch where there is something to gain (60 samples; false alarm 1e-4)", async () => {
  const backend = await testBackends()[0]!.create();
  const [toys, count] = [60, 64];
  const x = new Float64Array(toys * count);
  fillNormal(randomKey(6, "training test/held out"), 0, x);
  const epochs = Array.from({ length: 41 }, (_, epoch) => epoch / 40);
  const loss = await validationProgram(backend, distanceModel(), sampleOf(0, 0), scalars({ theta: 0 }));
  /** Samples in which the least loss beats the last, at 1; the parameters at the end of each epoch are those above. */
  const choices = async (truth: number) => {
    let [least, early] = [0, 0];
    for (let toy = 0; toy < toys; toy++) {
      const own = x.slice(toy * count, (toy + 1) * count).map((value) => truth + value);
      const mean = own.reduce((sum, value) => sum + value, 0) / count;
      const best = epochs.reduce((a, b) => (Math.abs(b - mean) < Math.abs(a - mean) ? b : a));
      if (best === 1) continue;
      least++;
      const pair = [scalars({ theta: best }), scalars({ theta: 1 })] as const;
      const samples = { events: { columns: { x: own }, count } };
      if (isBeyondChance(await pairedDifference(loss, samples, pair, { seed: toy, purpose: "test" }))) early++;
    }
    return { least, early };
  };
  // The best epoch is that at the mean m of the events, and leads by (1 - m)² ± 2 (1 - m) s / √64: by more than its error where m is 2
  // standard errors below 1. Where that is the truth, 1 in 40: more than 8 of 60 once in 20 000. At 0.1 m is always far below.
  const converging = await choices(1);
  assert.ok(converging.least > 20, `${converging.least}`);
  assert.ok(converging.early <= 8, `${converging.early}`);
  assert.is((await choices(0.1)).early, toys);
  await loss.program.close();
  await backend.close();
});

test.run();
