/** Laws every transform obeys: inversion, change of variables, triangularity, tails. New ones join the registry. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../engine/derivatives/gradient.js";
import { add, concatenate, mul, reshape, slice, sum, sumEvents } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import {
  type Architecture,
  autoregressiveFlow,
  couplingFlow,
  factorizableFlow,
  initialise,
} from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { bindFlow } from "../../flows/flow.js";
import { named, type Weights } from "../../flows/networks/weights.js";
import type { Transformed } from "../../flows/shapes.js";
import { withStandardisation } from "../../flows/standardisation.js";
import { type ScalarArchitecture, scalarTransform } from "../../flows/transforms/scalar-transform.js";
import { testBackends } from "../support/backends.js";
import { close } from "../support/close.js";
import { randomNumbers } from "../support/random-numbers.js";
import { type Answers, runOn, runOnEachBackend } from "../support/run-program.js";

const D = 3;
const C = 2;
const BOUND = 5;
const spline = { kind: "spline", bins: 6, bound: BOUND } as const;
const common = { features: D, context: C, hidden: [16, 12] };

interface Sample {
  readonly architecture: Architecture;
  /** `[i, j]`: output i must not depend on input j. */
  readonly independent: readonly (readonly [number, number])[];
}

/** Output i of an order sees inputs of smaller or equal order only. */
const triangular = (order: readonly number[]) =>
  order.flatMap((own, i) => order.flatMap((other, j) => (other > own ? [[i, j] as const] : [])));

/** Each far from the identity: random weights everywhere. */
const samples: Record<string, Sample> = {
  "autoregressive spline": {
    architecture: autoregressiveFlow({ ...common, transforms: 1, transform: spline, orders: [[1, 2, 0]] }),
    independent: triangular([1, 2, 0]),
  },
  "three standardised autoregressive splines": {
    architecture: autoregressiveFlow({ ...common, transforms: 3, transform: spline, standardisation: "input" }),
    independent: [],
  },
  "transport by splines with a free right slope": {
    architecture: autoregressiveFlow({
      ...common,
      transforms: 2,
      transform: { ...spline, freeRightSlope: true },
      standardisation: "both",
      activation: "tanh",
    }),
    independent: [],
  },
  "autoregressive affine": {
    architecture: autoregressiveFlow({ ...common, transforms: 1, transform: { kind: "affine" }, activation: "silu" }),
    independent: triangular([0, 1, 2]),
  },
  "coupling spline": {
    architecture: couplingFlow({ ...common, transforms: 1, transform: spline, passive: [[2]] }),
    independent: [
      [2, 0],
      [2, 1],
      [0, 1],
      [1, 0],
    ],
  },
  "two coupling affines": {
    architecture: couplingFlow({ ...common, transforms: 2, transform: { kind: "affine" } }),
    independent: [],
  },
  "factorizable, one layer": {
    architecture: factorizableFlow({
      ...common,
      layers: 1,
      nuisances: [{ nominal: 0.2 }, { linearOnly: true }, { scale: 0.5 }],
      pairs: [[0, 2]],
      standardisation: "both",
    }),
    independent: triangular([0, 1, 2]),
  },
  "factorizable, three layers": {
    architecture: factorizableFlow({ ...common, layers: 3, nuisances: [{}, {}], quadraticDamping: 0.5 }),
    independent: [],
  },
  "factorizable, affine and spline": {
    architecture: factorizableFlow({
      ...common,
      layers: 1,
      nuisances: [{ nominal: 0.2 }, { linearOnly: true }, { scale: 0.5 }],
      pairs: [[0, 2]],
      quadraticDamping: 0.5,
      spline,
      standardisation: "both",
    }),
    independent: triangular([0, 1, 2]),
  },
  "factorizable, two layers of affine and spline": {
    architecture: factorizableFlow({ ...common, layers: 2, nuisances: [{}, {}], quadraticDamping: 0.5, spline }),
    independent: [],
  },
};

interface Directions {
  forward(x: Var, context: Var): Transformed;
  inverse(x: Var, context: Var): Transformed;
}

const NU = [0.7, -0.4, 0.3];

