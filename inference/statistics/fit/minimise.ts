/** Minimum of a negative log-likelihood with exact derivatives, and a verdict on what was found. */
import { UsageError } from "../../../engine/errors.js";
import {
  aFunction,
  aNumber,
  anObject,
  aSignal,
  checkOptions,
  numbers,
  type Options,
  optional,
} from "../../../engine/options.js";
import { dot, multiply, submatrix, symmetrised } from "../linear-algebra/symmetric-matrix.js";
import { checkObjective, indexOfName, matrixOf, type NamedVector, namedVector, type Objective } from "../objective.js";
import { covariance, F64_PRECISION } from "./covariance.js";
import { type BoundaryHit, compareFits, type FitResult, type FitStatus } from "./fit-result.js";
import { atActiveBound, BoundedSteps, type Limits, type TrustRegionStep } from "./trust-region.js";

export interface MinimisationProgress {
  readonly evaluations: number;
  readonly nll: number;
  readonly edm: number | undefined;
  readonly estimate: NamedVector;
}

type Bounds = Readonly<Record<string, readonly [number, number]>>;

export interface MinimiseOptions {
  /** [K], in the order of `objective.names` */
  readonly start: ArrayLike<number>;
  /** a second start [K]: fits again from there and compares */
  readonly secondStart?: ArrayLike<number>;
  /** [lower, upper] by name; ∓Infinity where one side is open */
  readonly bounds?: Bounds;
  /**
   * [lower, upper] by name, like `bounds`: where the objective can be believed, for example the range in which T's response to
   * the nuisances was trained. A minimum on its edge has a verdict of its own.
   */
  readonly validity?: Bounds;
  /**
   * edm at which to stop, in units of NLL: the estimate is then within √(2 edm) σ of the minimum, 0.0045 σ for the 1e-5
   * taken when nothing is given. (MINUIT stops at 0.002 · tolerance · errordef, 1e-4 for its tolerance 0.1 and an NLL's 0.5.)
   */
  readonly tolerance?: number;
  readonly maxEvaluations?: number;
  /** see `F64_PRECISION` in covariance.ts */
  readonly precision?: number;
  readonly onStep?: (progress: MinimisationProgress) => void;
  readonly signal?: AbortSignal;
}

const minimiseOptions: Options<MinimiseOptions> = {
  start: numbers,
  secondStart: optional(numbers),
  bounds: optional(anObject),
  validity: optional(anObject),
  tolerance: optional(aNumber),
  maxEvaluations: optional(aNumber),
  precision: optional(aNumber),
  onStep: optional(aFunction),
  signal: optional(aSignal),
};

/**
 * Newton's method in a trust region within bounds, with the exact Hessian at every point.
 *
 * Nocedal & Wright, Numerical Optimization, 2nd ed., algorithm 4.1; lengths are measured in units of 1/√|H_ii|. Bounds
 * are handled by an active set. The edm is the decrease that the quadratic model promises within the bounds,
 * ½ gᵀH⁻¹g of the free nuisances where no bound is near.
 *
 * Failing to converge is a status, never an exception.
 */
export async function minimise(objective: Objective, options: MinimiseOptions): Promise<FitResult> {
  checkOptions("minimise", options, minimiseOptions);
  checkObjective("minimise", objective);
  const settings = settingsOf(objective, options);
  const start = checkedStart("start", options.start, objective, settings.limits);
  const secondStart =
    options.secondStart && checkedStart("secondStart", options.secondStart, objective, settings.limits);
  const first = await descend(objective, settings, start);
  if (!secondStart || first.status === "aborted") return first;
  return compareFits(first, await descend(objective, settings, secondStart), settings.tolerance);
}

