/** The laws that a tail may follow, each fitted to the events beyond a knot by maximum likelihood. */

import { logNormalDensity, logNormalTail, normalTailPoint } from "./normal-tail.js";
import { type EventLikelihood, maximise, type Triple } from "./scoring.js";
import type { Tail } from "./tails.js";
import { countBelow, type WeightedSample } from "./weighted-sample.js";

/** Events beyond a knot. */
export interface Excesses {
  /** Distances from the knot. [events] */
  readonly d: Float64Array;
  /** As fractions of their sum. [events] */
  readonly weights: Float64Array;
  readonly effectiveEvents: number;
  /** Of values beyond the knot. */
  readonly probability: number;
}

/** A law with its mean log-likelihood per event beyond the knot, in the units of the feature. */
export interface FittedLaw {
  readonly tail: Tail;
  /** dz/dx of a linear tail at the knot. */
  readonly slope?: number;
  readonly logLikelihood: number;
  readonly parameters: number;
  /** -log S(d) */
  readonly depth: (d: number) => number;
}

/** Undefined where the events beyond do not say anything: nearly all at the knot, or more negative weights than positive ones. */
export function excessesOf(
  { values, weights, squares }: WeightedSample,
  knot: number,
  probability: number,
): Excesses | undefined {
  const first = countBelow(values, knot);
  const d = values.subarray(first).map((value) => value - knot);
  const own = weights.subarray(first);
  const total = own.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || !(d[d.length >> 1]! > 0)) return undefined;
  const excesses = {
    d,
    weights: own.map((weight) => weight / total),
    effectiveEvents: probability ** 2 / (squares[squares.length - 1]! - squares[first]!),
    probability,
  };
  return meanOf(excesses, (distance) => distance) > 0 ? excesses : undefined;
}

function meanOf({ d, weights }: Excesses, of: (d: number) => number): number {
  let sum = 0;
  for (let i = 0; i < d.length; i++) sum += weights[i]! * of(d[i]!);
  return sum;
}

export function exponential(excesses: Excesses): FittedLaw {
  const mean = meanOf(excesses, (d) => d);
  return {
    tail: { kind: "pareto", index: 0, scale: mean },
    logLikelihood: -Math.log(mean) - 1,
    parameters: 1,
    depth: (d) => d / mean,
  };
}

/** z = z_0 + a d: the likelihood is log a - (z_0 + a d)² / 2. */
export function linear(excesses: Excesses): FittedLaw {
  const logProbability = Math.log(excesses.probability);
  const z = normalTailPoint(logProbability);
  const mean = meanOf(excesses, (d) => d);
  const square = meanOf(excesses, (d) => d * d);
  const slope = (-z * mean + Math.sqrt((z * mean) ** 2 + 4 * square)) / (2 * square);
  return {
    tail: { kind: "linear" },
    slope,
    logLikelihood:
      Math.log(slope) + logNormalDensity(z) - z * slope * mean - 0.5 * slope ** 2 * square - logProbability,
    parameters: 1,
    depth: (d) => logProbability - logNormalTail(z + slope * d),
  };
}

/** Least and largest of ξ times the median over σ, by steps of this factor: from all but exponential tails to those without a first moment. */
const [LEAST_BEND, LARGEST_BEND, BEND_STEP] = [1e-3, 1e3, 3];

/**
 * The generalised Pareto law by the likelihood in θ = ξ/σ, at which ξ = mean log(1 + θ d) is best: Grimshaw 1993, Technometrics 35, 185.
 */
