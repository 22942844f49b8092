/** Sums over events of what a weight gradient reads, made by its kernel. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import { webgpuTest } from "../../../support/webgpu.js";
import { compareAll, uniform } from "../../../support/webgpu-compare.js";

/** Several groups, the last one short, and slices of 16 that are not full. */
const EVENTS = 1000;
/** More than a block of 64 of both. */
const [OUTPUTS, INPUTS] = [70, 67];

/** Columns g [70], x [67], and two batches of each. */
function columnsOf(tape: Tape) {
  return {
    g: tape.column("g", [OUTPUTS]),
    x: tape.column("x", [INPUTS]),
    gs: tape.column("gs", [2, OUTPUTS]),
    xs: tape.column("xs", [2, INPUTS]),
  };
}

const data = {
  g: uniform(1, OUTPUTS * EVENTS),
  x: uniform(2, INPUTS * EVENTS),
  gs: uniform(3, 2 * OUTPUTS * EVENTS),
  xs: uniform(4, 2 * INPUTS * EVENTS),
};

interface Case {
  readonly outputs: (columns: ReturnType<typeof columnsOf>) => Record<string, Var>;
  /** Sums that are kernels of their own. */
  readonly alone: number;
}

const cases: Readonly<Record<string, Case>> = {
  "of one batch": {
    outputs: ({ g, x }) => ({ weights: o.weightGradient(g, x, undefined, false), bias: o.sumEvents(g) }),
    alone: 0,
  },
  "of batches that have a matrix each": {
    outputs: ({ gs, xs }) => ({ weights: o.weightGradient(gs, xs, undefined, true), bias: o.sumEvents(gs) }),
    alone: 0,
  },
  "of batches that share a matrix: a sum of its own": {
    outputs: ({ gs, xs }) => ({ weights: o.weightGradient(gs, xs, undefined, false), bias: o.sumEvents(gs) }),
    alone: 1,
  },
  "of a prefix mask that begins with rows of nothing": {
    outputs: ({ g, x }) => {
      // The first 64 rows have no element, the others some of the first block of columns.
      const prefix = Int32Array.from({ length: OUTPUTS }, (_, row) => Math.max(0, 3 * (row - 63)));
      return { weights: o.weightGradient(g, x, prefix, false), bias: o.sumEvents(g) };
    },
    alone: 0,
  },
  "of two weight gradients with one cotangent, beside other sums": {
    outputs: ({ g, x, xs }) => ({
      first: o.weightGradient(g, x, undefined, false),
      second: o.weightGradient(g, o.reshape(o.slice(xs, 0, 1, 2), [INPUTS]), undefined, false),
      bias: o.sumEvents(g),
      inputs: o.sumEvents(x),
      squares: o.sumEvents(o.square(g)),
    }),
    alone: 2,
  },
  "of other rows than the weight gradient reads: a sum of its own": {
    outputs: ({ gs, x }) => ({
      weights: o.weightGradient(o.reshape(o.slice(gs, 0, 1, 2), [OUTPUTS]), x, undefined, false),
      bias: o.sumEvents(o.reshape(o.slice(gs, 0, 0, 1), [OUTPUTS])),
    }),
    alone: 1,
  },
};

for (const [name, { outputs, alone }] of Object.entries(cases)) {
  test(`kernels for sums ${name}`, () => {
    const { levels } = planRun(Object.values(outputs(columnsOf(new Tape()))));
    const kernels = levels.flatMap(({ passes }) => passes.flatMap((pass) => pass.kernels));
    assert.is(kernels.filter(({ title }) => title.startsWith("Event sum")).length, alone);
  });
  webgpuTest(`values of sums ${name}`, async () => {
    // Sums of a thousand products of order one.
    await compareAll(outputs(columnsOf(new Tape())), data, {}, { absolute: 1e-4, relative: 1e-5 });
  });
}

test.run();