interface Settings {
  /** Where the fit looks: within bounds and validity range together. */
  readonly limits: Limits;
  /** The bounds alone. */
  readonly bounds: Limits;
  readonly tolerance: number;
  readonly maxEvaluations: number;
  readonly precision: number;
  readonly onStep: ((progress: MinimisationProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

function settingsOf({ names }: Objective, options: MinimiseOptions): Settings {
  const bounds = limitsOf("bounds", names, options.bounds);
  const limits = intersection(names, bounds, limitsOf("validity", names, options.validity));
  const { tolerance = 1e-5, maxEvaluations = 200, precision = F64_PRECISION, onStep, signal } = options;
  if (!(tolerance > 0)) {
    throw new UsageError("minimise tolerance", { expected: "a positive edm, in units of NLL", got: `${tolerance}` });
  }
  if (!(maxEvaluations >= 1)) {
    throw new UsageError("minimise maxEvaluations", { expected: "at least 1", got: `${maxEvaluations}` });
  }
  return { limits, bounds, tolerance, maxEvaluations, precision, onStep, signal };
}

function limitsOf(what: string, names: readonly string[], limits: Bounds = {}): Limits {
  const lower = new Float64Array(names.length).fill(-Infinity);
  const upper = new Float64Array(names.length).fill(Infinity);
  for (const [name, [low, high]] of Object.entries(limits)) {
    const index = indexOfName(`minimise ${what}`, names, name);
    if (!(low < high)) {
      throw new UsageError(`minimise ${what}`, { expected: `lower < upper for ${name}`, got: `[${low}, ${high}]` });
    }
    [lower[index], upper[index]] = [low, high];
  }
  return { lower, upper };
}

function intersection(names: readonly string[], bounds: Limits, validity: Limits): Limits {
  const lower = bounds.lower.map((low, i) => Math.max(low, validity.lower[i]!));
  const upper = bounds.upper.map((high, i) => Math.min(high, validity.upper[i]!));
  const empty = names.findIndex((_, i) => lower[i]! >= upper[i]!);
  if (empty < 0) return { lower, upper };
  throw new UsageError("minimise validity", {
    expected: `a validity range of ${names[empty]} that overlaps its bounds [${bounds.lower[empty]}, ${bounds.upper[empty]}]`,
    got: `[${validity.lower[empty]}, ${validity.upper[empty]}]`,
    hint: "Widen the bounds.",
  });
}

function checkedStart(what: string, start: ArrayLike<number>, { names }: Objective, limits: Limits): Float64Array {
  if (start.length !== names.length || names.length === 0) {
    throw new UsageError(`minimise ${what}`, {
      expected: `one number for each of ${names.length} nuisances (${names.join(", ")})`,
      got: `${start.length}`,
    });
  }
  for (const [i, name] of names.entries()) {
    if (!Number.isFinite(start[i])) {
      throw new UsageError(`minimise ${what}`, { expected: `a finite number for ${name}`, got: `${start[i]}` });
    }
    if (start[i]! < limits.lower[i]! || start[i]! > limits.upper[i]!) {
      throw new UsageError(`minimise ${what}`, {
        expected: `${name} within its bounds [${limits.lower[i]}, ${limits.upper[i]}]`,
        got: `${start[i]}`,
        hint: "Move the start or widen the bounds.",
      });
    }
  }
  return Float64Array.from(start);
}

/** A point with everything known about it, all of it finite. */
interface Point {
  readonly position: Float64Array;
  readonly nll: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Rejections in a row after which a step is 4^-30 = 1e-18 of the first: nothing is left to try. */
const MAX_REJECTIONS = 30;

/** A rejected step that promised less than this part of the tolerance leaves no gain to shorter ones. */
const LEAST_PROMISE = 0.01;

/**
 * edm below which a fit that no step improves has converged: the estimate is within 0.1 σ of the minimum. Splines make slopes
 * jump, and where a jump holds the minimum the slope is not zero on either side; f32 has its own last digit.
 */
const KINK_EDM = 0.005;

/** Steps are taken when the NLL falls by at least this fraction of what the model promises; Nocedal & Wright's η. */
const LEAST_GAIN = 1e-4;

/**
 * Steps that reach for a point where the NLL is not finite and fall short of it by a part end nowhere: of so many evaluations before the limit
 * one was such a point.
 */
const RECENT = 5;

type Ending =
  | Exclude<FitStatus, "second-minimum" | "at-bound" | "at-validity-edge" | "not-positive-definite">
  | "at-knot";

async function descend(objective: Objective, settings: Settings, start: Float64Array): Promise<FitResult> {
  const { limits, tolerance, precision, signal } = settings;
  let evaluations = 0;
  let point: Point | undefined;
  const end = (ending: Ending, edm: number | undefined) =>
    verdict(objective.names, settings, { ending, point, start, edm, evaluations });

  const first = await evaluateAt(objective, start, signal);
  if (first === "aborted") return end("aborted", undefined);
  evaluations++;
  if (first === "non-finite") return end("non-finite", undefined);
  point = first;

  let scale = lengthScale(point, undefined);
  let steps = new BoundedSteps(point, { limits, scale, precision });
  let radius = firstRadius(point, steps, scale);
  let rejections = 0;
  let leftFiniteRegion = false;
  let sinceNonFinite = Number.POSITIVE_INFINITY;
  for (;;) {
    const { step, edm, isThere } = plan({ point, steps, limits }, radius, tolerance, rejections > 0);
    if (rejections === 0) {
      settings.onStep?.({ evaluations, nll: point.nll, edm, estimate: namedVector(objective.names, point.position) });
    }
    if (isThere && edm !== undefined) return end("converged", edm);
    const hasNothingToGain = rejections > 0 && edm !== undefined && step.decrease < LEAST_PROMISE * tolerance;
    if ((isThere && !leftFiniteRegion) || hasNothingToGain || rejections > MAX_REJECTIONS) {
      const isNear = edm !== undefined && edm < KINK_EDM;
      return end(leftFiniteRegion ? "non-finite" : isNear ? "at-knot" : "stalled", edm);
    }
    if (evaluations >= settings.maxEvaluations) {
      return end(sinceNonFinite < RECENT ? "non-finite" : "iteration-limit", edm);
    }

    const trial = await evaluateAt(objective, step.position, signal);
    if (trial === "aborted") return end("aborted", edm);
    evaluations++;
    leftFiniteRegion ||= trial === "non-finite";
    sinceNonFinite = trial === "non-finite" ? 0 : sinceNonFinite + 1;
    const gain = trial === "non-finite" ? -Infinity : actualDecrease(point, trial, step.decrease) / step.decrease;
    if (gain < 0.25) radius = 0.25 * step.length;
    else if (gain > 0.75 && step.length > 0.9 * radius) radius *= 2;
    // A last step onto a bound may promise less than rounding shows.
    const isLastStep = edm !== undefined && edm < tolerance;
    if (trial !== "non-finite" && (gain >= LEAST_GAIN || isLastStep)) {
      rejections = 0;
      leftFiniteRegion = false;
      point = trial;
      scale = lengthScale(point, scale);
      steps = new BoundedSteps(point, { limits, scale, precision });
    } else rejections++;
  }
}

/** Room for a whole Newton step, or for one of the gradient's length where the Hessian has no use for it. */
function firstRadius(point: Point, steps: BoundedSteps, scale: Float64Array): number {
  const steepest = Math.max(1, Math.hypot(...point.gradient.map((g, i) => g / scale[i]!)));
  return steps.isPositiveDefinite ? Math.max(steepest, steps.newton.length) : steepest;
}

/** The next step, the edm where there is one, and whether the step is worth taking. */
function plan(
  { point, steps, limits }: { readonly point: Point; readonly steps: BoundedSteps; readonly limits: Limits },
  radius: number,
  tolerance: number,
  isRetry: boolean,
): { step: TrustRegionStep; edm: number | undefined; isThere: boolean } {
  if (!steps.isPositiveDefinite) {
    const step = steps.within(radius);
    // A radius that earlier steps made small must not pass for a flat NLL.
    const probe = isRetry ? step : steps.within(Math.max(1, radius));
    return { step, edm: undefined, isThere: probe.decrease < tolerance };
  }
  const { newton } = steps;
  const reachesBound = newton.position.some((x, i) => isOnBound(x, i, limits) && x !== point.position[i]);
  return {
    step: newton.length <= radius ? newton : steps.within(radius),
    edm: newton.decrease,
    isThere: newton.decrease < tolerance && !reachesBound,
  };
}

async function evaluateAt(
  objective: Objective,
  position: Float64Array,
  signal: AbortSignal | undefined,
): Promise<Point | "non-finite" | "aborted"> {
  if (signal?.aborted) return "aborted";
  try {
    const { nll, gradient, hessian } = await objective.evaluate(position.slice(), 2);
    if (!gradient || !hessian)
      throw new Error("internal: an objective evaluated to order 2 gave no gradient or Hessian");
    const allFinite = Number.isFinite(nll) && gradient.every(Number.isFinite) && hessian.every(Number.isFinite);
    return allFinite ? { position, nll, gradient, hessian: symmetrised(hessian, position.length) } : "non-finite";
  } catch (error) {
    if (signal?.aborted) return "aborted";
    throw error;
  }
}

/**
 * Inverse unit of length of each nuisance, √|H_ii|: after Moré 1978, "The Levenberg-Marquardt algorithm". A scale forgets by at
 * most a factor of 10 per step, so that a diagonal element passing through zero does not make a nuisance fly away.
 */
function lengthScale({ position, hessian }: Point, previous: Float64Array | undefined): Float64Array {
  const n = position.length;
  return Float64Array.from(position, (_, i) => {
    const now = Math.sqrt(Math.abs(hessian[i * n + i]!));
    return previous ? Math.max(now, 0.1 * previous[i]!) : now || 1;
  });
}

/** Below this fraction of the NLL a difference of two f32 sums over events is noise. */
const VALUE_PRECISION = 1e-6;

/**
 * How much the NLL falls from one point to the other. Near the minimum of an NLL of 10⁵ the difference of the two values
 * is all rounding; there the slopes at both ends know better: the integral of the slope by the trapezoidal rule with its
 * first Euler-Maclaurin correction, exact where the NLL is a polynomial of degree four along the step.
 */
function actualDecrease(from: Point, to: Point, promised: number): number {
  if (promised > VALUE_PRECISION * Math.abs(from.nll)) return from.nll - to.nll;
  const p = to.position.map((x, i) => x - from.position[i]!);
  const slopes = dot(from.gradient, p) + dot(to.gradient, p);
  const curvatures = dot(p, multiply(from.hessian, p)) - dot(p, multiply(to.hessian, p));
  return -(slopes / 2 + curvatures / 12);
}

function isOnBound(x: number, i: number, { lower, upper }: Limits): boolean {
  return x === lower[i] || x === upper[i];
}

interface Outcome {
  readonly ending: Ending;
  readonly point: Point | undefined;
  readonly start: Float64Array;
  readonly edm: number | undefined;
  readonly evaluations: number;
}

function verdict(names: readonly string[], settings: Settings, outcome: Outcome): FitResult {
  const { ending, point, edm, evaluations } = outcome;
  const boundary = point ? boundaryHits(names, point, settings) : [];
  const active = point ? atActiveBound(point, settings.limits) : [];
  const free = names.flatMap((_, i) => (active[i] ? [] : [i]));
  const inverse =
    point && free.length > 0
      ? covariance(
          submatrix(point.hessian, names.length, free),
          free.map((i) => names[i]!),
          settings.precision,
        )
      : undefined;

  const isEndOfDescent = ending === "converged" || ending === "at-knot" || ending === "stalled";
  let status: FitStatus = ending === "at-knot" ? "converged" : ending;
  let reason = `${REASONS[ending]} after ${evaluations} evaluations${edm === undefined ? "" : `, edm ${edm.toPrecision(2)}`}.`;
  if (isEndOfDescent && inverse && inverse.status !== "positive-definite") {
    status = "not-positive-definite";
    reason = inverse.reason;
  } else if (status === "converged" && boundary.length > 0) {
    status = boundary.some(({ of }) => of === "validity") ? "at-validity-edge" : "at-bound";
    reason = boundary
      .map(({ name, of, side, bound, outwardSlope }) => {
        const place =
          of === "validity" ? `the ${side} end ${bound} of its validity range` : `its ${side} bound ${bound}`;
        const beyond = outwardSlope < 0 ? "; the NLL still falls beyond it" : "";
        return `${name} is at ${place}${beyond}.`;
      })
      .join(" ");
  }
  return Object.freeze({
    status,
    reason,
    estimate: namedVector(names, point?.position ?? outcome.start),
    nll: point?.nll,
    gradient: point && namedVector(names, point.gradient),
    hessian: point && matrixOf(point.hessian, names.length),
    edm: inverse && inverse.status !== "positive-definite" ? undefined : edm,
    covariance: inverse?.status === "positive-definite" ? inverse : undefined,
    boundary: Object.freeze(boundary),
    evaluations,
    other: undefined,
  });
}

const REASONS: Readonly<Record<Ending, string>> = {
  converged: "Converged",
  "at-knot": "Converged as far as knots of splines and rounding let any step lower the NLL",
  "iteration-limit": "Stopped at the limit on evaluations",
  "non-finite":
    "The NLL or its derivatives are not finite at the start, or beyond the estimate, however short a step is,",
  stalled: "No step lowers the NLL as its derivatives promise: they disagree, or have reached their precision,",
  aborted: "Aborted",
};

function boundaryHits(names: readonly string[], point: Point, { limits, bounds }: Settings): BoundaryHit[] {
  return names.flatMap((name, i) => {
    const x = point.position[i]!;
    if (!isOnBound(x, i, limits)) return [];
    const side = x === limits.lower[i] ? ("lower" as const) : ("upper" as const);
    const outwardSlope = point.gradient[i]! * (side === "lower" ? -1 : 1);
    const of = isOnBound(x, i, bounds) ? ("bounds" as const) : ("validity" as const);
    return [Object.freeze({ name, of, side, bound: x, outwardSlope })];
  });
}