export function pareto(excesses: Excesses): FittedLaw & { readonly tail: Extract<Tail, { kind: "pareto" }> } {
  const unit = excesses.d[excesses.d.length >> 1]!;
  const indexAt = (bend: number) => meanOf(excesses, (d) => Math.log1p((bend * d) / unit));
  const likelihoodAt = (bend: number) => {
    const index = indexAt(bend);
    return index > 0 ? -Math.log((index * unit) / bend) - index - 1 : Number.NEGATIVE_INFINITY;
  };
  let best = LEAST_BEND;
  let largest = likelihoodAt(best);
  for (let bend = LEAST_BEND * BEND_STEP; bend <= LARGEST_BEND; bend *= BEND_STEP) {
    const own = likelihoodAt(bend);
    if (own > largest) [best, largest] = [bend, own];
  }
  const bend = Math.exp(
    highest((log) => likelihoodAt(Math.exp(log)), Math.log(best / BEND_STEP), Math.log(best * BEND_STEP)),
  );
  const index = indexAt(bend);
  return {
    tail: { kind: "pareto", index, scale: (index * unit) / bend },
    logLikelihood: likelihoodAt(bend),
    parameters: 2,
    depth: (d) => Math.log1p((bend * d) / unit) / index,
  };
}

/** Golden-section search. */
function highest(of: (at: number) => number, from: number, to: number): number {
  const part = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  let [left, right] = [high - part * (high - low), low + part * (high - low)];
  let [atLeft, atRight] = [of(left), of(right)];
  while (high - low > 1e-3) {
    if (atLeft > atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - part * (high - low);
      atLeft = of(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + part * (high - low);
      atRight = of(right);
    }
  }
  return 0.5 * (low + high);
}

/** S = (1 + a d + b d²)^-α in the logarithms of a, b and α, from the generalised Pareto law on: b = a²/4. */
export function power(
  { d, weights }: Excesses,
  { index, scale }: { readonly index: number; readonly scale: number },
): FittedLaw {
  const likelihood: EventLikelihood = (event, logs, gradient) => {
    const [a, b, alpha] = [Math.exp(logs[0]), Math.exp(logs[1]), Math.exp(logs[2])];
    const at = d[event]!;
    const rise = a + 2 * b * at;
    const base = 1 + at * (a + b * at);
    const log = Math.log(base);
    gradient[0] = a / rise - ((1 + alpha) * a * at) / base;
    gradient[1] = (2 * b * at) / rise - ((1 + alpha) * b * at * at) / base;
    gradient[2] = 1 - alpha * log;
    return logs[2] + Math.log(rise) - (1 + alpha) * log;
  };
  const theta = index / scale;
  const best = maximise(likelihood, weights, [Math.log(2 * theta), 2 * Math.log(theta), -Math.log(2 * index)]);
  const [a, b, alpha] = best.parameters.map(Math.exp) as unknown as Triple;
  return {
    tail: { kind: "power", index: 1 / (2 * alpha), linear: a, quadratic: b },
    logLikelihood: best.logLikelihood,
    parameters: 3,
    depth: (at) => alpha * Math.log1p(at * (a + b * at)),
  };
}

/** S = exp(c - c (1 + d/s)^τ) in the logarithms of c, s and τ. */
export function stretched(excesses: Excesses, start: { readonly power: number }): FittedLaw {
  const { d, weights } = excesses;
  const likelihood: EventLikelihood = (event, logs, gradient) => {
    const [c, s, tau] = [Math.exp(logs[0]), Math.exp(logs[1]), Math.exp(logs[2])];
    const part = d[event]! / s;
    const log = Math.log1p(part);
    const rise = Math.exp(tau * log);
    const ratio = part / (1 + part);
    gradient[0] = 1 - c * (rise - 1);
    gradient[1] = -1 - (tau - 1) * ratio + c * tau * rise * ratio;
    gradient[2] = 1 + tau * log - c * tau * log * rise;
    return logs[0] + logs[2] - logs[1] + (tau - 1) * log - c * (rise - 1);
  };
  const mean = meanOf(excesses, (at) => at);
  // A scale of twice the mean, and the rate of the exponential law at the knot.
  const scale = 2 * mean;
  const from: Triple = [Math.log(scale / mean / start.power), Math.log(scale), Math.log(start.power)];
  const best = maximise(likelihood, weights, from);
  const [factor, unit, exponent] = best.parameters.map(Math.exp) as unknown as Triple;
  return {
    tail: { kind: "stretched", factor, scale: unit, power: exponent },
    logLikelihood: best.logLikelihood,
    parameters: 3,
    depth: (at) => factor * Math.expm1(exponent * Math.log1p(at / unit)),
  };
}

/** z = z_0 + c ((1 + d/s)^τ - 1) in the logarithms of c, s and τ, from a linear law on. */
export function boxCox(excesses: Excesses, start: { readonly power: number }): FittedLaw {
  const { d, weights, probability } = excesses;
  const logProbability = Math.log(probability);
  const z0 = normalTailPoint(logProbability);
  const likelihood: EventLikelihood = (event, logs, gradient) => {
    const [c, s, tau] = [Math.exp(logs[0]), Math.exp(logs[1]), Math.exp(logs[2])];
    const part = d[event]! / s;
    const log = Math.log1p(part);
    const rise = Math.exp(tau * log);
    const ratio = part / (1 + part);
    const z = z0 + c * (rise - 1);
    gradient[0] = 1 - z * c * (rise - 1);
    gradient[1] = -1 - (tau - 1) * ratio + z * c * tau * rise * ratio;
    gradient[2] = 1 + tau * log - z * c * tau * log * rise;
    return logNormalDensity(z) + logs[0] + logs[2] - logs[1] + (tau - 1) * log - logProbability;
  };
  const scale = 2 * meanOf(excesses, (at) => at);
  const factor0 = (linear(excesses).slope! * scale) / start.power;
  const best = maximise(likelihood, weights, [Math.log(factor0), Math.log(scale), Math.log(start.power)]);
  const [factor, unit, exponent] = best.parameters.map(Math.exp) as unknown as Triple;
  return {
    tail: { kind: "box-cox", factor, scale: unit, power: exponent },
    logLikelihood: best.logLikelihood,
    parameters: 3,
    depth: (at) => logProbability - logNormalTail(z0 + factor * Math.expm1(exponent * Math.log1p(at / unit))),
  };
}

/** Up to which an edge's bend leaves the density positive, with room. */
const LARGEST_BEND_OF_EDGE = 0.95;

/**
 * S = (1 + c) v - c v² with v = (1 - d/w)^β.
 *
 * @param free  parameters that are fitted: none, c, or β and c; else β = 1, c = 0
 */
export function edge(
  { d, weights, effectiveEvents }: Excesses,
  width: number,
  end: number,
  free: 0 | 1 | 2,
): FittedLaw {
  // Values that are rounded to the end itself count halfway between it and the last one before.
  const least = 0.5 * d.reduce((smallest, at) => (at < width ? Math.min(smallest, 1 - at / width) : smallest), 1);
  const logRest = d.map((at) => Math.log(Math.max(least, 1 - at / width)));
  const bendOf = (parameter: number) => LARGEST_BEND_OF_EDGE * Math.tanh(parameter);
  const likelihood: EventLikelihood = (event, parameters, gradient) => {
    const beta = Math.exp(parameters[0]);
    const bend = bendOf(parameters[1]);
    const log = logRest[event]!;
    const v = Math.exp(beta * log);
    const density = 1 + bend - 2 * bend * v;
    gradient[0] = free < 2 ? 0 : 1 + beta * log * (1 - (2 * bend * v) / density);
    const ofBend = LARGEST_BEND_OF_EDGE / Math.cosh(parameters[1]) ** 2;
    gradient[1] = free < 1 ? 0 : ((1 - 2 * v) / density) * ofBend;
    gradient[2] = 0;
    return parameters[0] + (beta - 1) * log - Math.log(width) + Math.log(density);
  };
  const ofLogs = meanOf({ d: logRest, weights, effectiveEvents, probability: 1 }, (log) => log);
  const start: Triple = [free < 2 ? 0 : Math.log(-1 / ofLogs), 0, 0];
  const { parameters, logLikelihood } = maximise(likelihood, weights, start);
  const [beta, bend] = [Math.exp(parameters[0]), bendOf(parameters[1])];
  return {
    tail: { kind: "edge", end, power: beta, bend },
    logLikelihood,
    parameters: free,
    depth: (at) => {
      const v = Math.max(least, 1 - at / width) ** beta;
      return -Math.log(v * (1 + bend - bend * v));
    },
  };
}
