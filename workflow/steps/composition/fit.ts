/** The fit of a likelihood of a composition, with its errors. */

import type { ChannelsLikelihood, UncertainIntegral } from "../../../inference/model/likelihood/channels.js";
import { fitLikelihood } from "../../../inference/model/likelihood/fit-likelihood.js";
import { freeParameters } from "../../../inference/model/parameters/parameter.js";
import type { FitResult } from "../../../inference/statistics/fit/fit-result.js";
import { submatrix } from "../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import type { Matrix } from "../../../inference/statistics/objective.js";
import { type CovarianceSummary, covarianceSummary, NO_ERRORS } from "../../likelihood/covariance-summary.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, type CompositionContext, precisionOf, toleranceOf } from "./context.js";
import { nonFiniteText } from "./non-finite-parts.js";
import { reachableParts } from "./reachable-parts.js";

/** Errors of the parameters that no limit holds. */
export interface NamedErrors extends CovarianceSummary {
  /** Of covariance, correlation and sigma. */
  readonly names: readonly string[];
}

export interface CompositionFit {
  readonly fit: FitResult;
  readonly errors: NamedErrors;
  /** Expected numbers of events by channel, at the estimate and before the fit. */
  readonly expected: Readonly<Record<string, number>>;
  readonly expectedBefore: Readonly<Record<string, number>>;
  readonly effectiveEvents: number;
  /** At the estimate. */
  readonly uncertain: readonly UncertainIntegral[];
}

/**
 * -2Δ ln L of one standard deviation of a parameter: 1, and of weighted events, which are not as many as their weights, what the variance by
 * the sandwich is of that by the curvature. Undefined where the parameter has no error that this follows from.
 */
export function levelOf({ fit, errors }: Pick<CompositionFit, "fit" | "errors">, name: string): number | undefined {
  if (errors.estimator !== "sandwich") return 1;
  const k = errors.names.indexOf(name);
  const [own, curvature] = [errors.sigma?.[k], fit.covariance?.sigma[k]];
  if (own === undefined || curvature === undefined) return undefined;
  return (own / curvature) * (own / curvature);
}

/**
 * The same of two parameters together, 1 or where events carry weights the part by which the area of their ellipse is larger. Undefined where
 * one has no error.
 */
export function pairLevelOf(
  { fit, errors }: Pick<CompositionFit, "fit" | "errors">,
  names: readonly [string, string],
): number | undefined {
  const area = (of: readonly string[], matrix: Matrix | null | undefined) => {
    const [i, j] = names.map((name) => of.indexOf(name)) as [number, number];
    if (i < 0 || j < 0 || !matrix) return undefined;
    return Math.sqrt(matrix[i]![i]! * matrix[j]![j]! - matrix[i]![j]! * matrix[j]![i]!);
  };
  const own = area(errors.names, errors.covariance);
  if (errors.estimator !== "sandwich") return own && 1;
  const curvature = area(fit.covariance?.names ?? [], fit.covariance?.matrix);
  return own && curvature && own / curvature;
}

export function fitStep(context: CompositionContext, bound: BoundPlan): LazyStep<CompositionFit> {
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

async function fitted(context: CompositionContext, bound: BoundPlan): Promise<CompositionFit> {
  const { progress, signal, backend } = context;
  const { plan } = bound;
  const likelihood = await bound.open();
  const start = freeParameters(plan.composition.parameters).map((own) => own.start);
  const precision = precisionOf(backend);
  const counter = progress.begin(`fit ${plan.name}`, undefined, "evaluations");
  const found = await fitLikelihood(likelihood, {
    start,
    bounds: boundsOf(plan),
    precision,
    tolerance: toleranceOf(likelihood, backend),
    onStep: ({ evaluations, nll, edm }) => counter.update(evaluations, { nll, ...(edm !== undefined && { edm }) }),
    signal,
  });
  counter.done({ status: found.status });
  signal.throwIfAborted();
  const culprit = found.status === "non-finite" ? await nonFiniteText(likelihood, bound, found.estimate.values) : "";
  const more = found.status === "at-bound" ? AT_LIMIT : culprit;
  const fit = more === "" ? found : { ...found, reason: `${found.reason} ${more}` };
  return {
    fit,
    errors: await errorsAt(likelihood, fit, precision),
    expected: await likelihood.expected(fit.estimate.values),
    expectedBefore: await likelihood.expected(start),
    effectiveEvents: likelihood.effectiveEvents,
    uncertain: await likelihood.uncertainIntegrals(fit.estimate.values),
  };
}

const AT_LIMIT = "Widen its range where values beyond make sense, or fix it there.";

/** Errors at the estimate: of parameters at a limit there are none, and the others have those that they have with these fixed. */
async function errorsAt(likelihood: ChannelsLikelihood, fit: FitResult, precision: number): Promise<NamedErrors> {
  const all = fit.estimate.names;
  const names = fit.covariance?.names ?? all;
  const curvature = likelihood.crossesKnots ? "finite-difference Hessian" : "inverse Hessian";
  if (fit.hessian === undefined) {
    return { names, transport: "none", estimator: curvature, ...NO_ERRORS, problem: fit.reason };
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
