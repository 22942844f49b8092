/** How much each simulated sample of a process counts in its density between the points at which it was simulated. */
import { aList, anObject, checkArgument, checkOptions, numbers, type Options } from "../../../engine/options.js";
import { dot } from "../../statistics/linear-algebra/symmetric-matrix.js";

/** What the morph of a process is made of. */
export interface MorphTerms {
  /** Of the shape nuisances, prior standard deviations [S] */
  readonly nominal: readonly number[];
  /** Has the effect of a nuisance no term in ν²? [S] */
  readonly linearOnly: readonly boolean[];
  /** Positions of nuisances that have a term in the product of both. */
  readonly pairs: readonly (readonly [number, number])[];
}

const termOptions: Options<MorphTerms> = { nominal: numbers, linearOnly: aList, pairs: aList };

/** Part of a column that is left of it beside others, below which it follows from them. */
const DEPENDENT = 1e-9;

/** Values of the terms at a point: the linear ones, the quadratic ones, the products. */
function termsAt({ nominal, linearOnly, pairs }: MorphTerms, at: readonly number[]): number[] {
  const distance = at.map((value, k) => value - nominal[k]!);
  return [
    ...distance,
    ...distance.flatMap((own, k) => (linearOnly[k] ? [] : [own * own])),
    ...pairs.map(([k, l]) => distance[k]! * distance[l]!),
  ];
}

/**
 * c_a of each point with p(x | ν) = p(x | nominal) + Σ_a c_a (p(x | ν_a) - p(x | nominal)), to first order in what differs between the
 * samples: by least squares the effect of ν is Σ_j b_j(ν) β_j(x), b the terms of the morph. For a nuisance with samples at -1 and +1 they
 * are ν (ν - 1) / 2 and ν (ν + 1) / 2, with one sample at 1 it is ν. The nominal samples have 1 - Σ_a c_a.
 *
 * @param points  of the samples of one process off the nominal point, each once [A][S]
 * @param at      ν [S]
 * @returns       [A]; terms that the points do not determine are left out, and with them what they would add
 */
export function sampleCoefficients(
  terms: MorphTerms,
  points: readonly (readonly number[])[],
  at: readonly number[],
): number[] {
  checkArgument("sampleCoefficients", "terms", terms, anObject);
  checkOptions("sampleCoefficients", terms, termOptions);
  checkArgument("sampleCoefficients", "points", points, aList);
  checkArgument("sampleCoefficients", "a point", at, numbers);
  const rows = points.map((point) => termsAt(terms, point));
  const coefficients = points.map(() => 0);
  // Modified Gram-Schmidt, Golub & Van Loan, 4th ed., section 5.2.8, of the columns with b(ν) as a further row.
  const kept: { readonly q: Float64Array; readonly value: number }[] = [];
  for (const [j, b] of termsAt(terms, at).entries()) {
    const column = Float64Array.from(rows, (row) => row[j]!);
    const whole = Math.sqrt(dot(column, column));
    let rest = b;
    for (const { q, value } of kept) {
      const along = dot(column, q);
      for (let a = 0; a < column.length; a++) column[a]! -= along * q[a]!;
      rest -= along * value;
    }
    const norm = Math.sqrt(dot(column, column));
    if (!(norm > DEPENDENT * whole)) continue;
    const one = { q: column.map((value) => value / norm), value: rest / norm };
    kept.push(one);
    for (let a = 0; a < column.length; a++) coefficients[a]! += one.value * one.q[a]!;
  }
  return coefficients;
}
