/** Two weighted samples that should have the same distribution, in bins of equal content, tails included: χ², and what a difference means for data. */
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { type BinnedEvents, type ChiSquareResult, chiSquareTest } from "../../statistics/goodness/goodness-of-fit.js";

/**
 * λ = Σ_b μ_b r_b², with μ_b the data that are expected in a bin and r_b by how much the samples differ there, relative to the expectation:
 * the χ² of infinitely well known samples in the data. A density that is wrong by r moves an estimate ν_k by C Σ_b r_b μ_b s_b, s_b the
 * mean score; by Cauchy and Schwarz that is at most √λ standard deviations, whatever the nuisance.
 */
export interface Difference {
  /**
   * Unbiased for samples of events of their own: what the fluctuation of both adds is taken away, so that it may be negative. Of variations of the
   * same events it is too small, as these have most of their fluctuation in common.
   */
  readonly lambda: number;
  /** Its standard deviation where the samples do not differ. */
  readonly error: number;
}

export interface FeatureTest {
  readonly result: Omit<ChiSquareResult, "groups">;
  /** For one event. */
  readonly difference: Difference;
  /** That of the observed sample and one of reference, in the same bins, where there is one. */
  readonly variation?: Difference;
}

/** One feature of either sample. */
export interface ComparedColumn {
  readonly observed: ColumnData;
  readonly expected: ColumnData;
}

export interface ComparedWeights {
  readonly observed: ColumnData | undefined;
  readonly expected: ColumnData | undefined;
  /** Of the expected events in the sample of reference, which are the same. */
  readonly reference?: { readonly weights: ColumnData | undefined } | undefined;
}

/** Fractions of the events below the edges: twenty bins of equal content, whose first and last are divided at 0.5% and 0.05%. */
const SINGLE = [0.0005, 0.005, ...Array.from({ length: 19 }, (_, i) => (i + 1) / 20), 0.995, 0.9995];

/**
 * Of what a classifier puts out, which rises with the ratio of the samples: few bins have most of what it knows, and fewer bins fluctuate less. Of
 * 50 000 events of (1 + 0.11 sign(x₁ x₂ x₃)) times the density they are compared with, p is 10⁻⁸ in these bins and 3·10⁻⁵ in those of a feature.
 */
const CLASSIFIED = [0.02, 0.2, 0.5, 0.8, 0.98];

/** Of each feature of a pair: six bins. */
const PAIRED = Array.from({ length: 5 }, (_, i) => (i + 1) / 6);

/** Values of each sample that decide the edges: any edges do, these are near enough to the fractions. */
const EDGE_VALUES = 20_000;

/** Values below which about these fractions of the events of both samples lie; equal ones once. */
function edgesAt({ observed, expected }: ComparedColumn, fractions: readonly number[]): number[] {
  const some = (column: ColumnData) => {
    const size = Math.min(EDGE_VALUES, column.length);
    return Float64Array.from({ length: size }, (_, i) => column[Math.floor((i * column.length) / size)]!);
  };
  const [first, second] = [some(observed), some(expected)];
  const values = new Float64Array(first.length + second.length);
  values.set(first);
  values.set(second, first.length);
  values.sort();
  const edges = fractions.map((fraction) => values[Math.min(values.length - 1, Math.floor(fraction * values.length))]!);
  return edges.filter((edge, i) => i === 0 || edge > edges[i - 1]!);
}

/** Of each value, how many edges are not above it. */
function binsOf(values: ColumnData, edges: readonly number[]): Uint8Array {
  const bins = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[middle]! <= values[i]!) low = middle + 1;
      else high = middle;
    }
    bins[i] = low;
  }
  return bins;
}

function counted(bins: number, binOf: (event: number) => number, count: number, weights: ColumnData | undefined) {
  const sums = new Array<number>(bins).fill(0);
  const squares = new Array<number>(bins).fill(0);
  for (let i = 0; i < count; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    sums[binOf(i)]! += weight;
    squares[binOf(i)]! += weight * weight;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => i), sums, squares, outside: [0, 0] as const };
}

const totalOf = ({ sums }: BinnedEvents) => sums.reduce((sum, value) => sum + value, 0);

function compare(observed: BinnedEvents, drawn: BinnedEvents): FeatureTest {
  const factor = totalOf(observed) / totalOf(drawn);
  const expected = {
    ...drawn,
    sums: drawn.sums.map((value) => factor * value),
    squares: drawn.squares.map((value) => factor * factor * value),
  };
  const { groups, ...result } = chiSquareTest(observed, expected, 1);
  const scale = 1 / totalOf(observed);
  let [lambda, variance] = [0, 0];
  for (const group of groups) {
    lambda += (scale * ((group.observed - group.expected) ** 2 - group.variance)) / group.expected;
    variance += 2 * ((scale * group.variance) / group.expected) ** 2;
  }
  return { result, difference: { lambda, error: Math.sqrt(variance) } };
}

/** Either sample by the bin of each event and the number of events. */
function compareIn(
  bins: number,
  [observedBins, observedCount]: readonly [(event: number) => number, number],
  [expectedBins, expectedCount]: readonly [(event: number) => number, number],
  weights: ComparedWeights,
): FeatureTest {
  const observed = counted(bins, observedBins, observedCount, weights.observed);
  const expected = (own: ColumnData | undefined) => counted(bins, expectedBins, expectedCount, own);
  const found = compare(observed, expected(weights.expected));
  if (weights.reference === undefined) return found;
  return { ...found, variation: compare(observed, expected(weights.reference.weights)).difference };
}

function testColumn(column: ComparedColumn, fractions: readonly number[], weights: ComparedWeights): FeatureTest {
  const edges = edgesAt(column, fractions);
  const sideOf = (values: ColumnData) => {
    const bins = binsOf(values, edges);
    return [(event: number) => bins[event]!, bins.length] as const;
  };
  return compareIn(edges.length + 1, sideOf(column.observed), sideOf(column.expected), weights);
}

/** Every feature by itself. */
export const testSingles = (columns: readonly ComparedColumn[], weights: ComparedWeights): FeatureTest[] =>
  columns.map((column) => testColumn(column, SINGLE, weights));

/** What a classifier puts out for events that it was not trained on. */
export const testOutput = (output: ComparedColumn, weights: ComparedWeights): FeatureTest =>
  testColumn(output, CLASSIFIED, weights);

/**
 * Every pair of features.
 *
 * @param first  the later one of a pair is this or one behind it
 */
export function testPairs(
  columns: readonly ComparedColumn[],
  first: number,
  weights: ComparedWeights,
): (FeatureTest & { readonly pair: readonly [number, number] })[] {
  const binned = columns.map((column) => {
    const edges = edgesAt(column, PAIRED);
    return {
      size: edges.length + 1,
      observed: binsOf(column.observed, edges),
      expected: binsOf(column.expected, edges),
    };
  });
  return binned.flatMap((second, j) =>
    binned.slice(0, j < first ? 0 : j).map((one, i) => {
      const sideOf = (side: "observed" | "expected") => {
        const [a, b] = [one[side], second[side]];
        return [(event: number) => a[event]! * second.size + b[event]!, a.length] as const;
      };
      const test = compareIn(one.size * second.size, sideOf("observed"), sideOf("expected"), weights);
      return { pair: [i, j] as const, ...test };
    }),
  );
}
