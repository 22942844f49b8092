/** The fit of ν with everything else frozen: starting points, bounds, progress, and its result for people and programs. */
import { responseRange } from "../../inference/measurements/distribution-of-interest/response-training.js";
import { fitLikelihood, fitObjective } from "../../inference/model/likelihood/fit-likelihood.js";
import { covariance, F32_PRECISION, F64_PRECISION } from "../../inference/statistics/fit/covariance.js";
import { type FitResult, isMinimum } from "../../inference/statistics/fit/fit-result.js";
import type { MinimiseOptions } from "../../inference/statistics/fit/minimise.js";
import { type MinosOptions, minos } from "../../inference/statistics/intervals/minos.js";
import type { Objective } from "../../inference/statistics/objective.js";
import type { Progress } from "../reporter.js";
import { type FitVerdict, fitVerdicts } from "../verdicts.js";
import { type OpenLikelihood, transportLabel } from "./bound-likelihood.js";
import { type CovarianceSummary, covarianceSummary, F32_ADVICE, NO_ERRORS } from "./covariance-summary.js";
import { deeperOfMinos, deeperVerdicts, startText } from "./deeper-point.js";
import type { FitSummary, MinosSummary } from "./fit-summary.js";
import { levelOf } from "./level.js";
import { nonFiniteNear } from "./non-finite-events.js";

/**
 * edm at which a fit stops, units of NLL. Splines have kinks in log p: with f32 the NLL of thousands of events on them has no
 * derivative to follow below some 1e-5; MINUIT's 1e-4 leaves the estimate within 0.014 sigma.
 */
const F32_TOLERANCE = 1e-4;
const F64_TOLERANCE = 1e-5;

export const fitTolerance = ({ precision }: Pick<OpenLikelihood, "precision">) =>
  precision === F64_PRECISION ? F64_TOLERANCE : F32_TOLERANCE;

type Bounds = Readonly<Record<string, readonly [number, number]>>;

/** What a likelihood is of, opened or not. */
export type LikelihoodParts = Pick<OpenLikelihood, "analysis" | "model" | "events">;

function configuredBounds({ analysis, model }: LikelihoodParts): Bounds {
  const [least, largest] = analysis.configuration.fit.bounds as readonly [number, number];
  return Object.fromEntries(model.nuisances.map(({ name }) => [name, [least, largest] as const]));
}

/** Where T responds to ν, the validity range of its response: where it was trained. */
function rangeOfResponse(of: LikelihoodParts): Bounds | undefined {
  const nominal = responseNominal(of);
  if (nominal === undefined) return undefined;
  const reach = responseRange(of.model.response!.architecture, of.analysis.configuration.response.range);
  return Object.fromEntries(
    of.model.nuisances.map(({ name }, k) => [name, [nominal[k]! - reach[k]!, nominal[k]! + reach[k]!] as const]),
  );
}

/** Where a fit or a scan may look: within the bounds, and within the validity range where there is one. */
export function fitBounds(of: LikelihoodParts): Bounds {
  const range = rangeOfResponse(of);
  const bounds = configuredBounds(of);
  if (range === undefined) return bounds;
  return Object.fromEntries(
    Object.entries(bounds).map(([name, [least, largest]]) => {
      const [low, high] = range[name]!;
      return [name, [Math.max(least, low), Math.min(largest, high)] as const];
    }),
  );
}

/** What to do about a verdict, in terms of the configuration; the verdict itself says what was found. */
function advice({ analysis, precision }: OpenLikelihood, result: FitResult): string {
  const { fit, response } = analysis.configuration;
  const { status, boundary, hessian, estimate } = result;
  if (status === "not-positive-definite" && precision === F32_PRECISION) {
    const isSingular = covariance(hessian!.flat(), estimate.names, precision).status === "singular";
    return isSingular ? ` ${F32_ADVICE}` : "";
  }
  if (status !== "at-bound" && status !== "at-validity-edge") return "";
  const has = (of: "bounds" | "validity") => boundary.some((hit) => hit.of === of);
  const ofRange =
    `The response of T was trained within response.range = ${response.range ?? "twice response.scale"} of its nominal values only: ` +
    "widen response.range, response.scale with it, and run again.";
  const ofBounds = `fit.bounds is [${fit.bounds.join(", ")}]: widen it where values beyond make sense.`;
  return [...(has("validity") ? [ofRange] : []), ...(has("bounds") ? [ofBounds] : [])]
    .map((text) => ` ${text}`)
    .join("");
}

/** A second start so far from the first along every nuisance, but no further than half-way to the bound. */
function secondStart(first: readonly number[], distance: number, bounds: readonly (readonly [number, number])[]) {
  return first.map((value, k) => value + Math.min(distance, (bounds[k]![1] - value) / 2));
}

/** Start [K], bounds, validity range and tolerance of a fit as the configuration has them. */
export function fitOptions(open: OpenLikelihood, start: readonly number[]): MinimiseOptions {
  const { analysis, precision } = open;
  const range = rangeOfResponse(open);
  const distance = analysis.configuration.fit.secondStart;
  return {
    start,
    bounds: configuredBounds(open),
    ...(range && { validity: range }),
    precision,
    tolerance: fitTolerance(open),
    ...(distance > 0 && { secondStart: secondStart(start, distance, Object.values(fitBounds(open))) }),
  };
}

/**
 * @param start  [K]
 * @param label  of its progress: what is fitted
 */
