/** Asymmetric errors of a fit of a composition. */
import { fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import { isMinimum } from "../../../inference/statistics/fit/fit-result.js";
import type { MinosSummary } from "../../likelihood/fit-summary.js";
import { minosError } from "../../likelihood/nuisance-fit.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, type StepContext } from "./context.js";
import { type CompositionFit, levelOf } from "./fit.js";

/** Null where the fit has no minimum. */
export function minosStep(
  { store, common, progress, signal }: StepContext,
  bound: BoundPlan,
  fit: LazyStep<CompositionFit>,
): LazyStep<readonly MinosSummary[] | null> {
  const { plan } = bound;
  return lazyStep(store, common, `minos.${plan.name}`, { fit: fit.key }, async () => {
    const outcome = await fit.result();
    const { fit: found } = outcome;
    if (!isMinimum(found)) return null;
    const objective = fitObjective(await bound.open());
    const counter = progress.begin(`minos ${plan.name}`, objective.names.length, "parameters");
    const bounds = boundsOf(plan);
    const errors: MinosSummary[] = [];
    for (const name of objective.names) {
      const known = outcome.atLimit.find((own) => own.name === name)?.minos;
      errors.push(known ?? (await minosError(objective, found, name, levelOf(outcome, name), { bounds, signal })));
      counter.update(errors.length);
    }
    counter.done();
    signal.throwIfAborted();
    return errors;
  });
}