function bind(tape: Tape, architecture: Architecture): Directions {
  if (architecture.kind !== "factorizable") {
    const flow = bindFlow(tape, architecture, "flow");
    return { forward: flow.toLatent, inverse: flow.fromLatent };
  }
  const flow = bindFactorizableFlow(tape, architecture, "flow");
  const nu = tape.constant(NU.slice(0, architecture.nuisances.length));
  return { forward: (x, c) => flow.toNominal(x, c, nu), inverse: (x, c) => flow.fromNominal(x, c, nu) };
}

/** Random everywhere a network looks, last layers included. */
function randomWeights(architecture: Architecture): Weights {
  const draw = randomNumbers(7);
  const weights = initialise(architecture, 11);
  for (const [name, { data }] of weights) {
    if (!name.startsWith("transforms")) continue;
    const spread = name.endsWith("weight") ? 1.1 : 2;
    for (let i = 0; i < data.length; i++) data[i] = spread * (draw() - 0.5);
  }
  if (architecture.standardisation === "none") return weights;
  const vector = (...entries: number[]) => Float64Array.from(entries);
  return withStandardisation(weights, {
    features: { mean: vector(0.3, -0.2, 1), standardDeviation: vector(1.5, 0.8, 2) },
    context: { mean: vector(0.1, 0.2), standardDeviation: vector(0.9, 2) },
  });
}

const N = 12;
const inputs = (rows: number, spread: number, seed: number) => {
  const draw = randomNumbers(seed);
  return Float64Array.from({ length: rows * N }, () => spread * (2 * draw() - 1));
};

/** Inversion loses what the slopes (up to 1000) amplify. */
const inversion = {
  f64: { absolute: 1e-9, relative: 1e-9 },
  f32: { absolute: 2e-2, relative: 2e-2 },
} as const;

for (const [name, { architecture, independent }] of Object.entries(samples)) {
  test(`${name}: the inverse undoes the transform, and logDets cancel`, async () => {
    const tape = new Tape();
    const { forward, inverse } = bind(tape, architecture);
    const x = tape.column("x", [D]);
    const context = tape.column("context", [C]);
    const there = forward(x, context);
    const back = inverse(there.value, context);
    const columns = { x: inputs(D, 4, 3), context: inputs(C, 1, 4) };
    await runOnEachBackend(
      {
        outputs: { back: back.value, there: there.value, sum: add(there.logDet, back.logDet) },
        parameters: named("flow", randomWeights(architecture)),
        columns,
      },
      (got, { precision, name: backend }) => {
        close(got.back as Float64Array, columns.x, inversion[precision], `input on ${backend}`);
        close(got.sum as Float64Array, new Float64Array(N), inversion[precision], `logDets on ${backend}`);
        const moved = (got.there as Float64Array).filter(
          (value, i) => Math.abs(value - (columns.x[i] as number)) > 0.1,
        );
        assert.ok(moved.length > N, "the sample is far from the identity");
      },
    );
  });

  test(`${name}: logDet is that of the Jacobian by finite differences; the Jacobian is as triangular as promised`, async () => {
    for (const direction of ["forward", "inverse"] as const) await checkJacobian(architecture, direction, independent);
  });
}

/** Central differences in f64 on the definition; step 1e-5 leaves about 1e-9 of slopes of order 1. */
async function checkJacobian(
  architecture: Architecture,
  direction: keyof Directions,
  independent: Sample["independent"],
): Promise<void> {
  const tape = new Tape();
  const step = 1e-5;
  const { value, logDet } = bind(tape, architecture)[direction](tape.column("x", [D]), tape.column("context", [C]));
  const x = inputs(D, 3, 5);
  const context = inputs(C, 1, 6);
  const at = (j: number, shift: number): Promise<Answers> =>
    runOn(testBackends()[0] as never, {
      outputs: { value, logDet },
      parameters: named("flow", randomWeights(architecture)),
      columns: { x: x.map((entry, i) => (Math.floor(i / N) === j ? entry + shift : entry)), context },
    });
  const { logDet: wanted } = await at(0, 0);
  const sides = await Promise.all([0, 1, 2].map(async (j) => [await at(j, step), await at(j, -step)] as const));
  for (let e = 0; e < N; e++) {
    const slope = (i: number, j: number) => {
      const [up, down] = sides[j] as [Answers, Answers];
      return ((up.value?.[i * N + e] as number) - (down.value?.[i * N + e] as number)) / (2 * step);
    };
    const minor = (a: number, b: number) => slope(1, a) * slope(2, b) - slope(1, b) * slope(2, a);
    const determinant = slope(0, 0) * minor(1, 2) - slope(0, 1) * minor(0, 2) + slope(0, 2) * minor(0, 1);
    close([wanted?.[e] as number], [Math.log(Math.abs(determinant))], { absolute: 1e-4, relative: 1e-5 }, "logDet");
    for (const [i, j] of independent) assert.is(slope(i, j), 0, `output ${i} does not see input ${j}`);
  }
}

