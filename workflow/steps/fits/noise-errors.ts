/** Errors of a fit without the information that is noise of the trained densities. */

import type { EventData } from "../../../inference/model/likelihood/likelihood.js";
import { processWeights } from "../../../inference/model/likelihood/process-weights.js";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { type Covariance, covariance, covarianceOf } from "../../../inference/statistics/fit/covariance.js";
import { withoutCurvatureNoise } from "../../../inference/statistics/fit/curvature-noise.js";
import { widenedCovariance } from "../../../inference/statistics/fit/widened-covariance.js";
import { submatrix } from "../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { indexOfName, type Matrix, matrixOf } from "../../../inference/statistics/objective.js";
import type { RunContext } from "../../context.js";
import type { EffectNoise } from "../../effect-noise.js";
import { digestOf } from "../../events/event-digest.js";
import { errorsOf } from "../../likelihood/covariance-summary.js";
import type { NamedFit } from "./fitted-model.js";
import { quotedWith } from "./quoted-errors.js";

/** Of each constraint, in prior standard deviations. */
const CONSTRAINT = 1;

/**
 * The fit with the mean of two estimates of the information: differences of gradients, and the outer product of gradients J, which of scores that are
 * learned as s + ε is E[s sᵀ] + E[ε εᵀ] whatever density the data have. The first jumps at the knots that events cross, and equals the second only for
 * events of the trained density; the second scatters more where few events decide. Errors over exact ones with either and with both, before noise is taken
 * out: of parameters that are nearly degenerate, 72 errors of 24 fits, 13, 5 and 3 were off by more than a tenth (docs/studies/first-analysis.md).
 */
function withBoth(fit: NamedFit): NamedFit {
  const { names, estimator, crossCheck } = fit.summary;
  const { hessian, covariance: ofFit } = fit.fit;
  if (estimator !== "finite-difference Hessian" || crossCheck === null || hessian === undefined) return fit;
  const information = hessian.map((row, k) => row.map((own, l) => (own + crossCheck.information[k]![l]!) / 2));
  const inverse = (of: readonly string[]) => {
    const at = of.map((each) => indexOfName("withoutNoise", names, each));
    return covariance(submatrix(Float64Array.from(information.flat()), names.length, at), of);
  };
  const [all, free] = [inverse(names), ofFit && inverse(ofFit.names)];
  if (all.status !== "positive-definite" || (free !== undefined && free.status !== "positive-definite")) return fit;
  return {
    ...fit,
    fit: { ...fit.fit, hessian: information, covariance: free },
    summary: { ...fit.summary, ...errorsOf(all), estimator: "differences and outer product of gradients" },
  };
}

/**
 * The information that the scores of the likelihood hold contains, besides that on a nuisance, what the noise of its trained effect adds to it,
 * whatever the data are (`EffectNoise`). Errors are quoted without that: nowhere less than what is left of the information gives.
 *
 * @param name   of the step of the fit
 * @param key    of the step that the model comes from
 * @param noise  of all densities
 */
export async function withoutNoise(
  context: RunContext,
  name: string,
  key: string,
  model: MixtureModel,
  data: EventData,
  found: NamedFit,
  noise: readonly EffectNoise[],
): Promise<NamedFit> {
  const looked = noise.filter(({ of }) => of === "x" || data.y !== undefined);
  if (looked.length === 0) return found;
  const fit = withBoth(found);
  const { names, covariance: own } = fit.summary;
  const { hessian, covariance: ofFit, estimate } = fit.fit;
  if (hessian === undefined || own === null) return fit;
  const nu = estimate.values;
  const { backend, signal, store } = context;
  const { record: events } = await store.run(`${name}.noise`, { key, data: digestOf(data), nu }, async () => ({
    record: await processWeights({ backend, model, data, nu, signal }),
    arrays: {},
  }));
  const ofNuisance = names.map((nuisance) =>
    looked
      .filter((row) => row.nuisance === nuisance)
      .reduce((sum, row) => sum + row.noise * events[model.processes.findIndex((own) => own.name === row.process)]!, 0),
  );
  const widened = (covered: Covariance) => {
    const at = covered.names.map((each) => indexOfName("withoutNoise", names, each));
    return wider(
      covered,
      matrixOf(submatrix(Float64Array.from(hessian.flat()), names.length, at), at.length),
      at.map((k) => ofNuisance[k]!),
    );
  };
  return quotedWith(
    fit,
    widened(covarianceOf(own.flat(), names)),
    ofFit && widened(ofFit),
    "without noise of trainings",
  );
}

function wider(own: Covariance, hessian: Matrix, noise: readonly number[]): Covariance {
  const left = covariance(withoutCurvatureNoise(hessian, noise, CONSTRAINT).flat(), own.names);
  return left.status === "positive-definite" ? widenedCovariance(own, left) : own;
}
