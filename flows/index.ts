/** Normalizing flows, factorizable flows for systematics, and their training. */
export * from "./architecture.js";
export * from "./checkpoint.js";
export * from "./event-sample.js";
export { type BoundFactorizableFlow, bindFactorizableFlow, type NuisanceValues } from "./factorizable.js";
export { type BoundFlow, bindFlow, standardNormalLogProb } from "./flow.js";
export * from "./learning-rate.js";
export * from "./optimiser.js";
export { joinMoments, withStandardisation } from "./standardisation.js";
export { train } from "./training.js";
export type { Model, ModelBuilder } from "./training-program.js";
export type {
  Checkpoint,
  FreshSamples,
  TrainingProgress,
  TrainingRequest,
  TrainingResult,
} from "./training-request.js";
export { decodeTrainingState, encodeTrainingState, type TrainingState } from "./training-state.js";
export * from "./weighted-moments.js";
export { named, type Tensor, updated, type Weights } from "./weights.js";
export * from "./zuko.js";
