/** Scans around the fit of a run. */
import type { EventData, Likelihood } from "../../inference/likelihood.js";
import type { MixtureModel } from "../../inference/mixture-model.js";
import { type Scans, scanPlan, scanProblems, scans } from "../nuisance-scan.js";
import { type NamedFit, openFit } from "./fits.js";
import type { Setting } from "./setting.js";

/**
 * The likelihood with the Hessian of the best fit at every point. Newton's steps with it still end where the exact gradient
 * vanishes, in a step or two more, each several times cheaper.
 */
function withHessianOf(likelihood: Likelihood, hessian: Float64Array): Likelihood {
  return {
    ...likelihood,
    async evaluate(nu, order) {
      const found = await likelihood.evaluate(nu, order === 2 ? 1 : order);
      return order === 2 ? { ...found, hessian } : found;
    },
  };
}

export async function scanFit(
  setting: Setting,
  model: MixtureModel,
  data: EventData,
  { fit }: NamedFit,
  key: string,
): Promise<Scans | undefined> {
  const { store, analysis, progress, signal } = setting;
  if (fit.hessian === undefined || fit.covariance === undefined) {
    setting.warn(`scans: left out, as the fit gave no errors. ${fit.reason}`);
    return undefined;
  }
  const hessian = Float64Array.from(fit.hessian.flat());
  const { scan, profile } = analysis.configuration;
  const { record } = await store.run("scans", { key, scan, box: profile.box, data: setting.dataKey }, async () => {
    const open = await openFit(setting, model, data);
    try {
      const cheap = { ...open, likelihood: withHessianOf(open.likelihood, hessian) };
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
