/** Event sets for training: weights, columns, and which samples go into which stage. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { columnName, type SimulatedEvents, trainingSample } from "../../inference/simulated-events.js";
import { type Anchor, anchorSets, isLinearOnly, systematicsStages } from "../../inference/systematics.js";

const part = (process: number, at: number[], x: number[], weights?: number[]): SimulatedEvents => ({
  process,
  at,
  count: x.length,
  x: Float64Array.from(x),
  ...(weights && { weights: Float64Array.from(weights) }),
});

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

const anchor = (process: number, ...at: number[]): Anchor => ({ process, at });

test("anchors off the centres fall into sets by what is off; pairs come last", () => {
  const centres = [0, 0.5];
  const anchors = [
    anchor(0, 0, 0.5),
    anchor(0, 1, 0.5),
    anchor(0, -1, 0.5),
    anchor(1, 1, 0.5),
    anchor(0, 0, 1),
    anchor(0, 1, 1),
  ];
  const sets = anchorSets(anchors, centres);
  assert.equal(
    sets.map(({ active, anchors: count }) => [active, count]),
    [
      [[0], 3],
      [[1], 1],
      [[0, 1], 1],
    ],
  );
  const names = (pairs: [number, number][], of = sets) =>
    systematicsStages(of, pairs).map(({ name, sets: own }) => [name, own.map(({ active }) => active.join())]);
  assert.equal(names([[0, 1]]), [
    ["singles", ["0", "1"]],
    ["joint", ["0", "1", "0,1"]],
  ]);
  assert.equal(names([]), [["singles", ["0", "1", "0,1"]]]);
  // Nuisance 1 is off its centre only together with 0: its own networks need that sample too.
  assert.equal(
    names(
      [[0, 1]],
      sets.filter(({ active }) => active.join() !== "1"),
    ),
    [
      ["singles", ["0", "0,1"]],
      ["joint", ["0", "0,1"]],
    ],
  );
});

test("a quadratic term needs two values off the centre in every process that is simulated off it", () => {
  assert.is(isLinearOnly([anchor(0, 0), anchor(0, 1)], 0, 0), true);
  assert.is(isLinearOnly([anchor(0, 0), anchor(0, 1), anchor(0, -1)], 0, 0), false);
  assert.is(isLinearOnly([anchor(0, 1), anchor(0, 2)], 0, 0), false);
  assert.is(isLinearOnly([anchor(0, 1), anchor(0, -1), anchor(1, 1)], 0, 0), true);
});

test.run();
