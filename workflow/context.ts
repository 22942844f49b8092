/** What all steps of a run share. */
import type { Backend } from "../engine/runtime/backend.js";
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

/** Does the likelihood look at y? */
export const looksAtY = ({ analysis }: RunContext) => analysis.configuration.likelihood.observables.includes("y");
