/**
 * Value, slopes and second derivatives of every function of numbers, at kinks, in tails and at extreme arguments, on every backend,
 * against the function itself: closed forms of another shape than the operation's own. A new export of engine/tape/operations.ts is a
 * compile error until it has a law here or is named among what is linear.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import * as operations from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { activations } from "../../../flows/networks/masked-network.js";
import { type TestBackend, testBackends } from "../../support/backends.js";
import { runOn } from "../../support/run-program.js";

const { POSITIVE_INFINITY: inf, NEGATIVE_INFINITY: minus, NaN: nan } = Number;

type Numbers = readonly number[];

interface Law {
  /** Of one number per argument. */
  readonly f: (...arguments_: Var[]) => Var;
  readonly value: (...x: number[]) => number;
  /** [arguments]; at a kink, what the operation states. */
  readonly slopes: (...x: number[]) => Numbers;
  /** Second derivatives by argument and argument; all 0 where absent. */
  readonly curvatures?: (...x: number[]) => readonly Numbers[];
  readonly points: readonly Numbers[];
  /**
   * Allowed errors of value, slopes and second derivatives in units of the last place of 1, beside those of the number itself:
   * where terms of order 1 cancel. 0 where absent: then tails are exact to some units of their own last place.
   */
  readonly absolute?: Absolute | ((...x: number[]) => Absolute);
}

type Absolute = readonly [value: number, slopes: number, curvatures: number];

const unary = (
  f: (x: Var) => Var,
  value: (x: number) => number,
  slope: (x: number) => number,
  curvature: (x: number) => number,
  points: Numbers,
  absolute?: Law["absolute"],
): Law => ({
  f,
  value,
  slopes: (x) => [slope(x)],
  curvatures: (x) => [[curvature(x)]],
  points: points.map((x) => [x]),
  ...(absolute && { absolute }),
});

const signed = (values: Numbers) => values.flatMap((x) => [x, -x]);
const pairs = (values: Numbers) => values.flatMap((a) => values.map((b) => [a, b]));

/** 0, around where f32 and f64 lose e^-x beside 1, and where their exponentials end. */
const tails = signed([
  0,
  2 ** -126,
  1e-30,
  1e-8,
  1e-3,
  0.1,
  0.5,
  1,
  3,
  8,
  17,
  20,
  37,
  40,
  60,
  86,
  89,
  200,
  700,
  800,
  1e30,
  inf,
]);
const moderate = signed([0, 1e-30, 1e-8, 1e-3, 0.1, 0.5, 1, 2.5]);
const positive = [2 ** -126, 1e-30, 1e-8, 0.3, 1 - 2 ** -20, 1, 1 + 2 ** -20, 2.5, 1e8, 1e30, 2 ** 127];

/** sech² = 1 / cosh², that cannot overflow. */
const sechSquared = (x: number) => (Math.abs(x) > 400 ? 0 : Math.cosh(x) ** -2);
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const logisticSlope = (x: number) => (Math.abs(x) > 40 ? Math.exp(-Math.abs(x)) : 0.25 * sechSquared(x / 2));
const logisticCurvature = (x: number) => -Math.tanh(x / 2) * logisticSlope(x);
const softplus = (x: number) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const step = (is: boolean) => (is ? 1 : 0);
const shareOf = (wins: boolean, ties: boolean) => (wins ? 1 : ties ? 0.5 : 0);

/** e^(x - log Σ e^x) */
function softmax(x: Numbers): number[] {
  const largest = Math.max(...x);
  if (!Number.isFinite(largest)) return x.map((own) => step(largest > 0 && own === largest));
  const parts = x.map((own) => Math.exp(own - largest));
  const total = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / total);
}

function logSumExp(...x: number[]): number {
  const largest = Math.max(...x);
  if (!Number.isFinite(largest)) return largest;
  // The largest itself is left out of the sum, for the digits of what is small beside it.
  const others = [...x].sort((a, b) => b - a).slice(1);
  return largest + Math.log1p(others.reduce((sum, own) => sum + Math.exp(own - largest), 0));
}

const comparison = (f: (a: Var, b: Var) => Var, is: (a: number, b: number) => boolean): Law => ({
  f,
  value: (a, b) => step(is(a, b)),
  slopes: () => [0, 0],
  points: pairs([0, 1, -2, 1e30, inf, minus]),
});

/** Along an axis of three. */
const rowOf =
  (f: (row: Var) => Var) =>
  (...x: Var[]) =>
    operations.reshape(f(operations.concatenate(x.map((own) => operations.reshape(own, [1])))), []);

const sumLaw = (f: Law["f"], value: Law["value"], slopes: Numbers): Law => ({
  f,
  value,
  slopes: () => slopes,
  points: [
    [1, 2, 3],
    [1e30, -1, 1e-30],
  ],
});

