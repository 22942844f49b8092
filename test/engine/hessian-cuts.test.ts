/** Hessians through cuts against those by directions, and against differences of gradients. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hessianByDirections } from "../../engine/derivatives.js";
import { hessianThroughCuts } from "../../engine/hessian.js";
import { neg, sumEvents } from "../../engine/operations.js";
import { schedule } from "../../engine/passes.js";
import { referenceBackend } from "../../engine/reference.js";
import { Tape, type Var } from "../../engine/tape.js";
import { type Architecture, autoregressiveFlow, factorizableFlow, initialise } from "../../flows/architecture.js";
import { bindMixture } from "../../inference/mixture.js";
import { type FlowModel, type MixtureModel, mixtureParameters } from "../../inference/mixture-model.js";
import { close } from "../support/close.js";
import { randomNumbers } from "../support/random-numbers.js";

const EVENTS = 9;
const PROCESSES = 2;

/** Weights of every layer away from zero: at the identity most second derivatives vanish. */
function modelOf<A extends Architecture>(architecture: A, seed: number): FlowModel<A> {
  const random = randomNumbers(seed);
  const weights = [...initialise(architecture, seed)].map(([name, { shape, data }]) => {
    const moved = Float64Array.from(data, (value) => value + 0.3 * (random() - 0.5));
    return [name, { shape, data: name.startsWith("standardisation") ? data : moved }] as const;
  });
  return { architecture, weights: new Map(weights) };
}

interface Setting {
  readonly shapes: number;
  readonly rates?: number;
  readonly layers: number;
  readonly pairs?: readonly (readonly [number, number])[];
  readonly isProfiled?: boolean;
  readonly features?: number;
  readonly spline?: boolean;
}

function mixtureModel({
  shapes,
  rates = 0,
  layers,
  pairs = [],
  isProfiled,
  features = 2,
  spline,
}: Setting): MixtureModel {
  const common = { hidden: [8, 8], activation: "silu" } as const;
  const names = Array.from({ length: shapes + rates }, (_, k) => k);
  const flow = (own: number, context: number, seed: number) =>
    modelOf(
      autoregressiveFlow({
        ...common,
        features: own,
        context,
        transforms: 2,
        transform: { kind: "spline", bins: 4, bound: 5 },
      }),
      seed,
    );
  const residual = (own: number, context: number, count: number, centre: number, seed: number) => {
    const nuisances = Array.from({ length: count }, (_, k) => ({ centre, scale: 1.5, linearOnly: k === 1 }));
    const kind = spline ? { spline: { kind: "spline", bins: 2, bound: 4 } as const } : {};
    return modelOf(
      factorizableFlow({ ...common, features: own, context, layers, nuisances, pairs, quadraticDamping: 0.3, ...kind }),
      seed,
    );
  };
  const context = PROCESSES + 1;
  return {
    processes: [0, 1].map((f) => ({ name: `f${f}`, logYield: 3 + f })),
    nuisances: names.map((k) =>
      k < shapes
        ? { kind: "shape", name: `nu${k}`, centre: 0.1, acts: [true, k !== 2] }
        : { kind: "rate", name: `nu${k}`, centre: 0, logFactors: [0.1 * k, -0.2] },
    ),
    x: { nominal: flow(1, PROCESSES, 1), systematics: residual(1, PROCESSES, shapes, 0.1, 2) },
    y: { nominal: flow(features, context, 3), systematics: residual(features, context, shapes, 0.1, 4) },
    transfer: flow(features, context, 5),
    ...(isProfiled && { response: residual(features, context, shapes + rates, 0.2, 6) }),
  };
}

interface Case {
  readonly loss: Var;
  readonly nu: Var;
  readonly columns: Readonly<Record<string, Float64Array>>;
  readonly parameters: Readonly<Record<string, ArrayLike<number>>>;
}

const uniform = (count: number, seed: number, low: number, high: number) => {
  const random = randomNumbers(seed);
  return Float64Array.from({ length: count }, () => low + (high - low) * random());
};

function mixtureCase(setting: Setting, form: "joint" | "conditional", looksAtY = true): Case {
  const model = mixtureModel(setting);
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const features = setting.features ?? 2;
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const x = tape.column("x", [1]);
  const y = looksAtY ? tape.column("y", [features]) : undefined;
  const logProb = mixture.logProb({ x, y }, nu, form);
  return {
    loss: neg(sumEvents(logProb)),
    nu,
    columns: { x: uniform(EVENTS, 7, -2, 2), ...(y && { y: uniform(features * EVENTS, 8, -2, 2) }) },
    parameters: { ...mixtureParameters(model), nu: uniform(model.nuisances.length, 9, -0.8, 0.8) },
  };
}

async function evaluate({ columns, parameters }: Case, outputs: Record<string, Var>, nu?: ArrayLike<number>) {
  const needed = new Set(
    schedule(Object.values(outputs)).nodes.map(({ operation }) => "label" in operation && operation.label),
  );
  const only = <T>(all: Readonly<Record<string, T>>) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => needed.has(name)));
  const program = await referenceBackend().compile({ outputs });
  await program.bind(only(columns));
  await program.write(only({ ...parameters, ...(nu && { nu }) }));
  return program.run();
}

async function checkCase(own: Case): Promise<void> {
  const { loss, nu } = own;
  const throughCuts = hessianThroughCuts(loss, nu);
  assert.ok(throughCuts, "there is a cut");
  const outputs = { throughCuts: throughCuts!, byDirections: hessianByDirections(loss, nu) };
  const got = await evaluate(own, outputs);
  const scale = Math.max(...got.byDirections!.map(Math.abs));
  close(got.throughCuts!, got.byDirections!, { absolute: 1e-12 * scale, relative: 1e-12 }, "Hessian");
}

const settings: Record<string, Setting> = {
  "1 layer": { shapes: 4, layers: 1 },
  "2 layers": { shapes: 4, layers: 2 },
  "3 layers": { shapes: 4, layers: 3 },
  pairs: {
    shapes: 5,
    layers: 2,
    pairs: [
      [0, 1],
      [1, 3],
      [0, 4],
    ],
  },
  "all pairs": {
    shapes: 4,
    layers: 2,
    pairs: [
      [0, 1],
      [0, 2],
      [0, 3],
      [1, 2],
      [1, 3],
      [2, 3],
    ],
  },
  rates: { shapes: 3, rates: 3, layers: 2 },
  "T profiled": { shapes: 5, rates: 2, layers: 2, isProfiled: true },
  "splines behind the layers": { shapes: 8, layers: 2, spline: true },
  "three features": { shapes: 6, layers: 2, features: 3 },
};

for (const [name, setting] of Object.entries(settings)) {
  for (const form of ["joint", "conditional"] as const) {
    test(`${form}, ${name}`, () => checkCase(mixtureCase(setting, form)));
  }
}

test.run();
