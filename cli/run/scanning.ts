/** Scans around the fit of a run. */
import type { EventData, Likelihood } from "../../inference/likelihood.js";
import type { MixtureModel } from "../../inference/mixture-model.js";
import { dot, multiply } from "../../inference/symmetric-matrix.js";
import { hasEveryError, NO_SCANS, type Scans, scanPlan, scanProblems, scans } from "../nuisance-scan.js";
import type { NamedFit } from "./fits.js";
import { openFit } from "./open-fit.js";
import type { Setting } from "./setting.js";

/**
 * The likelihood with a Hessian that starts as that of the best fit and learns from the gradients met on the way: Newton's steps
 * with it still end where the exact gradient vanishes, each several times cheaper.
 */
function withLearntHessian(likelihood: Likelihood, atBestFit: Float64Array): Likelihood {
  let hessian = atBestFit;
  let last: { readonly nu: Float64Array; readonly gradient: Float64Array } | undefined;
  return {
    ...likelihood,
    async evaluate(nu, order) {
      const found = await likelihood.evaluate(nu, order === 2 ? 1 : order);
      if (order !== 2) return found;
      const gradient = found.gradient!;
      if (last !== undefined) {
        const from = last;
        const step = nu.map((value, k) => value - from.nu[k]!);
        hessian = secantUpdate(
          hessian,
          step,
          gradient.map((value, k) => value - from.gradient[k]!),
        );
      }
      last = { nu: nu.slice(), gradient };
      return { ...found, hessian };
    },
  };
}

/** Secants whose curvature differs from what is known by more than this factor are rounding, or a kink of a spline. */
const LEAST_CURVATURE_RATIO = 0.1;

/** Broyden-Fletcher-Goldfarb-Shanno: Nocedal and Wright, Numerical Optimization, 2nd ed., eq. 6.19; kept positive definite. */
function secantUpdate(hessian: Float64Array, step: Float64Array, change: Float64Array): Float64Array {
  const n = step.length;
  const moved = multiply(hessian, step);
  const expected = dot(step, moved);
  const seen = dot(step, change);
  if (!(expected > 0 && seen > LEAST_CURVATURE_RATIO * expected && seen < expected / LEAST_CURVATURE_RATIO))
    return hessian;
  return hessian.map((value, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return value - (moved[i]! * moved[j]!) / expected + (change[i]! * change[j]!) / seen;
  });
}

export async function scanFit(
  setting: Setting,
  model: MixtureModel,
  data: EventData,
  { fit }: NamedFit,
  key: string,
): Promise<Scans | undefined> {
  const { store, analysis, progress, signal } = setting;
  if (fit.hessian === undefined || !hasEveryError(fit)) {
    setting.warn(`${NO_SCANS}. ${fit.reason}`);
    return undefined;
  }
  const hessian = Float64Array.from(fit.hessian.flat());
  const { scan, profile } = analysis.configuration;
  const { record } = await store.run("scans", { key, scan, box: profile.box, data: setting.dataKey }, async () => {
    const open = await openFit(setting, model, data);
    try {
      const cheap = { ...open, likelihood: withLearntHessian(open.likelihood, hessian) };
      const found = await scans(cheap, fit, scanPlan(cheap, fit), progress, signal);
      signal.throwIfAborted();
      return { record: found, arrays: {} };
    } finally {
      await open.close();
    }
  });
  for (const problem of scanProblems(record)) setting.warn(problem);
  return record;
}
