/** What becomes of constants, and how operands are brought to one shape: no node is made that need not be. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";

const tape = new Tape();
const x = tape.column("x", [2]);
const p = tape.parameter("p", [3, 1]);

test("0 and 1 leave the other operand, or nothing", () => {
  assert.is(o.add(x, 0), x);
  assert.is(o.add(0, x), x);
  assert.is(o.sub(x, 0), x);
  assert.is(o.sub(0, x), o.neg(x));
  assert.is(o.mul(x, 1), x);
  assert.is(o.mul(1, x), x);
  assert.is(o.div(x, 1), x);
  assert.is(o.uniformValue(o.mul(x, 0)), 0);
  assert.is(o.uniformValue(o.div(0, x)), 0);
  for (const zero of [o.mul(x, 0), o.div(0, x)]) assert.equal([zero.shape, zero.events], [[2], x.events]);
});

test("numbers that are known are computed at once", () => {
  const two = tape.constant(2, [2]);
  const known: readonly (readonly [Var, number])[] = [
    [o.add(two, 3), 5],
    [o.sub(two, 3), -1],
    [o.mul(two, 3), 6],
  ];
  for (const [node, value] of known) assert.is(o.uniformValue(node), value);
});

test("a division by a power of two is a product; by another number it stays", () => {
  assert.is(o.div(x, 8), o.mul(x, 0.125));
  assert.is(o.div(x, -0.5), o.mul(x, -2));
  assert.is(o.div(x, 3).operation.name, "div");
  // Its reciprocal is no number.
  assert.is(o.div(x, 2 ** -1074).operation.name, "div");
});

test("operands come to the shape and the events of both", () => {
  const sum = o.add(x, p);
  assert.equal([sum.shape, sum.events], [[3, 2], x.events]);
  assert.equal(
    sum.inputs.map(({ shape, events }) => [shape, events]),
    [
      [[3, 2], x.events],
      [[3, 2], x.events],
    ],
  );
  assert.is(o.less(x, 1), o.greater(1, x));
  assert.is(o.lessEqual(x, 1), o.greaterEqual(1, x));
});

test("what has no derivative keeps none", () => {
  const two = tape.constant(2, []);
  assert.is(o.stopGradient(two), two);
  assert.is(o.stopGradient(x).operation.name, "stopGradient");
});

test.run();
