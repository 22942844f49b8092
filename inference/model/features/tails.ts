/**
 * Beyond the outermost knot a feature is mapped to a standard normal variable by a law of its tail, in which `d` is the distance from the
 * knot, away from the middle of the distribution, and S(d) the probability of larger values as a fraction of that beyond the knot.
 *
 * | kind   | law                     | for                                                               |
 * | ------ | ----------------------- | ----------------------------------------------------------------- |
 * | linear | z grows linearly with d | Gaussian tails                                                    |
 * | pareto | S = (1 + ξ d/σ)^(-1/ξ)  | heavy tails, ξ > 0, and exponential ones, ξ = 0: S = exp(-d/σ)     |
 * | power  | S = (1 + a d + b d²)^(-1/(2ξ)) | heavy tails that become a power of the feature slowly, as that of Student's t does |
 * | stretched | S = exp(c - c (1 + d/s)^τ) | stretched exponentials, of all between exponential and power, and lighter ones |
 * | box-cox | z = z(0) + c ((1 + d/s)^τ - 1) | a power of a Gaussian variable, as x³ of a Gaussian x |
 * | edge   | S = (1 + c) v - c v², v = (1 - d/w)^β | a support that ends at w; β = 1, c = 0: the density is constant up to it |
 *
 * Pareto: the generalised Pareto distribution, to which the tails of nearly all distributions converge (Pickands 1975, Annals of Statistics 3, 119).
 */

import { logNormalDensity, logNormalTail, millsRatio, normalTailPoint } from "./normal-tail.js";

export type Tail =
  | { readonly kind: "linear" }
  /** ξ ≥ 0, dimensionless; σ in the units of the feature. */
  | { readonly kind: "pareto"; readonly index: number; readonly scale: number }
  /** ξ > 0, dimensionless; a and b, both positive, by the unit of the feature and its square. */
  | { readonly kind: "power"; readonly index: number; readonly linear: number; readonly quadratic: number }
  /** c and τ, positive; s in the units of the feature. */
  | { readonly kind: "stretched"; readonly factor: number; readonly scale: number; readonly power: number }
  /** c and τ, positive and dimensionless; s in the units of the feature. */
  | { readonly kind: "box-cox"; readonly factor: number; readonly scale: number; readonly power: number }
  /** Where the support ends, in the units of the feature; β > 0; c between -1 and 1. */
  | { readonly kind: "edge"; readonly end: number; readonly power: number; readonly bend: number };

/** A tail from its knot on, outward: z of the knot is its distance from 0, at least 1. */
export interface TailLaw {
  /** z at the distance d ≥ 0 */
  readonly forward: (d: number) => number;
  /** d at z */
  readonly inverse: (z: number) => number;
  /** log dz/dd at the distance d: -∞ beyond the end of the support. */
  readonly logSlope: (d: number) => number;
}

/**
 * The last of f64 before the end: an event at the end itself, where a file has rounded it to, is taken for one at this part of the width
 * before it.
 */
const LAST_PART = 2 ** -53;

/**
 * @param knot   where the tail begins, in the units of the feature
 * @param z      of the knot, its distance from 0
 * @param slope  dz/dx at the knot, for a linear tail
 */
export function tailLaw(tail: Tail, knot: number, z: number, slope: number): TailLaw {
  if (tail.kind === "linear") {
    const logSlope = Math.log(slope);
    return { forward: (d) => z + slope * d, inverse: (to) => (to - z) / slope, logSlope: () => logSlope };
  }
  if (tail.kind === "box-cox") return boxCoxTail(tail, z);
  const logKnot = logNormalTail(z);
  const { logTail, distance, logRate } = logTailOf(tail, knot);
  const forward = (d: number) => (d === 0 ? z : normalTailPoint(logKnot + logTail(d)));
  return {
    forward,
    inverse: (to) => (to === z ? 0 : distance(logNormalTail(to) - logKnot)),
    logSlope(d) {
      // f(x) = φ(z) dz/dx, f = S · rate.
      const rate = logRate(d);
      return rate === Number.NEGATIVE_INFINITY ? rate : logKnot + logTail(d) + rate - logNormalDensity(forward(d));
    },
  };
}

function boxCoxTail({ factor, scale, power }: Tail & { kind: "box-cox" }, z: number): TailLaw {
  const logSlopeAtKnot = Math.log((factor * power) / scale);
  return {
    forward: (d) => z + factor * Math.expm1(power * Math.log1p(d / scale)),
    inverse: (to) => scale * Math.expm1(Math.log1p((to - z) / factor) / power),
    logSlope: (d) => logSlopeAtKnot + (power - 1) * Math.log1p(d / scale),
  };
}

