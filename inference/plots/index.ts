/** Pictures: pure functions from results to SVG text. They draw, they never compute a result. */

export { type ClosureData, type ClosurePanel, closure } from "./closure.js";
export {
  type DisplacementCurvesData,
  displacementCurves,
  type QuiverData,
  type QuiverPanel,
  quiver,
} from "./displacement.js";
export type { ShadedBand } from "./drawing/band.js";
export type { Caption } from "./drawing/figure.js";
export { fixed, footerLine, type GoodnessOfFit, goodnessText, measurement, significant } from "./drawing/numbers.js";
export type { Counts } from "./drawing/ratio.js";
export { type ImpactMapData, impactMap } from "./impact-map.js";
export { type ImpactRankingData, impactRanking } from "./impacts.js";
export { type LossCurvesData, type LossPanel, lossCurves } from "./loss-curves.js";
export { type CorrelationData, correlationMatrix } from "./matrix.js";
export { type Prediction, type ProjectionPanel, type ProjectionsData, projections } from "./projection.js";
export { type PullsData, pulls } from "./pulls.js";
export { type EstimateEllipse, type ReplicasData, type ReplicasPanel, replicas } from "./replicas.js";
export { type Contour, type LabelledContours, type Scan1dData, type Scan2dData, scan1d, scan2d } from "./scan.js";