/** What moves, repeats, or adds numbers and multiplies them by others is tested in operations.test.ts. */
type Linear =
  | "uniformValue"
  | "broadcastShapes"
  | "broadcast"
  | "broadcastEvents"
  | "reshape"
  | "take"
  | "slice"
  | "pad"
  | "select"
  | "concatenate"
  | "sumTo"
  | "linear"
  | "weightGradient"
  | "sumEvents";

const laws: Readonly<Record<Exclude<keyof typeof operations, Linear>, Law>> = {
  neg: unary(
    operations.neg,
    (x) => -x,
    () => -1,
    () => 0,
    tails,
  ),
  exp: unary(operations.exp, Math.exp, Math.exp, Math.exp, tails),
  log: unary(
    operations.log,
    Math.log,
    (x) => 1 / x,
    (x) => -1 / (x * x),
    [0, ...positive, inf],
  ),
  log1p: unary(
    operations.log1p,
    Math.log1p,
    (x) => 1 / (1 + x),
    (x) => -1 / (1 + x) / (1 + x),
    [...moderate.filter((x) => x > -1), -1, -0.999, 1e8, 1e30, inf],
  ),
  // The slope is y + 1.
  expm1: unary(operations.expm1, Math.expm1, Math.exp, Math.exp, tails, [0, 1, 1]),
  // The slope is 1 - y².
  tanh: unary(operations.tanh, Math.tanh, sechSquared, (x) => -2 * Math.tanh(x) * sechSquared(x), tails, [0, 4, 8]),
  sin: unary(operations.sin, Math.sin, Math.cos, (x) => -Math.sin(x), [...moderate, 7, 100], [1, 1, 1]),
  cos: unary(
    operations.cos,
    Math.cos,
    (x) => -Math.sin(x),
    (x) => -Math.cos(x),
    [...moderate, 7, 100],
    [1, 1, 1],
  ),
  sqrt: unary(
    operations.sqrt,
    Math.sqrt,
    (x) => 0.5 / Math.sqrt(x),
    (x) => -0.25 / Math.sqrt(x) / x,
    [0, ...positive, inf],
  ),
  abs: unary(
    operations.abs,
    Math.abs,
    (x) => Math.sign(x),
    () => 0,
    tails,
  ),
  stopGradient: unary(
    operations.stopGradient,
    (x) => x,
    () => 0,
    () => 0,
    tails,
  ),
  square: unary(
    operations.square,
    (x) => x * x,
    (x) => 2 * x,
    () => 2,
    moderate,
  ),
  // The slope is y (1 - y): exact to units of its own where y is small, and of 1 where 1 - y is.
  sigmoid: unary(operations.sigmoid, logistic, logisticSlope, logisticCurvature, tails, (x) =>
    x > 0 ? [0, 1, 1] : [0, 0, 0.5],
  ),
  softplus: unary(operations.softplus, softplus, logistic, logisticSlope, tails),
  logSigmoid: unary(
    operations.logSigmoid,
    (x) => -softplus(-x),
    (x) => logistic(-x),
    (x) => -logisticSlope(x),
    tails,
  ),
  add: { f: operations.add, value: (a, b) => a + b, slopes: () => [1, 1], points: pairs(moderate) },
  sub: { f: operations.sub, value: (a, b) => a - b, slopes: () => [1, -1], points: pairs(moderate) },
  mul: {
    f: operations.mul,
    value: (a, b) => a * b,
    slopes: (a, b) => [b, a],
    curvatures: () => [
      [0, 1],
      [1, 0],
    ],
    points: pairs(moderate),
  },
  div: {
    f: operations.div,
    value: (a, b) => a / b,
    slopes: (a, b) => [1 / b, -a / b / b],
    curvatures: (a, b) => [
      [0, -1 / b / b],
      [-1 / b / b, (2 * a) / b / b / b],
    ],
    points: pairs(signed([1e-8, 0.3, 1, 7, 1e8])),
  },
  maximum: {
    f: operations.maximum,
    value: Math.max,
    slopes: (a, b) => [shareOf(a > b, a === b), shareOf(b > a, a === b)],
    points: pairs([0, 1, -2, 1e30, inf, minus]),
  },
  minimum: {
    f: operations.minimum,
    value: Math.min,
    slopes: (a, b) => [shareOf(a < b, a === b), shareOf(b < a, a === b)],
    points: pairs([0, 1, -2, 1e30, inf, minus]),
  },
  greater: comparison(operations.greater, (a, b) => a > b),
  greaterEqual: comparison(operations.greaterEqual, (a, b) => a >= b),
  less: comparison(operations.less, (a, b) => a < b),
  lessEqual: comparison(operations.lessEqual, (a, b) => a <= b),
  equal: comparison(operations.equal, (a, b) => a === b),
  where: {
    f: (c, a, b) => operations.where(operations.greater(c as Var, 0), a as Var, b as Var),
    value: (c, a, b) => (c > 0 ? a : b),
    slopes: (c) => [0, step(c > 0), step(!(c > 0))],
    points: [
      [1, 2, inf],
      [0, inf, 3],
      [-1, nan, 1e-30],
      [-1, 2, 3],
    ],
  },
  sum: sumLaw(
    rowOf((row) => operations.sum(row, 0)),
    (a, b, c) => a + b + c,
    [1, 1, 1],
  ),
  cumulativeSum: sumLaw(
    rowOf((row) => operations.slice(operations.cumulativeSum(row, 0), 0, 1, 2)),
    (a, b) => a + b,
    [1, 1, 0],
  ),
  max: {
    f: rowOf((row) => operations.max(row, 0)),
    value: Math.max,
    slopes: (...x) => {
      const isLargest = x.map((own) => step(own === Math.max(...x)));
      return isLargest.map((is) => is / isLargest.reduce<number>((a, b) => a + b, 0));
    },
    points: [
      [1, 2, 3],
      [2, 2, 1],
      [0, -0, 0],
      [inf, 1, minus],
      [minus, minus, -1e30],
    ],
  },
  logSumExp: {
    f: rowOf((row) => operations.logSumExp(row, 0)),
    value: logSumExp,
    slopes: (...x) => softmax(x),
    curvatures: (...x) => {
      const p = softmax(x);
      return p.map((a, i) =>
        p.map((b, j) => (i === j ? a * p.filter((_, k) => k !== i).reduce((s, q) => s + q) : -a * b)),
      );
    },
    // Σ_j p_j = 1 cancels in the second derivatives.
    absolute: [2, 1, 2],
    points: [
      [0.1, 0.2, 0.3],
      [1, 1, 1],
      [0, -20, -40],
      [1e4, 1e4 - 3, -1e4],
      [-1e30, -1e30, 0],
      [1e30, 1e30, 1],
      [-1e4, -1e4 - 1, -1e4 - 30],
      [minus, 2, minus],
      [minus, minus, minus],
      [inf, 1, minus],
      [inf, 1, 2],
    ].map((row) => row.map(Math.fround)),
  },
};

