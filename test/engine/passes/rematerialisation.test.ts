/** What kernels compute again, and what they must not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { rematerialise } from "../../../engine/passes/rematerialisation.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { kernelNames } from "../../support/kernel-names.js";

const kernelsOf = (...outputs: Var[]) => kernelNames(outputs, rematerialise);

/** Columns x [3], z [2, 3] and weights [3, 3]: a map between two kernels keeps them apart. */
function inputs() {
  const tape = new Tape();
  const weights = tape.parameter("weights", [3, 3]);
  const [x, z] = [tape.column("x", [3]), tape.column("z", [2, 3])];
  return { x, z, map: (y: Var) => o.linear(y, weights) };
}

test("what takes only operands that a kernel reads anyway is computed there and not stored", () => {
  const { x, map } = inputs();
  const scaled = o.add(o.mul(o.abs(x), 0.5), 1);
  const y = map(o.div(x, scaled));
  assert.equal(kernelsOf(o.add(o.div(y, scaled), x)), ["abs mul add DIV", "LINEAR", "abs mul add div ADD"]);
});

test("what others still read is stored once, and computed again all the same", () => {
  const { x, map } = inputs();
  const positive = o.exp(x);
  assert.equal(kernelsOf(o.add(o.mul(map(positive), positive), x)), ["EXP", "LINEAR", "exp mul ADD"]);
  assert.equal(kernelsOf(o.add(o.mul(map(x), positive), x), positive), ["LINEAR", "EXP mul ADD"]);
});

test("what would have to be read instead is not: the number itself is no more", () => {
  const { x, map } = inputs();
  const positive = o.exp(x);
  assert.equal(kernelsOf(o.mul(map(positive), positive)), ["EXP", "LINEAR", "MUL"]);
});

test("what takes many operations is read, however long a chain they are", () => {
  for (const [length, isAgain] of [
    [30, true],
    [40, false],
    [5000, false],
  ] as const) {
    const { x, map } = inputs();
    let y = x;
    for (let i = 0; i < length; i++) y = o.sin(y);
    const last = kernelsOf(o.add(o.mul(map(y), y), x)).at(-1) as string;
    assert.is(last.startsWith("sin sin"), isAgain, `${length} operations`);
  }
});

test("sums, running sums and other rows of an operand are not computed again", () => {
  const { x, z, map } = inputs();
  const total = o.sum(o.exp(z), 1);
  const spread = o.mul(z, total);
  assert.equal(kernelsOf(o.mul(o.mul(map(spread), total), z)), ["exp SUM", "MUL", "LINEAR", "mul MUL"]);
  const reversed = o.exp(o.select(x, 0, [2, 1, 0]));
  assert.equal(kernelsOf(o.add(o.mul(map(reversed), reversed), x)), ["EXP", "LINEAR", "mul ADD"]);
});

test("comparisons are made again of numbers from memory, not of what is computed again: all kernels take the same side", () => {
  const { x, map } = inputs();
  const scaled = o.add(o.mul(x, 0.3), 0.1);
  const exact = o.greater(x, 0.25);
  assert.equal(kernelsOf(o.where(exact, map(o.mul(x, exact)), x)), ["greater MUL", "LINEAR", "greater WHERE"]);
  const rounded = o.greater(scaled, 0.25);
  assert.equal(kernelsOf(o.where(rounded, map(o.mul(x, rounded)), x)), ["mul add GREATER MUL", "LINEAR", "WHERE"]);
  const both = o.add(o.where(rounded, map(o.mul(scaled, rounded)), scaled), x);
  assert.equal(kernelsOf(both), ["mul add GREATER MUL", "LINEAR", "mul add where ADD"]);
});

test("inner items are computed again where the inner axis is the same", () => {
  const { z, map } = inputs();
  const e = o.exp(z);
  const first = o.div(e, o.sum(e, 1));
  const y = map(first);
  const second = o.sum(o.mul(o.mul(y, e), z), 1);
  assert.equal(kernelsOf(second), ["EXP SUM", "DIV", "LINEAR", "exp mul mul SUM"]);
});

test.run();
