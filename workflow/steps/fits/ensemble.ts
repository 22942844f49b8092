/** The ensemble of step 1: replicas of T and ν from bootstrap weights, and how far they spread. */

import type { Replica } from "../../../inference/measurements/distribution-of-interest/ensemble.js";
import type { EventData } from "../../../inference/model/likelihood/likelihood-request.js";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import type { FitResult } from "../../../inference/statistics/fit/fit-result.js";
import { likelihoodInputs, type RunContext } from "../../context.js";
import { digestOf } from "../../events/event-digest.js";
import { fitNuisances } from "../../likelihood/nuisance-fit.js";
import { openFit } from "../../likelihood/open-fit.js";
import { allOf } from "../../store/chosen-steps.js";
import type { SimulationKeys } from "../simulation-keys.js";
import type { TrainingSummary } from "../trainings/training-step.js";
import { replicaData, type TrainedTransport, trainReplicaTransport } from "../trainings/transport-training.js";

export interface FittedReplica {
  readonly replica: Replica;
  /** Of the weighted likelihood of x alone, where the form of the likelihood has one. */
  readonly xAlone: FitResult | undefined;
  /** Of the weighted likelihood, the replica's T fixed. */
  readonly fit: FitResult;
  /** Stands for its T. */
  readonly transportKey: string;
  readonly summary: TrainingSummary;
}

/** All replicas that the configuration asks for. */
export async function fitReplicas(
  context: RunContext,
  simulated: MixtureModel,
  keys: SimulationKeys,
  ofData: TrainedTransport,
): Promise<readonly FittedReplica[]> {
  const { replicas } = context.analysis.configuration.ensemble;
  const indices = Array.from({ length: replicas }, (_, index) => index);
  return allOf(indices.map((index) => () => fitReplica(context, simulated, keys, ofData, index)));
}

/** The same steps as for the data: x alone for a start, T and ν together, ν with T fixed. */
export async function fitReplica(
  context: RunContext,
  simulated: MixtureModel,
  keys: SimulationKeys,
  ofData: TrainedTransport,
  index: number,
): Promise<FittedReplica> {
  const data = replicaData(context, index);
  const fitted = async (
    label: string,
    name: string,
    key: string,
    model: MixtureModel,
    of: EventData,
    start: readonly number[],
  ) => {
    const { store, analysis, progress, signal } = context;
    const options = { secondStart: analysis.configuration.fit.secondStart, ...likelihoodInputs(context, model) };
    const inputs = { key, data: digestOf(of), start, options };
    const step = await store.run(`${name}.replica.${index}`, inputs, async () => {
      const open = await openFit(context, model, of);
      try {
        const found = await fitNuisances(open, start, progress, signal, `${label}, replica ${index}`);
        signal.throwIfAborted();
        return { record: found, arrays: {} };
      } finally {
        await open.close();
      }
    });
    const { status, reason } = step.record;
    if (status !== "converged") context.warn(`${label}, replica ${index}: ${status}. ${reason}`);
    return step;
  };
  const { y: _y, ...xData } = data;
  const { y: _density, ...xModel } = simulated;
  const { form } = context.analysis.configuration.likelihood;
  const xAlone =
    form === "joint" ? await fitted("fit of x alone", "fit.x", keys.xAlone, xModel, xData, ofData.nu) : undefined;
  const start = xAlone?.record.estimate.values ?? ofData.nu;
  const trained = await trainReplicaTransport(context, simulated, ofData, index, start);
  const withTransport = { ...simulated, transport: trained.transport };
  const { record: fit } = await fitted("fit with T fixed", "fit.fixed", trained.key, withTransport, data, trained.nu);
  const replica = { index, nu: fit.estimate.values, transport: trained.transport.weights };
  return { replica, xAlone: xAlone?.record, fit, transportKey: trained.key, summary: trained.summary };
}
