/** How kernels find their numbers: strides where rows follow one another, tables where they do not. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { Accesses } from "../../../../engine/cpu/kernels/accesses.js";
import type { Layout } from "../../../../engine/cpu/kernels/layout.js";
import { schedule } from "../../../../engine/passes/event-passes.js";
import { type FusedKernel, type KernelOperand, lower, readsInner } from "../../../../engine/passes/lowering.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";

const ROW_BYTES = 512;

/** Accesses of what the kernel of an output reads, with tables in the order in which they were asked for. */
function accessesOf(output: Var) {
  const [pass] = schedule([output]).levels.flatMap((level) => level.passes);
  const [kernel] = lower(pass!).kernels as [FusedKernel];
  const lanes = lanesOf("f64", { relaxed: false, wide: "none" });
  const tables: Int32Array[] = [];
  const layout: Layout = {
    lanes,
    rowBytes: ROW_BYTES,
    isRagged: false,
    zeroRow: 0,
    kept: 0,
    sum: () => 0,
    zeroParameter: 8,
    buffer: () => ROW_BYTES,
    parameter: () => 64,
    table: (values) => tables.push(values) - 1,
    scalar: () => {},
  };
  const f = new ModuleBuilder().internalFunction("kernel", ["i32"], []);
  const accesses = new Accesses(f, kernel, layout, f.param(0));
  const own = new Set(kernel.items);
  const read = kernel.items.flatMap((item) =>
    item.operands.flatMap((operand) =>
      operand.from === "number" || (operand.from === "item" && own.has(operand.item))
        ? []
        : [accesses.of(operand as Exclude<KernelOperand, { from: "number" }>, readsInner(item, kernel))],
    ),
  );
  return { accesses, tables, read: read.map(([, access]) => access), keys: read.map(([key]) => key) };
}

const tape = new Tape();
const x = tape.column("x", [2, 3]);

test("rows one after the other have a stride, and a start per row of the kernel", () => {
  const { read, tables } = accessesOf(o.sum(o.exp(x), 1));
  const [access] = read;
  assert.equal([access?.isEvents, access?.stride], [true, ROW_BYTES]);
  assert.equal([...tables[access!.table]!], [ROW_BYTES, 4 * ROW_BYTES]);
});

test("rows in another order have a table with each of their places, the row of zeros for nothing", () => {
  const order = o.take(x, [2, 3], Int32Array.of(2, 0, 1, 5, -1, 4));
  const { read, tables } = accessesOf(o.sum(o.exp(order), 1));
  const table = read.map(({ table: at }) => [...tables[at]!]);
  assert.is(read[0]?.stride, "table");
  assert.equal(
    table[0],
    [2, 0, 1, 5, -1, 4].map((row) => (row < 0 ? 0 : ROW_BYTES * (1 + row))),
  );
});

test("what neither events nor the inner axis change is loaded once per row", () => {
  const { read } = accessesOf(o.mul(tape.column("y", [2]), tape.parameter("p", [2])));
  assert.equal(
    read.map(({ isEvents, invariant }) => [isEvents, invariant !== undefined]),
    [
      [true, false],
      [false, true],
    ],
  );
});

test("two reads of the same rows are one access", () => {
  const { read, keys } = accessesOf(o.add(o.exp(x), o.sin(x)));
  assert.is(keys[0], keys[1]);
  assert.is(read[0], read[1]);
});

test.run();
