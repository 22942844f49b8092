/** The ensemble of step 1: T fitted again with Poisson-bootstrap weights, and the likelihoods that its members give. */

import { UsageError } from "../../../engine/errors.js";
import { aList, aMap, aNumber, checkArgument, checkParts, numbers } from "../../../engine/options.js";
import { fillPoissonOne, randomKey } from "../../../engine/random/random.js";
import type { Weights } from "../../../flows/networks/weights.js";
import { checkModel } from "../../model/given-model.js";
import type { EventData } from "../../model/likelihood/likelihood.js";
import type { MixtureModel } from "../../model/mixture-model.js";
import { chiSquarePValue } from "../../statistics/goodness/special-functions.js";

/** What step 1 found with one set of bootstrap weights. */
export interface Replica {
  /** Position in the ensemble, from 0: with the seed it names the weights. */
  readonly index: number;
  /** ν̂ of the replica's own weighted likelihood, its T fixed, prior standard deviations [K]. */
  readonly nu: readonly number[];
  /** T_φ, of the architecture of the model's T. */
  readonly transport: Weights;
}

/**
 * Weight of each event in a replica, w_i ~ Poisson(1) times the event's own: a pure function of (seed, replica, event). Replicas
 * differ in nothing else.
 *
 * @returns  [events]
 */
export function bootstrapWeights(
  data: Pick<EventData, "count" | "weights">,
  seed: number,
  replica: number,
): Float32Array {
  checkParts("bootstrapWeights", "data", data, { count: aNumber });
  const { count, weights } = data;
  const drawn = new Float32Array(count);
  fillPoissonOne(randomKey(seed, "bootstrap", replica), 0, drawn);
  return weights === undefined ? drawn : drawn.map((times, i) => times * weights[i]!);
}

/** The model with the replica's T in place of its own; T's response is shared by all. */
export function replicaModel(model: MixtureModel, replica: Replica): MixtureModel {
  checkModel("replicaModel", model);
  checkParts("replicaModel", "a replica", replica, { transport: aMap });
  if (model.transport === undefined) throw new Error("internal: replicas of a model without T");
  return { ...model, transport: { ...model.transport, weights: replica.transport } };
}

/** Mean and spread of the replicas' ν̂, and what the spread says about an error. */
export interface EnsembleSpread {
  /** [K] */
  readonly mean: readonly number[];
  /** Standard deviation, of B - 1 degrees of freedom [K] */
  readonly spread: readonly number[];
  /**
   * Two-sided probability of a spread so far from σ, were σ the standard deviation of ν̂ over data sets, which a bootstrap imitates:
   * (B - 1) spread² / σ² follows χ² with B - 1 degrees of freedom [K]
   */
  readonly pValues: readonly number[];
}

/**
 * @param replicas  at least two
 * @param sigma     of the single likelihood, T profiled where it is [K]
 */
export function ensembleSpread(replicas: readonly Replica[], sigma: readonly number[]): EnsembleSpread {
  checkArgument("ensembleSpread", "replicas", replicas, aList);
  checkArgument("ensembleSpread", "sigma", sigma, numbers);
  const degrees = replicas.length - 1;
  if (degrees < 1) {
    throw new UsageError("ensembleSpread", { expected: "at least two replicas", got: `${replicas.length}` });
  }
  const mean = sigma.map((_, k) => replicas.reduce((sum, { nu }) => sum + nu[k]!, 0) / replicas.length);
  const squares = mean.map((centre, k) => replicas.reduce((sum, { nu }) => sum + (nu[k]! - centre) ** 2, 0));
  return Object.freeze({
    mean,
    spread: squares.map((square) => Math.sqrt(square / degrees)),
    pValues: squares.map((square, k) => {
      const above = chiSquarePValue(square / sigma[k]! ** 2, degrees);
      return 2 * Math.min(above, 1 - above);
    }),
  });
}
