/** log p, gradients and Hessians of a density of a composition at any events, through the likelihood that users have. */
import type { Backend } from "../../../../engine/runtime/backend.js";
import type { CheckedComposition } from "../../../../inference/model/composition/composition.js";
import { type ChannelsLikelihood, channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { freeParameters } from "../../../../inference/model/parameters/parameter.js";

type Columns = Readonly<Record<string, Float64Array>>;

/** @param use  what is asked of the likelihood of the one channel "events" */
export async function withLikelihood<T>(
  backend: Backend,
  composition: CheckedComposition,
  density: string,
  columns: Columns,
  use: (likelihood: ChannelsLikelihood, theta: number[]) => Promise<T>,
  isExtended = false,
): Promise<T> {
  const count = Object.values(columns)[0]!.length;
  const likelihood = await channelsLikelihood({
    backend,
    composition,
    channels: [{ name: "events", density, data: { count, columns }, isExtended }],
  });
  try {
    return await use(
      likelihood,
      freeParameters(composition.parameters).map(({ start }) => start),
    );
  } finally {
    await likelihood.close();
  }
}

export const logProbOf = (backend: Backend, composition: CheckedComposition, density: string, columns: Columns) =>
  withLikelihood(backend, composition, density, columns, (likelihood, theta) => likelihood.logProb("events", theta));

/** Nodes and weights of Gauss's rule of 5 points on [-1, 1]: Abramowitz and Stegun, table 25.4. */
const RULE = [
  [0, 0.568888888888889],
  [0.538469310105683, 0.478628670499366],
  [-0.538469310105683, 0.478628670499366],
  [0.906179845938664, 0.236926885056189],
  [-0.906179845938664, 0.236926885056189],
] as const;

/** Ends of equal parts of an interval, or where it is wide of equal parts of asinh x: most of a density is about 0. */
export function edgesOf([low, high]: readonly [number, number], parts: number): number[] {
  const isWide = high - low > 100;
  const [from, to] = isWide ? [Math.asinh(low), Math.asinh(high)] : [low, high];
  const at = (i: number) => from + ((to - from) * i) / parts;
  // Both ends exactly: the ranges of columns end there.
  return Array.from({ length: parts + 1 }, (_, i) =>
    i === 0 ? low : i === parts ? high : isWide ? Math.sinh(at(i)) : at(i),
  );
}

/** Points and weights of a composite rule over intervals. */
export function ruleOver(
  intervals: readonly (readonly [number, number])[],
  panels: number,
): (readonly [number, number])[] {
  return intervals.flatMap((interval) => {
    const edges = edgesOf(interval, panels);
    return edges.slice(1).flatMap((high, i) => {
      const [middle, half] = [(edges[i]! + high) / 2, (high - edges[i]!) / 2];
      return RULE.map(([x, weight]) => [middle + half * x, weight * half] as const);
    });
  });
}

export type Rules = Readonly<Record<string, readonly (readonly [number, number])[]>>;

/** Points of a product of rules: by columns. */
function pointsOf(rules: Rules): { readonly at: readonly number[]; readonly weight: number }[] {
  return Object.values(rules).reduce<{ at: number[]; weight: number }[]>(
    (points, rule) =>
      points.flatMap(({ at, weight }) => rule.map(([x, own]) => ({ at: [...at, x], weight: weight * own }))),
    [{ at: [], weight: 1 }],
  );
}

/** Integrals of e^log over products of rules, of the same columns each: with others that are given. */
export async function integrals(
  all: readonly Rules[],
  given: Readonly<Record<string, number>>,
  logProb: (columns: Columns) => Promise<Float64Array>,
): Promise<number[]> {
  const parts = all.map(pointsOf);
  const points = parts.flat();
  const columns = Object.fromEntries(
    Object.keys(all[0]!).map((name, d) => [name, Float64Array.from(points, ({ at }) => at[d]!)]),
  );
  const fixed = Object.entries(given).map(([name, value]) => [name, new Float64Array(points.length).fill(value)]);
  const logs = await logProb({ ...columns, ...Object.fromEntries(fixed) });
  let next = 0;
  return parts.map((own) => own.reduce((sum, { weight }) => sum + weight * Math.exp(logs[next++]!), 0));
}

export const integral = async (
  rules: Rules,
  given: Readonly<Record<string, number>>,
  logProb: (columns: Columns) => Promise<Float64Array>,
): Promise<number> => (await integrals([rules], given, logProb))[0]!;
