/**
 * What an impact is the effect of: points of the nuisances at either end of a source of uncertainty, by definitions that go
 * by name. They agree on what a nuisance is, not on what it means that it moves: compare arXiv:2307.04007.
 */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import {
  aFunction,
  aNumber,
  anObject,
  aSignal,
  checkOptions,
  type Options,
  optional,
} from "../../../engine/options.js";
import { type Covariance, covariance } from "../fit/covariance.js";
import { withDampedBfgs } from "../fit/damped-bfgs.js";
import { type FitResult, isMinimum } from "../fit/fit-result.js";
import { minimise } from "../fit/minimise.js";
import { principalModes } from "../intervals/principal-modes.js";
import { submatrix } from "../linear-algebra/symmetric-matrix.js";
import { type Objective, withFixed } from "../objective.js";

/**
 * For nuisance k:
 *
 * - `shift`: ν_k is fixed at ν̂_k ± σ_k and the others are fitted again;
 * - `covariance`: ν̂ ± C e_k / σ_k, what `shift` is where the likelihood is Gaussian. No fits;
 * - `auxiliary`: the mean of its constraint, the outcome of an auxiliary measurement, is moved by ± 1, its width, and all
 *   are fitted again. Constraints are independent: the variances that they contribute add up, and what the total has
 *   beyond them comes from the data (arXiv:2307.04007).
 */
export const impactDefinitions = ["shift", "covariance", "auxiliary"] as const;
export type ImpactDefinition = (typeof impactDefinitions)[number];

/** Where one source takes the nuisances. */
export interface ImpactSource {
  /** The nuisance, or "mode 1" for the widest. */
  readonly name: string;
  /** ν at +1 of the source [K] */
  readonly up: readonly number[];
  /** ν at -1 [K] */
  readonly down: readonly number[];
  /** Why these points are not to be trusted, a sentence each. */
  readonly problems: readonly string[];
}

export interface ImpactSources {
  /** `mode`: ν̂ ± σ_k e_k of the principal modes, whose contributions to the variance add up to all of it. */
  readonly definition: ImpactDefinition | "mode";
  readonly sources: readonly ImpactSource[];
  /** Of the objective, to first order. */
  readonly evaluations: number;
}

/** What -ln L changes by where an auxiliary measurement has another outcome, and the slope of that, at a value of its nuisance. */
export type OutcomeChange = (value: number) => { readonly nll: number; readonly slope: number };

