import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import { resolveIncludes } from "../../../../shaders/include.js";
import { type Tolerance, tolerances } from "../../../support/close.js";
import { compileKernel, webgpuTest } from "../../../support/webgpu.js";
import { compareAll, uniform } from "../../../support/webgpu-compare.js";
import { likelihood, weights } from "../programs.js";

/** More than one workgroup, and not a multiple of one. */
const EVENTS = 150;

/** The node on the device and on the reference. */
async function compare(
  node: Var,
  columns: Readonly<Record<string, Float32Array>>,
  parameters: Readonly<Record<string, ArrayLike<number>>>,
  what: string,
  tolerance: Tolerance = tolerances.f32,
): Promise<void> {
  await compareAll({ [what]: node }, columns, parameters, tolerance);
}

function likelihoodKernels() {
  const { nll, gradient, hessian } = likelihood();
  return planRun([nll, gradient, hessian]).levels.flatMap(({ passes }) => passes.flatMap((pass) => pass.kernels));
}

test("kernels stay within what WebGPU promises everywhere", () => {
  for (const kernel of likelihoodKernels()) {
    const code = resolveIncludes(kernel.code);
    assert.ok([...code.matchAll(/var<storage/g)].length <= 8);
    const size = Number((/WORKGROUP_SIZE: u32 = (\d+)u/.exec(code) ?? /workgroup_size\((\d+)\)/.exec(code))?.[1]);
    assert.ok(size >= 1 && size <= 256);
    assert.not.match(code, /nan|inf\b|infinity\.|#include/i);
  }
});

webgpuTest("all kernels of a likelihood with gradient and Hessian compile", async (device) => {
  await Promise.all(likelihoodKernels().map((kernel) => compileKernel(device, kernel)));
});

/** Built-ins may be off by a few units in the last place at 2^-24 each: 2^-18 leaves room, and finds a wrong coefficient. */
const accurate = { absolute: 1e-20, relative: 2 ** -18 };

for (const [name, f] of Object.entries({
  log: (x: Var) => o.log(o.add(x, 1)),
  log1p: o.log1p,
  expm1: o.expm1,
  tanh: o.tanh,
  erf: o.erf,
})) {
  webgpuTest(`${name} keeps its digits around its zero`, async () => {
    const tape = new Tape();
    // Multiples of 2^-10, so that 1 + x is exact, on both sides of the switch at 1/2.
    const x = Float32Array.from({ length: EVENTS }, (_, i) => (i - 75.5) / 128 + 1 / 1024);
    await compare(f(tape.column("x", [1])), { x }, {}, name, accurate);
  });
}

/** Where the results are normal numbers of f32 and not all digits of 1. */
for (const [name, [f, low, high]] of Object.entries({
  erf: [o.erf, -4, 4],
  erfc: [o.erfc, -4, 9],
  erfcx: [o.erfcx, -9.3, 40],
  erfcMeanExcess: [o.erfcMeanExcess, -40, 40],
} as const)) {
  webgpuTest(`${name} keeps its digits on its whole range`, async () => {
    const tape = new Tape();
    const x = Float32Array.from({ length: EVENTS }, (_, i) => low + ((high - low) * (i + 0.3)) / EVENTS);
    // Units in the last place on lavapipe: at most 2.4 (erf), 3.8, 5.2 and 3.5; WGSL allows every division 2.5.
    await compare(f(tape.column("x", [1])), { x }, {}, name, { absolute: 0, relative: 8 * 2 ** -23 });
  });
}

for (const [name, f] of Object.entries({ sin: o.sin, cos: o.cos })) {
  webgpuTest(`${name} keeps its phase over thousands of turns`, async () => {
    const tape = new Tape();
    // Exact in f32, and no fraction of a turn.
    const x = Float32Array.from({ length: EVENTS }, (_, i) => (i - 75) * (i % 2 === 0 ? 0.375 : 62.5));
    await compare(f(tape.column("x", [1])), { x }, {}, name, { absolute: 2 ** -22, relative: 0 });
  });
}

/** Sizes around the blocks of 16 and 64 that the kernels work in. */
for (const [rows, columns] of [
  [17, 70],
  [70, 17],
  [65, 130],
] as const) {
  webgpuTest(
    `linear maps of ${rows} x ${columns}, their transposes and weight gradients, dense, stairs, batches`,
    async () => {
      const prefix = Int32Array.from({ length: rows }, (_, row) => Math.floor(((row + 1) * columns) / (rows + 3)));
      const tape = new Tape();
      const [x, g] = [tape.column("x", [2, columns]), tape.column("g", [2, rows])];
      const [one, each] = [tape.parameter("one", [rows, columns]), tape.parameter("each", [2, rows, columns])];
      const outputs = Object.fromEntries(
        [undefined, prefix].flatMap((stairs, i) => [
          ...[one, each].flatMap((weights, j) => [
            [`forward ${i} ${j}`, o.linear(x, weights, { prefix: stairs })],
            [`transposed ${i} ${j}`, o.linear(g, weights, { prefix: stairs, transposed: true })],
          ]),
          ...[false, true].map((isBatched, j) => [`weights ${i} ${j}`, o.weightGradient(g, x, stairs, isBatched)]),
        ]),
      );
      const [columnsData, parameters] = [
        { x: uniform(1, 2 * columns * EVENTS, [-1, 1]), g: uniform(2, 2 * rows * EVENTS, [-1, 1]) },
        { one: uniform(3, rows * columns, [-1, 1]), each: uniform(4, 2 * rows * columns, [-1, 1]) },
      ];
      await compareAll(outputs, columnsData, parameters);
    },
  );
}

const data = { y: uniform(1, 2 * EVENTS, [-5, 5]), x: uniform(2, EVENTS, [-2, 2]) };

webgpuTest("log p of a spline flow behind a factorizable flow agrees with the reference", async () => {
  await compare(likelihood().logProb, data, { ...weights, nu: [0.5, -0.5] }, "log p");
});

webgpuTest("the derivative of log p by y agrees with the reference", async () => {
  const { nll, y } = likelihood();
  await compare(gradient(nll, [y])[0] as Var, data, { ...weights, nu: [0.5, -0.5] }, "derivative of log p");
});

test.run();
