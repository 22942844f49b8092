/** Event sets for training: weights, columns, and which samples go into which stage. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { columnName, trainingSample } from "../../../../inference/model/sampling/simulated-events.js";
import { part } from "./named-shapes.js";

test("a process at a point counts by the root of its effective number of events, negative weights included", () => {
  const parts = [
    part(0, [0], [1, 2, 3]),
    part(1, [0], [4, 5], [3, -1]),
    part(1, [1], [6, 7, 8, 9]),
    part(1, [1], [10]),
  ];
  const { count, columns, weights } = trainingSample("set", parts, "x", 2);
  assert.is(count, 10);
  assert.is(weights, "set/weight");
  // Effective numbers 3; (3 - 1)² / (9 + 1) = 0.4; 5, in two files.
  const roots = [3, 0.4, 5].map(Math.sqrt);
  const unit = 10 / (roots[0]! + roots[1]! + roots[2]!);
  const expected = [
    ...[1, 1, 1].map((w) => (w * unit * roots[0]!) / 3),
    ...[3, -1].map((w) => (w * unit * roots[1]!) / 2),
    ...Array<number>(5).fill((unit * roots[2]!) / 5),
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

test("events of processes of one size have the weight 1 to the last bit", () => {
  const parts = [0, 1, 2].map((process) => part(process, [0], [1, 2, 3, 4, 5, 6, 7]));
  const { columns } = trainingSample("set", parts, "x", 3);
  assert.ok(columns[columnName("set", "weight")]!.every((weight) => weight === 1));
});

test("weights that do not add up to something positive are refused", () => {
  assert.throws(
    () => trainingSample("set", [part(0, [1], [1, 2], [1, -2])], "x", 1),
    /simulated sample: expected event weights with a positive finite sum, got -1 for process 0 at nu = \(1\)/,
  );
});

test.run();
