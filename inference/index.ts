/** Likelihoods, trainings of their parts, fits, covariance, modes, scans and their pictures. */
export {
  type Applied,
  type ApplyRequest,
  type ApplySample,
  applyTransfer,
  countOutside,
  type Direction,
  type MapVariation,
  mapVariations,
} from "./apply.js";
export * from "./averaging.js";
export {
  type Band,
  type BandRequest,
  bandOf,
  type DisplacementBandRequest,
  displacementBands,
  type ReplicaOrigin,
  type Widths,
} from "./bands.js";
export * from "./binned-bands.js";
export * from "./binomial.js";
export {
  CLOSURE_LEVEL,
  type ClosureRequest,
  type ClosureTest,
  type ClosureVerdict,
  closureTests,
  closureVerdicts,
} from "./closure.js";
export * from "./contours.js";
export * from "./covariance.js";
export * from "./coverage.js";
export { type Dimensions, densityTraining, initialDensity, NOMINAL } from "./densities.js";
export * from "./displacement.js";
export * from "./ensemble.js";
export {
  enterFrame,
  type FeatureFrame,
  framedEvents,
  leaveFrame,
  type ModelFrame,
} from "./feature-frame.js";
export * from "./fit-result.js";
export * from "./generators/doi-toy.js";
export * from "./goodness-of-fit.js";
export { type Impacts, type ImpactsRequest, impacts } from "./impacts.js";
export {
  type DistributionImpact,
  type DistributionImpacts,
  type DistributionTable,
  distributionImpacts,
  type GroupSizes,
  type MeanDisplacement,
  type RegionImpact,
  type RegionSize,
} from "./impacts-on-distribution.js";
export {
  type GroupImpact,
  type Impact,
  type ImpactGroups,
  type ImpactTable,
  type ImpactTarget,
  impactTables,
  type TargetFunctions,
  targetsOf,
} from "./impacts-on-targets.js";
export { type FeatureRange, type ObservedFeature, type Region, regionText } from "./impacts-regions.js";
export {
  type ImpactDefinition,
  type ImpactSource,
  type ImpactSources,
  impactDefinitions,
  modeSources,
  nuisanceSources,
  type SourceRequest,
} from "./impacts-sources.js";
export type { DistributionRequest, RegionRequest } from "./impacts-weighted-regions.js";
export * from "./kinks.js";
export * from "./likelihood.js";
export * from "./minimise.js";
export * from "./minos.js";
export * from "./mixture.js";
export * from "./mixture-model.js";
export * from "./objective.js";
export * as plots from "./plots/index.js";
export * from "./post-fit-yields.js";
export * from "./principal-modes.js";
export {
  drawnTransfers,
  initialResponse,
  type NodeLaw,
  type ProfileRequest,
  profileTraining,
  profilingSample,
} from "./profile-fit.js";
export * from "./projections.js";
export * from "./published-model.js";
export { type CoarseFeature, coarseFeatures } from "./resolution.js";
export { type ResponseStart, type ResponseStartRequest, responseToFirstOrder } from "./response-start.js";
export { openSampler, type Sampler, type Stream, withoutTransfer } from "./sampling.js";
export * from "./scan.js";
export * from "./scan-parabola.js";
export * from "./sensitivity.js";
export {
  frameOfSimulation,
  type ObservableName,
  type SampleNumbers,
  type SimulatedEvents,
  trainingSample,
} from "./simulated-events.js";
export * from "./special-functions.js";
export {
  type Anchor,
  type AnchorSet,
  anchorSets,
  initialSystematics,
  isLinearOnly,
  type NamedShape,
  type NamedSystematics,
  type SystematicsRequest,
  type SystematicsStage,
  stageFlow,
  stageSamples,
  systematicsStages,
  systematicsTraining,
  withStageFlow,
} from "./systematics.js";
export { drawMixture, drawToy, type ToyRequest, withAuxiliaryToys } from "./toys.js";
export {
  DATA,
  dataSample,
  initialNu,
  initialTransfer,
  NU,
  releaseOfNu,
  type TransferRequest,
  transferTraining,
} from "./transfer-fit.js";
export * from "./yields.js";
