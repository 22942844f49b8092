/** Edges by name: zeros, infinities, NaN, denormals, overflow, kinks and ties, in value and gradient, on every backend. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { erf, erfc, erfcMeanExcess, erfcMeanExcessSlope, erfcx } from "../../support/error-functions.js";

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Runs f on columns a, b, ... (one number per event), with d Σ f / d each column. */
async function run(
  { create }: TestBackend,
  f: (...inputs: Var[]) => Var,
  columns: readonly (readonly number[])[],
): Promise<{ value: number[]; slopes: number[][] }> {
  const backend = await create();
  try {
    const tape = new Tape();
    const inputs = columns.map((_, i) => tape.column(`x${i}`));
    const value = f(...inputs);
    const slopes = gradient(o.sumEvents(value), inputs);
    const program = await backend.compile({
      outputs: { value, ...Object.fromEntries(slopes.map((slope, i) => [`slope${i}`, slope])) },
    });
    await program.bind(Object.fromEntries(columns.map((values, i) => [`x${i}`, Float64Array.from(values)])));
    const results = await program.run();
    return {
      value: [...(results.value as Float64Array)],
      slopes: slopes.map((_, i) => [...(results[`slope${i}`] as Float64Array)]),
    };
  } finally {
    await backend.close();
  }
}

/** Relative error of a few units, and denormal results may be flushed to zero. */
const limits = { f32: { relative: 1e-6, tiny: 2 ** -126 }, f64: { relative: 4e-15, tiny: 2 ** -1022 } };

/**
 * WGSL lets compilers take for granted that there are no infinities and NaN, flush denormals and drop the sign of a zero;
 * its exp may be off by 3 + 2 |x| units in the last place.
 */
const isLoose = ({ name }: TestBackend) => name === "webgpu";
const isOrdinary = (x: number) => x === 0 || (Math.abs(x) > 2 ** -126 && Math.abs(x) < 2 ** 128);

/** Signs of zero count in values; gradients are sums of products whose zeros may differ in sign. */
function check(
  got: readonly number[],
  wanted: readonly number[],
  backend: TestBackend,
  what: string,
  isAnyValue: boolean,
) {
  const { precision } = backend;
  const isValue = isAnyValue && !isLoose(backend);
  const { tiny } = limits[precision];
  const relative = isLoose(backend) ? 5e-6 : limits[precision].relative;
  assert.is(got.length, wanted.length, `${what}: length`);
  let compared = 0;
  wanted.forEach((exact, i) => {
    const expected = precision === "f32" ? Math.fround(exact) : exact;
    const actual = got[i] as number;
    if (isLoose(backend) && !isOrdinary(expected)) return;
    compared++;
    if (Object.is(actual, expected) || (!isValue && actual === expected)) return;
    const isClose = Math.abs(actual - expected) <= relative * Math.abs(expected);
    const isUnderflow = exact !== 0 && Math.abs(expected) < tiny && Math.abs(actual) <= tiny;
    if (isUnderflow || (isClose && expected !== 0 && Number.isFinite(expected))) return;
    assert.unreachable(`${what}, event ${i}: ${actual}, expected ${expected}`);
  });
  assert.ok(compared > 0, `${what}: nothing to compare`);
}

const signed = (values: readonly number[]) => values.flatMap((x) => [x, -x]);
/** Around where functions over- and underflow in f32 and f64, exact in f32. */
const specials = [
  ...signed([0, 1, 0.5, 2.5, inf, 2 ** -149, 2 ** -126, 2 ** -24, 88.5, 89, 104, 710, 746, 2 ** 20, 2 ** 127]),
  nan,
].map(Math.fround);

/** Far below 0 it is e^x, also where e^-x overflows. */
const logistic = (x: number) => (x < -40 ? Math.exp(x) : 1 / (1 + Math.exp(-x)));

type Form = readonly [f: (x: Var) => Var, value: (x: number) => number, slope: (x: number) => number];

