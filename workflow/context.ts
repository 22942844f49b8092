/** What all steps of a run share. */

import type { Backend } from "../engine/runtime/backend.js";
import { totalWeight } from "../flows/training/weighted-moments.js";
import type { MixtureModel } from "../inference/model/mixture-model.js";
import type { Dimensions } from "../inference/model/training/densities.js";
import type { Analysis } from "./configuration/analysis.js";
import type { LoadedEvents } from "./events/event-data.js";
import type { Reporter } from "./reporter.js";
import type { Simulation } from "./simulation/simulation.js";
import type { StepStore } from "./store/step-store.js";

/** What it warns of goes to stderr at once, and into the report. */
export interface RunContext extends Reporter {
  readonly analysis: Analysis;
  readonly folder: string;
  /** For trainings and sampling. */
  readonly backend: Backend;
  readonly store: StepStore;
  readonly simulation: Simulation;
  readonly events: LoadedEvents;
  /** Stands for the data. */
  readonly dataKey: string;
  readonly sizes: Dimensions;
}

/** Of `likelihood`, what its numbers follow from besides the columns that it looks at: an input of steps. */
export function formOf({ analysis }: RunContext) {
  const { form, extended } = analysis.configuration.likelihood;
  return { form, extended };
}

/**
 * What fits and scans of a likelihood follow from: also where they may look, the validity range where T responds, and the cache, without
 * which f32 rounds in other places.
 */
export function likelihoodInputs(context: RunContext, model: MixtureModel) {
  const { fit, response, likelihood } = context.analysis.configuration;
  const { cache } = likelihood;
  return { ...formOf(context), cache, bounds: fit.bounds, ...(model.response && { range: response.range }) };
}

/** Does the likelihood look at y? */
export const looksAtY = ({ analysis }: RunContext) => analysis.configuration.likelihood.observables.includes("y");

/** Sum of weights of the data, to which yields are scaled where the number of events says nothing. */
export const observedEvents = ({ analysis, events }: RunContext): number | undefined =>
  analysis.configuration.likelihood.extended ? undefined : totalWeight(events.data);
