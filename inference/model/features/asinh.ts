/** asinh((x - centre) / width): linear in the middle, logarithmic in both tails. */

import { isNearNormal } from "./near-normal.js";
import { momentsOfSample, quantilesOf, transformedSample, type WeightedSample } from "./weighted-sample.js";

export interface AsinhTransform {
  readonly kind: "asinh";
  /** In the units of the feature, both; the width above 0. */
  readonly centre: number;
  readonly width: number;
}

export function asinhMap({ centre, width }: AsinhTransform) {
  const logWidth = Math.log(width);
  return {
    forward: (x: number) => Math.asinh((x - centre) / width),
    inverse: (z: number) => centre + width * Math.sinh(z),
    // ½ log(1 + u²), of a u that may be large.
    logSlope: (x: number) => -logWidth - Math.log(Math.hypot(1, (x - centre) / width)),
  };
}

/** Widths that are tried, in half-widths of the central 68% of the events. */
const WIDTHS = [4, 2, 1, 0.5, 0.25, 0.125, 0.0625];

/** Around the median; the width by which the tails come nearest to those of a normal distribution. */
export function fitAsinh(sample: WeightedSample): AsinhTransform {
  const quantile = quantilesOf(sample);
  const [low, centre, high] = [0.16, 0.5, 0.84].map(quantile) as [number, number, number];
  // Of a sample that has half of its events at one value.
  const unit = high > low ? 0.5 * (high - low) : momentsOfSample(sample, sample.values[0]!, quantile(1)).sigma;
  const candidates = WIDTHS.map((part): AsinhTransform => ({ kind: "asinh", centre, width: part * unit }));
  const excess = candidates.map((own) => isNearNormal(transformedSample(sample, asinhMap(own).forward)).distance);
  return candidates[excess.indexOf(Math.min(...excess))]!;
}
