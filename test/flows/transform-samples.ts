/** A registry of transforms, each far from the identity, and their inputs. */
import * as assert from "uvu/assert";
import { gradient } from "../../engine/derivatives/gradient.js";
import { mul, reshape, sum, sumEvents } from "../../engine/tape/operations.js";
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
import { type Answers, runOn } from "../support/run-program.js";

export const D = 3;

export const C = 2;

export const BOUND = 5;

export const spline = { kind: "spline", bins: 6, bound: BOUND } as const;

const common = { features: D, context: C, hidden: [16, 12] };
const threeNuisances = {
  ...common,
  layers: 1,
  nuisances: [{ nominal: 0.2 }, { linearOnly: true }, { scale: 0.5 }],
  pairs: [[0, 2]] as const,
};

interface Sample {
  readonly architecture: Architecture;
  /** `[i, j]`: output i must not depend on input j. */
  readonly independent: readonly (readonly [number, number])[];
}

/** Output i of an order sees inputs of smaller or equal order only. */
export const triangular = (order: readonly number[]) =>
  order.flatMap((own, i) => order.flatMap((other, j) => (other > own ? [[i, j] as const] : [])));

/** Each far from the identity: random weights everywhere. */
export const samples: Record<string, Sample> = {
  "autoregressive spline": {
    architecture: autoregressiveFlow({ ...common, transforms: 1, transform: spline, orders: [[1, 2, 0]] }),
    independent: triangular([1, 2, 0]),
  },
  "three standardised autoregressive splines": {
    architecture: autoregressiveFlow({ ...common, transforms: 3, transform: spline, standardisation: "input" }),
    independent: [],
  },
  "two autoregressive splines of scaled input": {
    architecture: autoregressiveFlow({ ...common, transforms: 2, transform: { ...spline, scaled: true } }),
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
      ...threeNuisances,
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
      ...threeNuisances,
      quadraticDamping: 0.5,
      spline,
      standardisation: "both",
    }),
    independent: triangular([0, 1, 2]),
  },
  "factorizable, shifts before scales": {
    architecture: factorizableFlow({
      ...threeNuisances,
      quadraticDamping: 0.5,
      shiftFirst: true,
      standardisation: "both",
    }),
    independent: triangular([0, 1, 2]),
  },
  "factorizable, shifts before scales and splines": {
    architecture: factorizableFlow({
      ...common,
      ...{ layers: 2, nuisances: [{}, {}], quadraticDamping: 0.5, shiftFirst: true, spline },
    }),
    independent: [],
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

export function bind(tape: Tape, architecture: Architecture): Directions {
  if (architecture.kind !== "factorizable") {
    const flow = bindFlow(tape, architecture, "flow");
    return { forward: flow.toLatent, inverse: flow.fromLatent };
  }
  const flow = bindFactorizableFlow(tape, architecture, "flow");
  const nu = tape.constant(NU.slice(0, architecture.nuisances.length));
  return { forward: (x, c) => flow.toNominal(x, c, nu), inverse: (x, c) => flow.fromNominal(x, c, nu) };
}

/** Random everywhere a network looks, last layers included. */
export function randomWeights(architecture: Architecture): Weights {
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

export const N = 12;

export const inputs = (rows: number, spread: number, seed: number) => {
  const draw = randomNumbers(seed);
  return Float64Array.from({ length: rows * N }, () => spread * (2 * draw() - 1));
};

/** Inversion loses what the slopes (up to 1000) amplify. */
export const inversion = {
  f64: { absolute: 1e-9, relative: 1e-9 },
  f32: { absolute: 2e-2, relative: 2e-2 },
} as const;

/** Central differences in f64 on the definition; step 1e-5 leaves about 1e-9 of slopes of order 1. */
export async function checkJacobian(
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

export const scalars: Record<string, ScalarArchitecture> = {
  spline,
  "spline of two bins": { kind: "spline", bins: 2, bound: 1.5 },
  "spline with a free right slope": { ...spline, freeRightSlope: true },
  affine: { kind: "affine" },
};

/** Knots of the x side by the definition: softmax of softly clipped logits, arXiv:1906.04032 with zuko's clipping. */
export function knots(logits: readonly number[], bound: number): number[] {
  const sizes = logits.map((w) => Math.exp(w / (1 + Math.abs((2 * w) / Math.log(1e-3)))));
  const total = sizes.reduce((a, b) => a + b);
  let running = 0;
  return sizes.slice(0, -1).map((size) => bound * ((2 * (running += size)) / total - 1));
}

/** Parameters are one column per number, so that derivatives in them are per event too. */
export function derivativesOfScalar(
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
