/** The ensemble of step 1: replicas of T and ν from bootstrap weights, and how far they spread. */
import type { Replica } from "../../inference/ensemble.js";
import type { FitResult } from "../../inference/fit-result.js";
import type { MixtureModel } from "../../inference/mixture-model.js";
import { fitNuisances } from "../nuisance-fit.js";
import { openFit } from "./open-fit.js";
import type { Setting } from "./setting.js";
import type { TrainingSummary } from "./training.js";
import { fitReplicaTransfer, replicaData, type TrainedTransfer } from "./transfer-steps.js";

export interface FittedReplica {
  readonly replica: Replica;
  /** Of the weighted likelihood, the replica's T fixed. */
  readonly fit: FitResult;
  readonly key: string;
  readonly summary: TrainingSummary;
}

/** All replicas that the configuration asks for. */
export async function fitReplicas(
  setting: Setting,
  simulated: MixtureModel,
  ofData: TrainedTransfer,
): Promise<readonly FittedReplica[]> {
  const { replicas } = setting.analysis.configuration.ensemble;
  const fitted: FittedReplica[] = [];
  for (let index = 0; index < replicas; index++) fitted.push(await fitReplica(setting, simulated, ofData, index));
  return fitted;
}

export async function fitReplica(
  setting: Setting,
  simulated: MixtureModel,
  ofData: TrainedTransfer,
  index: number,
): Promise<FittedReplica> {
  const { store, analysis, progress, signal } = setting;
  const { fit: options, likelihood } = analysis.configuration;
  const trained = await fitReplicaTransfer(setting, simulated, ofData, index);
  const inputs = { key: trained.key, fit: options, likelihood };
  const { record: fit, key } = await store.run(`fit.replica.${index}`, inputs, async () => {
    const open = await openFit(setting, { ...simulated, transfer: trained.transfer }, replicaData(setting, index));
    try {
      const found = await fitNuisances(open, trained.nu, progress, signal);
      signal.throwIfAborted();
      return { record: found, arrays: {} };
    } finally {
      await open.close();
    }
  });
  if (fit.status !== "converged") setting.warn(`fit of replica ${index}: ${fit.status}. ${fit.reason}`);
  const replica = { index, nu: fit.estimate.values, transfer: trained.transfer.weights };
  return { replica, fit, key, summary: trained.summary };
}
