/**
 * One likelihood from those of an ensemble: the rebased average of its members, and what its curvature is made of.
 *
 * Plain averaging, log of the mean of L_b, is not offered: T_φ was fitted to each replica's own weights, so that the depths
 * of the members differ by O(100) for reasons that have nothing to do with ν, and the mean is the deepest member alone.
 * Rebasing, subtracting each member's own minimum, lets every member speak about ν with the same voice.
 */

import { UsageError } from "../../../engine/errors.js";
import { aFunction, aList, checkArgument, checkParts, numbers } from "../../../engine/options.js";
import { type Covariance, covariance, effectiveEvents, F64_PRECISION, type NoCovariance } from "../fit/covariance.js";
import { type FitResult, isMinimum } from "../fit/fit-result.js";
import { type MinimiseOptions, minimise } from "../fit/minimise.js";
import { cholesky, choleskySolve, dot } from "../linear-algebra/symmetric-matrix.js";
import { type Evaluation, type Matrix, matrixOf, type NamedVector, namedVector, type Objective } from "../objective.js";

/** An objective, so that whatever fits and scans one likelihood does so with the average. */
export interface RebasedAverage extends Objective {
  /** [B] */
  readonly members: readonly Objective[];
  /** the fit that found each member's minimum [B] */
  readonly fits: readonly FitResult[];
}

/**
 * The minimum of every member, each fitted by itself from the same start.
 *
 * @param options  as of `minimise`, for all members; a `secondStart` guards against the higher of two minima
 */
export async function fitMembers(
  members: readonly Objective[],
  options: MinimiseOptions,
): Promise<readonly FitResult[]> {
  checkArgument("fitMembers", "members", members, aList);
  const fits: FitResult[] = [];
  for (const member of members) fits.push(await minimise(member, options));
  return Object.freeze(fits);
}

/**
 * NLL of the rebased average, -S(ν) with S = logsumexp_b ℓ_b(ν) - log B, ℓ_b the log-likelihood of member b less its own
 * maximum (arXiv:2602.13184). With w_b = softmax_b ℓ_b, and g_b, H_b the derivatives of the members' NLL, its gradient is
 * Σ w_b g_b and its Hessian Σ w_b H_b - Cov_w[g].
 *
 * The members contain the Gaussian constraints and the extended term, the same in each: a common factor of the mean, counted
 * once. Only the minima that are subtracted are those of data and constraints together.
 *
 * @param members  [B], of the same nuisances in the same order; their Hessians may be of any kind (see spline-knots.ts)
 * @param fits     where `fitMembers`, or another fit of each member, found its minimum [B]
 */
export function rebasedAverage(members: readonly Objective[], fits: readonly FitResult[]): RebasedAverage {
  checkArgument("rebasedAverage", "members", members, aList);
  checkArgument("rebasedAverage", "fits", fits, aList);
  requireMinima(members, fits);
  const average: RebasedAverage = {
    names: Object.freeze([...members[0]!.names]),
    members: Object.freeze([...members]),
    fits: Object.freeze([...fits]),
    async evaluate(nu, order) {
      const found = await evaluateMembers(average, nu, order);
      const heights = heightsOf(average, found);
      const weights = softmax(heights.map((height) => -height));
      const lowest = Math.min(...heights);
      const sum = heights.reduce((total, height) => total + Math.exp(lowest - height), 0);
      const nll = lowest - Math.log(sum / members.length);
      if (order === 0) return { nll };
      const gradient = weightedGradient(weights, found);
      return order === 1 ? { nll, gradient } : { nll, gradient, hessian: curvature(weights, found).total };
    },
  };
  return Object.freeze(average);
}

