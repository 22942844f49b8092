/** The scans that a configuration asks for, around a fit: points and numbers. */
import type { FitResult } from "../../inference/statistics/fit/fit-result.js";
import {
  type Scan1d,
  type Scan2d,
  type ScanOptions,
  scan1d,
  scan2d,
} from "../../inference/statistics/intervals/scan.js";
import { scanParabola, scanParaboloid } from "../../inference/statistics/intervals/scan-parabola.js";
import type { Objective } from "../../inference/statistics/objective.js";
import type { NamedArray } from "../../io/index.js";
import { nuisanceNames } from "../configuration/analysis.js";
import type { Progress } from "../reporter.js";
import type { Verdict } from "../verdicts.js";
import type { OpenLikelihood } from "./bound-likelihood.js";
import { deeperOfScans, deeperVerdicts, startText } from "./deeper-point.js";
import type { FitSummary } from "./fit-summary.js";
import { type LevelErrors, type Leveled, levelOf } from "./level.js";
import { nonFiniteNear } from "./non-finite-events.js";
import { fitBounds, fitTolerance, type LikelihoodParts } from "./nuisance-fit.js";

type Pair = readonly [string, string];

/** What is scanned and where. */
export interface ScanPlan {
  readonly single: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly pairs: readonly { readonly names: Pair; readonly values: readonly [readonly number[], readonly number[]] }[];
}

export interface Scans {
  readonly single: readonly (Scan1d & Leveled)[];
  readonly pairs: readonly (Scan2d & Leveled)[];
  /** Events that make a point not finite, and points below the fit. */
  readonly verdicts: readonly Verdict[];
}

/** Of so many nuisances all pairs are scanned where the configuration names none: twenty have 190. */
const MOST_PAIRED = 4;

const allPairs = (names: readonly string[]): Pair[] =>
  names.length > MOST_PAIRED
    ? []
    : names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const));

/** Evenly spaced, both ends included. */
export const grid = (from: number, to: number, points: number) =>
  Array.from({ length: points }, (_, i) => from + ((to - from) * i) / (points - 1));

/** A nuisance without an error has no range to scan. */
export const hasEveryError = ({ covariance, estimate }: FitResult) =>
  covariance?.names.length === estimate.names.length;

/** Said where there are no scans. */
export const NO_SCANS = "scans: left out, as the fit did not give every nuisance an error";

/**
 * Ranges in σ of the fit, within its bounds.
 *
 * @param errors  of the fit: those of weighted events are other ones than by the curvature
 */
export function scanPlan(
  of: LikelihoodParts,
  { estimate, covariance, reason }: FitResult,
  errors: LevelErrors,
): ScanPlan {
  const { scan } = of.analysis.configuration;
  const names = nuisanceNames(of.analysis.configuration);
  const bounds = fitBounds(of);
  const axis = (name: string, points: number) => {
    const sigma = covariance?.sigma[covariance.names.indexOf(name)];
    if (sigma === undefined) throw new Error(`scan of ${name}: expected an error of the fit, got none. ${reason}`);
    const centre = estimate.values[names.indexOf(name)]!;
    const reach = scan.range * sigma * Math.sqrt(levelOf(errors, covariance, [name]) ?? 1);
    return grid(Math.max(bounds[name]![0], centre - reach), Math.min(bounds[name]![1], centre + reach), points);
  };
  const pairs = scan.pairs.length > 0 ? (scan.pairs as unknown as Pair[]) : allPairs(names);
  return {
    single: (scan.nuisances.length > 0 ? scan.nuisances : names).map((name) => ({
      name,
      values: axis(name, scan.points),
    })),
    pairs: pairs.map((pair) => ({ names: pair, values: [axis(pair[0], scan.grid), axis(pair[1], scan.grid)] })),
  };
}

/** Fits at the points of a scan stop at so many times the edm of the fit itself: in f32 -2 Delta ln L is right to 0.002. */
export const TOLERANCE_FACTOR = 10;

/**
 * The other nuisances are profiled.
 *
 * @param objective  what is scanned, within the bounds of the likelihood opened
 */
