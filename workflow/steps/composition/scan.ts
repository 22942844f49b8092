/** Scans of one parameter of a composition, all others profiled. */
import { fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import { type Scan1d, scan1d } from "../../../inference/statistics/intervals/scan.js";
import { grid, TOLERANCE_FACTOR } from "../../likelihood/nuisance-scan.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, type CompositionContext, toleranceOf } from "./context.js";
import type { CompositionFit } from "./fit.js";

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
    const { fit: found, errors } = await fit.result();
    const sigma = errors.sigma?.[errors.names.indexOf(name)];
    if (sigma === undefined || !isMinimum(found)) return null;
    const bounds = boundsOf(plan);
    const [low, high] = bounds[name]!;
    const centre = found.estimate.values[found.estimate.names.indexOf(name)]!;
    const values = grid(Math.max(low, centre - range * sigma), Math.min(high, centre + range * sigma), points);
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
