/** What toys of the simulated samples say against the densities. */

import { chiSquarePValue } from "../../inference/statistics/goodness/special-functions.js";
import {
  type Coverage,
  coverageOf,
  type NuisanceCoverage,
  type ToyFit,
} from "../../inference/statistics/toys/coverage.js";
import type { Verdict } from "../verdicts.js";
import type { SampledPoint } from "./toy-samples.js";

/** Coverage of one kind of fit, all toys together and point by point; without points where there is but one. */
export interface CoverageOfPoints {
  readonly label: string;
  readonly toys: number;
  readonly nuisances: readonly NuisanceCoverage[];
  readonly points: readonly {
    readonly name: string;
    readonly toys: number;
    readonly nuisances: readonly NuisanceCoverage[];
  }[];
}

export interface ToyVerdict extends Verdict {
  /** The mean of the pulls at one point or all of them, or their width. */
  readonly check: "bias of toys" | "errors of toys";
  readonly nuisance: string;
  /** In quoted errors. */
  readonly value: number;
  /** Of so large a value where densities and errors are right, times the number of such tests. */
  readonly pValue: number;
}

/** Chance of a verdict where all is right, over all nuisances and points of one kind. */
export const LEVEL = 0.001;

/** What is worth a verdict, in quoted errors: such a bias takes intervals of 68.3% to 62.4%, such a width to 57.6%. */
export const LEAST_BIAS = 0.5;
export const LEAST_WIDTH = 1.25;

/** Of fewer than two toys there are no pulls. @param toys  those whose fit gave errors */
export const knownCoverage = (names: readonly string[], toys: readonly ToyFit[]): Coverage =>
  toys.length < 2 ? { toys: toys.length, nuisances: [], pairs: [] } : coverageOf(names, toys);

/**
 * Part of the toys without errors from which on the others are a selection: where normal pulls lack 5% at one end, the mean of the others
 * is off by 0.11, still far from `LEAST_BIAS`.
 */
const MOST_WITHOUT = 0.05;

export const isSelection = ({ toys }: Pick<Coverage, "toys">, withoutErrors: number): boolean =>
  withoutErrors > MOST_WITHOUT * (toys + withoutErrors);

/**
 * Where toys whose fits gave no errors are too many to be passed over.
 *
 * @param why     they have none
 * @param advice  what to do
 */
export function selectionVerdicts(
  label: string,
  { toys, nuisances }: Pick<Coverage, "toys" | "nuisances">,
  withoutErrors: number,
  { why, advice }: { readonly why: string; readonly advice: string },
): Verdict[] {
  if (!isSelection({ toys }, withoutErrors)) return [];
  const isUnknown = nuisances.length === 0;
  const meaning = isUnknown
    ? "whether its errors cover cannot be said"
    : "coverage, bias and width of pulls are those of the others, a selection";
  const text = `${label}: ${withoutErrors} of ${toys + withoutErrors} toys have no errors, as ${why}: ${meaning}`;
  return [{ check: "toys without errors", about: "fit", failed: isUnknown, text, advice }];
}

/** @param points  at which toys were drawn; none for toys of another source, which are not judged */
export function toyVerdicts(points: readonly SampledPoint[], fit: CoverageOfPoints): ToyVerdict[] {
  if (points.length === 0) return [];
  // Points with a single toy are left out of the parts.
  const parts = points.length > 1 ? fit.points : [{ ...fit, name: points[0]!.name }];
  return fit.nuisances.flatMap((_, k) => {
    const found = biases(points, fit, parts, k);
    return found.length > 0 ? found : widths(fit, k);
  });
}

function biases(
  points: readonly SampledPoint[],
  { label, toys: all, nuisances }: CoverageOfPoints,
  parts: CoverageOfPoints["points"],
  k: number,
): ToyVerdict[] {
  const ofPoints = parts.map((own) => ({ ...own, chance: points.find(({ name }) => name === own.name)!.chance }));
  // Of a bias that all points have, the sum over them says more than each.
  const everywhere = {
    name: "all points",
    toys: all,
    nuisances,
    chance: Math.max(...points.map(({ chance }) => chance)),
  };
  const tests = points.length > 1 ? [everywhere, ...ofPoints] : ofPoints;
  return tests.flatMap(({ name, toys, nuisances: own, chance }): ToyVerdict[] => {
    const { pullMean, pullWidth, name: nuisance } = own[k]!;
    const variance = Math.max(1, pullWidth * pullWidth) / toys + chance * chance;
    const pValue = Math.min(1, tests.length * nuisances.length * chiSquarePValue((pullMean * pullMean) / variance, 1));
    if (Math.abs(pullMean) <= LEAST_BIAS || pValue >= LEVEL) return [];
    const text =
      `${label}: in ${toys} toys of the simulated events at ${name} the estimates of ${nuisance} are off by ${pullMean.toFixed(2)} standard ` +
      `deviations on average, where ${Math.sqrt(variance).toFixed(2)} is chance`;
    const advice =
      "The densities do not describe these events: look at their closure there, and change the flows or morphs that fail it " +
      "(flows, morph)";
    return [
      { check: "bias of toys", about: "densities", failed: true, nuisance, value: pullMean, pValue, text, advice },
    ];
  });
}

/** About the mean of all points: a bias that differs from one to the next is scatter too. */
function widths({ label, nuisances, toys }: CoverageOfPoints, k: number): ToyVerdict[] {
  const { pullWidth, name: nuisance } = nuisances[k]!;
  const pValue = Math.min(1, nuisances.length * chiSquarePValue((toys - 1) * pullWidth * pullWidth, toys - 1));
  if (pullWidth <= LEAST_WIDTH || pValue >= LEVEL) return [];
  const text = `${label}: in ${toys} toys of the simulated events the estimates of ${nuisance} scatter by ${pullWidth.toFixed(2)} times the quoted error`;
  const advice =
    "The error is too small, or the estimate is off by another amount at every point: look at the closure of the densities, and change the flows " +
    "or morphs that fail it (flows, morph)";
  return [
    { check: "errors of toys", about: "densities", failed: true, nuisance, value: pullWidth, pValue, text, advice },
  ];
}
