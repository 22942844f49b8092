/** Weight gradients against plain loops in f64, of whole tiles and of tiles of which a few events count. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { panelBytes, planWeightGradient } from "../../../../engine/cpu/kernels/weight-gradient.js";
import { compileKernels, EVENTS, forms, numbersOf, shapes, sum, table } from "./linear-kernels.js";

for (const form of forms) {
  const { lanes, label, assertClose } = form;
  for (const events of EVENTS) {
    for (const shape of shapes) {
      const { name, columns, prefix } = shape;
      const { rows, paddedRows, paddedColumns, x, g } = numbersOf(form, shape, events);

      test(`weight gradient of linear ${label}, ${events} events, ${name}`, () => {
        const { kernels, heap } = compileKernels(lanes, events);
        const prefixAt = heap.integers(prefix);
        const cotangent = heap.reals(paddedRows * events, g);
        const gradientPlan = planWeightGradient(lanes, prefix, columns);
        const input = heap.reals(paddedColumns * events, x);
        const accumulator = heap.reals(gradientPlan.elements, Array(gradientPlan.elements).fill(0));
        const dW = heap.reals(rows * columns);
        const columnsAt = heap.integers(gradientPlan.columns);
        const panel = heap.integers(new Int32Array(panelBytes(lanes, events) / 4));
        // A whole tile, then one of which a few events count.
        const few = events - 5;
        for (const count of [events, few]) {
          const { blocks, stride } = gradientPlan;
          const place = [columnsAt, blocks, stride, panel] as const;
          kernels.weightGradient!(accumulator.at, cotangent.at, input.at, count, ...place);
        }
        kernels.unpack!(dW.at, accumulator.at, prefixAt, rows, columns, gradientPlan.stride);
        const expectedW = table(rows, columns, (o, i) => {
          const term = (e: number) => g[o * events + e]! * x[i * events + e]!;
          return i < prefix[o]! ? sum(events, term) + sum(few, term) : 0;
        });
        assertClose(dW.read(), expectedW, 2 * events, "dW");
      });
    }
  }
}

test("plans: a prefix mask has sums only within it", () => {
  // Rows of 0, 2, 4 inputs, four rows each.
  const prefix = [0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4];
  const gradient = planWeightGradient(lanesOf("f32", { relaxed: false, wide: "none" }), prefix, 4);
  assert.equal([...gradient.columns], [0, 2, 4]);
  assert.equal([gradient.stride, gradient.elements], [8, 96]);
});

test.run();