function requireMinima(members: readonly Objective[], fits: readonly FitResult[]): void {
  const where = "rebasedAverage";
  const [first] = members;
  if (first === undefined) throw new UsageError(where, { expected: "at least one member", got: "none" });
  if (fits.length !== members.length) {
    throw new UsageError(where, { expected: `a fit of each of ${members.length} members`, got: `${fits.length}` });
  }
  const names = first.names.join(", ");
  for (const [b, fit] of fits.entries()) {
    for (const own of [members[b]!.names, fit.estimate.names]) {
      if (own.join(", ") !== names) {
        throw new UsageError(where, {
          expected: `members and fits of the nuisances ${names}`,
          got: `${own.join(", ")} for member ${b}`,
        });
      }
    }
    // Of two minima a fit gives the lower one.
    if (!isMinimum(fit) && fit.status !== "second-minimum") {
      throw new UsageError(where, {
        expected: "the minimum of every member",
        got: `${fit.status} for member ${b}: ${fit.reason}`,
        hint: "Fit this member again, or leave it out.",
      });
    }
  }
}

/** One after the other: members may share programs. */
async function evaluateMembers({ members }: RebasedAverage, nu: Float64Array, order: 0 | 1 | 2): Promise<Evaluation[]> {
  const found: Evaluation[] = [];
  for (const member of members) found.push(await member.evaluate(nu.slice(), order));
  return found;
}

function heightsOf({ fits }: RebasedAverage, found: readonly Evaluation[]): number[] {
  return found.map(({ nll }, b) => nll - fits[b]!.nll!);
}

/** e^v_b / Σ e^v; NaN where any value is. */
function softmax(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const terms = values.map((value) => Math.exp(value - highest));
  const sum = terms.reduce((total, term) => total + term, 0);
  return terms.map((term) => term / sum);
}

function weightedGradient(weights: readonly number[], found: readonly Evaluation[]): Float64Array {
  const mean = new Float64Array(found[0]!.gradient!.length);
  for (const [b, weight] of weights.entries()) addTo(mean, weight, found[b]!.gradient!);
  return mean;
}

/** Members too high to count in f64 are left out, for 0 times what may be infinite there is no number. */
function addTo(sum: Float64Array, weight: number, term: Float64Array): void {
  if (weight === 0) return;
  for (let i = 0; i < sum.length; i++) sum[i]! += weight * term[i]!;
}

interface Curvature {
  readonly within: Float64Array;
  readonly between: Float64Array;
  readonly total: Float64Array;
}

/** Σ w H, Cov_w[g] and their difference, each [K, K]. */
function curvature(weights: readonly number[], found: readonly Evaluation[]): Curvature {
  const mean = weightedGradient(weights, found);
  const size = mean.length;
  const within = new Float64Array(size * size);
  const between = new Float64Array(size * size);
  for (const [b, weight] of weights.entries()) {
    const { gradient, hessian } = found[b]!;
    addTo(within, weight, hessian!);
    const away = gradient!.map((g, i) => g - mean[i]!);
    const square = between.map((_, k) => away[Math.floor(k / size)]! * away[k % size]!);
    addTo(between, weight, square);
  }
  return { within, between, total: within.map((value, k) => value - between[k]!) };
}

/** The Hessian of the average for one set of weights. */
export interface WeightedCurvature {
  /** w_b [B], their sum 1 */
  readonly weights: readonly number[];
  /** 1 / Σ w²: of how many members the average consists at this point */
  readonly effectiveMembers: number;
  /** Σ w_b H_b [K, K] */
  readonly within: Matrix;
  /** Cov_w[g] [K, K] */
  readonly between: Matrix;
  /** within - between [K, K] */
  readonly total: Matrix;
  /** inverse of `within`: what a typical member says */
  readonly withinCovariance: Covariance | NoCovariance;
  /**
   * inverse of `total`: what the average says. Where the spread of the members is the variance that each member already has,
   * as in a bootstrap of profiled likelihoods, this counts it twice: σ → √2 σ.
   */
  readonly covariance: Covariance | NoCovariance;
}

/** How far the quadratic model puts the minimum of the average from the point of a decomposition. */
export interface NewtonShift {
  readonly status: "at-minimum" | "off-minimum" | "no-covariance";
  /** the verdict in a sentence */
  readonly reason: string;
  /** -C Σ w_b g_b [K], each in units of its own σ; undefined where there is no covariance */
  readonly inSigma: NamedVector | undefined;
}

