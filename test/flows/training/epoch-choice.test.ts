/** Which epoch a training keeps: another than the last only where it is better by more than chance. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../engine/random/random.js";
import { isBeyondChance, pairedDifference } from "../../../flows/training/epoch-choice.js";
import { lossOfSamples } from "../../../flows/training/grouped-loss.js";
import { validationProgram } from "../../../flows/training/training-program.js";
import { testBackends } from "../../support/backends.js";
import { close, distanceModel, forEachTrainer, memoryCheckpoint, sampleOf, scalars } from "./small-trainings.js";

forEachTrainer(({ on, rounding, backend, trained }) => {
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
      const found = await pairedDifference(lossOfSamples(loss, samples), pair, { seed: 1, purpose: "test" });
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
});

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
      if (isBeyondChance(await pairedDifference(lossOfSamples(loss, samples), pair, { seed: toy, purpose: "test" })))
        early++;
    }
    return { least, early };
  };
  // The best epoch is that at the mean m of the events, and leads by (1 - m)² ± 2 (1 - m) s / √64: by more than twice its error where m is
  // 4 standard errors below 1, once in 30 000; with 1 as the mean once in 500 that one of 60 does. At 0.1 m is always far below.
  const converging = await choices(1);
  assert.ok(converging.least > 20, `${converging.least}`);
  assert.is(converging.early, 0);
  assert.is((await choices(0.1)).early, toys);
  await loss.program.close();
  await backend.close();
});

test.run();
