/** The law of a feature's upper tail, from its outermost events. */

import { millsRatio, normalTailPoint } from "./normal-tail.js";
import {
  boxCox,
  type Excesses,
  edge,
  excessesOf,
  exponential,
  type FittedLaw,
  linear,
  pareto,
  power,
  stretched,
} from "./tail-laws.js";
import type { Tail } from "./tails.js";
import { quantilesOf, type WeightedSample } from "./weighted-sample.js";

export interface FittedTail {
  readonly tail: Tail;
  /** Where it begins, in the units of the feature, and the probability of values beyond. */
  readonly knot: number;
  readonly probability: number;
  /** dz/dx of a linear tail at the knot. */
  readonly slope: number | undefined;
}

/** Parts of the events that a tail may begin with, largest first: the first at which a law describes the events beyond it. */
const PARTS = [0.1, 0.05, 0.025, 0.01, 0.005, 0.0025, 0.001, 0.0005];

/** Effective events that a tail needs; the largest part is taken with fewer, too. */
const LEAST_EVENTS = 200;

/**
 * What 2 Δ log L must be for a law with so many parameters to be taken for a simpler one: two standard deviations for an index above 0, and the
 * Akaike criterion for a slowly reached power, which missed makes more of an error far outside than it adds of noise.
 */
const WORTH: Readonly<Record<number, number>> = { 2: 4, 3: 2 };

/** Standard deviations of χ² up to which a law describes the events. */
const MOST_DEVIATION = 2.5;

/** Expected events of the outermost cell in which events are compared with a law. */
const LEAST_IN_CELL = 12;

/** (χ² - its expectation) / its standard deviation, of events in cells of which each holds half of what lies beyond its beginning. */
function deviation({ d, weights, effectiveEvents }: Excesses, { depth, parameters }: FittedLaw): number {
  const cells = Math.floor(Math.log2(effectiveEvents / LEAST_IN_CELL));
  if (cells <= parameters) return 0;
  const found = new Float64Array(cells + 1);
  for (let i = 0; i < d.length; i++) {
    const cell = Math.min(cells, Math.max(0, Math.floor(depth(d[i]!) / Math.LN2)));
    found[cell]! += weights[i]!;
  }
  const chiSquare = found.reduce((sum, part, cell) => {
    const expected = 2 ** -Math.min(cells, cell + 1);
    return sum + (effectiveEvents * (part - expected) ** 2) / expected;
  }, 0);
  const freedom = cells - parameters;
  return (chiSquare - freedom) / Math.sqrt(2 * freedom);
}

/** The likeliest law, where another parameter must be worth it. */
function likeliest([first, ...others]: readonly FittedLaw[], effectiveEvents: number): FittedLaw {
  return others.reduce((best, own) => {
    const gain = 2 * effectiveEvents * (own.logLikelihood - best.logLikelihood);
    return gain > (own.parameters > best.parameters ? WORTH[own.parameters]! : 0) ? own : best;
  }, first!);
}

type Laws = (excesses: Excesses, knot: number) => FittedLaw;

/** Where the exponent of a law is looked for from, on both sides of 1, at which it is exponential or Gaussian. */
const [HEAVIER, LIGHTER] = [{ power: 0.5 }, { power: 1.5 }];

/** Of a tail without an end. */
const openLaw: Laws = (excesses) => {
  const { effectiveEvents } = excesses;
  const heavy = pareto(excesses);
  const simple = likeliest([exponential(excesses), linear(excesses), heavy], effectiveEvents);
  const further =
    simple === heavy
      ? [power(excesses, heavy.tail), stretched(excesses, HEAVIER), boxCox(excesses, HEAVIER)]
      : [stretched(excesses, LIGHTER)];
  return likeliest([simple, ...further], effectiveEvents);
};

/**
 * The law of the upper tail, from as many of the outermost events as it describes.
 *
 * @param end  of the support, where it has one
 */
export function fitUpperTail(sample: WeightedSample, end: number | undefined): FittedTail {
  if (end === undefined) return fitted(sample, [openLaw]) ?? flatTail(sample, end);
  // The simplest one first, of as many parts as it takes: the density of most features is constant at their end.
  const laws = ([0, 1, 2] as const).map(
    (free): Laws =>
      (excesses, knot) =>
        edge(excesses, end - knot, end, free),
  );
  return fitted(sample, laws) ?? flatTail(sample, end);
}

/** By the first of the laws that describes the events of some part, else by the last one, of the smallest part. */
function fitted(sample: WeightedSample, laws: readonly Laws[]): FittedTail | undefined {
  const quantile = quantilesOf(sample);
  const parts = PARTS.filter((part, i) => i === 0 || part * sample.effectiveEvents >= LEAST_EVENTS);
  let last: FittedTail | undefined;
  for (const law of laws) {
    for (const probability of parts) {
      const knot = quantile(1 - probability);
      const excesses = excessesOf(sample, knot, probability);
      if (excesses === undefined) continue;
      const own = law(excesses, knot);
      last = { tail: own.tail, knot, probability, slope: own.slope };
      if (deviation(excesses, own) <= MOST_DEVIATION) return last;
    }
  }
  return last;
}

/** Of events that are nearly all equal: a tail as wide as they are. */
function flatTail(sample: WeightedSample, end: number | undefined): FittedTail {
  const [probability] = PARTS as [number];
  const knot = quantilesOf(sample)(1 - probability);
  const { values } = sample;
  if (end !== undefined) return { tail: { kind: "edge", end, power: 1, bend: 0 }, knot, probability, slope: undefined };
  const width = (values[values.length - 1]! - values[0]!) * probability;
  const z = normalTailPoint(Math.log(probability));
  return { tail: { kind: "linear" }, knot, probability, slope: millsRatio(z) / width };
}
