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
import { amongTests, chiSquarePValue } from "../statistics/goodness/special-functions.js";
import { randomParts } from "../statistics/random-parts.js";

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

/** Degrees of the polynomials: shift, width, skewness and tails. */
const DEGREES = 4;

/**
 * Events to compare, evenly taken, until they leave no doubt that something differs, a probability below `NO_DOUBT`. So many as
 * there are in the end, but for samples of millions: four of them show shifts of two thousandths of a standard deviation.
 */
const PORTIONS = [2 ** 11, 2 ** 15, 2 ** 22];
const NO_DOUBT = 1e-9;

/** Events that are compared [features][events], and their weights. */
interface Thinned {
  readonly columns: readonly Float64Array[];
  readonly weights: Float64Array | undefined;
}

/** Every so-manieth event. */
function thinned({ count, x, y, weights }: SimulatedEvents, most: number): Thinned {
  const step = Math.ceil(count / most);
  const kept = Math.ceil(count / step);
  const every = (column: ColumnData, feature: number) => {
    const taken = new Float64Array(kept);
    for (let i = 0, at = feature * count; i < kept; i++, at += step) taken[i] = column[at]!;
    return taken;
  };
  const columns = [x, ...(y ? [y] : [])].flatMap((column) =>
    Array.from({ length: column.length / count }, (_, feature) => every(column, feature)),
  );
  return { columns, weights: weights && every(weights, 0) };
}

