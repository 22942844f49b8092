/** The fits of the chain: x alone for a start, step 1 with T, step 2 with T's response, and their errors. */

import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { nuisanceVector } from "../../configuration/analysis.js";
import { looksAtY, type RunContext } from "../../context.js";
import type { EffectNoise } from "../../effect-noise.js";
import { allOf } from "../../store/chosen-steps.js";
import type { SimulationKeys } from "../simulation-keys.js";
import type { NamedTraining, TrainingSummary } from "../trainings/training-step.js";
import { type TrainedTransport, trainTransport } from "../trainings/transport-training.js";
import { fitAveraged } from "./averaged.js";
import { fitReplica, fitReplicas } from "./ensemble.js";
import { fitStep } from "./fit-step.js";
import type { FittedModel, NamedFit } from "./fitted-model.js";
import { withoutNoise } from "./noise-errors.js";
import { fitProfiled, trainAndFitProfiled } from "./profiled-fit.js";

/** A fit, with the errors that it has without the noise of trained densities. */
async function fitWithoutNoise(noise: readonly EffectNoise[], ...fit: Parameters<typeof fitStep>): Promise<NamedFit> {
  const [context, name, , key, model, data] = fit;
  return withoutNoise(context, name, key, model, data, await fitStep(...fit), noise);
}

/** The fit of x alone, where the form of the likelihood has one, and the ν that it gives what follows to start from [K]. */
async function fitXAlone(
  context: RunContext,
  simulated: MixtureModel,
  { xAlone: key }: SimulationKeys,
  noise: readonly EffectNoise[] = [],
) {
  const { fit, likelihood } = context.analysis.configuration;
  const start = nuisanceVector(context.analysis.configuration, fit.start);
  if (likelihood.form !== "joint") return { start };
  const { y: _y, ...data } = context.events.data;
  const { y: _density, ...model } = simulated;
  const label = looksAtY(context) ? "fit of x alone" : "fit of x";
  const xAlone = await fitWithoutNoise(noise, context, "fit.x", label, key, model, data, start);
  return { xAlone, start: xAlone.fit.estimate.values };
}

/** Step 1 of the data and of one replica. */
export async function fitOneReplica(context: RunContext, simulated: MixtureModel, keys: SimulationKeys, index: number) {
  const { start } = await fitXAlone(context, simulated, keys);
  return fitReplica(context, simulated, keys, await trainTransport(context, simulated, keys.whole, start), index);
}

export const replicaTraining = (index: number, summary: TrainingSummary): NamedTraining => ({
  label: `replica ${index}`,
  of: "replica",
  recipe: "ensemble.training",
  summary,
});

/**
 * All fits of the analysis.
 *
 * @param noise  of the trained densities, without which errors are quoted; none where data are drawn from the densities themselves
 */
export async function fitModel(
  context: RunContext,
  simulated: MixtureModel,
  keys: SimulationKeys,
  noise: readonly EffectNoise[] = [],
): Promise<FittedModel> {
  const { configuration } = context.analysis;
  const { data } = context.events;
  const { xAlone, start } = await fitXAlone(context, simulated, keys, noise);
  const none = { replicas: [], trainings: [] };
  if (!looksAtY(context)) {
    const { y: _density, ...model } = simulated;
    return { model, key: keys.xAlone, fixedKey: keys.xAlone, fits: { xAlone: xAlone! }, ...none };
  }
  const key = keys.whole;
  const first = configuration.transport.enabled ? await trainTransport(context, simulated, key, start) : undefined;
  if (first === undefined) {
    const only = await fitWithoutNoise(noise, context, "fit.fixed", "fit", key, simulated, data, start);
    return { model: simulated, key, fixedKey: key, fits: { ...(xAlone && { xAlone }), fixed: only }, ...none };
  }
  return fitWithTransport(context, simulated, keys, first, xAlone, noise);
}

/** What follows step 1: ν with T fixed, the ensemble, T's response, ν with T profiled, the average. */
async function fitWithTransport(
  context: RunContext,
  simulated: MixtureModel,
  keys: SimulationKeys,
  first: TrainedTransport,
  xAlone: NamedFit | undefined,
  noise: readonly EffectNoise[],
): Promise<FittedModel> {
  const { data } = context.events;
  const withTransport: MixtureModel = { ...simulated, transport: first.transport };
  const label = "fit with T fixed";
  const [fixed, replicas] = await allOf([
    () => fitWithoutNoise(noise, context, "fit.fixed", label, first.key, withTransport, data, first.nu),
    () => fitReplicas(context, simulated, keys, first),
  ]);
  const trainings = [
    { label: "T and ν (step 1)", of: "transport" as const, recipe: "transport.training", summary: first.summary },
    ...replicas.map(({ replica, summary }) => replicaTraining(replica.index, summary)),
  ];
  const finished = async (model: MixtureModel, last: NamedFit, ownKey: string, fits: FittedModel["fits"]) => {
    const averaged =
      replicas.length < 2 ? undefined : await fitAveraged(context, model, replicas, last.fit.estimate.values, ownKey);
    const all = { ...(xAlone && { xAlone }), fixed, ...fits, ...(averaged && { averaged }) };
    return { model, key: ownKey, fixedKey: first.key, fits: all, replicas };
  };
  if (!context.analysis.configuration.response.enabled) {
    return { ...(await finished(withTransport, fixed, first.key, {})), trainings };
  }
  const { model, profiled, training, key } = await trainAndFitProfiled(context, withTransport, {
    key: JSON.stringify([first.key, ...replicas.map((own) => own.transportKey)]),
    members: [first.transport.weights, ...replicas.map(({ replica }) => replica.transport)],
    fixed,
    xAlone,
  });
  return { ...(await finished(model, profiled, key, { profiled })), trainings: [...trainings, training] };
}

/** The fits of ν with a T, and its response where it has one, that were trained on other data. */
export async function fitTrained(context: RunContext, model: MixtureModel, key: string): Promise<FittedModel["fits"]> {
  const { data } = context.events;
  const { response, ...fixedModel } = model;
  const start = nuisanceVector(context.analysis.configuration, context.analysis.configuration.fit.start);
  const label = model.transport === undefined ? "fit" : "fit with T fixed";
  const fixed = await fitStep(context, "fit.fixed", label, key, fixedModel, data, start);
  if (response === undefined) return { fixed };
  const nominal = response.architecture.nuisances.map((nuisance) => nuisance.nominal);
  return { fixed, profiled: await fitProfiled(context, key, model, nominal) };
}
