/** Distributions with their densities and quantiles in closed form, and samples of them without noise. */

import { normalQuantile } from "../../../../engine/random/random.js";
import { normalTailPoint } from "../../../../inference/model/features/normal-tail.js";
import { type WeightedSample, weightedSample } from "../../../../inference/model/features/weighted-sample.js";

export interface ExactDistribution {
  /** @param p  of smaller values, or 1 less it: whichever is small keeps its digits */
  readonly quantile: (p: number, side: "lower" | "upper") => number;
  readonly logDensity: (x: number) => number;
}

const normal = (p: number, side: "lower" | "upper") => {
  const z = p < 0.15 ? normalTailPoint(Math.log(p)) : -normalQuantile(p);
  return side === "upper" ? z : -z;
};

/** Of Student's t with 4 degrees of freedom: Shaw 2006, Journal of Computational Finance 9(4), 37, eq. 39. */
function quantileOfT4(p: number, side: "lower" | "upper"): number {
  const root = Math.sqrt(4 * p * (1 - p));
  const half = Math.cos(Math.acos(root) / 3) / root;
  const x = 2 * Math.sqrt(half - 1);
  return (side === "upper") === p < 0.5 ? x : -x;
}

export const distributions = {
  "log-normal": {
    quantile: (p, side) => Math.exp(0.5 * normal(p, side)),
    logDensity: (x) => -0.5 * (Math.log(x) / 0.5) ** 2 - Math.log(x * 0.5 * Math.sqrt(2 * Math.PI)),
  },
  exponential: {
    quantile: (p, side) => (side === "upper" ? -Math.log(p) : -Math.log1p(-p)),
    logDensity: (x) => -x,
  },
  "Student t": {
    quantile: quantileOfT4,
    logDensity: (x) => Math.log(3 / 8) - 2.5 * Math.log1p((x * x) / 4),
  },
  Pareto: {
    quantile: (p, side) => (side === "upper" ? p ** (-1 / 3) : Math.exp(-Math.log1p(-p) / 3)),
    logDensity: (x) => Math.log(3) - 4 * Math.log(x),
  },
  Gaussian: { quantile: normal, logDensity: (x) => -0.5 * x * x - 0.5 * Math.log(2 * Math.PI) },
  uniform: { quantile: (p, side) => (side === "upper" ? 3 - p : 2 + p), logDensity: () => 0 },
} satisfies Readonly<Record<string, ExactDistribution>>;

/** At the probabilities (i + ½) / n. */
export function exactValues({ quantile }: ExactDistribution, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const p = (i + 0.5) / count;
    return p < 0.5 ? quantile(p, "lower") : quantile(1 - p, "upper");
  });
}

export function exactSample(distribution: ExactDistribution, count: number): WeightedSample {
  return weightedSample(exactValues(distribution, count), new Float64Array(count).fill(1));
}