/** What the curvature of an average is made of, at one point. */
export interface AveragedCurvature {
  readonly at: NamedVector;
  /** NLL of each member above its own minimum [B]; negative where the fit of that member has missed it */
  readonly heights: readonly number[];
  /** with w_b = softmax(ℓ_b - max ℓ_b): the Hessian of the average */
  readonly exact: WeightedCurvature;
  /**
   * with the published approximation softmax(-½ g_bᵀ H_b⁻¹ g_b), exact for quadratic members; undefined unless every H_b is
   * positive definite
   */
  readonly quadratic: WeightedCurvature | undefined;
  /** with the exact weights */
  readonly newtonShift: NewtonShift;
}

/** Newton shift in σ above which a point is not the minimum: that of edm 0.005, as far as knots of splines let a fit come. */
const MAX_SHIFT = 0.1;

/**
 * Curvature of the average at a point: within and between members, the covariance that follows, and whether the point is its
 * minimum, without which neither means anything.
 *
 * @param nu         the minimum of the average [K]
 * @param precision  see `F64_PRECISION` in covariance.ts
 */
export async function averagedCurvature(
  average: RebasedAverage,
  nu: ArrayLike<number>,
  precision = F64_PRECISION,
): Promise<AveragedCurvature> {
  checkParts("averagedCurvature", "an average", average, { names: aList, evaluate: aFunction });
  checkArgument("averagedCurvature", "nu", nu, numbers);
  const { names } = average;
  if (nu.length !== names.length) {
    throw new UsageError("averagedCurvature", { expected: `${names.length} nuisances`, got: `${nu.length}` });
  }
  const found = await evaluateMembers(average, Float64Array.from(nu), 2);
  const heights = heightsOf(average, found);
  const exact = weightedCurvature(softmax(heights.map((height) => -height)), found, names, precision);
  const distances = found.map(distanceToMinimum);
  const isQuadratic = distances.every((distance) => distance !== undefined);
  return Object.freeze({
    at: namedVector(names, nu),
    heights: Object.freeze(heights),
    exact,
    quadratic: isQuadratic
      ? weightedCurvature(softmax(distances.map((distance) => -distance)), found, names, precision)
      : undefined,
    newtonShift: newtonShift(weightedGradient(exact.weights, found), exact.covariance),
  });
}

/** ½ gᵀ H⁻¹ g */
function distanceToMinimum({ gradient, hessian }: Evaluation): number | undefined {
  const lower = cholesky(hessian!, gradient!.length);
  return lower && 0.5 * dot(gradient!, choleskySolve(lower, gradient!.length, gradient!));
}

function weightedCurvature(
  weights: readonly number[],
  found: readonly Evaluation[],
  names: readonly string[],
  precision: number,
): WeightedCurvature {
  const { within, between, total } = curvature(weights, found);
  return Object.freeze({
    weights: Object.freeze(weights),
    effectiveMembers: effectiveEvents(weights),
    within: matrixOf(within, names.length),
    between: matrixOf(between, names.length),
    total: matrixOf(total, names.length),
    withinCovariance: covariance(within, names, precision),
    covariance: covariance(total, names, precision),
  });
}

function newtonShift(gradient: Float64Array, errors: Covariance | NoCovariance): NewtonShift {
  if (errors.status !== "positive-definite") {
    return Object.freeze({ status: "no-covariance", reason: errors.reason, inSigma: undefined });
  }
  const { names, matrix, sigma } = errors;
  const shift = matrix.map((row, k) => -dot(row, gradient) / sigma[k]!);
  const largest = shift.reduce((best, value, k) => (Math.abs(value) > Math.abs(shift[best]!) ? k : best), 0);
  const isAtMinimum = Math.abs(shift[largest]!) <= MAX_SHIFT;
  return Object.freeze({
    status: isAtMinimum ? "at-minimum" : "off-minimum",
    reason:
      `A Newton step would move ${names[largest]} by ${shift[largest]!.toPrecision(2)} sigma` +
      (isAtMinimum ? "." : `, more than ${MAX_SHIFT}: this is not the minimum of the average. Fit the average first.`),
    inSigma: namedVector(names, shift),
  });
}
