/** A morph that is to be trained, and what its trainings leave: of a density of a measurement, or of a composition. */
import type { Weights } from "../../../flows/networks/weights.js";
import type { ObservableName } from "../../../inference/model/sampling/simulated-events.js";
import type { MorphStage, NamedMorph, NamedShape } from "../../../inference/model/training/morph.js";
import type { TrainedDensity } from "../../../inference/model/training/moved-density.js";
import type { TrainingRecipe } from "../../configuration/table.js";
import type { RunContext } from "../../context.js";
import type { Simulation } from "../../simulation/simulation.js";
import type { TrainingSummary } from "./training-step.js";

/** What trainings of morphs need of a run. */
export interface MorphContext extends Pick<RunContext, "backend" | "store" | "progress" | "signal" | "sizes"> {
  readonly analysis: { readonly configuration: { readonly seed: number } };
  readonly simulation: Pick<Simulation, "anchors" | "digest" | "frame" | "isFresh" | "training" | "validation">;
}

/** A density, and how its morph is trained. */
export interface MorphTask {
  readonly of: ObservableName;
  readonly moved: TrainedDensity;
  /** Of the step that trained the density. */
  readonly nominalKey: string;
  /** The morph without any training: the identity. */
  readonly untrained: NamedMorph;
  readonly stages: readonly MorphStage[];
  readonly shapes: readonly NamedShape[];
  readonly recipe: TrainingRecipe;
  /** Names of nuisances whose networks stay the identity. */
  readonly leftOut: ReadonlySet<string>;
  /** Weights from which trainings begin that are near their end. */
  readonly start?: { readonly weights: Weights; readonly key: string } | undefined;
  /** For people. */
  readonly label: string;
  /** What the names of its steps begin with. */
  readonly step: string;
  /** What the names of its random numbers begin with. */
  readonly purpose: string;
}

/** What a morph says of a nuisance per event of a process, and the part of that which is the fluctuation of its samples. */
export interface TrainedNoise {
  readonly nuisance: string;
  readonly process: number;
  readonly information: number;
  readonly noise: number;
}

export interface TrainedMorph {
  readonly flow: NamedMorph;
  readonly key: string;
  readonly summary: TrainingSummary;
  /** Of each process, where the noise of the training is known. */
  readonly noise?: readonly TrainedNoise[];
}
