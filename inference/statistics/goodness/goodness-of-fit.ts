/** Does the fitted model describe the data? Binned χ² of weighted events. */

import { ShapeError, UsageError } from "../../../engine/errors.js";
import { checkArgument, checkParts, numbers } from "../../../engine/options.js";
import { chiSquarePValue } from "./special-functions.js";

/** A histogram of weighted events. */
export interface BinnedEvents {
  /** ascending [bins + 1], in the units of what was binned; a bin contains its lower edge, the last one both */
  readonly edges: readonly number[];
  /** Σw [bins] */
  readonly sums: readonly number[];
  /** Σw² [bins]: the variance of the sum */
  readonly squares: readonly number[];
  /** Σw of what lies below the first and above the last edge */
  readonly outside: readonly [number, number];
}

/** @param weights  one per value; without them every event counts 1 */
export function binEvents(
  values: ArrayLike<number>,
  edges: readonly number[],
  weights?: ArrayLike<number>,
): BinnedEvents {
  checkArgument("binEvents", "values", values, numbers);
  checkArgument("binEvents", "edges", edges, numbers);
  const bad = edges.findIndex((edge, i) => !Number.isFinite(edge) || (i > 0 && edge <= edges[i - 1]!));
  if (edges.length < 2 || bad >= 0) {
    throw new UsageError("binEvents", {
      expected: "at least two finite edges in ascending order",
      got: edges.length < 2 ? `${edges.length}` : `${edges[bad]} at position ${bad}`,
    });
  }
  if (weights && weights.length !== values.length) {
    throw new ShapeError("binEvents", { expected: `${values.length} weights`, got: `${weights.length}` });
  }
  const nBins = edges.length - 1;
  const sums = new Array<number>(nBins).fill(0);
  const squares = new Array<number>(nBins).fill(0);
  const outside: [number, number] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const weight = weights ? weights[i]! : 1;
    const value = values[i]!;
    if (Number.isNaN(value)) throw new UsageError("binEvents", { expected: "numbers", got: `NaN at position ${i}` });
    if (value < edges[0]!) outside[0] += weight;
    else if (value > edges[nBins]!) outside[1] += weight;
    else {
      const bin = Math.min(binOf(value, edges), nBins - 1);
      sums[bin]! += weight;
      squares[bin]! += weight * weight;
    }
  }
  return Object.freeze({
    edges: Object.freeze([...edges]),
    sums: Object.freeze(sums),
    squares: Object.freeze(squares),
    outside: Object.freeze(outside),
  });
}

/** Last i with edges[i] <= value. */
function binOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** Neighbouring bins compared as one. */
export interface BinGroup {
  /** bins first … last, both included */
  readonly first: number;
  readonly last: number;
  readonly observed: number;
  readonly expected: number;
  /** of their difference */
  readonly variance: number;
}

export interface ChiSquareResult {
  readonly chiSquare: number;
  readonly ndf: number;
  /** undefined where ndf is not positive: nothing is left to test */
  readonly pValue: number | undefined;
  readonly groups: readonly BinGroup[];
}

/** Least effective number of expected events per group for which the sum of squares follows χ² well enough; Cochran 1954. */
const LEAST_EXPECTED = 5;

/**
 * Pearson's χ² of observed and expected events in the same bins:
 *
 *     χ² = Σ (observed - expected)² / (V_observed + V_expected),  V_expected = Σw² of the simulation
 *
 * V_observed is the expectation where every observed event counts 1 (Pearson: the observed number itself would pull towards
 * bins that fluctuated down), and Σw² of the observed events where they are weighted. Neighbouring bins are joined, left to
 * right, until the observed and the expected events of a group are each worth 5 unweighted ones (the expectation
 * as a sum of Poisson counts scaled to data, the weighted ones by (Σw)²/Σw²).
 *
 * @param nFixed  how many numbers the data have fixed in the expectation: fitted nuisances without a constraint, and 1 where
 *                it was scaled to the observed total
 */
export function chiSquareTest(observed: BinnedEvents, expected: BinnedEvents, nFixed: number): ChiSquareResult {
  checkParts("chiSquareTest", "a histogram", observed, { edges: numbers, sums: numbers, squares: numbers });
  checkParts("chiSquareTest", "a histogram", expected, { edges: numbers, sums: numbers, squares: numbers });
  const { edges } = observed;
  if (edges.length !== expected.edges.length || edges.some((edge, i) => edge !== expected.edges[i])) {
    throw new ShapeError("chiSquareTest", {
      expected: "observed and expected events in the same bins",
      got: `${edges.length - 1} and ${expected.edges.length - 1} bins, or other edges`,
    });
  }
  const isUnweighted = observed.sums.every((sum, i) => sum === observed.squares[i]);
  const groups = joinedBins(observed, expected, isUnweighted);
  const chiSquare = groups.reduce((sum, group) => sum + (group.observed - group.expected) ** 2 / group.variance, 0);
  const ndf = groups.length - nFixed;
  return Object.freeze({
    chiSquare,
    ndf,
    pValue: ndf > 0 ? chiSquarePValue(chiSquare, ndf) : undefined,
    groups: Object.freeze(groups),
  });
}

function joinedBins(observed: BinnedEvents, expected: BinnedEvents, isUnweighted: boolean): BinGroup[] {
  const total = (values: readonly number[], first: number, last: number) =>
    values.slice(first, last + 1).reduce((sum, value) => sum + value, 0);
  const group = (first: number, last: number): BinGroup => {
    const expectedSum = total(expected.sums, first, last);
    const observedVariance = isUnweighted ? expectedSum : total(observed.squares, first, last);
    return Object.freeze({
      first,
      last,
      observed: total(observed.sums, first, last),
      expected: expectedSum,
      variance: observedVariance + total(expected.squares, first, last),
    });
  };
  const isEnough = ({ first, last, expected: sum, observed: seen }: BinGroup) => {
    const simulated = sum > 0 ? sum ** 2 / total(expected.squares, first, last) : 0;
    const effective = isUnweighted ? sum : seen > 0 ? seen ** 2 / total(observed.squares, first, last) : 0;
    return simulated >= LEAST_EXPECTED && effective >= LEAST_EXPECTED;
  };

  const groups: BinGroup[] = [];
  let first = 0;
  for (let last = 0; last < observed.sums.length; last++) {
    const candidate = group(first, last);
    if (!isEnough(candidate)) continue;
    groups.push(candidate);
    first = last + 1;
  }
  // What is left over at the right end joins the last group.
  const before = groups.pop();
  if (before) groups.push(group(before.first, observed.sums.length - 1));
  return groups;
}