const activationLaws: Readonly<Record<keyof typeof activations, Law>> = {
  relu: unary(
    activations.relu,
    (x) => Math.max(x, 0),
    (x) => step(x > 0),
    () => 0,
    tails,
  ),
  // At 0 that of negative x: the second derivative jumps there.
  elu: unary(
    activations.elu,
    (x) => (x > 0 ? x : Math.expm1(x)),
    (x) => (x > 0 ? 1 : Math.exp(x)),
    (x) => (x > 0 ? 0 : Math.exp(x)),
    tails,
    [0, 1, 1],
  ),
  silu: unary(
    activations.silu,
    (x) => x * logistic(x),
    (x) => logistic(x) + x * logisticSlope(x),
    (x) => 2 * logisticSlope(x) + x * logisticCurvature(x),
    // Without -∞, where it is 0 · ∞, and the point where in f32 the exponential has ended and 89 times it had not.
    tails.filter((x) => Number.isFinite(x) && x !== -89),
    // Zeros of the slope near -1.28 and of the second derivative near ±2.4.
    [0, 1, 2],
  ),
  tanh: laws.tanh,
};

const columnName = (i: number) => `x${i}`;

/** Value, slopes and second derivatives at all points, each [points]. */
async function evaluate(law: Law, points: readonly Numbers[], backend: Backend) {
  const tape = new Tape();
  const x = (points[0] as Numbers).map((_, i) => tape.column(columnName(i)));
  const value = law.f(...x);
  const slopes = gradient(operations.sumEvents(value), x);
  const curvatures = slopes.flatMap((slope) => gradient(operations.sumEvents(slope), x));
  const named = (name: string, nodes: readonly Var[]) => nodes.map((node, i) => [`${name}${i}`, node] as const);
  const program = await backend.compile({
    outputs: Object.fromEntries([["value", value], ...named("slope", slopes), ...named("curvature", curvatures)]),
  });
  await program.bind(
    Object.fromEntries(x.map((_, i) => [columnName(i), Float64Array.from(points, (point) => point[i] as number)])),
  );
  const answers = await program.run();
  const all = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => answers[`${name}${i}`] as Float64Array);
  return {
    value: [answers.value as Float64Array],
    slopes: all("slope", x.length),
    curvatures: all("curvature", x.length ** 2),
  };
}

