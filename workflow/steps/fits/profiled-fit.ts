/**
 * The fit of ν with T profiled, in two steps: the response of T is trained around the fit with T fixed (step 2), then ν is fitted
 * with it. The Hessian of this fit is that of the likelihood in which T follows ν, and so is its covariance.
 */
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { covarianceOf } from "../../../inference/statistics/fit/covariance.js";
import type { FitResult } from "../../../inference/statistics/fit/fit-result.js";
import { widenedCovariance } from "../../../inference/statistics/fit/widened-covariance.js";
import type { RunContext } from "../../context.js";
import { errorsBeforeProfiling, type ResponseTask, trainResponse } from "../trainings/response-training.js";
import type { NamedTraining } from "../trainings/training-step.js";
import { fitStep } from "./fit-step.js";
import type { NamedFit } from "./fitted-model.js";
import { quotedWith } from "./quoted-errors.js";

/** The fit of ν with a T whose response is trained. @param start  [K] */
export const fitProfiled = (context: RunContext, key: string, model: MixtureModel, start: readonly number[]) =>
  fitStep(context, "fit.profiled", "fit with T profiled", key, model, context.events.data, start);

interface ProfiledTask extends Pick<ResponseTask, "key" | "members"> {
  readonly fixed: NamedFit;
  readonly xAlone: NamedFit | undefined;
}

/** @param fitted  with the T of step 1, without a response */
export async function trainAndFitProfiled(
  context: RunContext,
  fitted: MixtureModel,
  { key, members, fixed, xAlone }: ProfiledTask,
) {
  const nominal = fixed.fit.estimate.values;
  const errors = errorsBeforeProfiling(fixed.summary, xAlone?.summary);
  const { response, key: trained, summary } = await trainResponse(context, fitted, { key, errors, nominal, members });
  const model: MixtureModel = { ...fitted, response };
  const alone = await fitProfiled(context, trained, model, nominal);
  warnWhereSteeper(context, fixed, alone);
  const profiled = noMoreThanX(alone, xAlone);
  const training: NamedTraining = {
    label: "response of T (step 2)",
    of: "response",
    recipe: "response.training",
    summary,
  };
  return { model, profiled, key: trained, training };
}

/**
 * With errors that are nowhere below those of x alone. A T that is free takes whatever y says of ν: for any ν there is a T that
 * gives the same density of y at every x, so that the profile likelihood is that of x. The response that is trained has layers
 * of one kind and absorbs most of it, not all; what is left narrows the likelihood, though it is no information: the T of step 1, about
 * which it pulls ν, was fitted to the same data together with ν.
 */
export function noMoreThanX(profiled: NamedFit, xAlone: NamedFit | undefined): NamedFit {
  const [own, least] = [profiled, xAlone].map((of) => of?.summary.covariance);
  const { names } = profiled.summary;
  if (!own || !least) return profiled;
  const quoted = widenedCovariance(covarianceOf(own.flat(), names), covarianceOf(least.flat(), names));
  return quotedWith(profiled, quoted, widerOf(profiled.fit, xAlone!.fit), "not below x alone");
}

/** The same of the fits themselves, which leave out nuisances that a bound holds: where both leave out the same. */
function widerOf({ covariance: own }: FitResult, { covariance: least }: FitResult): FitResult["covariance"] {
  return own && least && own.names.join() === least.names.join() ? widenedCovariance(own, least) : own;
}

/** Errors below those with T fixed by more than this part are no rounding of trainings. */
const STEEPER = 0.1;

/** T's best response to ν can only lower the NLL away from ν_0, and so widen errors. */
function warnWhereSteeper({ warn }: RunContext, fixed: NamedFit, profiled: NamedFit): void {
  const [atFixed, free] = [fixed.summary, profiled.summary].map(({ sigma, ownSigma }) => ownSigma ?? sigma);
  if (atFixed === null || free === null) return;
  const steeper = fixed.summary.names.filter((_, k) => free[k]! < (1 - STEEPER) * atFixed[k]!);
  if (steeper.length === 0) return;
  warn(
    `fit with T profiled: expected errors at least as large as with T fixed, got smaller errors of ${steeper.join(", ")}. The ` +
      "response of T is not trained well: train longer (response.training), or adapt response.range and response.scale to the errors",
  );
}
