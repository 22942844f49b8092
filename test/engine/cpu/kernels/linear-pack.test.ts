/** Packs of weights: what plans hold, and the input gradients of linear maps, by their transposes, against plain loops in f64. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { planPack } from "../../../../engine/cpu/kernels/linear-pack.js";
import { compileKernels, EVENTS, forms, numbersOf, shapes, sum, table } from "./linear-kernels.js";

for (const form of forms) {
  const { lanes, label, assertClose } = form;
  for (const events of EVENTS) {
    for (const shape of shapes) {
      const { name, columns, prefix } = shape;
      const { rows, paddedRows, paddedColumns, weights, weight, g } = numbersOf(form, shape, events);

      test(`input gradient of linear ${label}, ${events} events, ${name}`, () => {
        const { kernels, heap } = compileKernels(lanes, events);
        const plan = planPack("transposed", prefix, columns);
        const packed = heap.reals(plan.offsets.at(-1)!);
        const ranges = heap.integers(plan.ranges);
        const prefixAt = heap.integers(prefix);
        const w = heap.reals(rows * columns, weights);
        const cotangent = heap.reals(paddedRows * events, g);
        const gx = heap.reals(paddedColumns * events);
        kernels.transposed!(packed.at, w.at, 0, prefixAt, ranges, rows, columns);
        kernels.linear!(gx.at, cotangent.at, packed.at, ranges, plan.blocks, 0);
        const expected = table(columns, events, (i, e) => sum(rows, (o) => weight(o, i) * g[o * events + e]!));
        assertClose(gx.read().slice(0, columns * events), expected, rows, "gx");
      });
    }
  }
}

test("plans: a prefix mask packs only what lies within it, in both directions", () => {
  // Rows of 0, 2, 4 inputs, four rows each.
  const prefix = [0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4];
  const forward = planPack("forward", prefix, 4);
  assert.equal([...forward.ranges], [0, 0, 0, 2, 0, 4]);
  assert.equal([...forward.offsets], [0, 4, 16, 36]);
  const transposed = planPack("transposed", prefix, 4);
  assert.equal([...transposed.ranges], [4, 12]);
});

test.run();
