/** Which kernels become epilogues of linear maps, and which must not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { joinEpilogues } from "../../../engine/passes/epilogues.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { kernelNames } from "../../support/kernel-names.js";

const kernelsOf = (...outputs: Var[]) => kernelNames(outputs, joinEpilogues);

function inputs() {
  const tape = new Tape();
  const weights = (label: string, size = 3) => tape.parameter(label, [5, size]);
  return { x: tape.column("x", [3]), c: tape.column("c", [5]), b: tape.parameter("b", [5]), weights };
}

const relu = (x: Var) => o.where(o.greater(x, 0), x, 0);

test("bias and activation are an epilogue, and the map itself is not stored", () => {
  const { x, b, weights } = inputs();
  assert.equal(kernelsOf(o.tanh(o.add(o.linear(x, weights("w")), b))), ["linear add TANH"]);
});

test("an epilogue may store several items, and read others at its row", () => {
  const { x, c, b, weights } = inputs();
  const y = o.add(o.linear(x, weights("w")), b);
  assert.equal(kernelsOf(y, o.exp(y), o.mul(y, c)), ["linear ADD EXP MUL"]);
});

test("backward, the activation's derivative is the epilogue of the map's transpose", () => {
  const { x, weights } = inputs();
  const hidden = relu(o.linear(x, weights("w")));
  const y = o.linear(hidden, weights("v"), { transposed: true });
  const loss = o.sumTo(o.sumEvents(o.square(y)), []);
  const kernels = kernelsOf(gradient(loss, [x])[0] as Var);
  assert.is(kernels.filter((kernel) => /^linear.* WHERE$/.test(kernel)).length, 2, kernels.join("; "));
});

test("a map that others read is stored beside its epilogue", () => {
  const { x, b, weights } = inputs();
  const y = o.linear(x, weights("w"));
  const activated = o.tanh(o.add(y, b));
  assert.equal(kernelsOf(activated, y), ["LINEAR add TANH"]);
  assert.equal(kernelsOf(activated, o.sumEvents(y)), ["LINEAR add TANH"]);
  assert.equal(kernelsOf(activated, o.linear(y, weights("v", 5))), ["LINEAR add TANH", "LINEAR"]);
});

test("of two maps that a kernel reads, the last has it as epilogue", () => {
  const { x, weights } = inputs();
  const [y, z] = [o.linear(x, weights("w")), o.linear(x, weights("v"))];
  assert.equal(kernelsOf(o.exp(o.mul(y, z))), ["LINEAR", "linear mul EXP"]);
});

test("a kernel whose parts need different maps and nothing of each other is divided among these", () => {
  const { x, c, b, weights } = inputs();
  const [y, z] = [o.linear(x, weights("w")), o.linear(x, weights("v"))];
  assert.equal(kernelsOf(o.add(y, b), o.exp(z)), ["linear ADD", "linear EXP"]);
  // What needs no map goes with the last.
  assert.equal(kernelsOf(o.add(y, b), o.exp(z), o.sin(c)), ["linear ADD", "linear EXP SIN"]);
  // A part that needs both is one.
  const shared = o.add(y, b);
  assert.equal(kernelsOf(shared, o.mul(shared, z), o.sin(y)), ["LINEAR SIN", "linear ADD MUL"]);
});

test("what reads other rows of the map, or runs over an inner axis, is no epilogue", () => {
  const { x, weights } = inputs();
  const y = o.linear(x, weights("w"));
  const reversed = o.select(y, 0, [4, 3, 2, 1, 0]);
  assert.equal(kernelsOf(o.exp(reversed)), ["LINEAR", "EXP"]);
  assert.equal(kernelsOf(o.mul(y, o.exp(reversed))), ["LINEAR", "exp MUL"]);
  assert.equal(kernelsOf(o.sum(o.exp(y), 0)), ["LINEAR", "exp SUM"]);
});

test("kernels between a map and its epilogue come before both, or after", () => {
  const { x, c, b, weights } = inputs();
  const y = o.linear(x, weights("w"));
  // Needs nothing of the map.
  assert.equal(kernelsOf(o.mul(y, o.max(c, 0))), ["MAX", "linear MUL"]);
  // Needs the map; the epilogue does not need it.
  assert.equal(kernelsOf(o.linear(o.exp(o.select(y, 0, [4, 3, 2, 1, 0])), weights("v", 5)), o.mul(y, b)), [
    "LINEAR MUL",
    "EXP",
    "LINEAR",
  ]);
});

test("where a kernel between both needs the map and makes what the other reads, all stay kernels", () => {
  const { x, weights } = inputs();
  const y = o.linear(x, weights("w"));
  assert.equal(kernelsOf(o.div(y, o.sum(y, 0))), ["LINEAR", "SUM", "DIV"]);
});

test("long kernels stay kernels", () => {
  const { x, weights } = inputs();
  let y = o.linear(x, weights("w"));
  for (let i = 0; i < 40; i++) y = o.sin(y);
  assert.is(kernelsOf(y).length, 2);
});

test.run();
