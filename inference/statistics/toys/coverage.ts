/** Do the intervals hold the truth as often as they say? Pulls and coverage over toy experiments. */

import { UsageError } from "../../../engine/errors.js";
import { aList, checkArgument } from "../../../engine/options.js";
import { binomialPValue, clopperPearson } from "../goodness/binomial.js";
import { chiSquarePValue } from "../goodness/special-functions.js";
import type { Matrix } from "../objective.js";

/** One fit of one toy. */
export interface ToyFit {
  /** True values [K]. */
  readonly truth: readonly number[];
  /** [K] */
  readonly estimate: readonly number[];
  /** Of the estimate [K, K]. */
  readonly covariance: Matrix;
}

/** How often an interval held the truth. */
export interface CoverageCount {
  /** Standard deviations of the interval: ±1σ, ±2σ, or the ellipse of the same number of them. */
  readonly sigmas: number;
  /** Probability it should have: 0.683, 0.954 in one dimension and in two (-2ΔlnL of 2.30, 6.18). */
  readonly nominal: number;
  readonly covered: number;
  readonly toys: number;
  /** 68.3% Clopper-Pearson interval of the coverage. */
  readonly interval: readonly [number, number];
  /** Two-sided binomial probability of a count so far from nominal. */
  readonly pValue: number;
}

export interface NuisanceCoverage {
  readonly name: string;
  /** (estimate - truth) / σ of each toy, in the order of the toys. */
  readonly pulls: readonly number[];
  /** Mean of the estimates less the truth, prior standard deviations, and its standard error. */
  readonly bias: number;
  readonly biasError: number;
  /** Standard deviation of the estimates about the truth and that mean, and the mean of the errors quoted. */
  readonly spread: number;
  readonly meanSigma: number;
  readonly pullMean: number;
  readonly pullWidth: number;
  /** Probability of a mean so far from 0 where pulls have mean 0 and width 1; of such a width (χ² of the pulls about their mean). */
  readonly meanPValue: number;
  readonly widthPValue: number;
  readonly intervals: readonly CoverageCount[];
  /** Factor on σ with which ±1σ would have held the truth in 68.3% of these toys. */
  readonly calibration: number;
}

export interface PairCoverage {
  readonly names: readonly [string, string];
  readonly ellipses: readonly CoverageCount[];
}

/** Coverage of one kind of fit. */
export interface Coverage {
  readonly toys: number;
  readonly nuisances: readonly NuisanceCoverage[];
  readonly pairs: readonly PairCoverage[];
}

/** Probability inside ±n σ of a normal distribution, which contours of the same name hold in any dimension. */
const nominalOf = (sigmas: number) => 1 - chiSquarePValue(sigmas ** 2, 1);

const SIGMAS = [1, 2] as const;

function countOf(sigmas: number, isCovered: readonly boolean[]): CoverageCount {
  const nominal = nominalOf(sigmas);
  const covered = isCovered.filter(Boolean).length;
  const toys = isCovered.length;
  return Object.freeze({
    sigmas,
    nominal,
    covered,
    toys,
    interval: clopperPearson(covered, toys, nominalOf(1)),
    pValue: binomialPValue(covered, toys, nominal),
  });
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** About `centre`, divided by n - 1. */
function deviation(values: readonly number[], centre: number): number {
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** The q-quantile, linear between neighbours: type 7 of Hyndman and Fan 1996. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

function ofNuisance(name: string, k: number, toys: readonly ToyFit[]): NuisanceCoverage {
  const n = toys.length;
  const errors = toys.map(({ estimate, truth }) => estimate[k]! - truth[k]!);
  const sigmas = toys.map(({ covariance }) => Math.sqrt(covariance[k]![k]!));
  const pulls = errors.map((error, i) => error / sigmas[i]!);
  const sizes = pulls.map(Math.abs);
  const [pullMean, mean] = [meanOf(pulls), meanOf(errors)];
  const [pullWidth, spread] = [deviation(pulls, pullMean), deviation(errors, mean)];
  const above = chiSquarePValue((n - 1) * pullWidth ** 2, n - 1);
  return Object.freeze({
    name,
    pulls: Object.freeze(pulls),
    bias: mean,
    biasError: spread / Math.sqrt(n),
    spread,
    meanSigma: meanOf(sigmas),
    pullMean,
    pullWidth,
    meanPValue: chiSquarePValue(n * pullMean ** 2, 1),
    widthPValue: 2 * Math.min(above, 1 - above),
    intervals: SIGMAS.map((own) =>
      countOf(
        own,
        sizes.map((size) => size <= own),
      ),
    ),
    calibration: quantile(sizes, nominalOf(1)),
  });
}

/** dᵀ C⁻¹ d of two nuisances. */
function ellipseDistance({ truth, estimate, covariance }: ToyFit, k: number, l: number): number {
  const [d, e] = [estimate[k]! - truth[k]!, estimate[l]! - truth[l]!];
  const [a, b, c] = [covariance[k]![k]!, covariance[k]![l]!, covariance[l]![l]!];
  return (c * d * d - 2 * b * d * e + a * e * e) / (a * c - b * b);
}

/** -2ΔlnL of a two-dimensional contour of this probability: P(χ²_2 < d) = 1 - e^(-d/2). */
const ellipseLevel = (sigmas: number) => -2 * Math.log(1 - nominalOf(sigmas));

/**
 * Coverage by the covariances that the fits quote, one- and two-dimensional.
 *
 * @param names  [K]
 * @param toys   those whose fit gave errors; at least two
 */
export function coverageOf(names: readonly string[], toys: readonly ToyFit[]): Coverage {
  checkArgument("coverageOf", "names", names, aList);
  checkArgument("coverageOf", "toys", toys, aList);
  if (toys.length < 2) {
    throw new UsageError("coverage", { expected: "at least two toys whose fits gave errors", got: `${toys.length}` });
  }
  const pairs = names.flatMap((first, k) =>
    names.slice(k + 1).map((second, after): PairCoverage => {
      const distances = toys.map((toy) => ellipseDistance(toy, k, k + 1 + after));
      const ellipses = SIGMAS.map((own) =>
        countOf(
          own,
          distances.map((distance) => distance <= ellipseLevel(own)),
        ),
      );
      return Object.freeze({ names: [first, second] as const, ellipses });
    }),
  );
  return Object.freeze({
    toys: toys.length,
    nuisances: names.map((name, k) => ofNuisance(name, k, toys)),
    pairs,
  });
}
