/** Statements of a kernel: names, what they read and store, and what they call. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { schedule } from "../../../../engine/passes/event-passes.js";
import { type FusedKernel, lower } from "../../../../engine/passes/lowering.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { ProgramMemory } from "../../../../engine/webgpu/memory.js";
import { domains } from "../../../../engine/webgpu/printing/domains.js";
import { Statements } from "../../../../engine/webgpu/printing/statements.js";

/** The one fused kernel of an output, its items computed in order: rows of items lie where the number of the item says, times 10. */
function statementsOf(output: Var, domain: keyof typeof domains = "events") {
  const program = new ProgramMemory();
  const [pass] = schedule([output]).levels.flatMap((level) => level.passes);
  const [kernel, ...others] = lower(pass!).kernels;
  assert.is(others.length, 0);
  const own = kernel as FusedKernel;
  const memory = {
    firstRow: ({ index }: { index: number }) => 10 * index,
    parameter: (node: Var) => program.parameter(node),
    table: (entries: ArrayLike<number>) => program.table(entries),
  };
  const statements = new Statements(own, memory, domains[domain]);
  for (const item of own.items) statements.compute(item);
  return { statements, kernel: own, text: statements.lines.join("\n") };
}

test("each item has one name, and stored ones are stored after they are computed", () => {
  const tape = new Tape();
  const x = tape.column("x");
  const { statements, kernel, text } = statementsOf(o.add(o.exp(x), o.exp(o.neg(x))));
  const names = kernel.items.map((item) => statements.nameOf(item));
  assert.is(new Set(names).size, names.length);
  for (const name of names) assert.is(text.split(`let ${name} =`).length - 1, 1, name);
  const last = names.at(-1)!;
  assert.ok(text.indexOf(`let ${last} =`) < text.indexOf("store("), "computed, then stored");
});

test("a number that several items read is loaded once", () => {
  const tape = new Tape();
  const [x, p] = [tape.column("x"), tape.parameter("p")];
  const { text } = statementsOf(o.add(o.mul(x, p), o.sub(o.exp(x), p)));
  const loads = text.split("\n").filter((line) => /let \w+ = .*parameters\[/.test(line));
  assert.is(loads.length, 1, text);
});

test("functions that a file holds are asked for, and called for each of four events", () => {
  const x = new Tape().column("x");
  const { statements, text } = statementsOf(o.tanh(x));
  assert.equal([...statements.shaders], ["shared/accurate_tanh.wgsl"]);
  assert.is(text.split("accurate_tanh(").length - 1, 1);
  const quads = statementsOf(o.tanh(new Tape().column("x")), "quads");
  assert.is(quads.text.split("accurate_tanh(").length - 1, 4);
});

test("a product of comparisons is a conjunction", () => {
  const tape = new Tape();
  const [x, y] = [tape.column("x"), tape.column("y")];
  const { text } = statementsOf(o.where(o.mul(o.greater(x, 0), o.greater(y, 0)), x, y));
  assert.match(text, / && /);
});

test.run();