/** Number of values below within a part of a sorted sample and before it, where `isIncluded` also of those equal. */
function rank(sorted: Float64Array, value: number, isIncluded: boolean, start: number, stop: number): number {
  let [low, high] = [start, stop];
  while (low < high) {
    const middle = (low + high) >> 1;
    const isBelow = isIncluded ? sorted[middle]! <= value : sorted[middle]! < value;
    if (isBelow) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * 2 F - 1 by the distribution of a sample; ties in the middle. As many cells of equal width as there are events say where in the sorted
 * sample to search: a step or two, but for long tails.
 */
function distributionOf(sample: Float64Array): (values: Float64Array) => Float64Array {
  const sorted = sample.slice().sort();
  const count = sorted.length;
  const low = sorted[0]!;
  const density = count / (sorted[count - 1]! - low);
  const scale = Number.isFinite(density) ? density : 0;
  const cellOf = (value: number) => Math.max(0, Math.min(count - 1, (value - low) * scale)) | 0;
  const starts = new Int32Array(count + 1);
  for (let i = 0; i < count; i++) starts[cellOf(sorted[i]!) + 1]!++;
  for (let cell = 0; cell < count; cell++) starts[cell + 1]! += starts[cell]!;
  return (values) => {
    const result = new Float64Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      const cell = cellOf(value);
      const stop = starts[cell + 1]!;
      const below = rank(sorted, value, false, starts[cell]!, stop);
      const notAbove = sorted[below] === value ? rank(sorted, value, true, below, stop) : below;
      result[i] = (below + notAbove) / count - 1;
    }
    return result;
  };
}

/** P_1 to P_4 of every number, by the recurrence (k + 1) P_{k+1} = (2k + 1) t P_k - k P_{k-1}, DLMF 18.9.1. */
function legendre(t: Float64Array): Float64Array[] {
  const all = [new Float64Array(t.length).fill(1), t];
  for (let k = 1; k < DEGREES; k++) {
    const [before, last, next] = [all[k - 1]!, all[k]!, new Float64Array(t.length)];
    for (let i = 0; i < t.length; i++) next[i] = ((2 * k + 1) * t[i]! * last[i]! - k * before[i]!) / (k + 1);
    all.push(next);
  }
  return all.slice(1);
}

function product(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = a[i]! * b[i]!;
  return result;
}

/** w (u - mean) / Σw of every event: they add up to 0, and their squares to the variance of the mean. */
function deviations(u: Float64Array, weights: Float64Array | undefined) {
  let [total, mean] = [0, 0];
  for (let i = 0; i < u.length; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    total += weight;
    mean += weight * u[i]!;
  }
  mean /= total;
  const terms = new Float64Array(u.length);
  for (let i = 0; i < u.length; i++) terms[i] = ((weights === undefined ? 1 : weights[i]!) * (u[i]! - mean)) / total;
  return { mean, terms };
}

/** Σ of the squares of the numbers, or of what they differ by. */
function sumOfSquares(terms: Float64Array, others?: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += (others === undefined ? terms[i]! : terms[i]! - others[i]!) ** 2;
  return sum;
}

/** Rounding of the means of numbers in [-1, 1]. */
const ROUNDING = 1e-12;

/** Of a mean, from the nominal sample to another, in standard errors. */
function meanShift(a: Float64Array, b: Float64Array, weights: readonly (Float64Array | undefined)[]): number {
  const [first, second] = [deviations(a, weights[0]), deviations(b, weights[1])];
  const difference = second.mean - first.mean;
  if (Math.abs(difference) < ROUNDING) return 0;
  const variance =
    a.length === b.length
      ? sumOfSquares(first.terms, second.terms)
      : sumOfSquares(first.terms) + sumOfSquares(second.terms);
  return difference / Math.sqrt(variance);
}

/** A nominal sample as others are compared with it, so often that it is sorted once. */
interface Reference {
  readonly distributions: readonly ((values: Float64Array) => Float64Array)[];
  readonly mapped: readonly Float64Array[];
  readonly weights: Float64Array | undefined;
}

function referenceOf({ columns, weights }: Thinned): Reference {
  const distributions = columns.map(distributionOf);
  return { distributions, mapped: columns.map((values, j) => distributions[j]!(values)), weights };
}

/**
 * Of every event, one after another: the polynomials of each feature, and the product of the first ones of each pair.
 *
 * @param columns  mapped features
 * @param given    features, the first ones, that may differ: they are looked at in pairs with others alone
 */
function* smoothTerms(columns: readonly Float64Array[], given: number): Generator<Float64Array, void> {
  for (const own of columns.slice(given)) yield* legendre(own);
  for (const [j, own] of columns.entries()) {
    for (const other of columns.slice(Math.max(given, j + 1))) yield product(own, other);
  }
}

/** Features of a sample, mapped by the nominal one. */
const mappedBy = ({ distributions }: Reference, { columns }: Thinned) =>
  columns.map((values, j) => distributions[j]!(values));

/** The p-value of each shift from the nominal sample to another. */
function sampleDifference(nominal: Reference, varied: Thinned, given: number): number[] {
  const ofVaried = smoothTerms(mappedBy(nominal, varied), given);
  return Array.from(smoothTerms(nominal.mapped, given), (own) => {
    const shift = meanShift(own, ofVaried.next().value!, [nominal.weights, varied.weights]);
    return chiSquarePValue(shift ** 2, 1);
  });
}

const leastOf = (pValues: readonly number[]) => amongTests(Math.min(...pValues), pValues.length);

/** Parts of a sample, by which the covariance of its means is found, to 9% for one of them. */
const PARTS = 256;

/** Shape and correlations of a sample: the means of the polynomials of each feature and of the products of pairs [means]. */
export interface SampleMeans {
  readonly means: Float64Array;
  /** Share of each part in what the means differ from those of infinitely many events: Σ of a aᵀ is their covariance [parts][means]. */
  readonly parts: readonly Float64Array[];
}

/** Means of samples, mapped by the nominal one, which is sorted once. */
export function meansBy(nominal: SimulatedEvents): (sample: SimulatedEvents) => SampleMeans {
  const most = PORTIONS.at(-1)!;
  const reference = referenceOf(thinned(nominal, most));
  return (sample) => {
    const own = thinned(sample, most);
    const partOf = randomParts(own.columns[0]!.length, PARTS);
    const found = Array.from(smoothTerms(mappedBy(reference, own), 0), (terms) => {
      const { mean, terms: deviation } = deviations(terms, own.weights);
      const sums = new Float64Array(PARTS);
      for (let i = 0; i < deviation.length; i++) sums[partOf[i]!]! += deviation[i]!;
      return { mean, sums };
    });
    return {
      means: Float64Array.from(found, ({ mean }) => mean),
      parts: Array.from({ length: PARTS }, (_, part) => Float64Array.from(found, ({ sums }) => sums[part]!)),
    };
  };
}

/** What the samples of one process say about one nuisance. */
export interface Difference {
  readonly nuisance: number;
  readonly pValues: readonly number[];
}

/**
 * Positions of the nuisances that are off nominal in a sample.
 *
 * @param nominalValues  of the shape nuisances
 */
export function movedNuisances({ at }: SimulatedEvents, nominalValues: readonly number[]): number[] {
  return nominalValues.flatMap((nominal, k) => (at[k] === nominal ? [] : [k]));
}

/**
 * The samples of one process that move one nuisance alone, beside its first nominal one.
 *
 * @param nominalValues  of the shape nuisances
 * @param given          features, the first ones, that the others are conditional on: they may differ
 */
export function sampleDifferences(
  samples: readonly SimulatedEvents[],
  nominalValues: readonly number[],
  given = 0,
): Difference[] {
  // Of every sample once: with a thousand nuisances there are two thousand samples.
  const moved = samples.map((sample) => movedNuisances(sample, nominalValues));
  const nominal = samples.find((_, i) => moved[i]!.length === 0);
  if (nominal === undefined) return [];
  const alone = nominalValues.map((): SimulatedEvents[] => []);
  for (const [i, [first, ...others]] of moved.entries()) {
    if (first !== undefined && others.length === 0) alone[first]!.push(samples[i]!);
  }
  const found = new Map<number, readonly number[]>();
  let open = [...alone.entries()].filter(([, varied]) => varied.length > 0);
  for (const most of PORTIONS) {
    if (open.length === 0) break;
    const reference = referenceOf(thinned(nominal, most));
    open = open.filter(([nuisance, varied]) => {
      const pValues = varied.flatMap((own) => sampleDifference(reference, thinned(own, most), given));
      found.set(nuisance, pValues);
      return leastOf(pValues) >= NO_DOUBT && [nominal, ...varied].some(({ count }) => count > most);
    });
  }
  return [...found].map(([nuisance, pValues]) => ({ nuisance, pValues }));
}

/** The effects of the nuisances, from what the samples of all processes say. */
export function nuisanceEffects(differences: readonly Difference[]): NuisanceEffect[] {
  const nuisances = [...new Set(differences.map(({ nuisance }) => nuisance))].sort((a, b) => a - b);
  return nuisances.map((nuisance) => {
    const pValues = differences.flatMap((own) => (own.nuisance === nuisance ? own.pValues : []));
    return { nuisance, tests: pValues.length, pValue: leastOf(pValues) };
  });
}