const unary: Readonly<Record<string, Form>> = {
  neg: [o.neg, (x) => -x, () => -1],
  exp: [o.exp, Math.exp, Math.exp],
  log: [o.log, Math.log, (x) => 1 / x],
  log1p: [o.log1p, Math.log1p, (x) => 1 / (x + 1)],
  expm1: [o.expm1, Math.expm1, Math.exp],
  tanh: [o.tanh, Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  sigmoid: [o.sigmoid, logistic, (x) => logistic(x) * logistic(-x)],
  sin: [o.sin, Math.sin, Math.cos],
  cos: [o.cos, Math.cos, (x) => -Math.sin(x)],
  erf: [o.erf, erf, (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)],
  erfc: [o.erfc, erfc, (x) => (-2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)],
  erfcx: [o.erfcx, erfcx, (x) => -2 * erfcx(x) * erfcMeanExcess(x)],
  erfcMeanExcess: [o.erfcMeanExcess, erfcMeanExcess, erfcMeanExcessSlope],
  sqrt: [o.sqrt, Math.sqrt, (x) => 0.5 / Math.sqrt(x)],
  "abs, with slope 0 at 0 and at NaN": [o.abs, Math.abs, (x) => (x > 0 ? 1 : x < 0 ? -1 : 0)],
  stopGradient: [o.stopGradient, (x) => x, () => 0],
  square: [o.square, (x) => x * x, (x) => 2 * x],
};

/** Where the slope of a form is accurate relative to 1 only: cancellation, or an argument rounded before the function. */
const absoluteSlopes: ReadonlySet<string> = new Set([
  "tanh",
  "sigmoid",
  "expm1",
  "log1p",
  "sin",
  "cos",
  "erfcMeanExcess",
]);

for (const backend of testBackends()) {
  const { name, precision } = backend;

  for (const [title, [f, value, slope]] of Object.entries(unary)) {
    test(`${title} at its edges on ${name}`, async () => {
      // Beyond 2^20 π/2 backends may give NaN for sines: see operations.ts.
      const isPeriodic = title === "sin" || title === "cos";
      const x = specials
        .filter((at) => !isPeriodic || !(Math.abs(at) > 1e6 && Math.abs(at) < inf))
        .filter((at) => !isLoose(backend) || isOrdinary(at));
      const got = await run(backend, f, [x]);
      check(got.value, x.map(value), backend, title, true);
      const slopes = got.slopes[0] as number[];
      const wanted = x.map(slope);
      const rounded = absoluteSlopes.has(title)
        ? slopes.map((s, i) =>
            Math.abs(s - (wanted[i] as number)) < limits[precision].relative ? (wanted[i] as number) : s,
          )
        : slopes;
      check(rounded, wanted, backend, `slope of ${title}`, false);
    });
  }

  test(`arithmetic and comparisons of every pair of edges on ${name}`, async () => {
    const few = [...signed([0, 1, 2.5, inf, 2 ** -140, 2 ** 100]), nan].filter(
      (x) => !isLoose(backend) || isOrdinary(x),
    );
    const a = few.flatMap((x) => few.map(() => x));
    const b = few.flatMap(() => few);
    const forms: Record<string, [(a: Var, b: Var) => Var, (a: number, b: number) => number]> = {
      add: [o.add, (x, y) => x + y],
      sub: [o.sub, (x, y) => x - y],
      mul: [o.mul, (x, y) => x * y],
      div: [o.div, (x, y) => x / y],
      maximum: [o.maximum, Math.max],
      minimum: [o.minimum, Math.min],
      greater: [o.greater, (x, y) => +(x > y)],
      greaterEqual: [o.greaterEqual, (x, y) => +(x >= y)],
      less: [o.less, (x, y) => +(x < y)],
      lessEqual: [o.lessEqual, (x, y) => +(x <= y)],
      equal: [o.equal, (x, y) => +(x === y)],
    };
    for (const [title, [f, value]] of Object.entries(forms)) {
      const got = await run(backend, f, [a, b]);
      const wanted = a.map((x, i) => value(x, b[i] as number));
      check(got.value, wanted, backend, title, true);
    }
  });

  test(`ties of maximum and minimum share the slope, comparisons have none, on ${name}`, async () => {
    const events = isLoose(backend) ? 5 : 8;
    const a = [1, 2, 3, 0, -0, inf, nan, 1].slice(0, events);
    const b = [2, 1, 3, -0, 0, inf, 1, nan].slice(0, events);
    const [up, down] = [
      [0, 1, 0.5, 0.5, 0.5, 0.5, 0, 0].slice(0, events),
      [1, 0, 0.5, 0.5, 0.5, 0.5, 0, 0].slice(0, events),
    ];
    assert.equal((await run(backend, o.maximum, [a, b])).slopes, [up, down]);
    assert.equal((await run(backend, o.minimum, [a, b])).slopes, [down, up]);
    for (const compare of [o.greater, o.greaterEqual, o.equal]) {
      const { slopes } = await run(backend, (x, y) => o.mul(compare(x, y), 2), [a, b]);
      assert.equal(slopes, [a.map(() => 0), a.map(() => 0)]);
    }
  });

  test(`max along an axis: ties share, NaN and -Infinity stay, on ${name}`, async () => {
    const f = (...rows: Var[]) => o.reshape(o.max(o.concatenate(rows.map((row) => o.reshape(row, [1]))), 0), []);
    const events = isLoose(backend) ? 3 : 5;
    const { value, slopes } = await run(
      backend,
      f,
      [
        [1, 2, 3, -inf, nan],
        [1, 2, 1, -inf, 1],
        [0, 2, 2, -inf, 0],
      ].map((row) => row.slice(0, events)),
    );
    assert.equal(value, [1, 2, 3, -inf, nan].slice(0, events));
    const third = precision === "f32" ? Math.fround(1 / 3) : 1 / 3;
    assert.equal(
      slopes.map((row) => row.slice(0, 4)),
      [
        [0.5, third, 1, third],
        [0.5, third, 0, third],
        [0, third, 0, third],
      ].map((row) => row.slice(0, events)),
    );
  });

  test(`where takes NaN and every other number than 0 for true on ${name}`, async () => {
    const condition = isLoose(backend) ? [0, 0, 1, -1, 2, 2 ** 100, 0.5] : [0, -0, 1, -1, nan, inf, 0.5];
    const ones = condition.map(() => 1);
    const { value, slopes } = await run(backend, (c, a, b) => o.where(c, o.mul(a, 2), o.mul(b, 3)), [
      condition,
      ones,
      ones,
    ]);
    assert.equal(value, [3, 3, 2, 2, 2, 2, 2]);
    assert.equal(slopes, [condition.map(() => 0), [0, 0, 2, 2, 2, 2, 2], [3, 3, 0, 0, 0, 0, 0]]);
  });

  test(`a rectifier has slope 1 above 0, else 0; what only looks like one has its own, on ${name}`, async () => {
    const x = [-2, -0.5, -0, 0, 2 ** -120, 0.5, 2, ...(isLoose(backend) ? [] : [inf, -inf, nan])];
    const y = x.map((_, i) => (i % 2 === 0 ? -1 : 1));
    const slope = (isTaken: (x: number) => boolean) => x.map((number) => (isTaken(number) ? 1 : 0));
    const isPositive = (number: number) => number > 0;
    const rectified = await run(backend, (v) => o.where(o.greater(v, 0), v, 0), [x]);
    assert.equal(
      rectified.value,
      x.map((number) => (isPositive(number) ? number : 0)),
    );
    assert.equal(rectified.slopes, [slope(isPositive)]);
    const lower = await run(backend, (v) => o.where(o.greater(v, -1), v, 0), [x]);
    assert.equal(lower.slopes, [slope((number) => number > -1)]);
    const other = await run(backend, (v, w) => o.where(o.greater(v, 0), w, 0), [x, y]);
    assert.equal(
      other.slopes[1],
      slope((number) => number > 0),
    );
    const negative = await run(backend, (v) => o.where(o.greater(v, 0), v, -1), [x]);
    assert.equal(negative.slopes, [slope(isPositive)]);
  });

  test(`where shields values from what was not chosen on ${name}`, async () => {
    const x = [-1, 0, 4];
    const { value } = await run(backend, (v) => o.where(o.greater(v, 0), o.div(o.log(v), o.log(v)), 7), [x]);
    assert.equal(value, [7, 7, 1]);
  });

  (isLoose(backend) ? test.skip : test)(`a product with a mask is a product: 0 · NaN is NaN on ${name}`, async () => {
    const { value } = await run(backend, (x, y) => o.mul(o.greater(x, 0), y), [
      [-1, -1, -1, 1, 1],
      [nan, inf, 2, nan, 2],
    ]);
    assert.equal(value, [nan, nan, 0, nan, 2]);
    // Also where the mask is made in another kernel, or read twice.
    const twice = await run(
      backend,
      (x, y) => o.add(o.mul(o.greater(x, 0), y), o.mul(o.greater(x, 0), o.mul(o.greater(y, 0), y))),
      [
        [-1, 1, 1],
        [nan, 2, -3],
      ],
    );
    assert.equal(twice.value, [nan, 4, -3]);
  });

  test(`guard the input, not the output: finite values and finite gradients on ${name}`, async () => {
    const x = [-2, -1, 0, 0.5, 1, 2, 1e30];
    const unguarded = await run(backend, (v) => o.where(o.greater(v, 0.25), o.log(o.sqrt(v)), v), [x]);
    assert.ok(unguarded.slopes[0]?.some(Number.isNaN), "without the guard a slope is NaN");
    const f = (v: Var) => {
      const inside = o.greater(v, 0.25);
      const safe = o.where(inside, v, 1);
      return o.where(inside, o.log(o.sqrt(safe)), v);
    };
    const { value, slopes } = await run(backend, f, [x]);
    check(
      value,
      x.map((at) => (at > 0.25 ? Math.log(at) / 2 : at)),
      backend,
      "guarded",
      true,
    );
    check(
      slopes[0] as number[],
      x.map((at) => (at > 0.25 ? 0.5 / at : 1)),
      backend,
      "slope of guarded",
      false,
    );
  });

  test(`sigmoid and softplus keep both tails on ${name}`, async () => {
    const x = [-1e4, -100, -30, 0, 30, 100, 1e4, ...(isLoose(backend) ? [] : [inf, -inf])];
    const sigmoid = await run(backend, o.sigmoid, [x]);
    assert.is(sigmoid.value.length, x.length);
    sigmoid.value.forEach((y, i) => {
      const wanted = 1 / (1 + Math.exp(-(x[i] as number)));
      assert.ok(Math.abs(y - wanted) < 1e-7, `sigmoid(${x[i]}) = ${y}`);
    });
    const softplus = await run(backend, o.softplus, [x.slice(0, 8)]);
    check(
      softplus.value,
      x.slice(0, 8).map((at) => (at > 0 ? at + Math.log1p(Math.exp(-at)) : Math.log1p(Math.exp(at)))),
      backend,
      "softplus",
      false,
    );
    assert.is(softplus.slopes[0]?.slice(0, 7).length, 7);
    softplus.slopes[0]?.slice(0, 7).forEach((s, i) => {
      const wanted = 1 / (1 + Math.exp(-(x[i] as number)));
      assert.ok(Math.abs(s - wanted) < 1e-6, `slope of softplus at ${x[i]} = ${s}`);
    });
  });

  (isLoose(backend) ? test.skip : test)(`constants 0 and -0 are two, single and in lists, on ${name}`, async () => {
    const { value } = await run(
      backend,
      (x) => {
        const [single, listed] = [
          [0, -0],
          [
            [0, 5],
            [-0, 5],
          ],
        ].map(([plus, minus]) => o.greater(o.div(x, x.tape.constant(plus!)), o.div(x, x.tape.constant(minus!)))) as [
          Var,
          Var,
        ];
        return o.add(single, o.mul(o.reshape(o.sum(listed, 0), []), 10));
      },
      [[1]],
    );
    assert.equal(value, [11], "1 / 0 is above 1 / -0");
  });

  test(`division by constant powers of two is exact, also where the reciprocal overflows, on ${name}`, async () => {
    const tiny = 2 ** -1074;
    if (precision === "f64") {
      const { value } = await run(backend, (x) => o.div(x, tiny), [[tiny, 3 * tiny, 0]]);
      assert.equal(value, [1, 3, 0]);
    }
    const { value } = await run(backend, (x) => o.div(x, 8), [[1, 3, -0]]);
    assert.equal(value, [0.125, 0.375, -0]);
  });
}

test.run();