const scalars: Record<string, ScalarArchitecture> = {
  spline,
  "spline of two bins": { kind: "spline", bins: 2, bound: 1.5 },
  "spline with a free right slope": { ...spline, freeRightSlope: true },
  affine: { kind: "affine" },
};

/** Knots of the x side by the definition: softmax of softly clipped logits, arXiv:1906.04032 with zuko's clipping. */
function knots(logits: readonly number[], bound: number): number[] {
  const sizes = logits.map((w) => Math.exp(w / (1 + Math.abs((2 * w) / Math.log(1e-3)))));
  const total = sizes.reduce((a, b) => a + b);
  let running = 0;
  return sizes.slice(0, -1).map((size) => bound * ((2 * (running += size)) / total - 1));
}

for (const [name, architecture] of Object.entries(scalars)) {
  test(`${name}, its input guarded and not its output: value, first and second derivatives are finite at the tails, on ±bound and on knots`, async () => {
    const bound = architecture.kind === "spline" ? architecture.bound : BOUND;
    const count = scalarTransform(architecture).parameters;
    const draw = randomNumbers(3);
    const parameters = Array.from({ length: count }, () => 6 * (draw() - 0.5));
    const edges = [-1000, -1 - 1e-7, -1, -1 + 1e-7, 1 - 1e-7, 1, 1 + 1e-7, 1000].map((factor) => factor * bound);
    const inner = architecture.kind === "spline" ? architecture.bins : 0;
    const logits = inner > 0 ? [parameters.slice(0, inner), parameters.slice(inner, 2 * inner)] : [];
    const points = [...edges, ...logits.flatMap((side) => knots(side, bound)), 0];
    for (const direction of ["forward", "inverse"] as const) {
      await runOnEachBackend(
        derivativesOfScalar(architecture, direction, points, parameters),
        (got, { name: backend }) => {
          for (const [key, values] of Object.entries(got)) {
            assert.ok(values.every(Number.isFinite), `${direction} ${key} on ${backend}: ${values}`);
          }
          if (architecture.kind === "affine") return;
          const outside = [0, 1, 6, 7];
          for (const i of outside) {
            close([got.value?.[i] as number], [points[i] as number], { absolute: 0, relative: 1e-7 }, "identity");
            assert.is(got.logSlope?.[i], 0);
            assert.is(got.first?.[i], 1);
            assert.is(got.second?.[i], 0);
          }
        },
      );
    }
  });
}

/** Parameters are one column per number, so that derivatives in them are per event too. */
function derivativesOfScalar(
  architecture: ScalarArchitecture,
  direction: keyof Directions,
  points: readonly number[],
  values: readonly number[],
) {
  const tape = new Tape();
  const x = tape.column("x", [1]);
  const raw = tape.column("raw", [1, values.length]);
  const { value, logSlope } = scalarTransform(architecture)[direction](x, raw);
  const total = (of: Var) => reshape(sumEvents(of), []);
  const [first, firstRaw] = gradient(total(value), [x, raw]) as [Var, Var];
  const [second] = gradient(total(first), [x]) as [Var];
  const [slopeFirst, slopeRaw] = gradient(total(logSlope), [x, raw]) as [Var, Var];
  const [slopeSecond, mixed] = gradient(total(slopeFirst), [x, raw]) as [Var, Var];
  const [rawSecond] = gradient(total(sum(mul(slopeRaw, slopeRaw), -1)), [raw]) as [Var];
  return {
    outputs: { value, logSlope, first, second, firstRaw, slopeFirst, slopeRaw, slopeSecond, mixed, rawSecond },
    parameters: {},
    columns: {
      x: Float64Array.from(points),
      raw: Float64Array.from(values.flatMap((entry) => points.map(() => entry))),
    },
  };
}

