/** The fit of a likelihood of a composition, with its errors. */

import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import type { ChannelsLikelihood, UncertainIntegral } from "../../../inference/model/likelihood/channels.js";
import { fitLikelihood, fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import { covariance } from "../../../inference/statistics/fit/covariance.js";
import { type FitResult, isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import { submatrix } from "../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { type CovarianceSummary, covarianceSummary, NO_ERRORS } from "../../likelihood/covariance-summary.js";
import type { MinosSummary } from "../../likelihood/fit-summary.js";
import { levelOf as levelOfErrors } from "../../likelihood/level.js";
import { minosError } from "../../likelihood/nuisance-fit.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, fitOptions, type StepContext } from "./context.js";
import { nonFiniteText } from "./non-finite-parts.js";

/** Errors of the parameters that no limit holds. */
export interface NamedErrors extends CovarianceSummary {
  /** Of covariance, correlation and sigma. */
  readonly names: readonly string[];
}

/** The error of a parameter at a limit of its range, away from it: where the profile rises by one standard deviation. */
export interface LimitError {
  readonly name: string;
  readonly minos: MinosSummary;
  /** -2Δ ln L of one standard deviation; null where the events carry weights and no sandwich says so. */
  readonly level: number | null;
}

export interface CompositionFit {
  readonly fit: FitResult;
  readonly errors: NamedErrors;
  /** Of the parameters that a limit holds. */
  readonly atLimit: readonly LimitError[];
  /** Expected numbers of events by channel, at the estimate and before the fit. */
  readonly expected: Readonly<Record<string, number>>;
  readonly expectedBefore: Readonly<Record<string, number>>;
  readonly effectiveEvents: number;
  /** At the estimate. */
  readonly uncertain: readonly UncertainIntegral[];
}

/** -2Δ ln L of one standard deviation of a parameter; undefined where it has no error that this follows from. */
export function levelOf({ fit, errors, atLimit }: Pick<CompositionFit, "fit" | "errors" | "atLimit">, name: string) {
  const own = atLimit.find((limit) => limit.name === name);
  return own === undefined ? levelOfErrors(errors, fit.covariance, [name]) : (own.level ?? undefined);
}

/** The same of two parameters together, by the areas of their ellipses; undefined where one has no error. */
export function pairLevelOf(
  { fit, errors }: Pick<CompositionFit, "fit" | "errors">,
  names: readonly [string, string],
): number | undefined {
  if (errors.sigma === null || !names.every((name) => errors.names.includes(name))) return undefined;
  return levelOfErrors(errors, fit.covariance, names);
}

export function fitStep(context: StepContext, bound: BoundPlan): LazyStep<CompositionFit> {
  const { plan, events } = bound;
  const parts = reachableParts(
    plan.composition,
    plan.channels.map(({ selected }) => selected),
  );
  const inputs = {
    ...parts,
    densities: Object.fromEntries(
      Object.entries(parts.densities).map(([name, form]) => [name, context.trainingKeys?.get(name) ?? form]),
    ),
    parameters: plan.composition.parameters.filter(({ name }) => plan.parameters.includes(name)),
    channels: plan.channels.map(({ name, selected, isExtended }, c) => {
      return { name, density: selected, isExtended, data: events[c]!.digest };
    }),
  };
  return lazyStep(context.store, context.common, `fit.${plan.name}`, inputs, () => fitted(context, bound));
}

async function fitted(context: StepContext, bound: BoundPlan): Promise<CompositionFit> {
  const { progress, signal, backend } = context;
  const { plan } = bound;
  const likelihood = await bound.open();
  const options = fitOptions(plan, likelihood, backend);
  const { start, precision } = options;
  const counter = progress.begin(`fit ${plan.name}`, undefined, "evaluations");
  const found = await fitLikelihood(likelihood, {
    ...options,
    onStep: ({ evaluations, nll, edm }) => counter.update(evaluations, { nll, ...(edm !== undefined && { edm }) }),
    signal,
  });
  counter.done({ status: found.status });
  signal.throwIfAborted();
  const culprit =
    found.status === "non-finite"
      ? await nonFiniteText(likelihood, bound, found.estimate.values, found.evaluations === 1)
      : "";
  const fit = culprit === "" ? found : { ...found, reason: `${found.reason} ${culprit}` };
  const names = movableNames(fit);
  return {
    fit,
    errors: await errorsAt(likelihood, fit, names, precision),
    atLimit: isMinimum(fit) ? await limitErrors(likelihood, fit, names, { ...bound, precision, signal }) : [],
    expected: await likelihood.expected(fit.estimate.values),
    expectedBefore: await likelihood.expected(start),
    effectiveEvents: likelihood.effectiveEvents,
    uncertain: await likelihood.uncertainIntegrals(fit.estimate.values),
  };
}

/** Parameters that no limit holds. */
const movableNames = (fit: FitResult): readonly string[] =>
  fit.covariance?.names ?? (isMinimum(fit) ? [] : fit.estimate.names);

const ALL_HELD = "Every parameter is at a limit of its range.";

/** Errors at the estimate of these parameters, the others fixed. */
async function errorsAt(
  likelihood: ChannelsLikelihood,
  fit: FitResult,
  names: readonly string[],
  precision: number,
): Promise<NamedErrors> {
  const all = fit.estimate.names;
  const curvature = likelihood.crossesKnots ? "finite-difference Hessian" : "inverse Hessian";
  if (fit.hessian === undefined || names.length === 0) {
    const problem = fit.hessian === undefined ? fit.reason : ALL_HELD;
    return { names, transport: "none", estimator: curvature, ...NO_ERRORS, problem };
  }
  const indices = names.map((name) => all.indexOf(name));
  const part = (matrix: ArrayLike<number>) => submatrix(Float64Array.from(matrix), all.length, indices);
  const { values } = fit.estimate;
  const movable = {
    names,
    isWeighted: likelihood.isWeighted,
    crossesKnots: likelihood.crossesKnots,
    scoreProduct: async () => part(await likelihood.scoreProduct(values)),
    async outerProduct() {
      const { matrix, scatter } = await likelihood.outerProduct(values);
      return { matrix: part(matrix), scatter: Float64Array.from(indices, (i) => scatter[i]!) };
    },
  };
  const options = { transport: "none", curvature, precision } as const;
  const summary = await covarianceSummary(
    movable,
    indices.map((i) => values[i]!),
    part(fit.hessian.flat()),
    options,
  );
  return { names, ...summary };
}

/** Errors of the parameters that limits hold, by MINOS. @param movable  the others */
async function limitErrors(
  likelihood: ChannelsLikelihood,
  fit: FitResult,
  movable: readonly string[],
  { plan, precision, signal }: Pick<BoundPlan, "plan"> & { readonly precision: number; readonly signal: AbortSignal },
): Promise<LimitError[]> {
  const found: LimitError[] = [];
  for (const name of fit.estimate.names) {
    if (movable.includes(name)) continue;
    const level = await levelAtLimit(likelihood, fit, [...movable, name], precision);
    const minos = await minosError(fitObjective(likelihood), fit, name, level, { bounds: boundsOf(plan), signal });
    found.push({ name, minos, level: level ?? null });
  }
  return found;
}

/** Of the last of the parameters: as if nothing held it, for there the likelihood does not know of the limit. */
async function levelAtLimit(
  likelihood: ChannelsLikelihood,
  fit: FitResult,
  names: readonly string[],
  precision: number,
): Promise<number | undefined> {
  if (!likelihood.isWeighted) return 1;
  const errors = await errorsAt(likelihood, fit, names, precision);
  const { names: all } = fit.estimate;
  const part = submatrix(
    Float64Array.from(fit.hessian!.flat()),
    all.length,
    names.map((name) => all.indexOf(name)),
  );
  const curvature = covariance(part, names, precision);
  return levelOfErrors(errors, curvature.status === "positive-definite" ? curvature : undefined, names.slice(-1));
}
