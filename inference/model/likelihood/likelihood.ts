/** The negative log-likelihood of a data set as a function of ν, with exact derivatives by double backward. */

import { UsageError } from "../../../engine/errors.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { sharedColumn } from "../../../engine/runtime/shared-column.js";
import { exp } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { effectiveEvents } from "../../statistics/fit/covariance.js";
import type { Evaluation, Objective } from "../../statistics/objective.js";
import { framedEvents } from "../feature-frame.js";
import { type MixtureModel, mixtureParameters, nuisanceNamesOf } from "../mixture-model.js";
import { withUsedUnits } from "../used-units.js";
import { bindYields, logTotalYield } from "../yields.js";
import {
  boundTerms,
  constraintTerm,
  derivativesOf,
  extendedTerm,
  logProbOf,
  observedOf,
  type ParameterPrograms,
  parameterPrograms,
  scoresOf,
} from "./bound-terms.js";
import { crossesKnots } from "./crossed-knots.js";
import type { OuterProduct } from "./evaluation.js";
import { type EventPrograms, eventPrograms, type Member, type StoredEvents } from "./event-programs.js";
import {
  CACHE_BYTES,
  checkData,
  checkEventData,
  checkLikelihoodOptions,
  checkSameColumns,
  type EventData,
  type LikelihoodRequest,
} from "./likelihood-request.js";
import { type Traced, trace, WEIGHT, WEIGHT_X } from "./likelihood-terms.js";
import { inUnits, nllOfVolumes, type Volumes, volumesOf } from "./volumes.js";

export type { OuterProduct } from "./evaluation.js";
export { CACHE_BYTES, checkEventData, type EventData, type LikelihoodRequest } from "./likelihood-request.js";

/** The same order of derivatives for each part; total = data + penalty. */
export interface EvaluationParts {
  /** -Σ w log p over the events */
  readonly data: Evaluation;
  /** Gaussian constraints, and the extended term where there is one */
  readonly penalty: Evaluation;
  readonly total: Evaluation;
}

export interface Likelihood extends Objective {
  /**
   * Far from the fit the gradient in f32 may be off by more than rounding. Measured on the cpu backend with the first 20 000 events of the
   * published model, at 60 seeded ν in [-1.5, 1.5]² prior standard deviations: of x alone it is that in f64 to 2.1e-5 / σ at 59 ν, of x and y
   * to 1.8e-4 / σ at 58 (σ² = 1 / H_kk near the fit). At the other three it is off by 5.7e-4 to 1.03e-3 / σ: an event crosses a knot of a
   * spline within 1e-5 of ν, where the gradient jumps in f64, too, and f32 is between the values of both sides.
   *
   * @param onEvents  called with the number of events done, now and then
   */
  evaluateParts(nu: ArrayLike<number>, order: 0 | 1 | 2, onEvents?: (done: number) => void): Promise<EvaluationParts>;
  /** Per event log p, unweighted, no constraint, no extended term: f64 [events of the range]. */
  logProb(nu: ArrayLike<number>, range?: readonly [number, number]): Promise<Float64Array>;
  /**
   * J of the sandwich covariance, row-major [K, K]: Σ w² g gᵀ with g the gradient of an event's log p (+ log N_tot where
   * the number of events counts), and 1 on the diagonal for each Gaussian constraint.
   */
  scoreProduct(nu: ArrayLike<number>): Promise<Float64Array>;
  /** The gradient g of each event's log p (+ log N_tot where the number of events counts), unweighted: f64 [K, events of the range]. */
  eventScores(nu: ArrayLike<number>, range: readonly [number, number]): Promise<Float64Array>;
  /** The outer product of the events' gradients, an estimate of the curvature of the NLL: BHHH, see `withOuterProduct`. */
  outerProduct(nu: ArrayLike<number>): Promise<OuterProduct>;
  /** (Σw)² / Σw²; the number of events where they are unweighted. */
  readonly effectiveEvents: number;
  readonly isWeighted: boolean;
  /** Whether gradients jump where parameters move events across knots of splines: `crossesKnots`. */
  readonly crossesKnots: boolean;
  /** What is cached per event, and what the programs that compute it and the Hessian were lowered to. */
  describe(): Promise<string>;
  close(): Promise<void>;
}

/** The likelihood of one model, which may be that of other events next. */
export interface BindableLikelihood extends Likelihood {
  /**
   * Takes other events, of the same columns: what is compiled stays, so that many samples, or the blocks of a large one, compile once. Not
   * while an evaluation is under way.
   */
  bind(data: EventData): Promise<void>;
}

/** A member's own columns, as `trace` names them: the weights, where y has some. */
function ownColumns(
  { data: { weights, count }, form }: LikelihoodRequest,
  yWeights: ColumnData | undefined,
): Record<string, ColumnData> {
  if (yWeights === undefined) return {};
  const times = (part: (ofY: number) => number) =>
    sharedColumn(Float64Array.from({ length: count }, (_, i) => (weights?.[i] ?? 1) * part(yWeights[i]!)));
  return { [WEIGHT]: times((ofY) => ofY), ...(form === "joint" && { [WEIGHT_X]: times((ofY) => 1 - ofY) }) };
}

/** Constraints and extended term as a function of ν alone. */
function penaltyPrograms({ model, data, extended }: LikelihoodRequest): ParameterPrograms {
  const nu = new Tape().parameter("nu", [model.nuisances.length]);
  const { at, parameters, logYields } = bindYields(model, nu);
  const logTotal = logTotalYield(logYields);
  const others = extended ? [extendedTerm(exp(logTotal), logTotal, observedOf(data))] : [];
  return parameterPrograms(nu, constraintTerm(parameters, at), others, {});
}