/** An estimate and what surrounds it. */
export interface SourceRequest {
  /** What was minimised. */
  readonly objective: Objective;
  /** Its minimum. A `FitResult` that converged will do. */
  readonly fit: Pick<FitResult, "estimate" | "gradient" | "hessian">;
  /** Of the nuisances that no bound holds: those it names are the sources, others stay where they are. */
  readonly covariance: Covariance;
  /** [lower, upper] by name, within which refits look: bounds and validity range of the fit. */
  readonly bounds?: Readonly<Record<string, readonly [number, number]>>;
  /** edm of a refit, units of NLL, see `minimise`: impacts are good to √(2 edm) of the target's σ */
  readonly tolerance?: number;
  /** see `F64_PRECISION` in covariance.ts */
  readonly precision?: number;
  /**
   * Of `auxiliary`, for an outcome one standard deviation above (1) or below (-1) that of a nuisance; undefined where it has no auxiliary
   * measurement, and is no source. Absent: every constraint is a unit Gaussian.
   */
  readonly outcomes?: (name: string, side: 1 | -1) => OutcomeChange | undefined;
  /** Called after every source. */
  readonly onSource?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export const sourceOptions: Options<SourceRequest> = {
  objective: anObject,
  fit: anObject,
  covariance: anObject,
  bounds: optional(anObject),
  tolerance: optional(aNumber),
  precision: optional(aNumber),
  outcomes: optional(aFunction),
  onSource: optional(aFunction),
  signal: optional(aSignal),
};

const SIDES = [1, -1] as const;
type Side = (typeof SIDES)[number];

/** The sources of one definition. `covariance` costs nothing, the others two refits for each nuisance: see `refit`. */
export async function nuisanceSources(request: SourceRequest, definition: ImpactDefinition): Promise<ImpactSources> {
  checkOptions("nuisanceSources", request, sourceOptions);
  const { covariance: errors, outcomes, onSource, signal } = request;
  const setting = refitSetting(request);
  let evaluations = 0;
  const sources: ImpactSource[] = [];
  for (const [k, name] of errors.names.entries()) {
    signal?.throwIfAborted();
    if (definition === "auxiliary" && outcomes !== undefined && outcomes(name, 1) === undefined) continue;
    const ends: End[] = [];
    for (const side of SIDES) {
      const end =
        definition === "covariance"
          ? setting.linear(side, (i) => errors.matrix[i]![k]! / errors.sigma[k]!)
          : await refit(setting, definition, k, side);
      evaluations += end.evaluations;
      ends.push(end);
    }
    sources.push(sourceOf(request, name, ends as [End, End]));
    onSource?.(k + 1, errors.names.length);
  }
  return Object.freeze({ definition, sources: Object.freeze(sources), evaluations });
}

/** The principal modes of the covariance as sources. No fits. */
export function modeSources(request: SourceRequest): ImpactSources {
  checkOptions("modeSources", request, sourceOptions);
  const { linear } = refitSetting(request);
  const sources = principalModes(request.covariance).map(({ sigma, direction }, k) => {
    const ends = SIDES.map((side) => linear(side, (i) => sigma * direction.values[i]!));
    return sourceOf(request, `mode ${k + 1}`, ends as [End, End]);
  });
  return Object.freeze({ definition: "mode", sources: Object.freeze(sources), evaluations: 0 });
}

/** One end of a source. */
interface End {
  readonly point: readonly number[];
  readonly evaluations: number;
  readonly problem: string | undefined;
}

interface RefitSetting {
  readonly request: SourceRequest;
  /** Positions of the sources among the nuisances. */
  readonly free: readonly number[];
  /** H⁻¹ of the free nuisances: their covariance but for weighted events. */
  readonly inverse: Covariance;
  /** ν̂ + side · change of the i-th free nuisance. */
  linear(side: Side, change: (i: number) => number): End;
}

function refitSetting(request: SourceRequest): RefitSetting {
  const { fit, covariance: errors, objective, precision } = request;
  const { names, values } = fit.estimate;
  if (fit.hessian === undefined || fit.gradient === undefined || names.join() !== objective.names.join()) {
    const missing = [...(fit.gradient ? [] : ["gradient"]), ...(fit.hessian ? [] : ["Hessian"])];
    throw new UsageError("impacts", {
      expected: `a fit of ${objective.names.join(", ")} with gradient and Hessian`,
      got: `one of ${names.join(", ")}${missing.length === 0 ? "" : ` without ${missing.join(" and ")}`}`,
    });
  }
  const free = errors.names.map((name) => names.indexOf(name));
  const inverse = covariance(
    submatrix(Float64Array.from(fit.hessian.flat()), names.length, free),
    errors.names,
    precision,
  );
  if (inverse.status !== "positive-definite") {
    throw new UsageError("impacts", { expected: "a positive definite Hessian", got: `an obstacle: ${inverse.reason}` });
  }
  return {
    request,
    free,
    inverse,
    linear(side, change) {
      const point = [...values];
      for (const [i, k] of free.entries()) point[k]! += side * change(i);
      return { point: Object.freeze(point), evaluations: 0, problem: undefined };
    },
  };
}

/**
 * The minimum at one end of the source, from where it is for a Gaussian likelihood: a slope or two there, a dozen or two
 * where it bends within a standard deviation. The Hessian of the fit is where `withDampedBfgs` begins.
 */
async function refit(setting: RefitSetting, definition: "shift" | "auxiliary", k: number, side: Side): Promise<End> {
  const { request, free, inverse } = setting;
  const { fit, covariance: errors, objective, tolerance, precision, signal } = request;
  const { names, values } = fit.estimate;
  const source = free[k]!;
  const change = definition === "auxiliary" ? outcomeChange(request, k, side) : undefined;
  // Moving ν_k by its error takes the others along; another outcome pulls at ν_k with the slope of its change.
  const scale = change ? -change(values[source]!).slope : (side * errors.sigma[k]!) / inverse.matrix[k]![k]!;
  const expected = setting.linear(1, (i) => scale * inverse.matrix[i]![k]!).point;
  const isFixed = (i: number) => !free.includes(i) || (definition === "shift" && i === source);
  const fixed = names.flatMap((_, i) => (isFixed(i) ? [[i, expected[i]!] as const] : []));
  const hessian = Float64Array.from(fit.hessian!.flat());
  const moved = tilted(objective, values, fit.gradient!.values, change && [source, change]);
  const others = withFixed(withDampedBfgs(moved, hessian), new Map(fixed));
  if (others.names.length === 0) return { point: expected, evaluations: 0, problem: undefined };

  const limits = (name: string) => entryOf(request.bounds ?? {}, name) ?? ([-Infinity, Infinity] as const);
  const found = await minimise(others, {
    start: others.names.map((name) => {
      const [low, high] = limits(name);
      return Math.min(high, Math.max(low, expected[names.indexOf(name)]!));
    }),
    bounds: Object.fromEntries(others.names.map((name) => [name, limits(name)])),
    ...(tolerance !== undefined && { tolerance }),
    ...(precision !== undefined && { precision }),
    ...(signal && { signal }),
  });
  signal?.throwIfAborted();
  const point = [...values];
  for (const [i, value] of fixed) point[i] = value;
  for (const [i, name] of others.names.entries()) point[names.indexOf(name)] = found.estimate.values[i]!;
  const isSafe = isMinimum(found) && found.boundary.length === 0;
  return {
    point: Object.freeze(point),
    evaluations: found.evaluations,
    problem: isSafe ? undefined : `${found.status}: ${found.reason}`,
  };
}

/** Of the i-th free nuisance; of a unit Gaussian whose mean moves by ±1 it is linear, up to a constant. */
function outcomeChange({ outcomes, fit, covariance: { names } }: SourceRequest, i: number, side: Side): OutcomeChange {
  const name = names[i]!;
  if (outcomes !== undefined) return outcomes(name, side)!;
  const centre = fit.estimate.values[fit.estimate.names.indexOf(name)]!;
  return (value) => ({ nll: -side * (value - centre), slope: -side });
}

/**
 * NLL(ν) - slope · (ν - ν̂), to first order, and what another outcome changes.
 *
 * With the slope that the fit left at ν̂, it is stationary there but for the change: what the fit stopped short of is no impact.
 */
function tilted(
  objective: Objective,
  estimate: readonly number[],
  slope: readonly number[],
  moved: readonly [source: number, change: OutcomeChange] | undefined,
): Objective {
  return {
    names: objective.names,
    async evaluate(nu, order) {
      const { nll, gradient } = await objective.evaluate(nu, order === 0 ? 0 : 1);
      const rise = slope.reduce((sum, along, k) => sum + along * (nu[k]! - estimate[k]!), 0);
      const [source, change] = moved ?? [];
      const own = source === undefined ? undefined : change!(nu[source]!);
      return {
        nll: nll - rise + (own?.nll ?? 0),
        ...(gradient && { gradient: gradient.map((value, k) => value - slope[k]! + (k === source ? own!.slope : 0)) }),
      };
    },
  };
}

function sourceOf({ fit, bounds = {} }: SourceRequest, name: string, ends: readonly [End, End]): ImpactSource {
  const problems = ends.flatMap(({ point, problem }, i) => {
    const end = `${name}, ${SIDES[i]! > 0 ? "up" : "down"}`;
    const beyond = fit.estimate.names.flatMap((nuisance, k) => {
      const [low, high] = entryOf(bounds, nuisance) ?? [-Infinity, Infinity];
      const value = point[k]!;
      if (value >= low && value <= high) return [];
      return [`${end}: ${nuisance} = ${value.toPrecision(4)} lies beyond [${low}, ${high}], where the fit may look.`];
    });
    return [...(problem === undefined ? [] : [`${end}: ${problem}`]), ...beyond];
  });
  return Object.freeze({ name, up: ends[0].point, down: ends[1].point, problems: Object.freeze(problems) });
}
