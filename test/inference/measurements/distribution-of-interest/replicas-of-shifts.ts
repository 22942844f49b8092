/** Replicas of a T that shifts, and their model. */
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Replica } from "../../../../inference/measurements/distribution-of-interest/ensemble.js";
import { type Covariance, covariance } from "../../../../inference/statistics/fit/covariance.js";
import { cholesky } from "../../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { shiftModel, shiftWeights } from "../../shift-model.js";

export const backend = referenceBackend();

/** The covariance [[p, q], [q, s]], from its inverse. */
export function covarianceOf(names: readonly [string, string], p: number, q: number, s: number): Covariance {
  const determinant = p * s - q * q;
  const found = covariance([s / determinant, -q / determinant, -q / determinant, p / determinant], names);
  assert.is(found.status, "positive-definite");
  return found as Covariance;
}

/**
 * A fit of ν and of the shift t of T together, all Gaussian: t given ν has variance V and mean t̂ + R·(ν - ν̂), ν has the
 * covariance C with unit constraints. The likelihood of the data alone has the information (joint C)⁻¹ - diag(1, 1, 0), so that
 * a bootstrap of (ν, t) has the covariance J = joint C - joint C diag(1, 1, 0) joint C.
 */
export const V = 0.0016;

export const R = [0.7, -0.4];

export const C = [
  [0.09, 0.03],
  [0.03, 0.16],
];

export const ESTIMATE = [0.3, -0.2];

export const ORIGIN = [0.25, -0.1];

export const T = 0.7;

export const RC = [0, 1].map((k) => R[0]! * C[0]![k]! + R[1]! * C[1]![k]!);

export const RCR = R[0]! * RC[0]! + R[1]! * RC[1]!;

export const joint = [
  [...C[0]!, RC[0]!],
  [...C[1]!, RC[1]!],
  [...RC, V + RCR],
];

const J = joint.map((row, i) => row.map((entry, j) => entry - row[0]! * joint[0]![j]! - joint[i]![1]! * joint[1]![j]!));

/** Six replicas whose sample covariance is J to rounding: ± √(5/2) times each column of its Cholesky factor. */
export const replicas: Replica[] = (() => {
  const factor = cholesky(Float64Array.from(J.flat()), 3)!;
  return Array.from({ length: 6 }, (_, index) => {
    const [column, size] = [Math.floor(index / 2), (index % 2 === 0 ? 1 : -1) * Math.sqrt(5 / 2)];
    const [first, second, t] = [0, 1, 2].map((row) => size * factor[row * 3 + column]!) as [number, number, number];
    return { index, nu: [ESTIMATE[0]! + first, ESTIMATE[1]! + second], transport: shiftWeights(T + t) };
  });
})();

export const fitted = {
  backend,
  model: shiftModel({ events: 100, a: [0, 0], b: [0, 0], t: 5, r: R, origin: ORIGIN }),
  estimate: ESTIMATE,
  covariance: covarianceOf(["shape0", "shape1"], C[0]![0]!, C[0]![1]!, C[1]![1]!),
};

export const EVENTS = 20_000;

export const edges = [-3, -0.7, 0, 0.8, 3];

export const binning = {
  count: EVENTS,
  observed: undefined,
  seed: 3,
  origin: "replica",
  features: [
    { of: "x", feature: 0, edges },
    { of: "y", feature: 0, edges },
  ],
} as const;
