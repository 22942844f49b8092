/** Asymmetric errors of a fit of a composition. */
import { fitObjective } from "../../../inference/model/likelihood/fit-likelihood.js";
import type { MinosSummary } from "../../likelihood/fit-summary.js";
import { minosErrors } from "../../likelihood/nuisance-fit.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import { type BoundPlan, boundsOf, type CompositionContext } from "./context.js";
import type { CompositionFit } from "./fit.js";

/** Null where the fit has no minimum. */
export function minosStep(
  { store, common, progress, signal }: CompositionContext,
  bound: BoundPlan,
  fit: LazyStep<CompositionFit>,
): LazyStep<readonly MinosSummary[] | null> {
  const { plan } = bound;
  return lazyStep(store, common, `minos.${plan.name}`, { fit: fit.key }, async () => {
    const { fit: found } = await fit.result();
    const objective = fitObjective(await bound.open());
    const counter = progress.begin(`minos ${plan.name}`, objective.names.length, "parameters");
    const onNuisance = (done: number) => counter.update(done);
    const errors = await minosErrors(objective, found, { bounds: boundsOf(plan), onNuisance, signal });
    counter.done();
    signal.throwIfAborted();
    return errors;
  });
}