export async function scans(
  open: OpenLikelihood,
  objective: Objective,
  bestFit: FitResult,
  plan: ScanPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<Scans> {
  const size = objective.names.length;
  const tracked = async <S>(
    label: string,
    total: number,
    scanned: number,
    scan: (options: ScanOptions) => Promise<S>,
  ): Promise<S> => {
    const counter = progress.begin(`scan ${label}`, total, "points");
    const onPoint = (done: number) => counter.update(done);
    const tolerance = TOLERANCE_FACTOR * fitTolerance(open);
    const found = await scan({ bestFit, profile: size > scanned, bounds: fitBounds(open), tolerance, onPoint, signal });
    counter.done();
    return found;
  };
  const single: Scan1d[] = [];
  for (const { name, values } of plan.single) {
    single.push(await tracked(name, values.length, 1, (options) => scan1d(objective, name, values, options)));
  }
  const pairs: Scan2d[] = [];
  for (const { names, values } of plan.pairs) {
    const total = values[0].length * values[1].length;
    pairs.push(await tracked(names.join(", "), total, 2, (options) => scan2d(objective, names, values, options)));
  }
  const broken = brokenPoints(objective.names, bestFit.estimate.values, single, pairs);
  const found = broken.length === 0 ? undefined : await nonFiniteNear(open, broken, signal);
  const deeper = deeperVerdicts("scans", deeperOfScans(objective.names, { single, pairs }), startText);
  return { single, pairs, verdicts: [...(found === undefined ? [] : [found]), ...deeper] };
}

/** Points that are looked at for events, at most. */
const MOST_BROKEN = 8;

/** Points at which the likelihood is not finite, with the other nuisances where the fit has them. */
function brokenPoints(
  names: readonly string[],
  estimate: readonly number[],
  single: readonly Scan1d[],
  pairs: readonly Scan2d[],
): (readonly number[])[] {
  const scanned = [
    ...single.map((scan) => [[scan.name], scan.problems] as const),
    ...pairs.map((scan) => [scan.names, scan.problems] as const),
  ];
  return scanned
    .flatMap(([of, problems]) =>
      problems
        .filter(({ at, reason }) => at.length > 0 && /^(non-finite|The NLL is)/.test(reason))
        .map(({ at }) => names.map((name, k) => at[of.indexOf(name)] ?? estimate[k]!)),
    )
    .slice(0, MOST_BROKEN);
}

/** -2ΔlnL of the lowest point above that of the fit, from which on a contour of one σ is missing or deformed. */
const MISSED_MINIMUM = 1;

/** A scan whose points go past the minimum of its fit: one with T fixed lies at the points of the fit with T profiled. */
function missedMinimum(
  name: string,
  key: "points" | "grid",
  values: readonly (number | undefined)[],
  { status }: ReturnType<typeof scanParabola>,
): string[] {
  const lowest = values.reduce<number>((least, own) => Math.min(least, own ?? Infinity), Infinity);
  if (lowest <= MISSED_MINIMUM || status === "no-values") return [];
  const advice = status === "at-edge" ? "raise scan.range" : `raise scan.${key}, or lower scan.range`;
  return [
    `scan of ${name}: the points pass by the minimum of this fit, as the lowest has -2 Delta ln L = ${lowest.toPrecision(3)}: ${advice}`,
  ];
}

/** What made points of the scans missing or doubtful, and minima that lie between points. */
export function scanProblems({ single, pairs }: Pick<Scans, "single" | "pairs">): string[] {
  const named = [
    ...single.map((scan) => {
      const { name, deltaTwoNll } = scan;
      return { name, scan, missed: missedMinimum(name, "points", deltaTwoNll, scanParabola(scan)) };
    }),
    ...pairs.map((scan) => {
      const name = scan.names.join(", ");
      return { name, scan, missed: missedMinimum(name, "grid", scan.deltaTwoNll.flat(), scanParaboloid(scan)) };
    }),
  ];
  return named.flatMap(({ name, scan: { problems }, missed }) => [
    ...problems.map(({ at, reason }) => `scan of ${name} at ${at.join(", ")}: ${reason}`),
    ...missed,
  ]);
}

const vector = (values: readonly (number | undefined)[]): NamedArray => ({
  shape: [values.length],
  data: Float64Array.from(values, (value) => value ?? Number.NaN),
});

/** `<name>/values`, `<name>/delta_two_nll`, of weighted events `<name>/level`; for pairs `<a>,<b>/values_<a>` and so on, [values of a, values of b]. */
export function scanArrays({ single, pairs }: Pick<Scans, "single" | "pairs">): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  const setLevel = (name: string, { level }: Leveled) => {
    if (level !== undefined) arrays.set(`${name}/level`, vector([level]));
  };
  for (const { name, values, deltaTwoNll, ...own } of single) {
    setLevel(name, own);
    arrays.set(`${name}/values`, vector(values));
    arrays.set(`${name}/delta_two_nll`, vector(deltaTwoNll));
  }
  for (const { names, values, deltaTwoNll, ...own } of pairs) {
    const folder = names.join(",");
    setLevel(folder, own);
    for (const [k, name] of names.entries()) arrays.set(`${folder}/values_${name}`, vector(values[k]!));
    const flat = vector(deltaTwoNll.flat());
    arrays.set(`${folder}/delta_two_nll`, { shape: values.map((axis) => axis.length), data: flat.data });
  }
  return arrays;
}

/** The scans of one likelihood, with the fit around which they lie. */
export interface ScannedFit {
  /** In the results: the name of the fit. */
  readonly name: string;
  /** In pictures. */
  readonly label: string;
  readonly summary: FitSummary;
  readonly found: Scans;
}

/** "T profiled"; "scan" where there is no T. */
export const scanLabel = ({ transport }: FitSummary) => (transport === "none" ? "scan" : `T ${transport}`);
