/** Linear maps against plain loops in f64, for shapes with tails, prefix masks and empty rows. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Local } from "../../../../engine/cpu/assembly/assembler.js";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import type { Epilogue } from "../../../../engine/cpu/kernels/linear.js";
import { BLOCK_ROWS, planPack, roundUp } from "../../../../engine/cpu/kernels/linear-pack.js";
import { compileKernels, EVENTS, forms, numbers, numbersOf, shapes, sum, table } from "./linear-kernels.js";

const relu: Epilogue = (f) => {
  f.v128(new Int32Array(4)).op("f32x4.pmax");
};

for (const form of forms) {
  const { precision, lanes, label, exact, assertClose } = form;
  for (const events of EVENTS) {
    for (const shape of shapes) {
      const { name, columns, prefix } = shape;
      const { rows, paddedRows, weights, weight, bias, x } = numbersOf(form, shape, events);

      test(`linear ${label}, ${events} events, ${name}`, () => {
        const { kernels, heap } = compileKernels(lanes, events);
        const plan = planPack("forward", prefix, columns);
        const packed = heap.reals(plan.offsets.at(-1)!);
        const ranges = heap.integers(plan.ranges);
        const prefixAt = heap.integers(prefix);
        const [w, b] = [heap.reals(rows * columns, weights), heap.reals(rows, bias)];
        const [input, y] = [heap.reals(columns * events, x), heap.reals(paddedRows * events)];
        const expected = table(
          rows,
          events,
          (o, e) => bias[o]! + sum(columns, (i) => weight(o, i) * x[i * events + e]!),
        );

        kernels.forward!(packed.at, w.at, b.at, prefixAt, ranges, rows, columns);
        kernels.linear!(y.at, input.at, packed.at, ranges, plan.blocks, 0);
        assertClose(y.read().slice(0, rows * events), expected, columns, "y");
        assert.equal(y.read().slice(rows * events), Array((paddedRows - rows) * events).fill(0), "padding rows");

        kernels.forward!(packed.at, w.at, 0, prefixAt, ranges, rows, columns);
        kernels.linear!(y.at, input.at, packed.at, ranges, plan.blocks, 0);
        const withoutBias = expected.map((value, at) => value - bias[Math.floor(at / events)]!);
        assertClose(y.read().slice(0, rows * events), withoutBias, columns, "y without bias");
      });
    }
  }

  test(`epilogues ${label}: ReLU; another tile added at the same place; rows by number`, () => {
    const [rows, columns, events] = [6, 3, 32];
    const prefix = Array(rows).fill(columns);
    const weights = numbers(rows * columns, 5).map(exact);
    const x = numbers(columns * events, 6).map(exact);
    const other = numbers(rows * events, 7).map(exact);
    const epilogue =
      (residual: Local): Epilogue =>
      (f, place) => {
        if (precision === "f32") relu(f, place);
        else f.v128(new Int32Array(4)).op("f64x2.pmax");
        f.get(residual).get(place.position).op("i32.add").memory(lanes.load, place.immediate).op(lanes.add);
        f.get(place.row).i32(place.rowInBlock).op("i32.add");
        f.op(`${precision}.convert_i32_s`, lanes.splat, lanes.add);
      };
    const { kernels, heap } = compileKernels(lanes, events, epilogue);
    const plan = planPack("forward", prefix, columns);
    const packed = heap.reals(plan.offsets.at(-1)!);
    const ranges = heap.integers(plan.ranges);
    const y = heap.reals(roundUp(rows, BLOCK_ROWS) * events);
    const residual = heap.reals(roundUp(rows, BLOCK_ROWS) * events, other);
    const input = heap.reals(columns * events, x);
    const w = heap.reals(rows * columns, weights);
    kernels.forward!(packed.at, w.at, 0, heap.integers(prefix), ranges, rows, columns);
    kernels.linear!(y.at, input.at, packed.at, ranges, plan.blocks, residual.at);
    const expected = Array.from({ length: rows * events }, (_, at) => {
      const [o, e] = [Math.floor(at / events), at % events];
      let total = 0;
      for (let i = 0; i < columns; i++) total += weights[o * columns + i]! * x[i * events + e]!;
      return Math.max(total, 0) + other[at]! + o;
    });
    assertClose(y.read().slice(0, rows * events), expected, 16, "y");
  });
}

test("a tile of an odd number of events is refused", () => {
  assert.throws(
    () => compileKernels(lanesOf("f32", { relaxed: false, wide: "none" }), 12),
    /internal: tile of 12 events/,
  );
});

test.run();
