/** The trainings that the likelihoods of a composition rest on, before all other steps. */
import { type CountedEvents, weightSums } from "../../inference/model/likelihood/event-stream.js";
import type { LikelihoodPlan } from "../configuration/composition/likelihood-plans.js";
import { type DensityNoise, densityNoiseVerdicts } from "../effect-noise.js";
import type { CompositionContext } from "../steps/composition/context.js";
import { trainedIn } from "../steps/composition/training-samples.js";
import {
  type PlannedTraining,
  plannedTrainings,
  type TrainedDensity,
  trainedAnalysis,
} from "../steps/composition/trainings.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import { StepNotDone } from "../store/chosen-steps.js";
import { trainingVerdict } from "../training-verdict.js";
import type { Verdicts } from "../verdicts.js";

/** The context with the keys of these trainings: what is fitted with their densities follows from them. */
export const withKeys = (context: CompositionContext, planned: readonly PlannedTraining[]): CompositionContext => ({
  ...context,
  trainingKeys: new Map(planned.map(({ density, key }) => [density, key])),
});

/** Trainings that are done. */
interface Trained {
  /** The analysis has their weights. */
  readonly context: CompositionContext;
  readonly trainings: readonly NamedTraining[];
  /** Of nuisances of morphs whose noise is known. */
  readonly noise: readonly DensityNoise[];
  /** Throws `StepNotDone` where a likelihood is made of a density whose training is left out. */
  requireTrained(plan: LikelihoodPlan): void;
}

/** Does the trainings that are not done, but for those that were not asked for: other likelihoods may do without them. */
export async function withTrainings(context: CompositionContext): Promise<Trained> {
  const planned = await plannedTrainings(context);
  if (planned.length === 0) return { context, trainings: [], noise: [], requireTrained() {} };
  const found: (readonly [string, TrainedDensity])[] = [];
  const left = new Map<string, StepNotDone>();
  for (const step of planned) {
    try {
      found.push([step.density, await step.result()]);
    } catch (error) {
      if (!(error instanceof StepNotDone)) throw error;
      left.set(step.density, error);
    }
  }
  const analysis = trainedAnalysis(context.analysis, new Map(found.map(([name, { weights }]) => [name, weights])));
  return {
    context: withKeys({ ...context, analysis }, planned),
    trainings: found.flatMap(([, { trainings }]) => trainings),
    noise: found.flatMap(([, { noise }]) => noise),
    requireTrained(plan) {
      const missing = trainedIn(analysis, plan).find((density) => left.has(density));
      if (missing !== undefined) throw left.get(missing)!;
    },
  };
}

/** Trainings that did not converge, for a fit of so many events, and noise that is noticeable. */
export function judgeDensities(
  verdicts: Verdicts,
  { trainings, noise }: Pick<Trained, "trainings" | "noise">,
  events: number,
): void {
  verdicts.add(densityNoiseVerdicts(noise));
  verdicts.add(
    trainings.flatMap(({ label, of, recipe, summary: { convergence, keptEpoch } }) => {
      return trainingVerdict({ label, of, recipe, convergence, keptEpoch }, events) ?? [];
    }),
  );
}

export const eventsOf = (all: readonly { readonly data: CountedEvents }[]) =>
  all.reduce((sum, { data }) => sum + weightSums(data).total, 0);
