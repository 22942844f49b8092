/** Trainings of streams: batches of windows, the same bits wherever they were interrupted, and the optimum of the events in memory. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitSample } from "../../../flows/training/event-sample.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { windowsOf } from "../../../flows/training/training-events.js";
import { rejects } from "../../support/rejects.js";
import { streamOf } from "./small-streams.js";
import {
  close,
  distanceModel,
  forEachTrainer,
  memoryCheckpoint,
  normalModel,
  scalars,
  weightedEvents,
} from "./small-trainings.js";

const numbered = (count: number) => ({ count, columns: { x: Float64Array.from({ length: count }, (_, i) => i) } });
const REQUEST = { seed: 1, purpose: "test", epochs: 2 };

for (const [window, batch, steps] of [
  // 150 events are trained on: 21 batches of 7, in windows of at most so many events.
  [40, 7, [5, 5, 5, 5, 1]],
  [75, 7, [7, 7, 7]],
  [150, 7, [21]],
  [7, 7, new Array(21).fill(1)],
  [1000, 1000, [1]],
] as const) {
  test(`batches of ${batch} in windows of ${window} show every event once in an epoch, as often as in memory`, async () => {
    const stream = streamOf(numbered(200), { window });
    const trainedOn = splitSample(numbered(200), { seed: 1, purpose: "test", validation: 0.25 }).training.columns.x!;
    const { batches, at, settled } = windowsOf(stream, { ...REQUEST, batch });
    const size = Math.min(batch, 150);
    assert.equal([batches.stepsPerEpoch, batches.sizes], [Math.floor(150 / size), { events: size }]);
    const orders: string[] = [];
    for (const epoch of [0, 1]) {
      const seen: number[] = [];
      const found: number[] = [];
      for (let step = epoch * batches.stepsPerEpoch; step < (epoch + 1) * batches.stepsPerEpoch; ) {
        const { samples, until } = await at(step);
        const { count, columns } = samples.events!;
        assert.is(count, (until - step) * size);
        // In one go, and step by step.
        const all = batches.indices(step, until - step).events!;
        const single = Array.from({ length: until - step }, (_, i) => [...batches.indices(step + i, 1).events!]);
        assert.equal([...all], single.flat());
        seen.push(...Array.from(all, (event) => columns.x![event]!));
        found.push(until - step);
        step = until;
      }
      assert.equal(found, [...steps]);
      assert.is(new Set(seen).size, batches.stepsPerEpoch * size);
      assert.ok(seen.every((event) => trainedOn.includes(event)));
      orders.push(seen.join());
    }
    assert.is.not(orders[0], orders[1]);
    await settled();
  });
}

test("windows of events that are sorted have the mean of all", async () => {
  const n = 20_000;
  const stream = streamOf(numbered(n), { window: 1000, block: 20, perPiece: 50 });
  const { batches, at, settled } = windowsOf(stream, { ...REQUEST, batch: 100 });
  const means: number[] = [];
  for (let step = 0; step < batches.stepsPerEpoch; ) {
    const { samples, until } = await at(step);
    const { columns, count } = samples.events!;
    means.push(Float64Array.from(columns.x!).reduce((sum, x) => sum + x, 0) / count / n);
    step = until;
  }
  await settled();
  assert.is(means.length, 15);
  // One block of each of 67 parts: the numbers of their events, 15 ± 2, move the mean by 0.005, and a part that a window has twice or not at
  // all, at its ends, by 0.5/67. With blocks by chance its error is 0.035, and 15 means are within 0.02 once in 300 000.
  for (const mean of means) close(mean, 0.5, 0.02);
});

test("what no window has room for, and a second sample of held-out events, are refused", async () => {
  const stream = streamOf(numbered(200), { window: 10 });
  assert.throws(
    () => windowsOf(stream, { ...REQUEST, batch: 11 }),
    /train: expected a batch of at most 10 events, as many as are in memory at once, got 11\. Take a smaller batch/,
  );
});

forEachTrainer(({ on, rounding, trained }) => {
  test(`a stream reaches the optimum of its events, and its losses are theirs, ${on}`, async () => {
    const sample = weightedEvents(4000, 2);
    const { training, validation } = splitSample(sample, { seed: 1, purpose: "test", validation: 0.25 });
    const request = { model: normalModel, initial: scalars({ mean: 1, logWidth: 0.3 }), batch: 100, epochs: 20 };
    const rate = warmUpCosine({ warmUpSteps: 5 });
    const stream = streamOf(sample, { window: 400, block: 10, perPiece: 40 });
    const streamed = await trained({ ...request, rate, patience: 10, data: stream });
    const kept = await trained({ ...request, rate, data: { events: training }, validation: { events: validation } });
    close(streamed.initialValidationLoss, kept.initialValidationLoss!, rounding);
    assert.equal(streamed.history.length, kept.history.length);
    // Both end with a rate of 0: 3000 events know mean and log of the width to about 0.01; the last steps of either know 100 of them.
    for (const name of ["mean", "logWidth"]) close(streamed.parameters[name]![0], kept.parameters[name]![0]!, 0.01);
    close(streamed.bestValidationLoss, kept.bestValidationLoss!, 1e-3);
    assert.is(streamed.convergence.status, "converged");
  });

  test(`an interrupted training of a stream goes on to the same bits ${on}`, async () => {
    const sample = weightedEvents(300, 3);
    const request = { model: normalModel, initial: scalars({ mean: 1, logWidth: 0 }), batch: 10, epochs: 3 };
    const data = () => streamOf(sample, { window: 50 });
    const whole = await trained({ ...request, data: data() });
    const checkpoint = memoryCheckpoint();
    // 22 steps in an epoch, in windows of 5 and 2.
    for (const stopAfter of [1, 4, 5, 13, 22, 40]) {
      const controller = new AbortController();
      const { stopped } = await trained({
        ...request,
        data: data(),
        checkpoint,
        signal: controller.signal,
        onProgress: ({ step }) => step >= stopAfter && controller.abort(),
      });
      assert.is(stopped, "aborted");
    }
    const resumed = await trained({ ...request, data: data(), checkpoint });
    assert.equal(resumed, whole);
    const other = await trained({ ...request, data: data(), seed: 2 });
    assert.not.equal(other.parameters, whole.parameters);
  });

  test(`what a stream cannot be trained with is said ${on}`, async () => {
    const sample = numbered(40);
    const request = { model: distanceModel(), initial: scalars({ theta: 0 }), batch: 5, epochs: 1 };
    const data = streamOf(sample, { window: 20 });
    await rejects(
      () => trained({ ...request, data, validation: { events: sample } }),
      /train: expected no validation sample beside a stream, which has its own, got one/,
    );
    const negative = { ...sample, columns: { ...sample.columns, w: new Float64Array(40).fill(-1) }, weights: "w" };
    await rejects(
      () => trained({ ...request, data: streamOf(negative, { window: 20 }) }),
      /expected the weights of the events of "events" to have a positive finite sum, got -30/,
    );
    let reads = 0;
    const broken = streamOf(sample, {
      window: 10,
      onRead: () => {
        if (++reads > 6) throw new Error("disk gone");
      },
    });
    await rejects(() => trained({ ...request, epochs: 5, data: broken }), /disk gone/);
  });
});

test.run();
