/** Likelihoods, trainings of their parts, fits, covariance, modes, scans and their pictures. */

export { bindExpression } from "./expressions/bind.js";
export { evaluateExpression } from "./expressions/evaluate.js";
export { checkExpressionNames, type Expression, namesOf } from "./expressions/expression.js";
export type { FunctionName } from "./expressions/functions.js";
export type { OperatorName } from "./expressions/operators.js";
export { parseExpression } from "./expressions/parse.js";
export { expressionText } from "./expressions/text.js";
export {
  type Applied,
  type ApplyRequest,
  type ApplySample,
  applyTransport,
  countOutside,
  type Direction,
  type MapVariation,
  mapVariations,
} from "./measurements/distribution-of-interest/apply.js";
export {
  type Band,
  type BandRequest,
  bandOf,
  type DisplacementBandRequest,
  displacementBands,
  type ReplicaOrigin,
  type Widths,
} from "./measurements/distribution-of-interest/bands.js";
export * from "./measurements/distribution-of-interest/binned-bands.js";
export * from "./measurements/distribution-of-interest/displacement.js";
export * from "./measurements/distribution-of-interest/ensemble.js";
export { type Impacts, type ImpactsRequest, impacts } from "./measurements/distribution-of-interest/impacts/impacts.js";
export {
  type DistributionImpact,
  type DistributionImpacts,
  type DistributionTable,
  distributionImpacts,
  type GroupSizes,
  type MeanDisplacement,
  type RegionImpact,
  type RegionSize,
} from "./measurements/distribution-of-interest/impacts/impacts-on-distribution.js";
export { targetsOf } from "./measurements/distribution-of-interest/impacts/impacts-on-targets.js";
export {
  type FeatureRange,
  type ObservedFeature,
  type Region,
  regionText,
} from "./measurements/distribution-of-interest/impacts/impacts-regions.js";
export type {
  DistributionRequest,
  RegionRequest,
} from "./measurements/distribution-of-interest/impacts/impacts-weighted-regions.js";
export {
  type ResponseStart,
  type ResponseStartRequest,
  responseToFirstOrder,
} from "./measurements/distribution-of-interest/response-start.js";
export {
  initialResponse,
  memberTransports,
  type NodeLaw,
  type ResponseRequest,
  responseSample,
  responseTraining,
} from "./measurements/distribution-of-interest/response-training.js";
export {
  DATA,
  dataSample,
  initialNu,
  initialTransport,
  NU,
  releaseOfNu,
  type TransportRequest,
  transportTraining,
} from "./measurements/distribution-of-interest/transport-training.js";
export type { Acceptance } from "./model/acceptance.js";
export {
  type CheckedComposition,
  type Column as CompositionColumn,
  type Composition,
  checkedComposition,
} from "./model/composition/composition.js";
export { compositionFromTensors, compositionToTensors } from "./model/composition/composition-file.js";
export { type DrawnEvents, type DrawRequest, drawEvents } from "./model/composition/draw-events.js";
export { EVENTS, type MixtureColumns, mixtureComposition } from "./model/composition/mixture-composition.js";
export {
  asimovComposition,
  type CompositionToy,
  type CompositionToyRequest,
  drawCompositionToy,
  expectedEvents,
  type ToyChannel,
} from "./model/composition/toys.js";
export type { DensityForm } from "./model/densities/densities.js";
export {
  enterFrame,
  type FeatureFrame,
  framedEvents,
  leaveFrame,
  type ModelFrame,
} from "./model/feature-frame.js";
export type { FeatureTransform } from "./model/features/feature-transform.js";
export type { FunctionForm } from "./model/functions/functions.js";
export {
  type Hs3Channel,
  type Hs3Likelihood,
  type Hs3Model,
  type Hs3Options,
  type ReadHs3,
  readHs3,
} from "./model/hs3/read.js";
export { writeHs3 } from "./model/hs3/write.js";
export type { Value } from "./model/language/environment.js";
export type { Interval, Region as ColumnRegion } from "./model/language/region.js";
export {
  type Channel,
  type ChannelData,
  type ChannelParts,
  type ChannelsLikelihood,
  type ChannelsRequest,
  channelsLikelihood,
  type UncertainIntegral,
} from "./model/likelihood/channels.js";
export * from "./model/likelihood/crossed-knots.js";
export * from "./model/likelihood/fit-likelihood.js";
export * from "./model/likelihood/likelihood.js";
export * from "./model/likelihood/spline-knots.js";
export * from "./model/mixture.js";
export * from "./model/mixture-file.js";
export {
  checkedModel,
  checkPoint,
  type DensityModel,
  type FlowModel,
  type MixtureModel,
  mixtureParameters,
  type NuisanceModel,
  nuisanceNamesOf,
  type PartName,
  type ProcessModel,
  parameterPrefixes,
  parametersOn,
  partNames,
  partOf,
  type RateNuisance,
  type ResponseModel,
  type ResponseSide,
  type ShapeNuisance,
  withExposure,
  withParameters,
} from "./model/mixture-model.js";
export type { Constraint } from "./model/parameters/constraints.js";
export {
  changedParameters,
  freeParameters,
  type Parameter,
  type ParameterChanges,
  type ParameterPoint,
} from "./model/parameters/parameter.js";
export { type ClosureRequest, closureTests, inData } from "./model/predictions/closure.js";
export {
  CLOSURE_LEVEL,
  type ClosureTest,
  type ClosureVerdict,
  closureVerdicts,
  type TestedFeature,
} from "./model/predictions/closure-verdicts.js";
export * from "./model/predictions/post-fit-yields.js";
export { type ProcessSample, type SimulatedPoint, simulatedPoints } from "./model/predictions/process-samples.js";
export * from "./model/predictions/projections.js";
export {
  type BiasTest,
  type BiasVerdict,
  biasVerdict,
  type EstimatedBias,
  estimatedBias,
  type ScoreClosure,
  type ScoreClosureRequest,
  type ScorePoint,
  scoreClosure,
} from "./model/predictions/score-closure.js";
export * from "./model/predictions/sensitivity.js";
export * from "./model/published-model.js";
export { type CoarseFeature, coarseFeatures } from "./model/resolution.js";
export {
  type ResampledToyRequest,
  resampleToy,
  type SharedFluctuation,
  sharedFluctuation,
} from "./model/sampling/resampled-toys.js";
export { openSampler, type Sampler, type Stream, withoutTransport } from "./model/sampling/sampling.js";
export {
  frameOfSimulation,
  type ObservableName,
  type SampleNumbers,
  type SimulatedEvents,
  trainingSample,
} from "./model/sampling/simulated-events.js";
export { drawMixture, drawToy, type ToyRequest, withAuxiliaryToys } from "./model/sampling/toys.js";
export { type Dimensions, densityTraining, initialDensity, NOMINAL } from "./model/training/densities.js";
export {
  type Anchor,
  type AnchorSet,
  anchorSets,
  initialMorph,
  isLinearOnly,
  type MorphRequest,
  type MorphStage,
  morphStages,
  morphTraining,
  type NamedMorph,
  type NamedShape,
  stageFlow,
  stageSamples,
  withStageFlow,
} from "./model/training/morph.js";
export { controlWeight, hasPairs, withControl } from "./model/training/pairs.js";
export { expectedYields, extendedTermOfTotal, logTotalYield, logYields, movesYields } from "./model/yields.js";
export * as plots from "./plots/index.js";
export * from "./statistics/ensembles/averaging.js";
export * from "./statistics/fit/covariance.js";
export * from "./statistics/fit/curvature-noise.js";
export * from "./statistics/fit/fit-result.js";
export * from "./statistics/fit/minimise.js";
export * from "./statistics/fit/widened-covariance.js";
export * from "./statistics/goodness/binomial.js";
export * from "./statistics/goodness/goodness-of-fit.js";
export * from "./statistics/goodness/special-functions.js";
export {
  type ImpactDefinition,
  type ImpactSource,
  type ImpactSources,
  impactDefinitions,
  modeSources,
  nuisanceSources,
  type OutcomeChange,
  type SourceRequest,
} from "./statistics/impacts/impact-sources.js";
export {
  type GroupImpact,
  type Impact,
  type ImpactGroups,
  type ImpactTable,
  type ImpactTarget,
  impactTables,
  type TargetFunctions,
} from "./statistics/impacts/impact-tables.js";
export * from "./statistics/intervals/contours.js";
export * from "./statistics/intervals/minos.js";
export * from "./statistics/intervals/principal-modes.js";
export * from "./statistics/intervals/scan.js";
export * from "./statistics/intervals/scan-parabola.js";
export * from "./statistics/objective.js";
export * from "./statistics/toys/coverage.js";
