/** Bins of a prediction by the number of events of the data that it expects there: its tails, and its quartiles. */
import { aList, checkArgument, numbers } from "../../../engine/options.js";

/** Expected events of the data beyond the outer edges, on either side: χ² is close to its distribution from some ten of them on. */
export const TAIL_EVENTS: readonly number[] = [10, 30, 100, 300];

/** Values of a feature, some of all parts, each worth `weight` events of the data. */
export interface WeightedValues {
  readonly values: ArrayLike<number>;
  readonly weight: number;
}

/**
 * Edges beyond which `TAIL_EVENTS` are expected, as far as they are less than a quarter of the events; the quartiles; and the least and the
 * largest value at the ends.
 *
 * @returns ascending, two or more: where all values are the same, a bin that begins there
 */
export function quantileEdges(parts: readonly WeightedValues[]): number[] {
  checkArgument("quantileEdges", "parts", parts, aList);
  for (const { values } of parts) checkArgument("quantileEdges", "values", values, numbers);
  const sorted = parts.flatMap(({ values, weight }) =>
    values.length === 0 ? [] : [{ values: Float64Array.from(values).sort(), weight }],
  );
  const total = sorted.reduce((sum, { values, weight }) => sum + weight * values.length, 0);
  const counts = [...TAIL_EVENTS.filter((count) => count < total / 4), total / 4];
  const least = Math.min(...sorted.map(({ values }) => values[0]!));
  const largest = Math.max(...sorted.map(({ values }) => values.at(-1)!));
  if (least === largest) return [least, least + Math.max(1, Math.abs(least))];
  const edges = [
    least,
    ...valuesBeyond(sorted, [...counts, total / 2]),
    ...valuesBeyond(sorted.map(mirrored), counts).map((value) => -value),
    largest,
  ];
  return edges.sort((a, b) => a - b).filter((edge, i) => i === 0 || edge > edges[i - 1]!);
}

const mirrored = ({ values, weight }: { readonly values: Float64Array; readonly weight: number }) => ({
  values: values.map((value) => -value).reverse(),
  weight,
});

/** The least values up to which each number of events is reached. */
function valuesBeyond(
  sorted: readonly { readonly values: Float64Array; readonly weight: number }[],
  counts: readonly number[],
) {
  const next = sorted.map(() => 0);
  const found: number[] = [];
  for (let sum = 0; found.length < counts.length; ) {
    const nextOf = (part: number) => sorted[part]!.values[next[part]!] ?? Number.POSITIVE_INFINITY;
    const part = sorted.reduce((best, _, own) => (nextOf(own) < nextOf(best) ? own : best), 0);
    const value = nextOf(part);
    next[part]!++;
    sum += sorted[part]!.weight;
    if (sum >= counts[found.length]!) found.push(value);
  }
  return found;
}