test("a spline joins continuously at its knots and at ±bound", async () => {
  const draw = randomNumbers(5);
  const parameters = Array.from({ length: 3 * spline.bins - 1 }, () => 6 * (draw() - 0.5));
  const at = [...knots(parameters.slice(0, spline.bins), BOUND), -BOUND, BOUND];
  const points = at.flatMap((knot) => [knot - 1e-9, knot, knot + 1e-9]);
  const got = await runOn(testBackends()[0] as never, derivativesOfScalar(spline, "forward", points, parameters));
  at.forEach((_, k) => {
    for (const key of ["value", "logSlope"]) {
      const [left, on, right] = (got[key] as Float64Array).subarray(3 * k, 3 * k + 3) as unknown as number[];
      close([left, right] as number[], [on, on] as number[], { absolute: 1e-5, relative: 0 }, `${key} at knot ${k}`);
    }
  });
});

for (const name of ["factorizable, one layer", "factorizable, affine and spline"]) {
  test(`${name}: nuisances at their nominal value are the identity, and cost nothing where that is known`, async () => {
    const { architecture } = samples[name] as { architecture: ReturnType<typeof factorizableFlow> };
    const tape = new Tape();
    const flow = bindFactorizableFlow(tape, architecture, "flow");
    const x = tape.column("x", [D]);
    const context = tape.column("context", [C]);
    const nu = tape.parameter("nu", [3]);
    assert.is(flow.toNominal(x, context, [undefined, undefined, undefined]).value, x);
    const all = flow.toNominal(x, context, nu);
    const one = flow.toNominal(x, context, [undefined, slice(nu, -1, 1, 2), undefined]);
    const columns = { x: inputs(D, 4, 3), context: inputs(C, 1, 4) };
    const outputs = { all: all.value, one: one.value, logDet: all.logDet };
    const parameters = named("flow", randomWeights(architecture));
    const tight = { absolute: 1e-12, relative: 1e-12 };
    const nominal = await runOn(testBackends()[0] as never, {
      outputs,
      parameters: { ...parameters, nu: [0.2, 0, 0] },
      columns,
    });
    close(nominal.all as Float64Array, columns.x, tight);
    close(nominal.logDet as Float64Array, new Float64Array(N), tight);
    const shifted = await runOn(testBackends()[0] as never, {
      outputs,
      parameters: { ...parameters, nu: [0.2, 0.8, 0] },
      columns,
    });
    close(shifted.one as Float64Array, shifted.all as Float64Array, tight);
    assert.ok(Math.abs((shifted.one?.[0] as number) - (columns.x[0] as number)) > 1e-3);
  });
}

for (const name of ["factorizable, three layers", "factorizable, two layers of affine and spline"]) {
  test(`${name}: leading axes are lazy: values of ν broadcast against events, and give what each alone gives`, async () => {
    const { architecture } = samples[name] as { architecture: ReturnType<typeof factorizableFlow> };
    const tape = new Tape();
    const flow = bindFactorizableFlow(tape, architecture, "flow");
    const x = tape.column("x", [D]);
    const context = tape.column("context", [C]);
    const nus = [
      [0.5, 0.1],
      [-0.3, 0.9],
    ];
    const together = flow.toNominal(x, context, tape.constant(nus.flat(), [2, 2]));
    const alone = nus.map((nu) => flow.toNominal(x, context, tape.constant(nu)).value);
    assert.equal(together.value.shape, [2, D]);
    assert.equal(together.logDet.shape, [2]);
    await runOnEachBackend(
      {
        outputs: { together: together.value, alone: concatenate(alone) },
        parameters: named("flow", randomWeights(architecture)),
        columns: { x: inputs(D, 4, 3), context: inputs(C, 1, 4) },
      },
      ({ together: a, alone: b }, { precision }) => {
        close(
          a as Float64Array,
          b as Float64Array,
          precision === "f64" ? inversion.f64 : { absolute: 1e-5, relative: 1e-5 },
        );
      },
    );
  });
}

test.run();
