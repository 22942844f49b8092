/** The parts that the errors of a fit have: from the data, and from the simulation that its densities are trained on. */
import type { Matrix } from "../../inference/statistics/objective.js";

export interface ErrorPart {
  /** [K, K] */
  readonly covariance: Matrix;
  /** Square roots of its diagonal, prior standard deviations [K] */
  readonly sigma: readonly number[];
}

/** What other simulated events, as many as there are, would do to the estimates. */
export interface SimulationError extends ErrorPart {
  /**
   * first order: the fluctuation of the sums of scores over the samples, which is what remains on average over data. bootstrap: the
   * scatter of the estimates from these data, with densities trained again on samples with Poisson weights.
   */
  readonly estimator: "first order" | "bootstrap";
  /** Of the bootstrap, those that count; 0 to first order. */
  readonly replicas: number;
  /** Standard deviation of the σ of the bootstrap, relative, from the number of its replicas; null to first order. */
  readonly precision: number | null;
  /**
   * Of the bootstrap, the part of σ that the noise of the replicas' scores makes of the fluctuation of these data, prior standard
   * deviations [K]: curvature of the likelihood that is noise brings it into the statistical error, too. null to first order.
   */
  readonly noise: readonly number[] | null;
}

export interface FitErrors {
  readonly simulation: SimulationError;
  /** Statistical and simulation part together. */
  readonly total: ErrorPart;
}
