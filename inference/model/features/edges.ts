/** Does the support of a feature end where its events do, and at which number? */

import { countBelow, quantilesOf, type WeightedSample } from "./weighted-sample.js";

/** Numbers of outermost events by which an end is judged. */
const NEAR = 100;
const FAR = 1000;

/** Part of the events that may be looked at. */
const LARGEST_PART = 0.1;

/**
 * Mean distances between events by which an end may lie beyond the outermost one. An event of another sample lies beyond that with a
 * probability of e⁻¹⁰ times the ratio of the sizes.
 */
const MOST_SPACINGS = 10;

/**
 * Near an end S falls like (1 - d/w)^β, with β = 1 where the density is constant. Up to this β it is an end; the exponential tail of a
 * hundred events has β = 4, that of a thousand 7, Gaussian ones more.
 */
const LARGEST_POWER = 1.6;

/** The same where the end would be 0, which is an end of so many features that less speaks for it: a density may vanish there linearly. */
const LARGEST_POWER_AT_ZERO = 2.6;

/** How far beyond the outermost event 0 may be, as a part of the width of the outermost hundred. */
const REACH_OF_ZERO = 0.3;

/** Steeper than this it is a spike of equal values. */
const LEAST_POWER = 0.1;

/** Part of the width from the end at which values at the end itself, where they are rounded to it, count. */
const LEAST_REST = 1e-12;

/** Of two of these numbers, which divide their ten: so are the numbers that people choose. */
const MANTISSAS = [1, 0.5];

/** The decimal with the fewest digits in [from, to], the nearest to `from` of several. */
export function roundest(from: number, to: number): number {
  if (from <= 0 && to >= 0) return 0;
  const largest = Math.ceil(Math.log10(Math.max(Math.abs(from), Math.abs(to))));
  for (let exponent = largest; exponent > largest - 17; exponent--) {
    for (const mantissa of MANTISSAS) {
      const steps = Math.ceil(from / (mantissa * 10 ** exponent));
      // Of decimal text, so that 0.3 is not 0.30000000000000004.
      const value = Number((steps * mantissa * 10 ** exponent).toPrecision(15));
      if (value >= from && value <= to) return value;
    }
  }
  return to;
}

/** β̂ of S = (1 - d/w)^β of the events beyond a threshold, by maximum likelihood. */
function powerOf({ values, weights }: WeightedSample, threshold: number, end: number): number {
  const width = end - threshold;
  let [total, sum] = [0, 0];
  for (let i = countBelow(values, threshold); i < values.length; i++) {
    total += weights[i]!;
    sum -= weights[i]! * Math.log(Math.max(LEAST_REST, (end - values[i]!) / width));
  }
  return total / sum;
}

/**
 * Upper end of the support, where there is one that the events show.
 *
 * @param outermost  largest value of all samples, of which this is one
 */
export function upperEdge(sample: WeightedSample, outermost: number): number | undefined {
  const { values, effectiveEvents } = sample;
  if (LARGEST_PART * effectiveEvents < NEAR) return undefined;
  const own = values[values.length - 1]!;
  const quantile = quantilesOf(sample);
  const thresholds = [NEAR, Math.min(FAR, LARGEST_PART * effectiveEvents)].map((k) =>
    quantile(1 - k / effectiveEvents),
  );
  const [near] = thresholds as [number, number];
  if (!(near < own)) return undefined;
  const gap = (MOST_SPACINGS * (own - near)) / NEAR;
  const isAn = (end: number, largest: number) =>
    thresholds.every((threshold) => {
      const power = powerOf(sample, threshold, end);
      return power > LEAST_POWER && power < largest;
    });
  const isZero = own <= 0 && -own <= REACH_OF_ZERO * (own - near) && isAn(0, LARGEST_POWER_AT_ZERO);
  const end = isZero ? 0 : roundest(own, own + gap);
  if (!isZero && !isAn(end, LARGEST_POWER)) return undefined;
  if (outermost <= end) return end;
  // Another sample goes further: by little where a variation moves the edge, by much where there is none.
  const wide = quantile(1 - LARGEST_PART);
  return outermost - own <= own - wide ? roundest(outermost, outermost + gap) : undefined;
}
