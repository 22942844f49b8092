/** The trainings that the likelihoods of a composition rest on, before all other steps. */
import { totalWeight } from "../../flows/training/weighted-moments.js";
import type { CompositionContext } from "../steps/composition/context.js";
import { type PlannedTraining, plannedTrainings, trainedAnalysis } from "../steps/composition/trainings.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import { trainingVerdict } from "../training-verdict.js";
import type { Verdicts } from "../verdicts.js";

/** The context with the keys of these trainings: what is fitted with their densities follows from them. */
export const withKeys = (context: CompositionContext, planned: readonly PlannedTraining[]): CompositionContext => ({
  ...context,
  trainingKeys: new Map(planned.map(({ density, key }) => [density, key])),
});

/** Does the trainings that are not done; the analysis of the context has their weights. */
export async function withTrainings(context: CompositionContext): Promise<{
  readonly context: CompositionContext;
  readonly trainings: readonly NamedTraining[];
}> {
  const planned = await plannedTrainings(context);
  if (planned.length === 0) return { context, trainings: [] };
  const found = [];
  for (const step of planned) found.push([step.density, await step.result()] as const);
  const analysis = trainedAnalysis(context.analysis, new Map(found.map(([name, { weights }]) => [name, weights])));
  return {
    context: withKeys({ ...context, analysis }, planned),
    trainings: found.map(([, { training }]) => training),
  };
}

/** Those that did not converge, for a fit of so many events. */
export function judgeFlows(verdicts: Verdicts, trainings: readonly NamedTraining[], events: number): void {
  verdicts.add(
    trainings.flatMap(({ label, of, recipe, summary: { convergence, keptEpoch } }) => {
      return trainingVerdict({ label, of, recipe, convergence, keptEpoch }, events) ?? [];
    }),
  );
}

export const eventsOf = (all: readonly { readonly data: Parameters<typeof totalWeight>[0] }[]) =>
  all.reduce((sum, { data }) => sum + totalWeight(data), 0);
