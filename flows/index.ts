/** Normalizing flows, factorizable flows that morph densities as functions of nuisances, and their training. */
export * from "./architecture/architecture.js";
export { type BoundFactorizableFlow, bindFactorizableFlow, type NuisanceValues } from "./factorizable.js";
export { type BoundFlow, bindFlow, standardNormalLogProb } from "./flow.js";
export * from "./formats/checkpoint.js";
export * from "./formats/zuko.js";
export { named, type Tensor, updated, type Weights } from "./networks/weights.js";
export { joinMoments, withStandardisation } from "./standardisation.js";
export type { Convergence } from "./training/convergence.js";
export * from "./training/event-sample.js";
export * from "./training/learning-rate.js";
export * from "./training/optimiser.js";
export { train } from "./training/training.js";
export type { Model, ModelBuilder } from "./training/training-program.js";
export type {
  Checkpoint,
  FreshSamples,
  TrainingProgress,
  TrainingRequest,
  TrainingResult,
} from "./training/training-request.js";
export { decodeTrainingState, encodeTrainingState, type TrainingState } from "./training/training-state.js";
export * from "./training/weighted-moments.js";
