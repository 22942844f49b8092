/**
 * By how much would wrong densities move the estimates? Simulation that was made at ν, weighted to the yields there, stands for infinitely
 * many data at ν. Where the densities are exact, the gradient of ln L of such data is zero at ν; otherwise their estimates lie, in
 * one Newton step, C times this gradient away, C the inverse Hessian of -ln L.
 */
import { UsageError } from "../../../engine/errors.js";
import {
  aFlag,
  aFunction,
  aList,
  aNumber,
  anObject,
  aSignal,
  checkArgument,
  checkOptions,
  checkParts,
  numbers,
  type Options,
  oneOf,
  optional,
} from "../../../engine/options.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { covariance } from "../../statistics/fit/covariance.js";
import { amongTests, chiSquarePValue } from "../../statistics/goodness/special-functions.js";
import { dot } from "../../statistics/linear-algebra/symmetric-matrix.js";
import { randomParts } from "../../statistics/random-parts.js";
import { type EventScores, openEventScores } from "../likelihood/event-scores.js";
import type { LikelihoodForm } from "../mixture.js";
import { checkPoint, type MixtureModel } from "../mixture-model.js";
import { yieldsAndSlopes } from "../yields.js";
import { scaledYields } from "./closure.js";
import { CLOSURE_LEVEL, significantChiSquare } from "./closure-verdicts.js";
import type { ProcessSample } from "./process-samples.js";

/** Simulation of every process at one ν. */
export interface ScorePoint {
  /** [K] */
  readonly nu: readonly number[];
  /** Of every process, in declared order; what several points share is the same in all. */
  readonly samples: readonly ProcessSample[];
}

export interface ScoreClosureRequest {
  readonly backend: Backend;
  /** Without T. Of x alone where it has no y. */
  readonly model: MixtureModel;
  readonly form: LikelihoodForm;
  /** With the Poisson term of the number of events. */
  readonly extended: boolean;
  /** Σ of the weights of the data, to which the yields are scaled; undefined: the yields as they are. */
  readonly observed?: number | undefined;
  readonly points: readonly ScorePoint[];
  readonly onPoint?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What the simulation at one point says of the gradient of ln L there, in events of the data. */
export interface ScoreClosure {
  readonly nu: readonly number[];
  /** Events that were looked at. */
  readonly events: number;
  /** Gradient of ln L of data as the simulation has them [K]: zero, within its error, where the densities are right. */
  readonly gradient: readonly number[];
  /**
   * Share of each part of the events in what that gradient differs from that of infinitely many, row-major [parts, K]: Σ of a aᵀ is its
   * covariance from one simulation to another. Points that share events have them in the same parts.
   */
  readonly parts: Float64Array;
  /** Σ w g gᵀ, and 1 on the diagonal for each constraint, row-major [K, K]: the Hessian of -ln L where the densities are right. */
  readonly information: readonly number[];
}

const requestOptions: Options<ScoreClosureRequest> = {
  backend: anObject,
  model: anObject,
  form: oneOf("joint", "conditional"),
  extended: aFlag,
  observed: optional(aNumber),
  points: aList,
  onPoint: optional(aFunction),
  signal: optional(aSignal),
};

/**
 * The gradient of ln L at every point, of simulation that was made there. With g_i the gradient of log p of an event (+ log N_tot where
 * the number of events counts) and w_i its weight, scaled so that those of a process sum to its yield N_f(ν):
 *
 *     gradient = Σ_i w_i g_i - ∂N_tot/∂ν        (the last term where the number of events counts)
 *     part p = Σ_{i in p} w_i (g_i - ḡ_f),      ḡ_f the mean of the process
 *
 * The constraints add nothing: the auxiliary measurements of such data have found ν.
 */
export async function scoreClosure(request: ScoreClosureRequest): Promise<ScoreClosure[]> {
  checkOptions("scoreClosure", request, requestOptions);
  const { backend, model, form, extended, points, onPoint, signal } = request;
  for (const point of points) checkScorePoint(model, point);
  const open = await openEventScores({ backend, model, form, extended, signal });
  try {
    const found: ScoreClosure[] = [];
    for (const point of points) {
      signal?.throwIfAborted();
      found.push(await closureAt(request, open, point));
      onPoint?.(found.length);
    }
    return found;
  } finally {
    await open.close();
  }
}

function checkScorePoint(model: MixtureModel, { nu, samples }: ScorePoint): void {
  checkPoint("scoreClosure", model, nu);
  if (samples.length === model.processes.length) return;
  throw new UsageError("scoreClosure", {
    expected: `events of each of ${model.processes.length} processes`,
    got: `${samples.length} samples`,
  });
}

async function closureAt(
  { model, extended, observed }: ScoreClosureRequest,
  open: EventScores,
  { nu, samples }: ScorePoint,
): Promise<ScoreClosure> {
  const size = nu.length;
  const yields = await scaledYields(model, nu, observed);
  // -∂N_tot/∂ν
  const slopes = extended ? (await yieldsAndSlopes(model, nu)).slopes : [];
  const total = nu.map((_, k) => slopes.reduce((sum, own) => sum - own[k]!, 0));
  const parts = new Float64Array(PARTS * size);
  const information = new Float64Array(size * size);
  for (const [f, { count, x, y, weights }] of samples.entries()) {
    const scores = await open.scores(nu, x, model.y && y);
    const sums = scoreMoments(scores, size, weights ?? new Float64Array(count).fill(1), yields[f]!);
    for (let k = 0; k < size; k++) total[k]! += sums.first[k]!;
    for (let i = 0; i < size * size; i++) information[i]! += sums.second[i]!;
    for (let i = 0; i < parts.length; i++) parts[i]! += sums.parts[i]!;
  }
  for (let k = 0; k < size; k++) information[k * size + k]! += 1;
  return Object.freeze({
    nu,
    events: samples.reduce((sum, { count }) => sum + count, 0),
    gradient: total,
    parts,
    information: Array.from(information),
  });
}

/** Parts of the events, by which errors are found: to 6% for those of one sample. */
const PARTS = 128;

/**
 * Σ w g, Σ w g gᵀ and Σ w (g - ḡ) in every part of the events of one process, whose weights are scaled to a sum.
 *
 * @param scores  g [K, events]
 */
function scoreMoments(scores: Float64Array, size: number, weights: ArrayLike<number>, yielded: number) {
  const count = weights.length;
  const scale = yielded / Array.from(weights).reduce((sum, value) => sum + value, 0);
  const first = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    for (let i = 0; i < count; i++) first[k]! += scale * weights[i]! * scores[k * count + i]!;
  }
  const second = new Float64Array(size * size);
  const parts = new Float64Array(PARTS * size);
  const partOf = randomParts(count, PARTS);
  for (let k = 0; k < size; k++) {
    const mean = first[k]! / yielded;
    for (let i = 0; i < count; i++) {
      parts[partOf[i]! * size + k]! += scale * weights[i]! * (scores[k * count + i]! - mean);
    }
    for (let l = 0; l <= k; l++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += scale * weights[i]! * scores[k * count + i]! * scores[l * count + i]!;
      second[k * size + l] = second[l * size + k] = sum;
    }
  }
  return { first, second, parts };
}