/** A law by log S, its inverse, and the logarithm of its rate -d log S / dd. */
interface LogTail {
  readonly logTail: (d: number) => number;
  readonly distance: (logTail: number) => number;
  readonly logRate: (d: number) => number;
}

function logTailOf(tail: Exclude<Tail, { kind: "linear" | "box-cox" }>, knot: number): LogTail {
  switch (tail.kind) {
    case "pareto":
      return paretoTail(tail);
    case "power":
      return powerTail(tail);
    case "stretched":
      return stretchedTail(tail);
    case "edge":
      return edgeTail(tail, knot);
  }
}

function paretoTail({ index, scale }: Tail & { kind: "pareto" }): LogTail {
  const logScale = Math.log(scale);
  if (index === 0) return { logTail: (d) => -d / scale, distance: (log) => -log * scale, logRate: () => -logScale };
  return {
    logTail: (d) => -Math.log1p((index * d) / scale) / index,
    distance: (log) => (scale * Math.expm1(-index * log)) / index,
    logRate: (d) => -logScale - Math.log1p((index * d) / scale),
  };
}

function powerTail({ index, linear: a, quadratic: b }: Tail & { kind: "power" }): LogTail {
  const part = 1 / (2 * index);
  // d (a + b d), of a d whose square may be too large.
  const log1pOf = (d: number) => (d < 1e100 ? Math.log1p(d * (a + b * d)) : Math.log(d) + Math.log(a + b * d));
  return {
    logTail: (d) => -part * log1pOf(d),
    distance: (log) => {
      const rest = Math.expm1(-log / part);
      // The root of b d² + a d = rest.
      return rest < 1e200
        ? (2 * rest) / (a + Math.sqrt(a * a + 4 * b * rest))
        : Math.exp(-log / (2 * part)) / Math.sqrt(b);
    },
    logRate: (d) => Math.log(part) + Math.log(a + 2 * b * d) - log1pOf(d),
  };
}

function stretchedTail({ factor, scale, power }: Tail & { kind: "stretched" }): LogTail {
  const logRateAtKnot = Math.log((factor * power) / scale);
  return {
    logTail: (d) => -factor * Math.expm1(power * Math.log1p(d / scale)),
    distance: (log) => scale * Math.expm1(Math.log1p(-log / factor) / power),
    logRate: (d) => logRateAtKnot + (power - 1) * Math.log1p(d / scale),
  };
}

function edgeTail({ end, power, bend }: Tail & { kind: "edge" }, knot: number): LogTail {
  const width = Math.abs(end - knot);
  const logRest = (d: number) => Math.log(Math.max(LAST_PART, 1 - d / width));
  return {
    logTail(d) {
      const log = power * logRest(d);
      return log + Math.log1p(bend * -Math.expm1(log));
    },
    distance(log) {
      const part = Math.exp(log);
      // The root of c v² - (1 + c) v + S = 0 that vanishes with S, and v = (1 - d/w)^β.
      const root = 2 / (1 + bend + Math.sqrt((1 + bend) ** 2 - 4 * bend * part));
      return -width * Math.expm1((log + Math.log(root)) / power);
    },
    logRate(d) {
      // A distance is a difference of two numbers: that of an event at the end may be the width but for rounding.
      if (d > width * (1 + 4 * LAST_PART)) return Number.NEGATIVE_INFINITY;
      const v = Math.exp(power * logRest(d));
      return Math.log(power / width) - logRest(d) + Math.log((1 + bend - 2 * bend * v) / (1 + bend - bend * v));
    },
  };
}

/** dz/dx of the law at its knot; undefined where the tail follows the slope that it is given. */
export function slopeAtKnot(tail: Tail, knot: number, z: number): number | undefined {
  switch (tail.kind) {
    case "linear":
      return undefined;
    case "pareto":
      return millsRatio(z) / tail.scale;
    case "power":
      return (millsRatio(z) * tail.linear) / (2 * tail.index);
    case "stretched":
      return (millsRatio(z) * tail.factor * tail.power) / tail.scale;
    case "box-cox":
      return (tail.factor * tail.power) / tail.scale;
    case "edge":
      return (millsRatio(z) * tail.power * (1 - tail.bend)) / Math.abs(tail.end - knot);
  }
}
