/** The ensemble of step 1: T fitted again with Poisson-bootstrap weights, and the likelihoods that its members give. */
import { fillPoissonOne, randomKey } from "../engine/random.js";
import type { Weights } from "../flows/weights.js";
import type { EventData } from "./likelihood.js";
import type { MixtureModel } from "./mixture-model.js";

/** What step 1 found with one set of bootstrap weights. */
export interface Replica {
  /** Position in the ensemble, from 0: with the seed it names the weights. */
  readonly index: number;
  /** ν̂ of the replica's own weighted likelihood, its T fixed, prior standard deviations [K]. */
  readonly nu: readonly number[];
  /** T_φ, of the architecture of the model's T. */
  readonly transfer: Weights;
}

/**
 * Weight of each event in a replica, w_i ~ Poisson(1) times the event's own: a pure function of (seed, replica, event). Replicas
 * differ in nothing else.
 *
 * @returns  [events]
 */
export function bootstrapWeights({ count, weights }: EventData, seed: number, replica: number): Float32Array {
  const drawn = new Float32Array(count);
  fillPoissonOne(randomKey(seed, "bootstrap", replica), 0, drawn);
  return weights === undefined ? drawn : drawn.map((times, i) => times * weights[i]!);
}

/** The model with the replica's T in place of its own; T's response is shared by all. */
export function replicaModel(model: MixtureModel, { transfer }: Replica): MixtureModel {
  if (model.transfer === undefined) throw new Error("internal: replicas of a model without T");
  return { ...model, transfer: { ...model.transfer, weights: transfer } };
}
