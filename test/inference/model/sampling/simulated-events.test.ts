/** Event sets for training: weights, columns, and which samples go into which stage. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { columnName, trainingSample } from "../../../../inference/model/sampling/simulated-events.js";
import { part } from "./named-shapes.js";

test("every process at every point counts the same, whatever its size and weights, negative ones included", () => {
  const parts = [
    part(0, [0], [1, 2, 3]),
    part(1, [0], [4, 5], [3, -1]),
    part(1, [1], [6, 7, 8, 9]),
    part(1, [1], [10]),
  ];
  const { count, columns, weights } = trainingSample("set", parts, "x", 2);
  assert.is(count, 10);
  assert.is(weights, "set/weight");
  // Three groups of 10/3 each: 3 events; weights 3 and -1 of sum 2; 5 events in two files.
  const third = 10 / 3;
  const expected = [
    ...[1, 1, 1].map((w) => (w * third) / 3),
    ...[3, -1].map((w) => (w * third) / 2),
    ...Array<number>(5).fill(third / 5),
  ];
  const got = Array.from(columns[columnName("set", "weight")]!);
  assert.ok(got.every((value, i) => Math.abs(value - expected[i]!) < 1e-6));
  assert.equal(Array.from(columns[columnName("set", "x")]!), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assert.equal(
    Array.from(columns[columnName("set", "process")]!),
    [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1],
  );
  assert.equal(Array.from(columns[columnName("set", "nu")]!), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
});

test("weights that do not add up to something positive are refused", () => {
  assert.throws(
    () => trainingSample("set", [part(0, [1], [1, 2], [1, -2])], "x", 1),
    /simulated sample: expected event weights with a positive finite sum, got -1 for process 0 at nu = \(1\)/,
  );
});

test.run();
