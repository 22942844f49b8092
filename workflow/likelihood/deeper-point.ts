/** Points at which a likelihood is larger than at its fit, as MINOS and scans find them: then the fit is no minimum. */
import { DEEPER_THAN_DIPS } from "../../inference/statistics/fit/fit-result.js";
import type { Scan1d, Scan2d } from "../../inference/statistics/intervals/scan.js";
import { type FitVerdict, failedFit } from "../verdicts.js";
import type { MinosSummary } from "./fit-summary.js";

export interface DeeperPoint {
  /** "minos of mu" */
  readonly found: string;
  /** By name: all parameters, or those that are known. */
  readonly at: Readonly<Record<string, number>>;
  /** Below 0. */
  readonly deltaTwoNll: number;
}

export const deeperOfMinos = (minos: readonly MinosSummary[] | null): DeeperPoint[] =>
  (minos ?? []).flatMap(({ name, deeper }) => (deeper ? [{ found: `minos of ${name}`, ...deeper }] : []));

/** The lowest of some values, and where; undefined where none is below 0 by more than dips of one minimum are. */
function lowestOf(values: readonly (number | undefined)[]) {
  const least = values.reduce<number>((low, own) => Math.min(low, own ?? 0), 0);
  return least > -DEEPER_THAN_DIPS ? undefined : { index: values.indexOf(least), deltaTwoNll: least };
}

/** @param names  of all parameters, in the order of the likelihood */
export function deeperOfScans(
  names: readonly string[],
  { single, pairs }: { readonly single: readonly Scan1d[]; readonly pairs: readonly Scan2d[] },
): DeeperPoint[] {
  return [
    ...single.flatMap(({ name, deltaTwoNll, nuisances }): DeeperPoint[] => {
      const lowest = lowestOf(deltaTwoNll);
      if (lowest === undefined) return [];
      const all = nuisances[lowest.index]!;
      const at = Object.fromEntries(names.map((own, k) => [own, all[k]!]));
      return [{ found: `the scan of ${name}`, at, deltaTwoNll: lowest.deltaTwoNll }];
    }),
    ...pairs.flatMap(({ names: [a, b], values, deltaTwoNll }): DeeperPoint[] => {
      const lowest = lowestOf(deltaTwoNll.flat());
      if (lowest === undefined) return [];
      const size = values[1].length;
      const at = { [a]: values[0][Math.floor(lowest.index / size)]!, [b]: values[1][lowest.index % size]! };
      return [{ found: `the scan of ${a}, ${b}`, at, deltaTwoNll: lowest.deltaTwoNll }];
    }),
  ];
}

/** "fit.start: { a: 1, b: 2 }" */
export const startText = (at: Readonly<Record<string, number>>): string =>
  `fit.start: { ${Object.entries(at)
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ")} }`;

/**
 * The verdict on a fit below which there is a deeper point; none where there is none. Of several the deepest is named.
 *
 * @param how  how another fit is started from a point, as the user writes it
 */
export function deeperVerdicts(
  label: string,
  points: readonly DeeperPoint[],
  how: (at: Readonly<Record<string, number>>) => string,
): FitVerdict[] {
  if (points.length === 0) return [];
  const { found, at, deltaTwoNll } = points.reduce((a, b) => (b.deltaTwoNll < a.deltaTwoNll ? b : a));
  const short = Object.fromEntries(Object.entries(at).map(([name, value]) => [name, Number(value.toPrecision(6))]));
  const place = Object.entries(short).map(([name, value]) => `${name} = ${value}`);
  const text = `the fit is not the minimum, as ${found} finds -2 Delta ln L = ${deltaTwoNll.toPrecision(3)} at ${place.join(", ")}`;
  return [failedFit(label, "second-minimum", text, `Fit again from there: ${how(short)}`)];
}
