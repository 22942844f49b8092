/** Scans of one parameter of a composition, or of two together, all others profiled. */
import { fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import { ABOVE_ZERO } from "../../../inference/model/parameters/constraints.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import {
  type Scan1d,
  type Scan2d,
  type ScanOptions,
  scan1d,
  scan2d,
} from "../../../inference/statistics/intervals/scan.js";
import type { Objective } from "../../../inference/statistics/objective.js";
import { grid, TOLERANCE_FACTOR } from "../../likelihood/nuisance-scan.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { listed } from "../../text-table.js";
import { type BoundPlan, boundsOf, type StepContext, toleranceOf } from "./context.js";
import type { CompositionFit } from "./fit.js";

/** Where an open end is left out: a logarithm has no value there. */
const ABOVE_END = 1e-3;

/**
 * How far around the estimate: a number of standard deviations; of a parameter at a limit of those away from it, or the whole range where
 * the profile does not rise by one. Undefined where there is no error, nor a level that would be one.
 */
function reachOf({ fit, errors, atLimit }: CompositionFit, name: string, range: number, width: number) {
  if (!isMinimum(fit)) return undefined;
  const held = atLimit.find((own) => own.name === name);
  if (held?.level === null) return undefined;
  const ends = held?.minos;
  const away = ends && (ends.upper ?? (ends.lower === null ? width : -ends.lower));
  const sigma = errors.sigma?.[errors.names.indexOf(name)] ?? away;
  return sigma === undefined || !Number.isFinite(sigma) ? undefined : range * sigma;
}

/** No name has a plus, and a comma is between names of steps. */
const scanName = ({ plan }: Pick<BoundPlan, "plan">, names: readonly string[]) =>
  `scan.${plan.name}.${names.join("+")}`;

/** Why the scan of this name is null. */
export function whyNoScan(bound: Pick<BoundPlan, "plan">, { atLimit }: CompositionFit, scan: string): string {
  const names = scan.slice(scanName(bound, []).length).split("+");
  const held = names.length < 2 ? [] : names.filter((name) => atLimit.some((own) => own.name === name));
  if (held.length === 0) return "the fit did not give an error";
  return held.length === 1 ? `${held[0]} is at a limit of its range` : `${listed(held)} are at limits of their ranges`;
}

interface Axis {
  readonly points: number;
  /** As of `reachOf`. */
  readonly range: number;
}

/** Null where the fit did not give the parameter an error. */
export function scanStep(
  context: StepContext,
  bound: BoundPlan,
  name: string,
  fit: LazyStep<CompositionFit>,
  axis: Axis,
): LazyStep<Scan1d | null> {
  const inputs = { fit: fit.key, name, points: axis.points, range: axis.range };
  return lazyStep(context.store, context.common, scanName(bound, [name]), inputs, async ({ points, range }) => {
    const found = await fit.result();
    const values = axisOf(bound, found, name, range, points);
    if (values === undefined) return null;
    return scanned(context, bound, found, [name], points, (objective, options) =>
      scan1d(objective, name, values, options),
    );
  });
}

/** Null where the fit did not give both parameters errors. */
export function pairStep(
  context: StepContext,
  bound: BoundPlan,
  names: readonly [string, string],
  fit: LazyStep<CompositionFit>,
  axis: Axis,
): LazyStep<Scan2d | null> {
  const inputs = { fit: fit.key, names, points: axis.points, range: axis.range };
  return lazyStep(context.store, context.common, scanName(bound, names), inputs, async ({ points, range }) => {
    const found = await fit.result();
    // Of one at a limit there is no ellipse to compare with.
    if (!names.every((name) => found.errors.names.includes(name))) return null;
    const [first, second] = names.map((name) => axisOf(bound, found, name, range, points));
    if (first === undefined || second === undefined) return null;
    return scanned(context, bound, found, names, points * points, (objective, options) =>
      scan2d(objective, names, [first, second], options),
    );
  });
}

/** So far around the estimate, within the range of the parameter; undefined where it has no error. */
function axisOf(
  { plan }: BoundPlan,
  found: CompositionFit,
  name: string,
  range: number,
  points: number,
): number[] | undefined {
  const [low, high] = boundsOf(plan)[name]!;
  const reach = reachOf(found, name, range, high - low);
  if (reach === undefined) return undefined;
  const { names, values } = found.fit.estimate;
  const centre = values[names.indexOf(name)]!;
  const from = low === ABOVE_ZERO ? ABOVE_END * centre : low;
  return grid(Math.max(from, centre - reach), Math.min(high, centre + reach), points);
}

async function scanned<S>(
  { backend, progress, signal }: StepContext,
  bound: BoundPlan,
  { fit }: CompositionFit,
  names: readonly string[],
  points: number,
  scan: (objective: Objective, options: ScanOptions) => Promise<S>,
): Promise<S> {
  const { plan } = bound;
  const likelihood = await bound.open();
  const objective = fitObjective(likelihood);
  const counter = progress.begin(`scan ${plan.name}, ${names.join(" and ")}`, points, "points");
  const found = await scan(objective, {
    bestFit: fit,
    profile: objective.names.length > names.length,
    bounds: boundsOf(plan),
    tolerance: TOLERANCE_FACTOR * toleranceOf(likelihood, backend),
    onPoint: (done) => counter.update(done),
    signal,
  });
  counter.done();
  signal.throwIfAborted();
  return found;
}
