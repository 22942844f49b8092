import { broadcastEvents } from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import {
  type Architecture,
  autoregressiveFlow,
  couplingFlow,
  factorizableFlow,
  initialise,
} from "../../../../flows/architecture/architecture.js";
import type { EventData } from "../../../../inference/model/likelihood/likelihood.js";
import { bindMixture, type LikelihoodForm } from "../../../../inference/model/mixture.js";
import {
  checkedModel,
  type FlowModel,
  type MixtureModel,
  type NuisanceModel,
} from "../../../../inference/model/mixture-model.js";
import { randomNumbers } from "../../../support/random-numbers.js";

export const COUNT = 10;
const spline = { kind: "spline", bins: 5, bound: 5 } as const;
/** Wide enough that what lies behind a network is worth keeping. */
const hidden = [48, 48];

/** Random weights everywhere: zeros would hide what is multiplied by them. */
export function random<A extends Architecture>(architecture: A, seed: number): FlowModel<A> {
  const next = randomNumbers(seed);
  const weights = [...initialise(architecture, seed)].map(([name, { shape, data }]) => {
    const isFrame = name.startsWith("standardisation.");
    return [name, { shape, data: isFrame ? data : data.map((value) => value + 0.4 * (next() - 0.5)) }] as const;
  });
  return { architecture, weights: new Map(weights) };
}

export interface Sample {
  readonly model: MixtureModel;
  readonly form?: LikelihoodForm;
  readonly hasY?: boolean;
  readonly isWeighted?: boolean;
  /** Parts whose networks are not needed any more once the data are known. */
  readonly once: readonly string[];
}

const shape = (name: string, acts: readonly boolean[] = [true, true]): NuisanceModel => ({
  name,
  kind: "shape",
  nominal: 0,
  acts,
});
const rate: NuisanceModel = { name: "rate", kind: "rate", nominal: 0, logFactors: [0.2, -0.1] };

/** x in two dimensions, y in `features`. */
function modelOf(
  features: number,
  change: Partial<MixtureModel> = {},
  pairs: readonly (readonly [number, number])[] = [],
): MixtureModel {
  const bend = (context: number, own: number, layers: number, seed: number) =>
    random(
      factorizableFlow({
        features: own,
        context,
        layers,
        hidden,
        nuisances: [{}, {}],
        pairs: pairs as [number, number][],
      }),
      seed,
    );
  return checkedModel({
    processes: ["a", "b"].map((name, f) => ({ name, logYield: 3 + f })),
    nuisances: [shape("first"), shape("second")],
    x: {
      nominal: random(autoregressiveFlow({ features: 2, context: 2, hidden, transforms: 1, transform: spline }), 1),
      morph: bend(2, 2, 1, 2),
    },
    y: {
      nominal: random(autoregressiveFlow({ features, context: 4, hidden, transforms: 2, transform: spline }), 3),
      morph: bend(4, features, 2, 4),
    },
    ...change,
  });
}

const transportOf = (features: number) =>
  random(
    autoregressiveFlow({
      features,
      context: 4,
      hidden,
      transforms: 2,
      transform: { ...spline, freeRightSlope: true },
      standardisation: "both",
    }),
    5,
  );

const response = (options: { spline?: typeof spline } = {}) =>
  random(
    factorizableFlow({
      features: 2,
      context: 4,
      layers: 2,
      hidden,
      nuisances: [
        { nominal: 0.1, scale: 0.5 },
        { nominal: -0.2, scale: 0.5, linearOnly: true },
      ],
      standardisation: "both",
      ...options,
    }),
    6,
  );

const { y: _, ...withoutY } = modelOf(2);
const coupled = couplingFlow({ features: 3, context: 4, hidden, transforms: 2, transform: spline });

export const samples: Readonly<Record<string, Sample>> = {
  "x alone": { model: withoutY, hasY: false, once: ["x.systematics"] },
  "x alone of a model that knows y": { model: modelOf(2), hasY: false, once: ["x.systematics"] },
  "without T": { model: modelOf(2), once: ["x.systematics", "y.systematics.transforms.0"] },
  "T fixed": {
    model: modelOf(2, { transport: transportOf(2) }),
    once: ["x.systematics", "y.systematics.transforms.0", "transfer"],
  },
  "T fixed, conditional, weighted": {
    model: modelOf(2, { transport: transportOf(2) }),
    form: "conditional",
    isWeighted: true,
    once: ["x.systematics", "y.systematics.transforms.0", "transfer"],
  },
  "T profiled": {
    model: modelOf(2, { transport: transportOf(2), response: response() }),
    once: ["x.systematics", "transfer", "response.transforms.0"],
  },
  "T profiled by splines": {
    model: modelOf(2, { transport: transportOf(2), response: response({ spline }) }),
    // The many numbers of its splines are not worth keeping for what networks of this width take to make them.
    once: ["x.systematics", "transfer"],
  },
  "pairs, a rate, and a nuisance of one process": {
    model: modelOf(2, { nuisances: [shape("first", [true, false]), rate, shape("second")] }, [[0, 1]]),
    isWeighted: true,
    once: ["x.systematics", "y.systematics.transforms.0"],
  },
  "three features, coupling flow": {
    model: modelOf(3, { y: { ...modelOf(3).y!, nominal: random(coupled, 7) }, transport: transportOf(3) }),
    once: ["x.systematics", "y.systematics.transforms.0", "transfer"],
  },
  "one feature": {
    model: modelOf(1, { transport: transportOf(1) }),
    once: ["x.systematics", "transfer", "y.systematics.transforms.0"],
  },
};

const uniform = (length: number, seed: number) => {
  const next = randomNumbers(seed);
  return Float64Array.from({ length }, () => 4 * next() - 2);
};

export function dataOf({ model, hasY = true, isWeighted = false }: Sample): EventData {
  const features = model.y?.nominal.architecture.features ?? 0;
  return {
    count: COUNT,
    x: uniform(2 * COUNT, 8),
    ...(hasY && { y: uniform(features * COUNT, 9) }),
    ...(isWeighted && { weights: uniform(COUNT, 10).map((value) => 1 + value / 3) }),
  };
}

/** The mixture on a tape, nothing cached. */
export function traced({ model, form = "joint", isWeighted = false, hasY = true }: Sample) {
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const y = hasY ? tape.column("y", [model.y!.nominal.architecture.features]) : undefined;
  const observed = { x: tape.column("x", [2]), y };
  const own = broadcastEvents(nu, tape.events());
  const weight = isWeighted ? tape.column("weight") : tape.constant(1, [], tape.events());
  const logProb = broadcastEvents(mixture.logProb(observed, nu, form), tape.events());
  return { tape, nu, own, weight, logProb, ofOwn: mixture.logProb(observed, own, form) };
}
