/** What of a step is printed as kernels over parameter arrays. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { updateStage } from "../../../../engine/cpu/kernels/update-stage.js";
import { schedule } from "../../../../engine/passes/event-passes.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";

const stageOf = (outputs: readonly Var[], updates: readonly Var[]) =>
  updateStage(schedule([...outputs, ...updates]), outputs, updates);

/** Momentum: v' = a v + g, p' = p - r v'. */
function momentum(tape: Tape, size: number, name = "p") {
  const [p, v, g] = ["", " velocity", " gradient"].map((part) => tape.parameter(name + part, [size])) as [
    Var,
    Var,
    Var,
  ];
  const velocity = o.add(o.mul(v, 0.9), g);
  return { p, v, g, velocity, next: o.sub(p, o.mul(velocity, tape.parameter(`${name} rate`, []))) };
}

test("elementwise work that hangs together is one kernel, and stores the updates alone", () => {
  const { p, v, g, velocity, next } = momentum(new Tape(), 100);
  const { kernels, members } = stageOf([], [velocity, next]);
  assert.is(kernels.length, 1);
  const [{ elements, items, stored, reads }] = kernels as [(typeof kernels)[number]];
  assert.is(elements, 100);
  assert.equal([...stored].map(({ node }) => node.id).sort(), [velocity.id, next.id].sort());
  for (const node of [p, v, g]) assert.ok(reads.includes(node), "an array that it reads");
  const position = new Map(items.map((item, at) => [item, at]));
  for (const [at, item] of items.entries()) {
    for (const operand of item.operands) {
      if (operand.from === "item") assert.ok((position.get(operand.item) ?? -1) < at, "inputs first");
    }
  }
  assert.ok(members.has(next.id) && !members.has(p.id));
});

test("arrays of two parameters that have nothing in common are two kernels", () => {
  const tape = new Tape();
  const [first, second] = [momentum(tape, 100, "p"), momentum(tape, 70, "q")];
  const { kernels } = stageOf([], [first.next, second.next]);
  assert.equal(kernels.map(({ elements }) => elements).sort(), [100, 70]);
});

test("small arrays, outputs and what outputs are made of are evaluated in f64", () => {
  assert.is(stageOf([], [momentum(new Tape(), 63).next]).kernels.length, 0);
  const { velocity, next } = momentum(new Tape(), 100);
  const { members } = stageOf([o.sumTo(velocity, [])], [next]);
  assert.not.ok(members.has(velocity.id));
  assert.ok(members.has(next.id));
});

test.run();
