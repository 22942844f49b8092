/** Functions of a module are written once, and weights are rearranged once per matrix and direction. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import { ADD_GROUPS, CLEAR, COPY, LinearKernels } from "../../../../engine/cpu/kernels/linear-calls.js";
import { BLOCK_ROWS } from "../../../../engine/cpu/kernels/linear-pack.js";
import type { Pack } from "../../../../engine/cpu/plan.js";

const TILE = 64;
const lanes = lanesOf("f64", { relaxed: false, wide: "none" });
const matrix = { node: 3, out: 5, size: 4, prefix: undefined };

/** Kernels of a module over a memory that hands out addresses one after the other. */
function kernelsOf(tables: Int32Array[] = []) {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 1 });
  let end = 1024;
  const memory = {
    reserve: (bytes: number) => {
      const start = end;
      end += bytes;
      return start;
    },
    table: (values: Int32Array) => {
      const known = tables.findIndex((own) => own.join() === values.join());
      return 8 * (known < 0 ? tables.push(values) - 1 : known);
    },
  };
  return { module, linear: new LinearKernels(module, lanes, TILE, memory) };
}

function instanceOf(module: ModuleBuilder) {
  const memory = new wasm.Memory({ initial: 1 });
  const { exports } = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
  return { exports, numbers: new Float64Array(memory.buffer as ArrayBuffer) };
}

test("one matrix and direction is packed to one place, by one function per direction", () => {
  const { linear } = kernelsOf();
  const packs: Pack[] = [];
  const first = linear.pack(matrix, 64, "forward", packs);
  assert.is(linear.pack(matrix, 64, "forward", packs), first);
  const transposed = linear.pack(matrix, 64, "transposed", packs);
  const other = linear.pack({ ...matrix, node: 4 }, 512, "forward", packs);
  assert.is.not(transposed.address, first.address);
  assert.is.not(other.address, first.address);
  const names = packs.map(({ name }) => name);
  assert.equal([names[0], names[3]], [names[1], names[1]]);
  assert.is.not(names[2], names[0]);
  assert.equal(packs[0]?.values.slice(0, 2), [first.address, 64]);
});

test("buffers have room for a block beyond the last row", () => {
  const { linear } = kernelsOf();
  for (const rows of [1, BLOCK_ROWS, 17, 128]) assert.ok(linear.paddedRows(rows) >= rows + BLOCK_ROWS, `${rows}`);
});

test("memory is cleared and copied by the module itself", () => {
  const { exports, numbers } = instanceOf(kernelsOf().module);
  numbers.set([1, 2, 3, 4]);
  exports[COPY]!(16, 0, 16);
  assert.equal([...numbers.subarray(0, 4)], [1, 2, 1, 2]);
  exports[CLEAR]!(8, 16);
  assert.equal([...numbers.subarray(0, 4)], [1, 0, 0, 2]);
});

test("groups are added in order into the first", () => {
  const { module, linear } = kernelsOf();
  assert.is(linear.unpackGradient(matrix).name, linear.unpackGradient(matrix).name);
  const { exports, numbers } = instanceOf(module);
  // Three accumulators of two numbers; in f64, 1 is lost beside 2^53 unless the two large ones come first.
  numbers.set([2 ** 53, 1, -(2 ** 53), 10, 1, 100]);
  exports[ADD_GROUPS]!(0, 16, 16, 3);
  assert.equal([...numbers.subarray(0, 2)], [1, 111]);
});

test.run();
