/** The module of a program: where passes find parameters, sums and buffers. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { wasm } from "../../../engine/cpu/assembly/webassembly.js";
import { ProgramModule, TILE } from "../../../engine/cpu/program-module.js";
import { schedule } from "../../../engine/passes/event-passes.js";
import { lower } from "../../../engine/passes/lowering.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";

/** The passes of some outputs in one module. */
function compiled(...outputs: Var[]) {
  const program = new ProgramModule("f64", { relaxed: false, wide: "none" }, true, TILE);
  const passes = schedule(outputs).levels.flatMap((level) => level.passes);
  return { program, plans: passes.map((pass) => program.pass(lower(pass), undefined)) };
}

const tape = new Tape();
const [x, p, w] = [tape.column("x", [3]), tape.parameter("p", [3]), tape.parameter("w", [4, 3])];
const scaled = o.mul(x, p);
const hidden = o.tanh(o.linear(scaled, w));

test("a parameter that two passes read has one address", () => {
  const spread = o.sumEvents(o.square(o.sub(scaled, o.mul(o.sumEvents(scaled), 0.1))));
  const { plans } = compiled(spread);
  assert.is(plans.length, 2);
  const addresses = plans.map(({ uploads }) => uploads.find(({ node }) => node === p.id)?.address);
  assert.ok(addresses[0] !== undefined);
  assert.is(addresses[0], addresses[1]);
});

test("sums have places of their own in an accumulator, weight gradients first", () => {
  const gradient = o.weightGradient(hidden, x, undefined, false);
  const { program, plans } = compiled(o.sumEvents(hidden), gradient);
  const [{ sums, weightBytes }] = plans as [(typeof plans)[number]];
  assert.is(sums[0]?.node, gradient.id);
  assert.is(sums[0]?.offset, 0);
  assert.ok(weightBytes >= 8 * 12 && sums[1]!.offset >= weightBytes);
  assert.ok(program.accumulatorBytes >= sums[1]!.offset + 8 * 4);
});

test("columns and outputs lie within the scratch of a thread, behind the row of zeros", () => {
  const { program, plans } = compiled(hidden);
  const [{ columns, outputs }] = plans as [(typeof plans)[number]];
  const rowBytes = 64 * 8;
  for (const { offset, rows } of columns) {
    assert.ok(offset >= rowBytes && offset + rows * rowBytes <= program.scratchBytes);
  }
  for (const start of outputs.flatMap(({ rows }) => [...rows])) {
    assert.ok(start >= rowBytes && start + rowBytes <= program.scratchBytes);
  }
});

test("the module is valid, whatever was put in it", () => {
  const { program } = compiled(
    o.sumEvents(hidden),
    o.weightGradient(hidden, x, undefined, false),
    o.sumEvents(o.exp(x)),
  );
  program.updates([]);
  assert.ok(new wasm.Module(program.module.build()));
});

test.run();
