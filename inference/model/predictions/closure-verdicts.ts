/** Which densities fail closure: by what their tests found, in standard deviations of the data. */

import { aList, checkArgument } from "../../../engine/options.js";
import type { BinnedEvents } from "../../statistics/goodness/goodness-of-fit.js";
import { amongTests, chiSquarePValue } from "../../statistics/goodness/special-functions.js";
import type { ObservableName } from "../sampling/simulated-events.js";
import type { Difference, FeatureTest } from "./feature-tests.js";

/** A feature of one of the observables. */
export interface TestedFeature {
  readonly of: ObservableName;
  readonly feature: number;
}

/** One feature, two, or all, of one process at one point. */
export interface ClosureTest {
  /** The density that is tested: p(x), or p(y | x). */
  readonly of: ObservableName;
  /** The nominal density; or the morph, by the ratio of the density at this point to the nominal one. */
  readonly part: "nominal" | "morph";
  readonly process: number;
  /** Shape nuisances, prior standard deviations. */
  readonly at: readonly number[];
  /** One or two in bins of their own; or all, three or more, in bins of what a classifier makes of them. */
  readonly by: "bins" | "classifier";
  readonly features: readonly TestedFeature[];
  /** Of a single feature, in equal bins, for pictures. */
  readonly histogram?: {
    readonly observed: BinnedEvents;
    /** Of the density, scaled to the simulated events. */
    readonly expected: BinnedEvents;
  };
  /** In bins of equal content, and two of the tails on either side. */
  readonly result: FeatureTest["result"];
  /** For one event of the process; see `inData`. */
  readonly difference: Difference;
  /** Of a morph, the same for nominal simulation as it is: what the morph has to make up for. */
  readonly variation?: Difference;
}

/** A density or its morph, by the test that fails the most clearly: of those of one feature or two, or of those by a classifier. */
export interface ClosureVerdict {
  readonly of: ObservableName;
  /** Of the nominal density, or of the morph at its anchors. */
  readonly part: "nominal" | "morph";
  readonly by: ClosureTest["by"];
  readonly tests: number;
  /** The test with the largest difference among those that are no chance; the least probable one where there is none. */
  readonly worst: ClosureTest;
  /** Probability of the worst test's χ² or a larger one in any of so many tests, by chance. */
  readonly pValue: number;
  readonly passed: boolean;
}

/** Chance of a failure where the flow is right, per verdict. */
export const CLOSURE_LEVEL = 0.001;

/**
 * A difference √λ that fails, in standard deviations of the data: data of their size show it by themselves, as the χ² of twenty-four bins
 * then has a p-value of 0.003 on average. Smaller ones fail in closure by scores where they move the estimates.
 */
const LARGEST_DIFFERENCE = 5;

/**
 * Parts of a variation, as a distance √λ, that a morph may miss. A morph that misses half of what a nuisance does cannot measure it as well as
 * the data can: that counts from one standard deviation of the data on. A quarter, by which an error may be too large or too small, counts where the
 * difference is large; what is less does not, however many data see it: points of simulation may lie many errors from the estimate.
 */
const LARGEST_MISSED = 0.5;
const NOTICED_MISSED = 0.25;

function isLarge({ difference: { lambda }, variation }: ClosureTest): boolean {
  const isClear = lambda > LARGEST_DIFFERENCE ** 2;
  if (variation === undefined) return isClear;
  const missesMoreThan = (part: number) => lambda > part ** 2 * variation.lambda;
  return (isClear && missesMoreThan(NOTICED_MISSED)) || (lambda > 1 && missesMoreThan(LARGEST_MISSED));
}

/** The χ² that one of so many tests exceeds by chance with a probability of `CLOSURE_LEVEL`. */
export function significantChiSquare(ndf: number, tests: number): number {
  let [low, high] = [0, 2000];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (amongTests(chiSquarePValue(middle, ndf), tests) > CLOSURE_LEVEL) low = middle;
    else high = middle;
  }
  return high;
}

/** The least difference √λ that fails in half of all cases, as one of so many tests; of a morph where it misses most of a variation. */
export function visibleDifference({ part, result: { ndf }, difference }: ClosureTest, tests: number): number {
  const lambda = (difference.error * (significantChiSquare(ndf, tests) - ndf)) / Math.sqrt(2 * ndf);
  return Math.max(part === "nominal" ? LARGEST_DIFFERENCE : 1, Math.sqrt(lambda));
}

/** Up to four verdicts per density and its morph: each by bins, and by a classifier where there are three features. */
export function closureVerdicts(tests: readonly ClosureTest[]): ClosureVerdict[] {
  checkArgument("closureVerdicts", "tests", tests, aList);
  const groups = (["x", "y"] as const).flatMap((of) =>
    (["nominal", "morph"] as const).flatMap((part) =>
      (["bins", "classifier"] as const).map((by) => ({ of, part, by })),
    ),
  );
  return groups.flatMap(({ of, part, by }) => {
    const own = tests.filter(
      (test) => test.of === of && test.part === part && test.by === by && test.result.pValue !== undefined,
    );
    if (own.length === 0) return [];
    const chance = (test: ClosureTest) => amongTests(test.result.pValue!, own.length);
    const failed = own.filter((test) => chance(test) < CLOSURE_LEVEL && isLarge(test));
    const worst =
      failed.length === 0
        ? own.reduce((a, b) => (b.result.pValue! < a.result.pValue! ? b : a))
        : failed.reduce((a, b) => (b.difference.lambda > a.difference.lambda ? b : a));
    return [{ of, part, by, tests: own.length, worst, pValue: chance(worst), passed: failed.length === 0 }];
  });
}
