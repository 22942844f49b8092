/** Epilogues of linear maps on the device against the reference, where maps make four events at a time and where one. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import { webgpuTest } from "../../../support/webgpu.js";
import { compareAll, uniform } from "../../../support/webgpu-compare.js";

/** More than one block of 128, and no multiple of four. */
const EVENTS = 150;

/** Rows of the maps: linear.wgsl with a block that is not full, and linear_narrow.wgsl. */
const sizes = { wide: [70, 21], narrow: [7, 5] } as const;

interface Inputs {
  /** [2, columns], [2, rows] and [rows], with events. */
  readonly x: Var;
  readonly g: Var;
  readonly c: Var;
  /** [rows] and [2, rows]. */
  readonly b: Var;
  readonly each: Var;
  /** [rows, columns] and [2, rows, columns]. */
  readonly one: Var;
  readonly batch: Var;
  readonly prefix: Int32Array;
}

type Build = (inputs: Inputs) => Record<string, Var>;

function inputsOf([rows, columns]: readonly [number, number]): Inputs {
  const tape = new Tape();
  return {
    x: tape.column("x", [2, columns]),
    g: tape.column("g", [2, rows]),
    c: tape.column("c", [rows]),
    b: tape.parameter("b", [rows]),
    each: tape.parameter("each", [2, rows]),
    one: tape.parameter("one", [rows, columns]),
    batch: tape.parameter("batch", [2, rows, columns]),
    prefix: Int32Array.from({ length: rows }, (_, row) => Math.floor(((row + 1) * columns) / (rows + 3))),
  };
}

const relu = (x: Var) => o.where(o.greater(x, 0), x, 0);
const total = (x: Var) => o.sumTo(o.sumEvents(x), []);

const programs: Readonly<Record<string, Build>> = {
  "bias and activation after dense maps, stairs and batches": ({ x, one, batch, prefix, b, each }) => ({
    dense: o.tanh(o.add(o.linear(x, one), b)),
    stairs: o.exp(o.add(o.linear(x, one, { prefix }), b)),
    batches: relu(o.add(o.linear(x, batch, { prefix }), each)),
  }),
  "epilogues of transposed maps": ({ x, g, one, batch, prefix }) => ({
    one: o.mul(o.linear(g, one, { transposed: true }), o.greater(x, 0)),
    batches: o.where(o.greater(x, 0.25), o.linear(g, batch, { prefix, transposed: true }), o.neg(x)),
  }),
  "several outputs, one of them a mask, and the map itself": ({ x, one, b }) => {
    const y = o.linear(x, one);
    const activated = o.add(y, b);
    return { y, activated, mask: o.greater(activated, 0), square: o.square(activated), sums: o.sumEvents(y) };
  },
  "a map that another kernel reads before its epilogue, and a map after it": ({ x, one, b, c }) => {
    const y = o.linear(x, one);
    const second = o.exp(o.select(y, 0, [1]));
    return { second, epilogue: o.add(o.mul(y, b), c), mapped: o.linear(y, one, { transposed: true }) };
  },
  "two maps that one kernel reads": ({ x, one, batch, g }) => ({
    product: o.mul(o.mul(o.linear(x, one), o.linear(x, batch)), g),
  }),
  "views, also of rows that are not there, masks of masks, numbers": ({ x, g, c, one, b }) => {
    const y = o.linear(x, one);
    const [, rows] = y.shape as [number, number];
    const holes = o.take(
      c,
      y.shape,
      Int32Array.from({ length: 2 * rows }, (_, r) => (r % 3 === 0 || r >= rows ? -1 : rows - 1 - r)),
    );
    const padded = o.pad(o.slice(b, 0, 0, 3), 0, 0, rows - 3);
    const isInside = o.mul(o.greater(y, -0.5), o.lessEqual(y, o.abs(g)));
    return {
      views: o.add(
        o.add(o.mul(y, holes), padded),
        o.select(
          c,
          0,
          Array.from({ length: rows }, (_, r) => rows - 1 - r),
        ),
      ),
      chosen: o.where(isInside, y, 2),
      counted: o.add(o.mul(isInside, 0.5), o.equal(o.minimum(o.maximum(y, -1), 1), 1)),
      condition: o.where(o.sub(isInside, g), y, o.div(1, o.add(o.square(y), 1))),
    };
  },
  "functions of one number": ({ x, one }) => {
    const y = o.linear(x, one);
    const positive = o.add(o.square(y), 0.5);
    return {
      log: o.log(positive),
      log1p: o.log1p(positive),
      expm1: o.expm1(y),
      tanh: o.tanh(y),
      sigmoid: o.sigmoid(o.mul(y, 4)),
      erf: o.erf(y),
      erfc: o.erfc(y),
      erfcx: o.erfcx(y),
      erfcMeanExcess: o.erfcMeanExcess(y),
      sin: o.sin(y),
      cos: o.cos(y),
      exp: o.exp(o.neg(y)),
      sqrt: o.sqrt(positive),
    };
  },
  "gradients through two layers, with weights and biases": ({ x, one, prefix, b }) => {
    const hidden = relu(o.add(o.linear(x, one, { prefix }), b));
    const loss = total(o.tanh(o.linear(hidden, one, { prefix, transposed: true })));
    const [byX, byOne, byB] = gradient(loss, [x, one, b]) as [Var, Var, Var];
    return { loss, byX, byOne, byB };
  },
};

for (const [kind, size] of Object.entries(sizes)) {
  const [rows, columns] = size;
  const data = { x: uniform(1, 2 * columns * EVENTS), g: uniform(2, 2 * rows * EVENTS), c: uniform(3, rows * EVENTS) };
  const parameters = {
    b: uniform(4, rows),
    each: uniform(5, 2 * rows),
    // Sums of order one.
    one: uniform(6, rows * columns).map((weight) => weight / Math.sqrt(columns)),
    batch: uniform(7, 2 * rows * columns).map((weight) => weight / Math.sqrt(columns)),
  };
  for (const [name, build] of Object.entries(programs)) {
    webgpuTest(`${name}, ${kind}`, async () => {
      await compareAll(build(inputsOf(size)), data, parameters);
    });
  }
  webgpuTest(`the derivative of relu at 0 is 0, ${kind}`, async () => {
    const { x, one, b } = inputsOf(size);
    // Every other row of weights is 0, and so is the bias: these rows are exactly at the edge.
    const edge = parameters.one.map((weight, i) => (Math.floor(i / columns) % 2 === 0 ? 0 : weight));
    const hidden = relu(o.add(o.linear(x, one), b));
    const byB = gradient(total(hidden), [b])[0] as Var;
    const results = await compareAll({ byB }, data, { ...parameters, one: edge, b: new Float32Array(rows) });
    assert.ok(
      (results.byB as Float64Array).every((derivative, row) => (row % 2 === 0 ? derivative === 0 : derivative > 0)),
    );
  });
}

test("these programs have epilogues", () => {
  for (const [name, build] of Object.entries(programs)) {
    const plan = planRun(Object.values(build(inputsOf(sizes.wide))));
    const kernels = plan.levels.flatMap(({ passes }) => passes.flatMap((pass) => pass.kernels));
    assert.ok(
      kernels.some(({ code }) => code.includes("// Epilogue: ")),
      name,
    );
  }
});

test.run();