/** A shift of the estimates, [K] each. */
export interface EstimatedBias {
  readonly nu: readonly number[];
  readonly events: number;
  /** Of the estimates of infinitely many data, in the nuisances' units. */
  readonly bias: readonly number[];
  /** Share of each part of the events in its fluctuation from one simulation to another [parts][K]. */
  readonly parts: readonly (readonly number[])[];
  /** Expected standard deviations of the estimates. */
  readonly sigma: readonly number[];
}

/** One Newton step from ν, C = information⁻¹; undefined where that is no covariance. */
export function estimatedBias(closure: ScoreClosure, names: readonly string[]): EstimatedBias | undefined {
  checkParts("estimatedBias", "closure", closure, { gradient: numbers, parts: numbers, information: numbers });
  const { nu, events, gradient: direction, parts, information } = closure;
  const found = covariance(information, names);
  if (found.status !== "positive-definite") return undefined;
  const size = names.length;
  const along = (vector: ArrayLike<number>) => found.matrix.map((row) => dot(row, vector));
  return Object.freeze({
    nu,
    events,
    bias: along(direction),
    parts: Array.from({ length: parts.length / size }, (_, p) => along(parts.subarray(p * size, (p + 1) * size))),
    sigma: found.sigma,
  });
}

/** A bias that fails, in standard deviations of the estimate. */
const LARGEST_BIAS = 0.5;

/** Of one nuisance. */
export interface BiasTest {
  readonly nuisance: number;
  /** In units of the error that is quoted. */
  readonly bias: number;
  readonly error: number;
  /** Probability of a bias so many errors from zero in any of the tests, by chance. */
  readonly pValue: number;
}

/** Whether densities that do not describe simulation move estimates, and what could have been seen. */
export interface BiasVerdict {
  /** Of every nuisance, at every point. */
  readonly points: readonly (readonly BiasTest[])[];
  /** Of every nuisance, at the estimate of the fit, interpolated between the points. */
  readonly fit: readonly BiasTest[];
  /** For each nuisance, the least bias at the estimate that would have been seen, in units of the error that is quoted [K]. */
  readonly visible: readonly number[];
  /** Whether no bias at the estimate fails. */
  readonly passed: boolean;
}

