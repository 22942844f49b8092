/** Hessians of mixtures of factorizable flows through bottlenecks. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { hessian } from "../../../engine/derivatives/gradient.js";
import { schedule } from "../../../engine/passes/event-passes.js";
import { neg, sumEvents } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import {
  type Architecture,
  autoregressiveFlow,
  factorizableFlow,
  initialise,
} from "../../../flows/architecture/architecture.js";
import { bindMixture } from "../../../inference/model/mixture.js";
import { type FlowModel, type MixtureModel, mixtureParameters } from "../../../inference/model/mixture-model.js";
import { randomNumbers } from "../../support/random-numbers.js";
import {
  checkBackends,
  checkDifferences,
  checkThroughBottlenecks,
  EVENTS,
  type HessianCase,
  uniform,
} from "./hessian-cases.js";

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

interface MixtureSetting {
  readonly shapes: number;
  readonly rates?: number;
  readonly layers: number;
  readonly pairs?: readonly (readonly [number, number])[];
  readonly isProfiled?: boolean;
  readonly features?: number;
  readonly hidden?: readonly number[];
  readonly spline?: boolean;
}

function mixtureModel({
  shapes,
  rates = 0,
  layers,
  pairs = [],
  isProfiled,
  features = 2,
  hidden = [4],
  spline,
}: MixtureSetting): MixtureModel {
  const common = { hidden, activation: "silu" } as const;
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
  const residual = (own: number, context: number, count: number, nominal: number, seed: number) => {
    const nuisances = Array.from({ length: count }, (_, k) => ({ nominal, scale: 1.5, linearOnly: k === 1 }));
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
        ? { kind: "shape", name: `nu${k}`, nominal: 0.1, acts: [true, k !== 2] }
        : { kind: "rate", name: `nu${k}`, nominal: 0, logFactors: [0.1 * k, -0.2] },
    ),
    x: { nominal: flow(1, PROCESSES, 1), morph: residual(1, PROCESSES, shapes, 0.1, 2) },
    y: { nominal: flow(features, context, 3), morph: residual(features, context, shapes, 0.1, 4) },
    transport: flow(features, context, 5),
    ...(isProfiled && { response: residual(features, context, shapes + rates, 0.2, 6) }),
  };
}

function mixtureCase(setting: MixtureSetting, form: "joint" | "conditional", looksAtY = true): HessianCase {
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

const settings: Record<string, MixtureSetting> = {
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
  "networks for which bottlenecks within the nominal flow pay": { shapes: 6, layers: 1, features: 3, hidden: [24, 24] },
};

for (const [name, setting] of Object.entries(settings)) {
  test(`joint, ${name}`, () => checkThroughBottlenecks(mixtureCase(setting, "joint")));
}

test("conditional, rates", () =>
  checkThroughBottlenecks(mixtureCase({ shapes: 3, rates: 3, layers: 1 }, "conditional")));

test("x alone", () => checkThroughBottlenecks(mixtureCase({ shapes: 4, layers: 2 }, "joint", false)));

test("events outside the boxes of the splines", () => {
  const own = mixtureCase({ shapes: 5, layers: 1 }, "joint");
  const columns = { x: uniform(EVENTS, 7, -9, 9), y: uniform(2 * EVENTS, 8, -9, 9) };
  return checkThroughBottlenecks({ ...own, columns });
});

test("two layers, pairs, rates and T profiled agree with differences of gradients", () =>
  checkDifferences(mixtureCase({ shapes: 4, rates: 2, layers: 2, pairs: [[0, 2]], isProfiled: true }, "joint")));

test("backends agree with the reference", () =>
  checkBackends(mixtureCase({ shapes: 6, rates: 1, layers: 1, features: 3, hidden: [24] }, "joint")));

test("linear maps grow as the number of nuisances", () => {
  const count = (shapes: number) => {
    const { loss, nu } = mixtureCase({ shapes, layers: 2 }, "joint");
    return schedule([hessian(loss, nu)]).nodes.filter(({ operation }) => operation.name === "linear").length;
  };
  const [four, eight, sixteen] = [4, 8, 16].map(count) as [number, number, number];
  assert.ok(sixteen - eight < 2.1 * (eight - four), `${four}, ${eight}, ${sixteen} linear maps`);
});

test.run();
