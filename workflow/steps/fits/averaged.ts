/** The averaged likelihood of the ensemble: its fit, and what its errors are made of. */

import {
  bootstrapWeights,
  type Replica,
  replicaModel,
} from "../../../inference/measurements/distribution-of-interest/ensemble.js";
import { type Likelihood, likelihoods } from "../../../inference/model/likelihood/likelihood.js";
import { withFiniteDifferenceHessian } from "../../../inference/model/likelihood/spline-knots.js";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import {
  type AveragedCurvature,
  averagedCurvature,
  rebasedAverage,
} from "../../../inference/statistics/ensembles/averaging.js";
import { type FitResult, isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import { minimise } from "../../../inference/statistics/fit/minimise.js";
import type { Objective } from "../../../inference/statistics/objective.js";
import { likelihoodInputs, type RunContext } from "../../context.js";
import { cacheBytesOf, type OpenLikelihood, transportLabel } from "../../likelihood/bound-likelihood.js";
import { errorsOf, NO_ERRORS } from "../../likelihood/covariance-summary.js";
import type { FitSummary } from "../../likelihood/fit-summary.js";
import { fitBounds, fitNuisances, fitOptions, minosSummary, objectiveOf } from "../../likelihood/nuisance-fit.js";
import { openFit } from "../../likelihood/open-fit.js";
import type { FittedReplica } from "./ensemble.js";

export interface AveragedFit {
  readonly label: string;
  /** Of the rebased average over the replicas. */
  readonly fit: FitResult;
  readonly summary: FitSummary;
  /** Each replica's likelihood of the data, with its T and the response of all (`openMembers`) [B]. */
  readonly members: readonly FitResult[];
  /** At the estimate. */
  readonly curvature: AveragedCurvature;
}

/**
 * Undefined where less than two replicas have a minimum to be averaged about.
 *
 * @param start  ν̂ of the single likelihood [K]
 */
export async function fitAveraged(
  context: RunContext,
  model: MixtureModel,
  fitted: readonly FittedReplica[],
  start: readonly number[],
  key: string,
): Promise<AveragedFit | undefined> {
  const { store, analysis, progress, signal } = context;
  const { secondStart, minos } = analysis.configuration.fit;
  const replicas = fitted.map(({ replica }) => replica);
  const inputs = {
    key,
    replicas: fitted.map(({ transportKey }) => transportKey),
    data: context.dataKey,
    start,
    options: { secondStart, minos, ...likelihoodInputs(context, model) },
  };
  const step = await store.run("fit.averaged", inputs, async () => {
    const open = await openFit(context, model, context.events.data);
    const own = await openMembers(context, model, replicas);
    try {
      const members: FitResult[] = [];
      for (const [b, likelihood] of own.entries()) {
        const fitLabel = `fit with the T of replica ${b}`;
        members.push(await fitNuisances({ ...open, likelihood }, start, progress, signal, fitLabel));
      }
      signal.throwIfAborted();
      const good = own.flatMap((likelihood, b) => (hasMinimum(members[b]!) ? [{ likelihood, fit: members[b]! }] : []));
      const record = good.length < 2 ? null : { ...(await average(open, good, start)), members };
      return { record, arrays: {} };
    } finally {
      await own[0]?.close();
      await open.close();
    }
  });
  const { record } = step;
  const label = `average of ${replicas.length} replicas`;
  if (record === null) {
    context.warn(
      `${label}: expected at least two replicas whose likelihood has a minimum, got fewer. The average is left out`,
    );
    return undefined;
  }
  for (const [b, { status, reason }] of record.members.entries()) {
    if (status !== "converged") context.warn(`fit with the T of replica ${b}: ${status}. ${reason}`);
  }
  const { fit, curvature } = record;
  if (fit.status !== "converged") context.warn(`${label}: ${fit.status}. ${fit.reason}`);
  const { newtonShift } = curvature;
  if (newtonShift.status === "off-minimum") context.warn(`${label}: ${newtonShift.reason}`);
  return { label, ...record };
}

/** Of two minima a fit gives the lower one. */
const hasMinimum = (fit: FitResult) => isMinimum(fit) || fit.status === "second-minimum";

/**
 * The likelihood of every replica: x of each event once, y as often as in the replica.
 *
 * A T is fitted to the fluctuation of its events. Of those it has seen it gives the probabilities of the processes right on
 * average, as it stands where their likelihood has its maximum; of the 37% that a bootstrap leaves out it is too sure, all the more
 * the longer it is trained, and that moves ν the same way in every replica: 0.12 σ in 5000 events of the toy after 30 epochs, 0.4 after
 * 120, nothing with these weights. As T responds to ν, y says nothing of it on which the weights' own fluctuation could cost
 * precision; where T is fixed y does, and counts once.
 */
function openMembers(context: RunContext, model: MixtureModel, replicas: readonly Replica[]) {
  const { backend, analysis, events, signal } = context;
  const { likelihood, seed } = analysis.configuration;
  const { data } = events;
  const { form, extended } = likelihood;
  const request = { backend, model, data, form, extended, cacheBytes: cacheBytesOf(analysis), signal };
  const models = replicas.map((replica) => replicaModel(model, replica));
  if (model.response === undefined) return likelihoods(request, models);
  const times = replicas.map(({ index }) => bootstrapWeights({ count: data.count }, seed, index));
  return likelihoods(request, models, times);
}

/** The average over the replicas whose fits have a minimum, without second derivatives that cross kinks. */
export async function openAverage(
  context: RunContext,
  model: MixtureModel,
  replicas: readonly Replica[],
  fits: readonly FitResult[],
): Promise<{ readonly objective: Objective; close(): Promise<void> }> {
  const own = await openMembers(context, model, replicas);
  const good = own.flatMap((_, b) => (hasMinimum(fits[b]!) ? [b] : []));
  const objective = rebasedAverage(
    good.map((b) => own[b]!),
    good.map((b) => fits[b]!),
  );
  return { objective, close: async () => own[0]?.close() };
}

async function average(
  open: OpenLikelihood,
  good: readonly { readonly likelihood: Likelihood; readonly fit: FitResult }[],
  start: readonly number[],
): Promise<Pick<AveragedFit, "fit" | "curvature" | "summary">> {
  const averageOf = (objective: (member: Likelihood, b: number) => Objective) =>
    rebasedAverage(
      good.map(({ likelihood }, b) => objective(likelihood, b)),
      good.map((member) => member.fit),
    );
  const fit = await minimise(
    averageOf((likelihood) => objectiveOf({ ...open, likelihood })),
    fitOptions(open, start),
  );
  const isKinked = open.likelihood.crossesKnots;
  const exact = averageOf((likelihood, b) => {
    const { hessian } = good[b]!.fit;
    return isKinked && hessian ? withFiniteDifferenceHessian(likelihood, hessian, fitBounds(open)) : likelihood;
  });
  const curvature = await averagedCurvature(exact, fit.estimate.values, open.precision);
  const summary = summaryOf(open, fit, curvature, isKinked);
  const minos = await minosSummary(
    open,
    averageOf((likelihood) => likelihood),
    fit,
    summary,
  );
  return { fit, curvature, summary: { ...summary, minos } };
}

function summaryOf(
  open: OpenLikelihood,
  fit: FitResult,
  { exact }: AveragedCurvature,
  isKinked: boolean,
): Omit<FitSummary, "minos"> {
  const found = exact.covariance;
  const hasErrors = found.status === "positive-definite";
  return {
    names: fit.estimate.names,
    status: fit.status,
    reason: fit.reason,
    estimate: fit.estimate.values,
    nll: fit.nll ?? null,
    edm: fit.edm ?? null,
    boundary: fit.boundary,
    evaluations: fit.evaluations,
    events: open.events.data.count,
    effectiveEvents: open.likelihood.effectiveEvents,
    transport: transportLabel(open),
    estimator: isKinked ? "finite-difference Hessian" : "inverse Hessian",
    ...(hasErrors ? errorsOf(found) : NO_ERRORS),
    crossCheck: null,
    problem: hasErrors ? null : found.reason,
  };
}
