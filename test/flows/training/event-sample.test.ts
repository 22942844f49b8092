import { test } from "uvu";
import * as assert from "uvu/assert";
import { selectEvents, splitIndices, splitSample, sumOfWeights } from "../../../flows/training/event-sample.js";
import { minibatches } from "../../../flows/training/minibatches.js";

const sorted = (events: Iterable<number>) => [...events].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);
const request = { seed: 3, purpose: "test", counts: { up: 10, down: 25 }, batch: 4 };

test("minibatches show every event once per order, in batches without repeats", () => {
  const { sizes, stepsPerEpoch, indices } = minibatches({ ...request, batch: 5 });
  assert.equal(sizes, { up: 5, down: 5 });
  assert.is(stepsPerEpoch, 5);
  const { up, down } = indices(0, 10);
  assert.equal(sorted(down!.subarray(0, 25)), upTo(25));
  assert.equal(sorted(down!.subarray(25)), upTo(25));
  assert.not.equal(down!.subarray(0, 25), down!.subarray(25));
  for (let order = 0; order < 5; order++) assert.equal(sorted(up!.subarray(order * 10, order * 10 + 10)), upTo(10));
});

test("minibatches drop what is left of an order after its last whole batch", () => {
  const { stepsPerEpoch, indices } = minibatches(request);
  assert.is(stepsPerEpoch, 6);
  const { up, down } = indices(0, 6);
  assert.is(new Set(down).size, 24);
  for (let order = 0; order < 3; order++) assert.is(new Set(up!.subarray(order * 8, order * 8 + 8)).size, 8);
});

test("minibatches of a step do not depend on how steps are grouped, but on seed, purpose and set", () => {
  const whole = minibatches(request).indices(0, 12);
  for (const [first, count] of [
    [0, 1],
    [5, 3],
    [11, 1],
  ] as const) {
    const part = minibatches(request).indices(first, count);
    for (const set of ["up", "down"]) {
      assert.equal(part[set], whole[set]!.slice(4 * first, 4 * (first + count)));
    }
  }
  for (const other of [{ seed: 4 }, { purpose: "other" }]) {
    assert.not.equal(minibatches({ ...request, ...other }).indices(0, 12), whole);
  }
  const same = minibatches({ ...request, counts: { up: 25, down: 25 } }).indices(0, 6);
  assert.not.equal(same.up, same.down);
});

test("a set smaller than its batch gives all it has; batches may differ by set", () => {
  assert.equal(minibatches({ ...request, batch: 20 }).sizes, { up: 10, down: 20 });
  assert.equal(minibatches({ ...request, batch: { up: 2, down: 3 } }).sizes, { up: 2, down: 3 });
  assert.throws(
    () => minibatches({ ...request, batch: { up: 2 } }),
    /minibatches: expected a batch of at least one event for event set "down", and events, got a batch of undefined/,
  );
  assert.throws(
    () => minibatches({ ...request, counts: {} }),
    /minibatches: expected at least one event set, got none/,
  );
  assert.throws(() => minibatches({ ...request, batch: 0 }), /event set "up", and events, got a batch of 0 of 10/);
});

test("a split is reproducible, disjoint and complete", () => {
  const split = { seed: 1, purpose: "kinematics", validation: 0.3 };
  const { training, validation } = splitIndices(11, split);
  assert.is(validation.length, 3);
  assert.equal(sorted([...training, ...validation]), upTo(11));
  assert.equal(splitIndices(11, split).validation, validation);
  assert.not.equal(splitIndices(1000, { ...split, seed: 2 }), splitIndices(1000, split));
  assert.throws(
    () => splitIndices(3, { ...split, validation: 0.1 }),
    /splitIndices: expected at least one event on either side, got a validation fraction of 0.1 of 3 events/,
  );
});

test("events are selected from columns of any number of features, with their weights", () => {
  const columns = { x: Float32Array.of(0, 1, 2, 10, 11, 12), w: Float64Array.of(5, 6, 7) };
  const sample = { columns, count: 3, weights: "w" };
  const picked = selectEvents(sample, Int32Array.of(2, 0));
  assert.equal(picked, {
    columns: { x: Float32Array.of(2, 0, 12, 10), w: Float64Array.of(7, 5) },
    count: 2,
    weights: "w",
  });
  assert.is(sumOfWeights(sample), 18);
  assert.is(sumOfWeights({ ...sample, weights: undefined }), 3);
  const { training, validation } = splitSample(sample, { seed: 1, purpose: "", validation: 0.34 });
  assert.is(sumOfWeights(training) + sumOfWeights(validation), 18);
});

test("weights that are missing or do not sum to a positive number are refused", () => {
  const sample = { columns: { w: Float64Array.of(1, -1) }, count: 2, weights: "w" };
  assert.throws(() => sumOfWeights(sample), /weights "w" to have a positive finite sum, got 0. Look for NaN/);
  assert.throws(
    () => sumOfWeights({ ...sample, weights: "v" }),
    /EventSample: expected weights in a column "v" \[2\], got columns w/,
  );
});

test.run();
