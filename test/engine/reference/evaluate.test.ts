/** The definitions of operations that are more than a function of numbers, by hand; `[...shape, events]`. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { evaluate } from "../../../engine/reference/evaluate.js";
import { broadcastIndex } from "../../../engine/tape/broadcast-index.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";

const numbers = (...values: number[]) => Float64Array.from(values);

/** What a node is, given its inputs, for so many events. */
const of = (node: Var, inputs: readonly Float64Array[], events: number) => [...evaluate(node, inputs, events)];

const tape = new Tape();
const pair = tape.column("pair", [2]);
const square = tape.column("square", [2, 2]);
const weights = tape.parameter("weights", [2, 2]);

test("elements are repeated along axes of size 1, counted from the last", () => {
  assert.equal([...broadcastIndex([2, 1], [2, 3])], [0, 0, 0, 1, 1, 1]);
  assert.equal([...broadcastIndex([3], [2, 3])], [0, 1, 2, 0, 1, 2]);
  assert.equal([...broadcastIndex([], [2])], [0, 0]);
});

test("reductions run along their axis, event by event", () => {
  // Rows (1, 2), (3, 4) of the first event, ten times that of the second.
  const x = numbers(1, 10, 2, 20, 3, 30, 4, 40);
  assert.equal(of(o.sum(square, 0), [x], 2), [4, 40, 6, 60]);
  assert.equal(of(o.sum(square, 1), [x], 2), [3, 30, 7, 70]);
  assert.equal(of(o.max(square, 1), [x], 2), [2, 20, 4, 40]);
});

test("running sums, with and without the element itself, from either end", () => {
  const x = numbers(1, 2, 3);
  const three = tape.column("three", [3]);
  assert.equal(of(o.cumulativeSum(three, 0), [x], 1), [1, 3, 6]);
  assert.equal(of(o.cumulativeSum(three, 0, { exclusive: true }), [x], 1), [0, 1, 3]);
  assert.equal(of(o.cumulativeSum(three, 0, { reverse: true }), [x], 1), [6, 5, 3]);
  assert.equal(of(o.cumulativeSum(three, 0, { exclusive: true, reverse: true }), [x], 1), [5, 3, 0]);
});

test("linear maps count only what lies within the prefixes", () => {
  const [x, w] = [numbers(1, 2, 10, 20), numbers(1, 2, 3, 4)];
  assert.equal(of(o.linear(pair, weights), [x, w], 2), [21, 42, 43, 86]);
  const prefix = Int32Array.of(0, 1);
  assert.equal(of(o.linear(pair, weights, { prefix }), [x, w], 2), [0, 0, 3, 6]);
  assert.equal(of(o.linear(pair, weights, { prefix, transposed: true }), [x, w], 2), [30, 60, 0, 0]);
});

test("sums over events, and of products of two rows", () => {
  const [g, x] = [numbers(1, 2, 3, 4), numbers(10, 20, 30, 40)];
  assert.equal(of(o.sumEvents(pair), [x], 2), [30, 70]);
  const other = tape.column("other", [2]);
  assert.equal(of(o.weightGradient(pair, other, undefined, false), [g, x], 2), [50, 110, 110, 250]);
  assert.equal(of(o.weightGradient(pair, other, Int32Array.of(1, 0), false), [g, x], 2), [50, 0, 0, 0]);
});

test("what is taken from nowhere is 0", () => {
  assert.equal(of(o.take(pair, [3], Int32Array.of(1, -1, 0)), [numbers(1, 2, 3, 4)], 2), [3, 4, 0, 0, 1, 2]);
});

test.run();
