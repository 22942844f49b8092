/**
 * Do samples at other values of a nuisance differ from the nominal ones at all? If not, what a morph fits as its effect is their
 * fluctuation, and the fit measures that instead of giving the nuisance its constraint back.
 *
 * A smooth test, Neyman 1937: every feature is mapped to [-1, 1] by the distribution function of the nominal sample, and the
 * means of the Legendre polynomials are compared; for pairs of features those of the product of the first. Samples of equal
 * numbers are compared event by event: one that holds the same events, moved or weighted anew, differs by no more than that.
 */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { SimulatedEvents } from "../model/sampling/simulated-events.js";
import { chiSquarePValue } from "../statistics/goodness/special-functions.js";

/** What the samples say about the effect of one nuisance. */
export interface NuisanceEffect {
  /** Position among the shape nuisances. */
  readonly nuisance: number;
  readonly tests: number;
  /** Probability of a least p-value as small among so many tests, taken as independent, where nothing differs. */
  readonly pValue: number;
}

/** Chance that a nuisance without an effect passes for one that has one. */
export const EFFECT_LEVEL = 0.01;

/** P_1 to P_4, DLMF 18.5: shift, width, skewness and tails. */
const LEGENDRE: readonly ((t: number) => number)[] = [
  (t) => t,
  (t) => (3 * t ** 2 - 1) / 2,
  (t) => (5 * t ** 3 - 3 * t) / 2,
  (t) => (35 * t ** 4 - 30 * t ** 2 + 3) / 8,
];

/**
 * Events to compare, evenly taken, until they leave no doubt that something differs, a probability below `NO_DOUBT`. So many as
 * there are in the end, but for samples of millions: four of them show shifts of two thousandths of a standard deviation.
 */
const PORTIONS = [2 ** 11, 2 ** 15, 2 ** 22];
const NO_DOUBT = 1e-9;

/** Every so-manieth event [features][events], and their weights. */
function thinned({ count, x, y, weights }: SimulatedEvents, most: number) {
  const step = Math.ceil(count / most);
  const kept = Math.ceil(count / step);
  const every = (column: ColumnData, feature: number) =>
    Float64Array.from({ length: kept }, (_, i) => column[feature * count + i * step]!);
  const columns = [x, ...(y ? [y] : [])].flatMap((column) =>
    Array.from({ length: column.length / count }, (_, feature) => every(column, feature)),
  );
  return { columns, weights: weights && every(weights, 0) };
}

/** Number of values below, where `isIncluded` also of those equal. */
function rank(sorted: Float64Array, value: number, isIncluded: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBelow = isIncluded ? sorted[middle]! <= value : sorted[middle]! < value;
    if (isBelow) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** 2 F - 1 by the distribution of the reference; ties in the middle. */
function mapped(values: Float64Array, sorted: Float64Array): Float64Array {
  return values.map((value) => (rank(sorted, value, false) + rank(sorted, value, true)) / sorted.length - 1);
}

/** w (u - mean) / Σw of every event: they add up to 0, and their squares to the variance of the mean. */
function deviations(u: Float64Array, weights: Float64Array | undefined) {
  const weightOf = (i: number) => weights?.[i] ?? 1;
  const total = u.reduce((sum, _, i) => sum + weightOf(i), 0);
  const mean = u.reduce((sum, value, i) => sum + weightOf(i) * value, 0) / total;
  return { mean, terms: u.map((value, i) => (weightOf(i) * (value - mean)) / total) };
}

const sumOfSquares = (terms: Float64Array) => terms.reduce((sum, term) => sum + term ** 2, 0);

/** Rounding of the means of numbers in [-1, 1]. */
const ROUNDING = 1e-12;

/** p-value of two means. */
function meanDifference(
  a: Float64Array,
  b: Float64Array,
  weights: { readonly a?: Float64Array | undefined; readonly b?: Float64Array | undefined },
): number {
  const [first, second] = [deviations(a, weights.a), deviations(b, weights.b)];
  const difference = Math.abs(first.mean - second.mean);
  if (difference < ROUNDING) return 1;
  const variance =
    a.length === b.length
      ? sumOfSquares(first.terms.map((term, i) => term - second.terms[i]!))
      : sumOfSquares(first.terms) + sumOfSquares(second.terms);
  return chiSquarePValue(difference ** 2 / variance, 1);
}

/** A p-value for each polynomial of each feature, and for each pair of features. */
function sampleDifference(nominal: SimulatedEvents, varied: SimulatedEvents, most: number): number[] {
  const [a, b] = [thinned(nominal, most), thinned(varied, most)];
  const weights = { a: a.weights, b: b.weights };
  const features = a.columns.map((values, j) => {
    const sorted = values.slice().sort();
    return { a: mapped(values, sorted), b: mapped(b.columns[j]!, sorted) };
  });
  const ofFeatures = features.flatMap((own) =>
    LEGENDRE.map((polynomial) => meanDifference(own.a.map(polynomial), own.b.map(polynomial), weights)),
  );
  const ofPairs = features.flatMap((one, j) =>
    features.slice(j + 1).map((other) => {
      const product = (of: "a" | "b") => one[of].map((value, i) => value * other[of][i]!);
      return meanDifference(product("a"), product("b"), weights);
    }),
  );
  return [...ofFeatures, ...ofPairs];
}

/** Probability of a least p-value as small among so many, Šidák 1967. */
const leastOf = (pValues: readonly number[]) => -Math.expm1(pValues.length * Math.log1p(-Math.min(...pValues)));

/** What the samples of one process say about one nuisance. */
export interface Difference {
  readonly nuisance: number;
  readonly pValues: readonly number[];
}

/**
 * The samples of one process that move one nuisance alone, beside its first nominal one.
 *
 * @param nominalValues  of the shape nuisances
 */
export function sampleDifferences(samples: readonly SimulatedEvents[], nominalValues: readonly number[]): Difference[] {
  const movedIn = ({ at }: SimulatedEvents) => nominalValues.flatMap((nominal, k) => (at[k] === nominal ? [] : [k]));
  // Of every sample once: with a thousand nuisances there are two thousand samples.
  const moved = samples.map(movedIn);
  const nominal = samples.find((_, i) => moved[i]!.length === 0);
  if (nominal === undefined) return [];
  const alone = nominalValues.map((): SimulatedEvents[] => []);
  for (const [i, [first, ...others]] of moved.entries()) {
    if (first !== undefined && others.length === 0) alone[first]!.push(samples[i]!);
  }
  return nominalValues.flatMap((_, nuisance) => {
    const varied = alone[nuisance]!;
    if (varied.length === 0) return [];
    let pValues: number[] = [];
    for (const most of PORTIONS) {
      pValues = varied.flatMap((own) => sampleDifference(nominal, own, most));
      if (leastOf(pValues) < NO_DOUBT || Math.max(...[nominal, ...varied].map(({ count }) => count)) <= most) break;
    }
    return [{ nuisance, pValues }];
  });
}

/** The effects of the nuisances, from what the samples of all processes say. */
export function nuisanceEffects(differences: readonly Difference[]): NuisanceEffect[] {
  const nuisances = [...new Set(differences.map(({ nuisance }) => nuisance))].sort((a, b) => a - b);
  return nuisances.map((nuisance) => {
    const pValues = differences.flatMap((own) => (own.nuisance === nuisance ? own.pValues : []));
    return { nuisance, tests: pValues.length, pValue: leastOf(pValues) };
  });
}
