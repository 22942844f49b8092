/** The largest numbers of a configuration, far beyond what anyone measures: what is larger is a slip, and would take all memory or time. */

export const MAXIMA = {
  /** Letters of a text, names of files among them. */
  letters: 4096,
  /** Letters of a name. */
  nameLetters: 200,
  features: 256,
  processes: 256,
  /** Of a feature, of either sign. */
  value: 1e300,
  nuisances: 1024,
  /** Of a composition. */
  parameters: 1024,
  densities: 10_000,
  channels: 1024,
  /** Of a region, in one column. */
  intervals: 1024,
  /** Of nuisances: terms of the flow, scans. */
  pairs: 1024,
  /** Of one process, and points of the generator. */
  samples: 10_000,
  groups: 1024,
  hiddenLayers: 32,
  units: 8192,
  layers: 64,
  splineBins: 512,
  /** Half-width of splines, in standard deviations, and the least. */
  splineBound: 100,
  leastSplineBound: 2,
  epochs: 1_000_000,
  /** Events of a training step. */
  batch: 1_000_000,
  learningRate: 1,
  weightDecay: 1000,
  damping: 100,
  /** Drawn for one training, in all its epochs. */
  simulatedEvents: 10_000_000_000,
  /** In memory at once. */
  events: 100_000_000,
  /** Expected of a process, and the least: one in a million analyses. */
  yield: 1e15,
  leastYield: 1e-6,
  /** Relative change of a yield. */
  kappa: 1000,
  /** Any value of a nuisance, in prior standard deviations. */
  nu: 1000,
  /** Least width of a range or a scale of nuisances, in prior standard deviations. */
  leastWidth: 1e-3,
  /** Half-width of a scan, in standard deviations of the fit. */
  scanRange: 100,
  leastScanRange: 1e-3,
  /** Along each nuisance. */
  nodes: 100,
  scanPoints: 10_000,
  gridPoints: 1000,
  /** Of a histogram. */
  bins: 1000,
  /** Least number whose moments make sense. */
  leastImpactEvents: 10,
  /** Quantiles of a feature. */
  quantiles: 1000,
  replicas: 10_000,
  /** MiB: 1 TiB. */
  cache: 1_048_576,
  toys: 1_000_000,
} as const;
