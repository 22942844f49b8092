/** Scans of one parameter of a composition, all others profiled. */
import { fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import { ABOVE_ZERO } from "../../../inference/model/parameters/constraints.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import { type Scan1d, scan1d } from "../../../inference/statistics/intervals/scan.js";
import { grid, TOLERANCE_FACTOR } from "../../likelihood/nuisance-scan.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, type CompositionContext, toleranceOf } from "./context.js";
import type { CompositionFit } from "./fit.js";

/** Where an open end is left out: a logarithm has no value there. */
const ABOVE_END = 1e-3;

/**
 * How far around the estimate: a number of standard deviations; of a parameter at a limit of those away from it, or the whole range where
 * the profile does not rise by one. Undefined where there is no error.
 */
function reachOf({ fit, errors, atLimit }: CompositionFit, name: string, range: number, width: number) {
  if (!isMinimum(fit)) return undefined;
  const ends = atLimit.find((own) => own.name === name)?.minos;
  const away = ends && (ends.upper ?? (ends.lower === null ? width : -ends.lower));
  const sigma = errors.sigma?.[errors.names.indexOf(name)] ?? away;
  return sigma === undefined || !Number.isFinite(sigma) ? undefined : range * sigma;
}

/** Null where the fit did not give the parameter an error. */
export function scanStep(
  { store, common, analysis, backend, progress, signal }: CompositionContext,
  bound: BoundPlan,
  name: string,
  fit: LazyStep<CompositionFit>,
): LazyStep<Scan1d | null> {
  const { plan } = bound;
  const { points, range } = analysis.configuration.scan;
  return lazyStep(store, common, `scan.${plan.name}.${name}`, { fit: fit.key, name, points, range }, async () => {
    const outcome = await fit.result();
    const found = outcome.fit;
    const bounds = boundsOf(plan);
    const [low, high] = bounds[name]!;
    const reach = reachOf(outcome, name, range, high - low);
    if (reach === undefined) return null;
    const centre = found.estimate.values[found.estimate.names.indexOf(name)]!;
    const from = low === ABOVE_ZERO ? ABOVE_END * centre : low;
    const values = grid(Math.max(from, centre - reach), Math.min(high, centre + reach), points);
    const likelihood = await bound.open();
    const objective = fitObjective(likelihood);
    const counter = progress.begin(`scan ${plan.name}, ${name}`, points, "points");
    const scanned = await scan1d(objective, name, values, {
      bestFit: found,
      profile: objective.names.length > 1,
      bounds,
      tolerance: TOLERANCE_FACTOR * toleranceOf(likelihood, backend),
      onPoint: (done) => counter.update(done),
      signal,
    });
    counter.done();
    signal.throwIfAborted();
    return scanned;
  });
}
