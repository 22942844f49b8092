/** Are the tails of a sample no heavier than those of the normal distribution of the same mean and standard deviation? */

import { normalQuantile } from "../../../engine/random/random.js";
import { momentsOfSample, quantilesOf, type WeightedSample } from "./weighted-sample.js";

/** Probabilities beyond the quantiles that are compared: from here on, by halves, as long as so many effective events lie beyond. */
const [LARGEST_PART, LEAST_EVENTS] = [0.02, 10];

/** Part by which a quantile may lie further out than that of the normal distribution: that is left to the splines of a flow. */
const TOLERANCE = 0.1;

/** Of each side, the part of the events that moments leave out: where there is no variance, one event can be larger than all others together. */
const LARGEST_OUTERMOST = 5e-4;

/** Standard deviations of a quantile that are allowed beside. */
const FLUCTUATION = 2;

export interface NearNormal {
  readonly isNear: boolean;
  /** Largest relative distance of a quantile of either tail from that of the normal distribution, of either sign. */
  readonly distance: number;
}

/** By quantiles at both sides, down to a probability of ten effective events. */
export function isNearNormal(sample: WeightedSample): NearNormal {
  const quantile = quantilesOf(sample);
  const { effectiveEvents } = sample;
  const outermost = Math.min(LEAST_EVENTS / effectiveEvents, LARGEST_OUTERMOST);
  const { mean, sigma } = momentsOfSample(sample, quantile(outermost), quantile(1 - outermost));
  if (!(sigma > 0)) return { isNear: false, distance: Number.POSITIVE_INFINITY };
  let isNear = true;
  let distance = 0;
  for (let part = LARGEST_PART; part * effectiveEvents >= LEAST_EVENTS; part /= 2) {
    const normal = -normalQuantile(part);
    // The number of events beyond fluctuates by its root: z by 1 / (z √k).
    const fluctuation = 1 / (normal * normal * Math.sqrt(part * effectiveEvents));
    for (const found of [(quantile(1 - part) - mean) / sigma, (mean - quantile(part)) / sigma]) {
      const excess = found / normal - 1;
      distance = Math.max(distance, Math.abs(excess));
      if (excess > TOLERANCE + FLUCTUATION * fluctuation) isNear = false;
    }
  }
  return { isNear, distance };
}