export interface BiasFit {
  /** Where nominal simulation is [K]. */
  readonly nominal: readonly number[];
  /** Of the fit [K]. */
  readonly estimate: readonly number[];
  /** Errors in which biases count [K]; the expected ones where absent. */
  readonly quoted?: readonly number[] | undefined;
}

/** Is it more than half of an error, and no chance? */
export const isBiased = ({ bias, pValue }: BiasTest) => Math.abs(bias) > LARGEST_BIAS && pValue < CLOSURE_LEVEL;

/**
 * Fails where the estimate of the fit is moved by more than half of its error, and by more than chance: the probability of one such
 * shift where all densities are right is `CLOSURE_LEVEL`, by Šidák for all nuisances together.
 *
 * @param estimates  at every point, the nominal one among them; without it there is no verdict
 */
export function biasVerdict(estimates: readonly EstimatedBias[], fit: BiasFit): BiasVerdict | undefined {
  checkArgument("biasVerdict", "estimates", estimates, aList);
  checkParts("biasVerdict", "fit", fit, { nominal: numbers, estimate: numbers });
  const weights = interpolation(
    estimates.map(({ nu }) => nu),
    fit,
  );
  if (weights === undefined) return undefined;
  const { sigma } = estimates.find(({ nu }) => isSame(nu, fit.nominal))!;
  const tested = ({ bias, parts, sigma: expected }: Combined, count: number) =>
    bias.map((own, nuisance): BiasTest => {
      const unit = fit.quoted?.[nuisance] ?? expected[nuisance]!;
      const error = Math.sqrt(parts.reduce((sum, part) => sum + part[nuisance]! ** 2, 0));
      const pValue = own === 0 ? 1 : amongTests(chiSquarePValue((own / error) ** 2, 1), count);
      return { nuisance, bias: own / unit, error: error / unit, pValue };
    });
  const atFit = tested({ ...combined(estimates, weights), sigma }, sigma.length);
  const least = significantAmong(sigma.length);
  return {
    points: estimates.map((own) => tested(own, sigma.length * estimates.length)),
    fit: atFit,
    visible: atFit.map(({ error }) => Math.max(LARGEST_BIAS, least * error)),
    passed: !atFit.some(isBiased),
  };
}

type Combined = Pick<EstimatedBias, "bias" | "parts" | "sigma">;

/** Σ of the biases with weights, and of what each part of the events has in them: points of other events are independent. */
function combined(estimates: readonly EstimatedBias[], weights: readonly number[]): Omit<Combined, "sigma"> {
  const sum = (of: (own: EstimatedBias) => readonly number[]) =>
    of(estimates[0]!).map((_, k) => estimates.reduce((total, own, i) => total + weights[i]! * of(own)[k]!, 0));
  return { bias: sum(({ bias }) => bias), parts: estimates[0]!.parts.map((_, p) => sum(({ parts }) => parts[p]!)) };
}

const isSame = (a: readonly number[], b: readonly number[]) => a.every((value, k) => value === b[k]);

/**
 * Weights of the points, 1 in sum: b(ν) = b_0 + Σ_k t_k (b_k - b_0), b_k at the nearest point on the side of ν_k at which nuisance k
 * alone is moved, t_k the part of the way there, no more than all of it. Without a point on that side it is that on the other side, and
 * t_k negative; a nuisance without points of its own, such as a rate, adds nothing.
 */
function interpolation(points: readonly (readonly number[])[], { nominal, estimate }: BiasFit): number[] | undefined {
  const origin = points.findIndex((nu) => isSame(nu, nominal));
  if (origin < 0) return undefined;
  const weights = points.map((_, i) => (i === origin ? 1 : 0));
  for (const [k, start] of nominal.entries()) {
    const distance = estimate[k]! - start;
    const own = points.flatMap((nu, i) => {
      const isAlone = nu.every((value, l) => (l === k ? value !== start : value === nominal[l]));
      return isAlone ? [{ i, part: distance / (nu[k]! - start) }] : [];
    });
    const onSide = own.filter(({ part }) => part > 0);
    const [first] = (onSide.length > 0 ? onSide : own).sort((a, b) => Math.abs(b.part) - Math.abs(a.part));
    if (first === undefined) continue;
    const part = Math.max(-1, Math.min(1, first.part));
    weights[first.i]! += part;
    weights[origin]! -= part;
  }
  return weights;
}

/** By how many errors a result must differ from zero so that none of so many do by chance, with a probability of 1 - `CLOSURE_LEVEL`. */
export const significantAmong = (tests: number): number => Math.sqrt(significantChiSquare(1, tests));
