/** Small likelihoods and their fits, of which impacts are asked. */
import * as assert from "uvu/assert";
import { autoregressiveFlow, initialise } from "../../../../../flows/architecture/architecture.js";
import type { ImpactsRequest } from "../../../../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import type { MixtureModel } from "../../../../../inference/model/mixture-model.js";
import { type Covariance, covariance } from "../../../../../inference/statistics/fit/covariance.js";
import type { ImpactTable } from "../../../../../inference/statistics/impacts/impact-tables.js";
import { matrixOf, namedVector, type Objective } from "../../../../../inference/statistics/objective.js";
import { namesOf } from "../../../statistics/objectives.js";

/** H = A + 1, A = 3 v vᵀ with v = (1, 0.5, -1), (1 + 3 |v|²) = 7.75: C = 1 - 3 v vᵀ / 7.75 by Sherman and Morrison. */
export const V = [1, 0.5, -1];

export const H = V.flatMap((a, i) => V.map((b, j) => 3 * a * b + (i === j ? 1 : 0)));

export const C = V.map((a, i) => V.map((b, j) => (i === j ? 1 : 0) - (3 * a * b) / 7.75));

export const ESTIMATE = [0.3, -0.2, 0.5];

export const SIGMA = C.map((row, k) => Math.sqrt(row[k]!));

const architecture = autoregressiveFlow({
  features: 1,
  context: 2,
  hidden: [3],
  transforms: 1,
  transform: { kind: "affine" },
});

const nominal = { architecture, weights: initialise(architecture, 1) };

export const FACTORS = [
  [0.1, 0],
  [0.02, -0.3],
  [0, 0.05],
];

export const YIELDS = [400, 150];

export function modelOf(names: readonly string[], kind: "shape" | "rate"): MixtureModel {
  return {
    processes: ["A", "B"].map((name, f) => ({ name, logYield: Math.log(YIELDS[f]!) })),
    nuisances: names.map((name, k) =>
      kind === "shape"
        ? { name, nominal: 0, kind, acts: [true, true] }
        : { name, nominal: 0, kind, logFactors: FACTORS[k]! },
    ),
    x: { nominal },
  };
}

export const positive = (hessian: ArrayLike<number>, names: readonly string[]): Covariance => {
  const found = covariance(hessian, names);
  assert.is(found.status, "positive-definite");
  return found as Covariance;
};

export function requestOf(
  objective: Objective,
  hessian: readonly number[],
  estimate: readonly number[],
  change: Partial<ImpactsRequest> = {},
): ImpactsRequest {
  const { names } = objective;
  return {
    objective,
    model: modelOf(names, "shape"),
    fit: {
      estimate: namedVector(names, estimate),
      gradient: namedVector(names, new Float64Array(names.length)),
      hessian: matrixOf(hessian, names.length),
    },
    covariance: positive(hessian, names),
    definitions: ["shift", "covariance", "auxiliary"],
    groups: {},
    ...change,
  };
}

export const tableOf = (tables: readonly ImpactTable[], definition: string, target: string, kind = "nuisance") =>
  tables.find((one) => one.definition === definition && one.target.name === target && one.target.kind === kind)!;

export const impactOf = ({ impacts: all }: ImpactTable, source: string) => all.find((one) => one.source === source)!;

export const NAMES = namesOf(3);

export const EXACT = { absolute: 1e-12, relative: 1e-12 };
