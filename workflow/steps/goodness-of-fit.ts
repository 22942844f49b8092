/** Does the fitted model describe the data? One verdict on all projections of a run, in narrow bins and in wide ones that reach into the tails. */
import type { Projection } from "../../inference/model/predictions/projections.js";
import type { BinnedEvents, ChiSquareResult } from "../../inference/statistics/goodness/goodness-of-fit.js";
import { amongTests } from "../../inference/statistics/goodness/special-functions.js";
import { featureLabel } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import type { Verdict } from "../verdicts.js";

/** Chance of a failure where the model describes the data. */
export const GOODNESS_LEVEL = 0.001;

/** One test of one projection after the fit. */
interface GoodnessTest {
  readonly of: Projection["of"];
  readonly feature: number;
  readonly bins: "narrow" | "wide";
  readonly observed: BinnedEvents;
  readonly result: ChiSquareResult;
}

export interface GoodnessOfFit<T = GoodnessTest> {
  /** The test with the least p-value. */
  readonly least: T;
  readonly tests: number;
  /** Probability of a least p-value as small among so many tests. */
  readonly pValue: number;
  readonly passed: boolean;
}

/**
 * The least p-value p of n tests, as Šidák's 1 - (1 - p)^n, which for tests that depend on each other positively is an upper limit. Fitted
 * nuisances, and T, are not counted: χ² of an unbinned fit lies between the distributions with and without their number taken from the
 * degrees of freedom (Chernoff and Lehmann 1954), so that the chance of a false alarm is at most the level.
 *
 * @returns undefined where nothing can be tested
 */
export function goodnessOfFit(projections: readonly Projection[]): GoodnessOfFit | undefined {
  const tests = projections.flatMap(({ of, feature, observed, predictions, quantiles }): GoodnessTest[] => [
    { of, feature, bins: "narrow", observed, result: predictions.at(-1)!.result },
    { of, feature, bins: "wide", observed: quantiles.observed, result: quantiles.result },
  ]);
  return leastProbable(tests);
}

/** The same of any tests. */
export function leastProbable<T extends { readonly result: ChiSquareResult }>(
  tests: readonly T[],
): GoodnessOfFit<T> | undefined {
  const decided = tests.filter(({ result }) => result.pValue !== undefined);
  if (decided.length === 0) return undefined;
  const least = decided.reduce((a, b) => (b.result.pValue! < a.result.pValue! ? b : a));
  const pValue = amongTests(least.result.pValue!, decided.length);
  return { least, tests: decided.length, pValue, passed: pValue >= GOODNESS_LEVEL };
}

/** The verdict, where it is worth one. */
export function goodnessVerdicts({ analysis }: RunContext, found: GoodnessOfFit | undefined): Verdict[] {
  if (found === undefined || found.passed) return [];
  const { of, feature, bins } = found.least;
  const name = featureLabel(analysis, of, feature);
  return [
    {
      check: "goodness of fit",
      about: "fit",
      failed: true,
      text: misfitText(name, `${name} in ${bins} bins`, found),
      advice:
        "Look at the projections in the report: is a process missing, a sample wrong (weights, units, exchanged variations), or a " +
        "systematic effect without a nuisance? Estimates and errors hold for a model that describes the data only",
    },
  ];
}

/** A test as a message shows it: in which bins there are how many events. */
type ShownTest = Pick<GoodnessTest, "observed" | "result">;

/**
 * What a failed test found.
 *
 * @param name  of the variable
 * @param what  was tested: "x in narrow bins"
 */
export function misfitText(name: string, what: string, { least, tests, pValue }: GoodnessOfFit<ShownTest>): string {
  const { result } = least;
  return (
    `goodness of fit: after the fit, the model does not describe the data: χ² = ${result.chiSquare.toFixed(1)}/${result.ndf} ` +
    `(p-value ${result.pValue!.toExponential(1)}) for ${what}, the worst of ${tests} ` +
    `tests (p-value ${pValue.toExponential(1)} with their number), most of it ${whereText(name, least)}`
  );
}

/** The bins that differ most: "with x between 3 and 4, where 12 events are expected and 40 observed". */
function whereText(name: string, { observed: { edges }, result }: ShownTest): string {
  const share = ({ observed, expected, variance }: ChiSquareResult["groups"][number]) =>
    (observed - expected) ** 2 / variance;
  const { first, last, observed, expected } = result.groups.reduce((a, b) => (share(b) > share(a) ? b : a));
  const short = (value: number) => `${Number(value.toPrecision(4))}`;
  // What lies beyond the edges is in the first and in the last bin.
  const [low, high] = [
    first === 0 ? undefined : edges[first]!,
    last === edges.length - 2 ? undefined : edges[last + 1]!,
  ];
  const range =
    low === undefined
      ? `below ${short(high!)}`
      : high === undefined
        ? `above ${short(low)}`
        : `between ${short(low)} and ${short(high)}`;
  return `with ${name} ${range}, where ${short(expected)} events are expected and ${short(observed)} observed`;
}
