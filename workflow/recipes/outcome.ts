/** What the steps of a run leave, for the results, the pictures and the report. */

import type { Band } from "../../inference/measurements/distribution-of-interest/bands.js";
import type { Impacts } from "../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import type { ExpectedSensitivity } from "../../inference/model/predictions/sensitivity.js";
import type { AcceptanceRow } from "../acceptance.js";
import type { EffectNoise } from "../effect-noise.js";
import type { CutFlow, LeftOut } from "../events/loaded-events.js";
import type { ParameterInfluence } from "../likelihood/event-influence.js";
import type { ScannedFit } from "../likelihood/nuisance-scan.js";
import type { Closure } from "../steps/closure.js";
import type { Field } from "../steps/displacements.js";
import type { FittedModel, NamedFit } from "../steps/fits/fitted-model.js";
import type { GoodnessOfFit } from "../steps/goodness-of-fit.js";
import type { ProjectionSet } from "../steps/projections.js";
import type { BiasOf } from "../steps/score-closure.js";
import type { SimulationErrors } from "../steps/simulation-errors/simulation-errors.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import type { Verdict } from "../verdicts.js";
import type { Missing } from "./optional-parts.js";

/** Expected events of one process. */
export interface YieldRow {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** standard deviation of `after`; absent where the rate is fixed */
  readonly sigma?: number | undefined;
}

export interface Outcome {
  readonly closure: Closure;
  /** By how much wrong densities would move the estimates, by likelihood. */
  readonly biases: readonly BiasOf[];
  readonly fitted: FittedModel;
  /** The fit whose numbers are the result: T profiled where it is. */
  readonly best: NamedFit;
  /** What the fluctuation of the simulation adds to the errors of the fits, by their names. */
  readonly simulationErrors: SimulationErrors;
  /** How the yields follow the shape nuisances. */
  readonly acceptance: readonly AcceptanceRow[];
  /** What the densities say of nuisances per event, and how much of that is noise, where that is known. */
  readonly noise: readonly EffectNoise[];
  readonly yields: readonly YieldRow[];
  readonly projections: ProjectionSet;
  /** Of the projections after the fit; undefined where nothing can be tested. */
  readonly goodness: GoodnessOfFit | undefined;
  /** Around the projections after the fit, in their order. */
  readonly bands: readonly Band[] | undefined;
  /** Errors that the fit should have had. */
  readonly sensitivity: ExpectedSensitivity | undefined;
  readonly fields: readonly Field[];
  readonly scans: readonly ScannedFit[];
  readonly impacts: Impacts | undefined;
  readonly trainings: readonly NamedTraining[];
  /** What the checks of the run found; each is among the warnings. */
  readonly verdicts: readonly Verdict[];
  /** Events of the files that are left out by choice. */
  readonly leftOut: readonly LeftOut[];
  /** What conditions leave of the events of the files. */
  readonly cutFlows: readonly CutFlow[];
  /** The events that move each parameter most. */
  readonly influence: readonly ParameterInfluence[];
  readonly warnings: readonly string[];
  /** Parts that could not be made: what stands for them above is empty. */
  readonly missing: Missing;
}
