/** An affine T with a response, and events: displacements in closed form. */
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../../flows/architecture/architecture.js";
import type { DistributionRequest } from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts-weighted-regions.js";
import type { MixtureModel } from "../../../../../inference/model/mixture-model.js";
import type { ImpactSources } from "../../../../../inference/statistics/impacts/impact-sources.js";
import { randomNumbers } from "../../../../support/random-numbers.js";
import { weightsWith } from "../../../weights-with.js";

export const affine = { hidden: [3], transforms: 1, transform: { kind: "affine" } } as const;

/** x + OFF for the second process, so that p_1(x) / p_0(x) = exp(-OFF x - ½ OFF²). */
const OFF = 0.75;

const architectureX = autoregressiveFlow({ ...affine, features: 1, context: 2 });

const densityX = {
  architecture: architectureX,
  weights: weightsWith(architectureX, {
    // The first hidden unit, a ReLU, is 1 for the second process, else 0. Outputs are (s, t).
    "transforms.0.0.weight": [0, 1].map((input) => [input, input] as const),
    "transforms.0.0.bias": [[0, 0]],
    "transforms.0.1.weight": [[3, OFF]],
  }),
};

const architectureY = autoregressiveFlow({ ...affine, features: 2, context: 3 });

const NOMINAL = [0.5, -1];

export const SCALE = 0.5;

/** Per nuisance and feature: s linear, s quadratic, t linear, t quadratic. */
export const RESPONSE = [
  [0.25, 0, -0.5, 0, 0.125, 0, 0.375, 0],
  [0, 0, 0.25, 0, -0.5, 0, -0.25, 0],
];

export const responseArchitecture = factorizableFlow({
  features: 2,
  context: 3,
  hidden: [3],
  layers: 1,
  nuisances: NOMINAL.map((nominal) => ({ nominal, scale: SCALE })),
  quadraticDamping: 0.01,
});

const YIELDS = [300, 500];

export const model: MixtureModel = {
  processes: YIELDS.map((events, f) => ({ name: `p${f}`, logYield: Math.log(events) })),
  nuisances: ["a", "b"].map((name, k) => ({ name, kind: "rate", nominal: NOMINAL[k]!, logFactors: [0, 0] })),
  x: { nominal: densityX },
  y: { nominal: { architecture: architectureY, weights: initialise(architectureY, 1, { identity: true }) } },
  response: {
    architecture: responseArchitecture,
    weights: weightsWith(
      responseArchitecture,
      Object.fromEntries(
        RESPONSE.map((row, k) => [`transforms.0.nuisances.${k}.1.bias`, row.map((value, i) => [i, value] as const)]),
      ),
    ),
  },
};

/** T(y) of feature j. */
function moved(y: number, j: number, nu: readonly number[]): number {
  const sum = (at: number) => nu.reduce((all, v, k) => all + (RESPONSE[k]![at]! * (v - NOMINAL[k]!)) / SCALE, 0);
  return y * Math.exp(sum(4 * j)) + sum(4 * j + 2);
}

export const COUNT = 40;

const random = randomNumbers(5);

export const drawn = (n: number) => Float32Array.from({ length: n }, () => 4 * random() - 2);

export const data = {
  count: COUNT,
  x: drawn(COUNT),
  y: drawn(2 * COUNT),
  weights: drawn(COUNT).map((w) => 1.25 + 0.5 * w),
};

const estimate = [0.6, -0.9];

export const source = (name: string, up: number[], down: number[]) => ({ name, up, down, problems: [] });

export const modes: ImpactSources = {
  definition: "mode",
  sources: [source("mode 1", [0.7, -0.8], [0.5, -1]), source("mode 2", [0.65, -0.95], [0.55, -0.85])],
  evaluations: 0,
};

/** Errors of the two nuisances and their correlation. */
export const [SIGMA_A, SIGMA_B, RHO] = [0.2, 0.3, -0.6];

export const grouped = (groups: Readonly<Record<string, readonly string[]>>) => ({
  covariance: {
    names: ["a", "b"],
    correlation: [
      [1, RHO],
      [RHO, 1],
    ],
  },
  groups,
});

/** Events of the process, by Bayes' theorem. */
export const share = (f: number, i: number) => {
  const second = (YIELDS[1]! / YIELDS[0]!) * Math.exp(-OFF * data.x[i]! - 0.5 * OFF ** 2);
  return (data.weights[i]! * (f === 1 ? second : 1)) / (1 + second);
};

export const mean = (f: number, isIn: (i: number) => boolean, value: (i: number) => number) => {
  let [sum, weight] = [0, 0];
  for (let i = 0; i < COUNT; i++) {
    if (!isIn(i)) continue;
    sum += share(f, i) * value(i);
    weight += share(f, i);
  }
  return sum / weight;
};

export const everywhere = () => true;

export const sigma = (f: number, j: number) => {
  const y = (i: number) => data.y[j * COUNT + i]!;
  const centre = mean(f, everywhere, y);
  return Math.sqrt(mean(f, everywhere, (i) => (y(i) - centre) ** 2));
};

export const shift = (nu: readonly number[], j: number, i: number) => {
  const y = data.y[j * COUNT + i]!;
  return moved(y, j, nu) - moved(y, j, estimate);
};

/** Is the event among the lower half of the second feature of y? */
export const isLow = (i: number) => {
  const own = data.y.slice(COUNT);
  return own.filter((value) => value < own[i]!).length < COUNT / 2;
};

export const requestOf = (backend: DistributionRequest["backend"]): DistributionRequest => ({
  backend,
  model,
  data,
  estimate,
  partitions: [[{ of: "y", feature: 1 }]],
  bins: 2,
  events: 1000,
  seed: 1,
});

export const correlated = (definition: "covariance" | "shift"): ImpactSources => ({
  definition,
  sources: (
    [
      ["a", [SIGMA_A, RHO * SIGMA_B]],
      ["b", [RHO * SIGMA_A, SIGMA_B]],
    ] as const
  ).map(([name, change]) => {
    const at = (side: number) => estimate.map((value, k) => value + side * change[k]!);
    return source(name, at(1), at(-1));
  }),
  evaluations: 0,
});

export const GROUPS = grouped({ both: ["b", "a"], one: ["b"], fixed: ["c"] });