export async function fitNuisances(
  open: OpenLikelihood,
  start: readonly number[],
  progress: Progress,
  signal: AbortSignal,
  label = "fit",
): Promise<FitResult> {
  const counter = progress.begin(label, undefined, "evaluations");
  const result = await fitLikelihood(open.likelihood, {
    ...fitOptions(open, start),
    onStep: ({ evaluations, nll, edm, estimate }) => {
      const nu = estimate.values.map((value) => value.toFixed(4)).join(", ");
      counter.update(evaluations, { nll, nu, ...(edm !== undefined && { edm }) });
    },
    signal,
  });
  counter.done({ status: result.status });
  const broken =
    result.status === "non-finite" ? await nonFiniteNear(open, [result.estimate.values], signal) : undefined;
  const culprit = broken === undefined ? "" : ` ${broken.text}.`;
  return { ...result, reason: `${result.reason}${advice(open, result)}${culprit}` };
}

/** What fits and scans minimise: with the exact Hessian, or where that misses kinks with the outer product of gradients. */
export const objectiveOf = ({ likelihood }: OpenLikelihood): Objective => fitObjective(likelihood);

/** The point from which a fit starts without --nu: the ν_0 of step 1 where T responds to ν. */
export function responseNominal({ model, events }: LikelihoodParts): number[] | undefined {
  if (model.response === undefined || events.data.y === undefined) return undefined;
  return model.response.architecture.nuisances.map(({ nominal: centre }) => centre);
}

/**
 * Where the configuration asks for them, and there is a minimum.
 *
 * @param errors  of the fit: those of weighted events decide how far -2Δ ln L rises
 */
export async function minosSummary(
  open: OpenLikelihood,
  objective: Objective,
  fit: FitResult,
  errors: Pick<CovarianceSummary, "estimator" | "covariance">,
): Promise<readonly MinosSummary[] | null> {
  const { minos: isAsked } = open.analysis.configuration.fit;
  if (!isAsked || !isMinimum(fit) || fit.hessian === undefined) return null;
  const { names } = fit.estimate;
  const bounds = fitBounds(open);
  const all: MinosSummary[] = [];
  for (const name of names) {
    all.push(await minosError(objective, fit, name, levelOf({ names, ...errors }, fit.covariance, [name]), { bounds }));
  }
  return all;
}

const NO_LEVEL = "The events carry weights, and without an error there is no -2Δ ln L of one standard deviation.";

/**
 * Asymmetric errors of a parameter at a minimum. Of one at a bound, the end beyond is none that is missing.
 *
 * @param level  `levelOf`
 */
export async function minosError(
  objective: Objective,
  fit: FitResult,
  name: string,
  level: number | undefined,
  options: Pick<MinosOptions, "bounds" | "signal">,
): Promise<MinosSummary> {
  if (level === undefined) return { name, lower: null, upper: null, problem: `${name}: ${NO_LEVEL}` };
  const [found] = await minos(objective, fit, { ...options, names: [name], level });
  const { lower, upper, lowerEnd, upperEnd } = found!;
  const held = fit.boundary.find((hit) => hit.name === name)?.side;
  const ends = { lower: lowerEnd, upper: upperEnd };
  const missing = (["lower", "upper"] as const).flatMap((side) =>
    side === held || ends[side].status === "found" ? [] : [ends[side].reason],
  );
  const deeper = [lowerEnd, upperEnd]
    .filter(({ status }) => status === "new-minimum")
    .sort((a, b) => a.deltaTwoNll - b.deltaTwoNll)[0];
  return {
    name,
    lower: lower ?? null,
    upper: upper ?? null,
    problem: missing.length === 0 ? null : missing.join(" "),
    ...(deeper && {
      deeper: {
        at: Object.fromEntries(deeper.nuisances.names.map((own, k) => [own, deeper.nuisances.values[k]!])),
        deltaTwoNll: deeper.deltaTwoNll,
      },
    }),
  };
}

/** The verdict on a fit, and on points below it that MINOS found. */
export const summaryVerdicts = (label: string, summary: FitSummary): FitVerdict[] => [
  ...fitVerdicts(label, summary),
  ...deeperVerdicts(label, deeperOfMinos(summary.minos), startText),
];

export async function fitSummary(open: OpenLikelihood, fit: FitResult): Promise<FitSummary> {
  const { likelihood, precision, events } = open;
  const { names, values } = fit.estimate;
  const curvature = open.likelihood.crossesKnots
    ? ("finite-difference Hessian" as const)
    : ("inverse Hessian" as const);
  const label = { transport: transportLabel(open), curvature, precision };
  const errors: CovarianceSummary =
    fit.hessian === undefined
      ? noErrors(fit, label.transport)
      : await covarianceSummary(likelihood, values, fit.hessian.flat(), label);
  return {
    names,
    status: fit.status,
    reason: fit.reason,
    estimate: values,
    nll: fit.nll ?? null,
    edm: fit.edm ?? null,
    boundary: fit.boundary,
    evaluations: fit.evaluations,
    events: events.data.count,
    effectiveEvents: likelihood.effectiveEvents,
    minos: await minosSummary(open, objectiveOf(open), fit, errors),
    ...errors,
  };
}

function noErrors({ reason }: FitResult, transport: CovarianceSummary["transport"]): CovarianceSummary {
  return { transport, estimator: "inverse Hessian", ...NO_ERRORS, problem: reason };
}
