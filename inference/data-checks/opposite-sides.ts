/** Do the samples on either side of a nuisance move a process in opposite directions? Where not, one of them may be another's. */
import type { SimulatedEvents } from "../model/sampling/simulated-events.js";
import { dot, eigenSymmetric } from "../statistics/linear-algebra/symmetric-matrix.js";
import { meansBy, movedNuisances, type SampleMeans } from "./variations.js";

/** The two sides of one nuisance of one process, where they are not opposite. */
export interface OppositeSides {
  readonly nuisance: number;
  /** Of the samples above and below nominal. */
  readonly at: readonly [above: number, below: number];
  /** Of the angle between what they do to shape and correlations, in standard errors: 1 where they do the same. */
  readonly cosine: number;
}

/** Above its negative, the effects on the two sides of a nuisance are of other kinds: 60 degrees from the opposite. */
export const UNLIKE = 0.5;

/** Largest chance that effects that are opposite to first order are named. */
const SIDES_LEVEL = 1e-5;

/**
 * Of the nuisances that each of a pair of samples moves alone: where the two are not opposite but for chance. Each side is a vector of
 * differences from nominal; where they are opposite, 0 lies on the segment between them, but for chance. The point of the segment that is
 * next to 0 has a covariance, by the parts of the samples: features that are correlated fluctuate together, and events that are moved,
 * or nominal events of both sides, alike.
 *
 * @param samples        of one process; of several at one point the first
 * @param nominalValues  of the shape nuisances
 */
export function oppositeSides(samples: readonly SimulatedEvents[], nominalValues: readonly number[]): OppositeSides[] {
  const moved = samples.map((sample) => movedNuisances(sample, nominalValues));
  const nominal = samples.find((_, i) => moved[i]!.length === 0);
  if (nominal === undefined) return [];
  const alone = nominalValues.map((): SimulatedEvents[] => []);
  for (const [i, [first, ...others]] of moved.entries()) {
    if (first !== undefined && others.length === 0) alone[first]!.push(samples[i]!);
  }
  const pairs = nominalValues.flatMap((value, nuisance) => {
    const above = alone[nuisance]!.find(({ at }) => at[nuisance]! > value);
    const below = alone[nuisance]!.find(({ at }) => at[nuisance]! < value);
    return above === undefined || below === undefined ? [] : [{ nuisance, above, below }];
  });
  if (pairs.length === 0) return [];
  const meansOf = meansBy(nominal);
  const centre = meansOf(nominal);
  return pairs.flatMap(({ nuisance, above, below }): OppositeSides[] => {
    const cosine = unlikeCosine(differenceOf(meansOf(above), centre), differenceOf(meansOf(below), centre));
    if (cosine === undefined) return [];
    return [{ nuisance, at: [above.at[nuisance]!, below.at[nuisance]!], cosine }];
  });
}

const combined = (one: Float64Array, a: number, other: Float64Array, b: number) =>
  one.map((value, j) => a * value + b * other[j]!);

/** What a sample does to the means. Parts stand for parts: of events that were moved, they have their fluctuation in common. */
const differenceOf = (own: SampleMeans, nominal: SampleMeans): SampleMeans => ({
  means: combined(own.means, 1, nominal.means, -1),
  parts: own.parts.map((part, i) => combined(part, 1, nominal.parts[i]!, -1)),
});

/** Rounding of the means of numbers in [-1, 1]. */
const ROUNDING = 1e-12;

/** The cosine of the angle between two sides that are not opposite; undefined where they are, or may be. */
function unlikeCosine(up: SampleMeans, down: SampleMeans): number | undefined {
  const errors = up.means.map((_, j) => {
    const of = ({ parts }: SampleMeans) => parts.reduce((sum, part) => sum + part[j]! ** 2, 0);
    return Math.sqrt((of(up) + of(down)) / 2);
  });
  // What does not fluctuate at all is what nobody moved.
  const inErrors = (of: Float64Array) => of.map((value, j) => (errors[j]! > ROUNDING ? value / errors[j]! : 0));
  const [a, b] = [inErrors(up.means), inErrors(down.means)];
  const [ofUp, ofDown, ofBoth] = [dot(a, a), dot(b, b), dot(a, b)];
  const cosine = ofBoth / Math.sqrt(ofUp * ofDown);
  if (!(cosine >= -UNLIKE)) return undefined;
  // The point up + t (down - up) of the segment that is next to 0.
  const t = Math.min(1, Math.max(0, (ofUp - ofBoth) / (ofUp + ofDown - 2 * ofBoth)));
  const distance = (1 - t) ** 2 * ofUp + t ** 2 * ofDown + 2 * t * (1 - t) * ofBoth;
  const parts = up.parts.map((part, i) => inErrors(combined(part, 1 - t, down.parts[i]!, t)));
  if (distance <= parts.reduce((sum, part) => sum + dot(part, part), 0)) return undefined;
  return largestChance(distance, eigenvaluesOf(parts)) < SIDES_LEVEL ? cosine : undefined;
}

/** Eigenvalues of Σ a aᵀ that are not zero, of the smaller of the two matrices that have them. */
function eigenvaluesOf(parts: readonly Float64Array[]): Float64Array {
  const size = parts[0]!.length;
  const rows =
    parts.length <= size ? parts : Array.from({ length: size }, (_, j) => Float64Array.from(parts, (part) => part[j]!));
  const products = rows.flatMap((row) => rows.map((other) => dot(row, other)));
  return eigenSymmetric(Float64Array.from(products), rows.length).values;
}

/**
 * No smaller than the probability of Σ λ_j z_j² of standard normal z above a value, the value above its mean Σ λ_j: the least of
 * exp(-θ value) Π (1 - 2 θ λ_j)^-½, Chernoff 1952; 40 times too large at 1e-5 of one λ.
 */
function largestChance(value: number, eigenvalues: Float64Array): number {
  const slope = (theta: number) => eigenvalues.reduce((sum, own) => sum + own / (1 - 2 * theta * own), -value);
  let [low, high] = [0, 1 / (2 * eigenvalues[0]!)];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (slope(middle) < 0) low = middle;
    else high = middle;
  }
  return Math.exp(eigenvalues.reduce((sum, own) => sum - Math.log(1 - 2 * low * own) / 2, -low * value));
}
