/** Toys of simulated events against what samples and weights say in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { resampleToy, sharedFluctuation } from "../../../../inference/model/sampling/resampled-toys.js";
import type { SimulatedEvents } from "../../../../inference/model/sampling/simulated-events.js";

/** Five events of one feature x and two of y, which say which event they are of; the second process counts from 10. */
const plain: SimulatedEvents = {
  process: 0,
  at: [0],
  count: 5,
  x: Float32Array.of(0, 1, 2, 3, 4),
  y: Float32Array.of(0, 1, 2, 3, 4, 100, 101, 102, 103, 104),
};
const weighted: SimulatedEvents = {
  process: 1,
  at: [0],
  count: 4,
  x: Float64Array.of(10, 11, 12, 13),
  y: Float64Array.of(10, 11, 12, 13, 110, 111, 112, 113),
  weights: Float64Array.of(1, 2, 4, -1),
};
/** More events of the same process at the same point. */
const more: SimulatedEvents = { process: 1, at: [0], count: 1, x: Float64Array.of(14), weights: Float64Array.of(2) };

const TOYS = 400;
const toys = (samples: readonly SimulatedEvents[], yields: readonly number[], withY = false) =>
  Array.from({ length: TOYS }, (_, seed) => resampleToy({ samples, yields, withY, seed }));
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test("a toy has the rows of the sample, a Poisson number of them, each as often (seeds 0 to 399, false alarm 4e-4 in all)", () => {
  const found = toys([plain], [30], true);
  const counts = found.map(({ count }) => count);
  assert.ok(Math.abs(meanOf(counts) - 30) < 4 * Math.sqrt(30 / TOYS));
  // The variance of (n - 30)² is 30 + 2 · 30².
  const variance = meanOf(counts.map((count) => (count - 30) ** 2));
  assert.ok(Math.abs(variance - 30) < 4 * Math.sqrt((30 + 2 * 30 ** 2) / TOYS));
  const times = [0, 0, 0, 0, 0];
  for (const { count, x, y, weights } of found) {
    assert.is(weights, undefined);
    for (let i = 0; i < count; i++) {
      times[x[i]!]!++;
      assert.is(y![i], x[i]);
      assert.is(y![count + i], x[i]! + 100);
    }
  }
  // 12 000 events, a fifth each.
  for (const own of times) assert.ok(Math.abs(own - 2400) < 4 * Math.sqrt(12000 * 0.2), `${times}`);
});

test("a negative event is drawn by its size and counts -1: weights add up to the yield, and events come by their weights (seeds 0 to 399, false alarm 4e-4 in all)", () => {
  // Σw = 8, Σ|w| = 10: counts of mean 20 · 10/8.
  const found = toys([plain, weighted, more], [0, 20]);
  const sums = found.map(({ weights }) => Array.from(weights!).reduce((sum, weight) => sum + weight, 0));
  assert.ok(Math.abs(meanOf(sums) - 20) < 4 * Math.sqrt(25 / TOYS), `${meanOf(sums)}`);
  const variance = meanOf(sums.map((sum) => (sum - 20) ** 2));
  assert.ok(Math.abs(variance - 25) < 4 * Math.sqrt((25 + 2 * 25 ** 2) / TOYS), `${variance}`);
  const times = [0, 0, 0, 0, 0];
  for (const { x, weights } of found) {
    for (const [i, value] of x.entries()) {
      assert.is(weights![i], value === 13 ? -1 : 1);
      times[value - 10]!++;
    }
  }
  for (const [i, own] of [1, 2, 4, 1, 2].entries()) {
    const expected = (TOYS * 25 * own) / 10;
    assert.ok(Math.abs(times[i]! - expected) < 4 * Math.sqrt(expected), `${times}`);
  }
});

test("processes come one after another in numbers of their own, weighted where one of them is", () => {
  const { count, x, weights } = resampleToy({ samples: [plain, weighted], yields: [40, 40], withY: false, seed: 3 });
  const first = x.findIndex((value: number) => value >= 10);
  assert.ok(first > 15 && count - first > 25 && x.subarray(first).every((value: number) => value >= 10));
  assert.ok(weights!.subarray(0, first).every((weight: number) => weight === 1));
  const again = resampleToy({ samples: [plain, weighted], yields: [40, 40], withY: false, seed: 3 });
  assert.equal(again.x, x);
  assert.is.not(resampleToy({ samples: [plain, weighted], yields: [40, 40], withY: false, seed: 4 }).count, count);
});

test("positive weights alone leave a toy without weights", () => {
  const positive = { ...weighted, weights: Float64Array.of(1, 2, 4, 1) };
  const { weights, x } = resampleToy({ samples: [plain, positive], yields: [0, 500], withY: false, seed: 1 });
  assert.is(weights, undefined);
  const heavy = x.filter((value: number) => value === 12).length / x.length;
  assert.ok(Math.abs(heavy - 0.5) < 4 * Math.sqrt(0.25 / x.length));
});

test("the shared fluctuation is that of the process with the fewest simulated events for its yield", () => {
  const { shift, errors } = sharedFluctuation([plain, weighted], [2, 3]);
  // 2/5 of the first; of the second 3 Σw² / (Σw Σ|w|) = 3 · 22 / (6 · 8).
  assert.ok(Math.abs(shift - Math.sqrt(66 / 48)) < 1e-12);
  assert.ok(Math.abs(errors - Math.sqrt(8 / 6)) < 1e-12);
  const alone = sharedFluctuation([plain], [2]);
  assert.ok(Math.abs(alone.shift - Math.sqrt(0.4)) < 1e-12 && alone.errors === 1);
});

test("the mean over toys scatters by the shared fluctuation from sample to sample (seed 5, 400 samples, false alarm 1e-4)", () => {
  const [events, expected, toysOfSample] = [20, 10, 20];
  const drawn = new Float64Array(400 * events);
  fillNormal(randomKey(5, "shared fluctuation test"), 0, drawn);
  const variance = meanOf(
    Array.from({ length: 400 }, (_, sample) => {
      const x = drawn.subarray(sample * events, (sample + 1) * events);
      const samples = [{ process: 0, at: [], count: events, x }];
      const all = Array.from({ length: toysOfSample }, (_, toy) =>
        Array.from(resampleToy({ samples, yields: [expected], withY: false, seed: 100 * sample + toy }).x),
      ).flat();
      return meanOf(all) ** 2;
    }),
  );
  // The error of a mean of 10 normal events is 1/√10: all toys are off by `shift` of it, and their mean by 1/√20 of it.
  const { shift } = sharedFluctuation(
    [{ process: 0, at: [], count: events, x: drawn.subarray(0, events) }],
    [expected],
  );
  const wanted = (shift ** 2 + 1 / toysOfSample) / expected;
  assert.ok(Math.abs(variance - wanted) < 4 * wanted * Math.sqrt(2 / 400), `${variance} ${wanted}`);
});

test("samples without a positive sum of weights are refused", () => {
  const negative = { ...weighted, weights: Float64Array.of(-1, -1, -1, 1) };
  const call = () => resampleToy({ samples: [plain, negative], yields: [1, 1], withY: false, seed: 1 });
  assert.throws(
    call,
    /toy of simulated events: expected event weights with a positive finite sum, got -2 for process 1/,
  );
});

test.run();