const formats = {
  f32: { unit: 2 ** -23, least: 2 ** -126, largest: 2 ** 128 - 2 ** 104 },
  f64: { unit: 2 ** -52, least: 2 ** -1022, largest: Number.MAX_VALUE },
} as const;

/** Units in the last place: the functions' own (5 at most) and those of the products and quotients of a derivative. */
const UNITS = 16;
/** A WGSL exponential may be off by 3 + 2 |x| units, which counts up to where it ends, and a logarithm by as much near 0. */
const LOOSE_UNITS = 256;

/** What WGSL compilers may take for granted not to exist, or to be 0. */
const isOrdinary = (x: number) => x === 0 || (Math.abs(x) > 2 ** -120 && Math.abs(x) < 2 ** 120);

function checkNumber(
  got: number,
  wanted: number,
  absolute: number,
  { name, precision }: TestBackend,
  what: string,
): void {
  const { unit, least, largest } = formats[precision];
  const isLoose = name === "webgpu";
  if (isLoose && !isOrdinary(wanted)) return;
  if (got === wanted || (Number.isNaN(got) && Number.isNaN(wanted))) return;
  if (Math.abs(wanted) > largest && got === Math.sign(wanted) * inf) return;
  const units = isLoose ? LOOSE_UNITS : UNITS;
  const allowed = units * unit * (Math.abs(wanted) + absolute) + least;
  assert.ok(Math.abs(got - wanted) <= allowed, `${what}: ${got}, wanted ${wanted}, allowed difference ${allowed}`);
}

async function check(name: string, law: Law, backend: TestBackend, opened: Backend): Promise<void> {
  const isLoose = backend.name === "webgpu";
  const points = law.points
    .map((point) => point.map(Math.fround))
    .filter((point) => !isLoose || point.every(isOrdinary));
  assert.ok(points.length > 0, `${name}: no point on ${backend.name}`);
  const got = await evaluate(law, points, opened);
  const { absolute = [0, 0, 0] } = law;
  points.forEach((point, e) => {
    const [ofValue, ofSlope, ofCurvature] = typeof absolute === "function" ? absolute(...point) : absolute;
    const at = `${name}(${point}) on ${backend.name}`;
    const compare = (numbers: readonly Float64Array[], wanted: Numbers, absolute: number, what: string) =>
      wanted.forEach((exact, i) => {
        checkNumber((numbers[i] as Float64Array)[e] as number, exact, absolute, backend, `${what} ${i} of ${at}`);
      });
    compare(got.value, [law.value(...point)], ofValue, "value");
    compare(got.slopes, law.slopes(...point), ofSlope, "slope");
    const none = point.map(() => point.map(() => 0));
    compare(got.curvatures, (law.curvatures?.(...point) ?? none).flat(), ofCurvature, "second derivative");
  });
}

for (const backend of testBackends()) {
  for (const [kind, registry] of Object.entries({ operation: laws, activation: activationLaws })) {
    test(`every ${kind} is its function, and so are its derivatives, on ${backend.name}`, async () => {
      const opened = await backend.create();
      try {
        for (const [name, law] of Object.entries(registry)) await check(name, law, backend, opened);
      } finally {
        await opened.close();
      }
    });
  }
}

test("Newton's method from 0 finds the slope of a logistic regression", async () => {
  const tape = new Tape();
  const [x, y] = [tape.column("x"), tape.column("y")];
  const beta = tape.parameter("beta");
  const margin = operations.mul(x, beta);
  const nll = operations.sumEvents(operations.sub(operations.softplus(margin), operations.mul(y, margin)));
  const [slope] = gradient(nll, [beta]) as [Var];
  const [curvature] = gradient(slope, [beta]) as [Var];
  const columns = { x: Float64Array.of(-2, -1, 1, 2), y: Float64Array.of(0, 1, 0, 1) };
  for (const backend of testBackends()) {
    let at = 0;
    for (let i = 0; i < 6; i++) {
      const got = await runOn(backend, { outputs: { slope, curvature }, parameters: { beta: [at] }, columns });
      at -= (got.slope?.[0] as number) / (got.curvature?.[0] as number);
    }
    // Σ x (y - σ(β x)) = 0: 4 σ(2β) + 2 σ(β) = 4, by bisection in f64.
    let [low, high] = [0, 2];
    while (high - low > 1e-12) {
      const middle = (low + high) / 2;
      if (4 * logistic(2 * middle) + 2 * logistic(middle) < 4) low = middle;
      else high = middle;
    }
    assert.ok(Math.abs(at - low) < 1e-6, `${at} on ${backend.name}, wanted ${low}`);
  }
});

test.run();
