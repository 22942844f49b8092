/** -2Δ ln L of one standard deviation: 1 of events that count once each. */
import type { Covariance } from "../../inference/statistics/fit/covariance.js";
import type { Scan1d, Scan2d } from "../../inference/statistics/intervals/scan.js";
import { cholesky, submatrix } from "../../inference/statistics/linear-algebra/symmetric-matrix.js";
import type { Matrix } from "../../inference/statistics/objective.js";
import type { CovarianceSummary } from "./covariance-summary.js";

/** What the level follows from. */
export interface LevelErrors extends Pick<CovarianceSummary, "estimator" | "covariance"> {
  /** Of the covariance. */
  readonly names: readonly string[];
}

/** Square root of the determinant of the part of a covariance that is of some names; undefined where it has not all of them. */
function volume(names: readonly string[], matrix: Matrix | null | undefined, of: readonly string[]) {
  const indices = of.map((name) => names.indexOf(name));
  if (!matrix || indices.includes(-1)) return undefined;
  const lower = cholesky(submatrix(Float64Array.from(matrix.flat()), names.length, indices), of.length);
  return lower && of.reduce((product, _, i) => product * lower[i * of.length + i]!, 1);
}

/**
 * Weighted events are not as many as their weights: errors by the sandwich are reached where -2Δ ln L is what their variance is of that by the
 * curvature. Of several parameters it is the geometric mean over directions, so that regions have their volume. Undefined where an error is
 * missing that this follows from.
 *
 * @param curvature  inverse Hessian
 */
export function levelOf(errors: LevelErrors, curvature: Covariance | undefined, of: readonly string[]) {
  if (errors.estimator !== "sandwich") return 1;
  const own = volume(errors.names, errors.covariance, of);
  const ofCurvature = curvature && volume(curvature.names, curvature.matrix, of);
  return own === undefined || ofCurvature === undefined ? undefined : (own / ofCurvature) ** (2 / of.length);
}

/** Of weighted events: -2Δ ln L of one standard deviation, in units of which `deltaTwoNll` is. Absent: 1. */
export interface Leveled {
  readonly level?: number;
}

export interface LeveledScans {
  readonly single: readonly (Scan1d & Leveled)[];
  readonly pairs: readonly (Scan2d & Leveled)[];
}

/** The scans with -2Δ ln L in units of that at one standard deviation. */
export function leveled<S extends LeveledScans>(scans: S, errors: LevelErrors, curvature: Covariance | undefined): S {
  if (errors.estimator !== "sandwich") return scans;
  return inUnits(scans, (of) => levelOf(errors, curvature, of));
}

/** @param levelOf  -2Δ ln L of one standard deviation of these parameters together; 1 where there is none */
export function inUnits<S extends LeveledScans>(scans: S, levelOf: (of: readonly string[]) => number | undefined): S {
  const units = (of: readonly string[]) => {
    const level = levelOf(of) ?? 1;
    const scaled = (values: readonly (number | undefined)[]) =>
      values.map((value) => (value === undefined ? undefined : value / level));
    return { level, scaled };
  };
  return {
    ...scans,
    single: scans.single.map((scan) => {
      const { level, scaled } = units([scan.name]);
      return { ...scan, level, deltaTwoNll: scaled(scan.deltaTwoNll) };
    }),
    pairs: scans.pairs.map((scan) => {
      const { level, scaled } = units(scan.names);
      return { ...scan, level, deltaTwoNll: scan.deltaTwoNll.map(scaled) };
    }),
  };
}
