/** -2ΔlnL along one nuisance or over a grid of two, the others profiled or fixed. */
import { UsageError } from "../../../engine/errors.js";
import {
  aFlag,
  aFunction,
  aNumber,
  anObject,
  aSignal,
  checkOptions,
  type Options,
  optional,
} from "../../../engine/options.js";
import { isMinimum } from "../fit/fit-result.js";
import { minimise } from "../fit/minimise.js";
import { checkObjective, indexOfName, type NamedVector, type Objective, withFixed } from "../objective.js";

/** Where -2ΔlnL is zero: an estimate with its NLL. A `FitResult` that has one will do. */
export interface BestFit {
  readonly estimate: NamedVector;
  readonly nll: number | undefined;
}

export interface ScanOptions {
  readonly bestFit: BestFit;
  /** whether the other nuisances are profiled at every point, or fixed at the best fit */
  readonly profile: boolean;
  /** of the profiled nuisances, as in `minimise` */
  readonly bounds?: Readonly<Record<string, readonly [number, number]>>;
  /** edm at which the fit of the profiled nuisances at a point stops, as in `minimise`: -2ΔlnL is right to twice as much */
  readonly tolerance?: number;
  /** called after every point */
  readonly onPoint?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

const scanOptions: Options<ScanOptions> = {
  bestFit: anObject,
  profile: aFlag,
  bounds: optional(anObject),
  tolerance: optional(aNumber),
  onPoint: optional(aFunction),
  signal: optional(aSignal),
};

/** One point of a scan whose value is missing, or not to be trusted, and why. */
export interface ScanProblem {
  /** values of the scanned nuisances */
  readonly at: readonly number[];
  readonly reason: string;
}

interface ScanBase {
  readonly isProfiled: boolean;
  readonly bestFit: NamedVector;
  /** the lowest point's -2ΔlnL where it is below that of the best fit (negative): then the best fit was none */
  readonly belowBestFit: number | undefined;
  readonly problems: readonly ScanProblem[];
}

export interface Scan1d extends ScanBase {
  readonly name: string;
  readonly values: readonly number[];
  /** [values]; undefined where the NLL is not finite or the scan was aborted */
  readonly deltaTwoNll: readonly (number | undefined)[];
  /** [values]: all nuisances at each point, in the order of the objective's names */
  readonly nuisances: readonly (readonly number[] | undefined)[];
}

export interface Scan2d extends ScanBase {
  readonly names: readonly [string, string];
  readonly values: readonly [readonly number[], readonly number[]];
  /** [values of the first, values of the second] */
  readonly deltaTwoNll: readonly (readonly (number | undefined)[])[];
}

/** @param values  ascending */
export async function scan1d(
  objective: Objective,
  name: string,
  values: readonly number[],
  options: ScanOptions,
): Promise<Scan1d> {
  checkOptions("scan1d", options, scanOptions);
  checkObjective("scan1d", objective);
  const grid = await scanGrid(objective, [name], [values], options);
  return Object.freeze({
    name,
    values: Object.freeze([...values]),
    deltaTwoNll: Object.freeze(grid.deltaTwoNll),
    nuisances: Object.freeze(grid.nuisances),
    ...grid.base,
  });
}

/** @param values  ascending, one list for each of the two nuisances */
export async function scan2d(
  objective: Objective,
  names: readonly [string, string],
  values: readonly [readonly number[], readonly number[]],
  options: ScanOptions,
): Promise<Scan2d> {
  checkOptions("scan2d", options, scanOptions);
  checkObjective("scan2d", objective);
  if (names[0] === names[1]) {
    throw new UsageError("scan2d", { expected: "two different nuisances", got: `${names[0]} twice` });
  }
  const { deltaTwoNll, base } = await scanGrid(objective, names, values, options);
  const columns = values[1].length;
  return Object.freeze({
    names: Object.freeze([...names] as const),
    values: Object.freeze([Object.freeze([...values[0]]), Object.freeze([...values[1]])] as const),
    deltaTwoNll: Object.freeze(
      values[0].map((_, i) => Object.freeze(deltaTwoNll.slice(i * columns, (i + 1) * columns))),
    ),
    ...base,
  });
}

interface Grid {
  readonly deltaTwoNll: (number | undefined)[];
  readonly nuisances: (readonly number[] | undefined)[];
  readonly base: ScanBase;
}

async function scanGrid(
  objective: Objective,
  names: readonly string[],
  axes: readonly (readonly number[])[],
  options: ScanOptions,
): Promise<Grid> {
  const scanned = names.map((name) => indexOfName("scan", objective.names, name));
  for (const [k, axis] of axes.entries()) requireAscending(names[k]!, axis);
  const { estimate, nll: lowest } = options.bestFit;
  if (lowest === undefined || estimate.values.length !== objective.names.length) {
    throw new UsageError("scan bestFit", {
      expected: `an NLL and ${objective.names.length} nuisances`,
      got: `NLL ${lowest}, ${estimate.values.length} nuisances`,
      hint: "Give a fit that has converged.",
    });
  }

  const total = axes.reduce((product, axis) => product * axis.length, 1);
  const deltaTwoNll = new Array<number | undefined>(total).fill(undefined);
  const nuisances = new Array<readonly number[] | undefined>(total).fill(undefined);
  const problems: ScanProblem[] = [];
  const startIndex = axes.map((axis, k) => nearest(axis, estimate.values[scanned[k]!]!));
  let done = 0;
  for (const { index, from } of outwards(axes, startIndex)) {
    if (options.signal?.aborted) {
      problems.push({ at: [], reason: `Aborted after ${done} of ${total} points.` });
      break;
    }
    const coordinates = unravel(index, axes);
    const at = axes.map((axis, k) => axis[coordinates[k]!]!);
    const start = Float64Array.from((from === undefined ? undefined : nuisances[from]) ?? estimate.values);
    for (const [k, i] of scanned.entries()) start[i] = at[k]!;
    const point = await (options.profile ? profiled(objective, scanned, start, options) : plain(objective, start));
    if (point.problem !== undefined) problems.push(Object.freeze({ at: Object.freeze(at), reason: point.problem }));
    if (point.nll !== undefined) {
      deltaTwoNll[index] = 2 * (point.nll - lowest);
      nuisances[index] = Object.freeze(Array.from(point.nuisances));
    }
    options.onPoint?.(++done, total);
  }
  const least = deltaTwoNll.reduce<number>((low, value) => Math.min(low, value ?? Infinity), Infinity);
  return {
    deltaTwoNll,
    nuisances,
    base: {
      isProfiled: options.profile,
      bestFit: estimate,
      belowBestFit: least < 0 ? least : undefined,
      problems: Object.freeze(problems),
    },
  };
}

interface ScanPoint {
  readonly nll: number | undefined;
  readonly nuisances: Float64Array;
  readonly problem: string | undefined;
}

async function plain(objective: Objective, nuisances: Float64Array): Promise<ScanPoint> {
  const { nll } = await objective.evaluate(nuisances, 0);
  if (Number.isFinite(nll)) return { nll, nuisances, problem: undefined };
  return { nll: undefined, nuisances, problem: `The NLL is ${nll}.` };
}

async function profiled(
  objective: Objective,
  scanned: readonly number[],
  start: Float64Array,
  options: ScanOptions,
): Promise<ScanPoint> {
  const others = withFixed(objective, new Map(scanned.map((i) => [i, start[i]!])));
  if (others.names.length === 0) return plain(objective, start);
  const free = others.names.map((name) => objective.names.indexOf(name));
  const bounds = Object.fromEntries(
    Object.entries(options.bounds ?? {}).filter(([name]) => others.names.includes(name)),
  );
  const fit = await minimise(others, {
    start: free.map((i) => start[i]!),
    bounds,
    ...(options.tolerance !== undefined && { tolerance: options.tolerance }),
    ...(options.signal && { signal: options.signal }),
  });
  const nuisances = start.slice();
  for (const [k, i] of free.entries()) nuisances[i] = fit.estimate.values[k]!;
  return { nll: fit.nll, nuisances, problem: isMinimum(fit) ? undefined : `${fit.status}: ${fit.reason}` };
}

/**
 * All grid points, each after one neighbour it can start from, from the point next to the best fit outwards: a profile fit
 * that starts at the minimum of its neighbour needs a step or two, and follows one minimum.
 */
function* outwards(axes: readonly (readonly number[])[], first: readonly number[]) {
  const strides = axes.map((_, k) => axes.slice(k + 1).reduce((product, axis) => product * axis.length, 1));
  const start = first.reduce((sum, i, k) => sum + i * strides[k]!, 0);
  const seen = new Set([start]);
  const queue: { index: number; from: number | undefined }[] = [{ index: start, from: undefined }];
  for (const point of queue) {
    yield point;
    const coordinates = unravel(point.index, axes);
    for (const [k, axis] of axes.entries()) {
      for (const side of [-1, 1]) {
        const moved = coordinates[k]! + side;
        const index = point.index + side * strides[k]!;
        if (moved < 0 || moved >= axis.length || seen.has(index)) continue;
        seen.add(index);
        queue.push({ index, from: point.index });
      }
    }
  }
}

function unravel(index: number, axes: readonly (readonly number[])[]): number[] {
  const coordinates: number[] = [];
  for (let k = axes.length - 1, rest = index; k >= 0; k--) {
    coordinates.unshift(rest % axes[k]!.length);
    rest = Math.floor(rest / axes[k]!.length);
  }
  return coordinates;
}

function nearest(axis: readonly number[], value: number): number {
  const distances = axis.map((x) => Math.abs(x - value));
  return distances.indexOf(Math.min(...distances));
}

function requireAscending(name: string, axis: readonly number[]): void {
  if (axis.length === 0) throw new UsageError(`scan of ${name}`, { expected: "at least one value", got: "none" });
  const bad = axis.findIndex((x, i) => !Number.isFinite(x) || (i > 0 && x <= axis[i - 1]!));
  if (bad >= 0) {
    throw new UsageError(`scan of ${name}`, {
      expected: "finite values in ascending order",
      got: `${axis[bad]} at position ${bad}`,
    });
  }
}

/** Part of a scan below a level; an end is undefined where the curve is still below it when the scan stops. */
export interface Interval {
  readonly lower: number | undefined;
  readonly upper: number | undefined;
}

/** -2ΔlnL of 1, 2 and 3 standard deviations in one dimension. */
export const INTERVAL_LEVELS = [1, 4, 9] as const;

/**
 * Where -2ΔlnL is below `level`: one interval per minimum. Between grid points √(-2ΔlnL), linear for a parabola, is interpolated
 * linearly; values below zero count as zero there, which is below every level and moves an end within its own cell only.
 * A missing value ends an interval like the end of the scan does.
 */
export function intervals(scan: Scan1d, level: number): readonly Interval[] {
  if (!(level > 0)) throw new UsageError("intervals", { expected: "a positive -2ΔlnL", got: `${level}` });
  const { values } = scan;
  const height = scan.deltaTwoNll.map((value) => (value === undefined ? undefined : Math.sqrt(Math.max(0, value))));
  const target = Math.sqrt(level);
  const crossing = (inside: number, outside: number) => {
    const [low, high] = [height[inside]!, height[outside]];
    if (high === undefined) return undefined;
    return values[inside]! + ((target - low) / (high - low)) * (values[outside]! - values[inside]!);
  };
  const isBelow = (i: number) => height[i] !== undefined && height[i]! < target;
  const found: Interval[] = [];
  for (let first = 0; first < values.length; first++) {
    if (!isBelow(first) || isBelow(first - 1)) continue;
    let last = first;
    while (isBelow(last + 1)) last++;
    found.push(Object.freeze({ lower: crossing(first, first - 1), upper: crossing(last, last + 1) }));
  }
  return Object.freeze(found);
}
