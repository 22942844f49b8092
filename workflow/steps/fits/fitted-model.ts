/** What the fits of a run leave: the model, and every fit of it. */
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import type { FitResult } from "../../../inference/statistics/fit/fit-result.js";
import type { FitSummary } from "../../likelihood/fit-summary.js";
import type { NamedTraining } from "../trainings/training-step.js";
import type { AveragedFit } from "./averaged.js";
import type { FittedReplica } from "./ensemble.js";

export interface NamedFit {
  /** What was fitted, for people. */
  readonly label: string;
  readonly fit: FitResult;
  readonly summary: FitSummary;
}

export interface FittedModel {
  readonly model: MixtureModel;
  /** Stands for the model: its densities, T and the response; not for what a fit of it found. */
  readonly key: string;
  /** The same without the response. */
  readonly fixedKey: string;
  readonly fits: {
    /** x alone: the start of step 1, and a cross-check. */
    readonly xAlone?: NamedFit;
    /** T fixed as step 1 left it. */
    readonly fixed?: NamedFit;
    /** T responding to ν. */
    readonly profiled?: NamedFit;
    /** The likelihoods of the replicas of the ensemble, averaged. */
    readonly averaged?: AveragedFit;
  };
  /** Of the ensemble, in the order of their indices. */
  readonly replicas: readonly FittedReplica[];
  readonly trainings: readonly NamedTraining[];
}