/** The data as programs see them. @param weighsY  whether members have weights of their own */
function storedEvents({ backend, model, data }: LikelihoodRequest, weighsY: boolean): StoredEvents {
  const { count, x, y } = framedEvents(model.frame, data, backend.precision);
  const weights = weighsY ? undefined : data.weights;
  // One copy for all programs.
  const columns = {
    x: sharedColumn(x),
    ...(y && { y: sharedColumn(y) }),
    ...(weights && { [WEIGHT]: sharedColumn(weights) }),
  };
  return { columns, count };
}

/** The programs over the events of the data, for all models. */
function programsOf(request: LikelihoodRequest, members: readonly Member[], weighsY: boolean) {
  const { backend, data, cacheBytes = CACHE_BYTES, signal } = request;
  // Those that are there.
  const tape = trace(request, { hasY: data.y !== undefined, isWeighted: data.weights !== undefined, weighsY });
  const traced = { ...tape } as Record<keyof Traced, Var>;
  return eventPrograms({ backend, traced, events: storedEvents(request, weighsY), members, cacheBytes, signal });
}

/** What follows from the data, for all models. */
interface OfData {
  readonly data: EventData;
  readonly penalty: ParameterPrograms;
  readonly volumes: Volumes;
}

const ofData = (request: LikelihoodRequest): OfData => ({
  data: request.data,
  penalty: penaltyPrograms(request),
  volumes: volumesOf(request),
});

/**
 * Binds a model to data. Programs are compiled when first needed, one per order of derivatives. What data and weights alone decide
 * is computed with the first of them, and cached.
 */
export async function likelihood(request: LikelihoodRequest): Promise<BindableLikelihood> {
  checkLikelihoodOptions(request);
  return opened(request, [request.model], undefined)[0]!;
}

/**
 * One likelihood for each of several models that differ in the weights of their flows only, such as the replicas of an ensemble.
 * They share programs and bound data: `close` of one closes all.
 *
 * @param request   its model says what they have in common
 * @param yWeights  for each model, how often y of every event counts [B][events], of either sign, times the event's weight: the NLL is
 *                  -Σ w (log p(x | ν) + w_y log p(y | x, ν)). Absent: once
 */
export async function likelihoods(
  request: LikelihoodRequest,
  models: readonly MixtureModel[],
  yWeights?: readonly ColumnData[],
): Promise<readonly Likelihood[]> {
  checkLikelihoodOptions(request);
  return opened(request, models, yWeights);
}

/** `bind` is for one model without weights of y: others would be bound with it. */
function opened(
  request: LikelihoodRequest,
  models: readonly MixtureModel[],
  yWeights: readonly ColumnData[] | undefined,
): readonly BindableLikelihood[] {
  checkEventData("likelihood data", request.data);
  checkData(request, yWeights ?? []);
  if (yWeights !== undefined && yWeights.length !== models.length) {
    throw new UsageError("likelihoods", {
      expected: `weights of y for ${models.length} models`,
      got: `${yWeights.length}`,
    });
  }
  const used = withUsedUnits(models);
  const members = used.map((model, b) => ({
    parameters: mixtureParameters(model),
    columns: ownColumns(request, yWeights?.[b]),
  }));
  const events = programsOf({ ...request, model: used[0] ?? request.model }, members, yWeights !== undefined);
  const shared = ofData(request);
  return members.map((member) => boundLikelihood(request, events, member, shared));
}

function boundLikelihood(
  request: LikelihoodRequest,
  events: EventPrograms<keyof Traced>,
  member: Member,
  shared: OfData,
): BindableLikelihood {
  const { model } = request;
  const hasY = request.data.y !== undefined;
  let bound = boundTo(shared);
  function boundTo({ data, penalty, volumes }: OfData) {
    const { count, weights } = data;
    const constant = nllOfVolumes(volumes, member.columns[WEIGHT] ?? weights, member.columns[WEIGHT_X]);
    const sample = { events, member, count, constant };
    return { data, volumes, sample, terms: boundTerms([sample], penalty) };
  }
  async function bind(data: EventData) {
    checkEventData("bind", data);
    const next = { ...request, data };
    checkData(next, []);
    checkSameColumns(bound.data, data);
    await events.bind(storedEvents(next, false));
    bound = boundTo(ofData(next));
  }
  async function evaluateParts(nu: ArrayLike<number>, order: 0 | 1 | 2, onEvents?: (done: number) => void) {
    const { samples, penalty: ofPenalty, total } = await bound.terms.evaluate(nu, order, onEvents);
    return { data: samples[0]!, penalty: ofPenalty, total };
  }
  return {
    names: nuisanceNamesOf(model),
    isWeighted: request.data.weights !== undefined,
    crossesKnots: crossesKnots(model, hasY),
    get effectiveEvents() {
      const { count, weights } = bound.data;
      return weights === undefined || count === 0 ? count : effectiveEvents(weights);
    },
    bind,
    evaluateParts,
    evaluate: async (nu, order) => (await evaluateParts(nu, order)).total,
    logProb: async (nu, range) => inUnits(bound.volumes, await logProbOf(bound.sample, nu, range), range?.[0] ?? 0),
    eventScores: (nu, range) => scoresOf(bound.sample, nu, range),
    scoreProduct: (nu) => bound.terms.scoreProduct(nu),
    outerProduct: (nu) => bound.terms.outerProduct(nu),
    describe: async () => `${await events.describeCached()}\n\n${(await derivativesOf(bound.sample, 2)).description}`,
    close: events.close,
  };
}
