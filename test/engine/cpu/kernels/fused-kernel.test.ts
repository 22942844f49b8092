/** Fused kernels on cpu against the reference: rounds both ways, views by tables, masks, products that are added at once. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { schedule } from "../../../../engine/passes/event-passes.js";
import { lower } from "../../../../engine/passes/lowering.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import * as o from "../../../../engine/tape/operations.js";
import { sizeOf, Tape, type Var } from "../../../../engine/tape/tape.js";
import { close } from "../../../support/close.js";
import { randomNumbers } from "../../../support/random-numbers.js";

/** A whole tile and a tail. */
const EVENTS = 70;

/** Of a column x [3, 4] and a parameter p [4]: outputs that one fused kernel computes. */
const programs: Readonly<Record<string, (x: Var, p: Var) => Var>> = {
  "a sum, then what is divided by it": (x, p) => {
    const terms = o.exp(o.mul(x, p));
    return o.sum(o.square(o.div(terms, o.sum(terms, 1))), 1);
  },
  "running sums from both ends": (x) => {
    const up = o.cumulativeSum(o.square(x), 1);
    const down = o.cumulativeSum(o.sin(x), 1, { reverse: true, exclusive: true });
    return o.sum(o.mul(up, down), 1);
  },
  "the largest, and how many are as large": (x) => {
    const largest = o.max(x, 1);
    return o.mul(largest, o.sum(o.equal(x, largest), 1));
  },
  "places by a table": (x, p) => o.sum(o.mul(o.select(x, 1, [2, 0, 3, 1]), p), 1),
  "products that are added, subtracted and read twice": (x, p) => {
    const product = o.mul(x, p);
    const added = o.add(product, x);
    return o.sum(o.add(o.sub(x, o.mul(x, x)), o.mul(added, o.exp(product))), 1);
  },
  "functions that are computed together, some of them along the axis alone": (x, p) => {
    const y = o.square(p);
    const outside = o.exp(o.max(x, 1));
    const along = o.mul(o.reFaddeeva(x, y), o.add(o.imFaddeevaSlope(x, y), o.reFaddeevaCurvature(y, o.abs(x))));
    return o.mul(o.sum(along, 1), o.sub(o.reFaddeevaSlope(outside, outside), o.imFaddeeva(outside, outside)));
  },
  "masks that choose and that count": (x, p) => {
    const isAbove = o.greater(x, p);
    return o.sum(o.add(o.where(isAbove, x, o.neg(p)), isAbove), 1);
  },
};

for (const precision of ["f64", "f32"] as const) {
  for (const [name, build] of Object.entries(programs)) {
    test(`${name} in ${precision}`, async () => {
      const tape = new Tape();
      const [x, p] = [tape.column("x", [3, 4]), tape.parameter("p", [4])];
      const output = build(x, p);
      const [pass] = schedule([output]).levels.flatMap((level) => level.passes);
      assert.equal(
        lower(pass!).kernels.map(({ kind }) => kind),
        ["fused"],
      );
      const next = randomNumbers(11);
      const columns = { x: Float32Array.from({ length: sizeOf(x.shape) * EVENTS }, () => 2 * next() - 1) };
      const parameters = { p: [0.25, -0.5, 0.75, 0.125] };
      const answers: Float64Array[] = [];
      for (const backend of [await cpuBackend({ precision, threads: 1 }), referenceBackend()]) {
        const program = await backend.compile({ outputs: { output } });
        await program.bind(columns);
        await program.write(parameters);
        answers.push((await program.run()).output as Float64Array);
        await backend.close();
      }
      // Some ten roundings of numbers of order one to ten.
      const unit = precision === "f64" ? 2 ** -52 : 2 ** -23;
      close(answers[0]!, answers[1]!, { absolute: 64 * unit, relative: 64 * unit }, name);
    });
  }
}

test.run();
