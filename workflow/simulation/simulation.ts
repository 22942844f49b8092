/** Where simulated events come from: a built-in generator, fresh in every epoch, or the user's files. */

import type { ModelFrame } from "../../inference/model/feature-frame.js";
import type { Extreme } from "../../inference/model/resolution.js";
import type { ObservableName, SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import type { AcceptanceFindings } from "../acceptance.js";
import type { CutFlow, LeftOut } from "../events/loaded-events.js";
import type { SimulationChecks } from "./simulation-checks.js";

export interface Simulation {
  /** Every process at every point at which it was or will be simulated, the nominal one included. */
  readonly anchors: readonly Anchor[];
  /**
   * Stands for the events of these anchors as the density of `of` is trained on them: equal digests, equal numbers, whatever else
   * is simulated and whatever it is called.
   */
  digest(anchors: readonly Anchor[], of: ObservableName): string;
  /** In which the densities are trained; absent where the features are of order one, as those of the generator are. */
  readonly frame?: ModelFrame | undefined;
  /** Events of files, all but those held out, by the name of the file. */
  readonly files: readonly (readonly [string, SimulatedEvents])[];
  /** Least and largest values of what the likelihood looks at, of all events, by the name of the file. */
  readonly extremes: readonly (readonly [string, readonly Extreme[]])[];
  /** Events of files that are left out by choice. */
  readonly leftOut: readonly LeftOut[];
  /** What conditions leave of the events of files, and sentences on it. */
  readonly cutFlows: readonly CutFlow[];
  readonly selectionTexts: readonly string[];
  /** Of each process, the expected events by the configuration and the weights of its samples; undefined where a model brings them. */
  readonly yields: readonly (number | undefined)[];
  /** Of each process, the part of the nominal sum of weights that is not left out. */
  readonly kept: readonly number[];
  /** Are events of every epoch new? */
  readonly isFresh: boolean;
  /** Events of these anchors for an epoch of a training of so many epochs. */
  training(purpose: string, anchors: readonly Anchor[], epoch: number, epochs: number): Promise<SimulatedEvents[]>;
  /** Events of these anchors by which a training on others chooses its epoch; undefined where the events of every epoch are new. */
  validation(anchors: readonly Anchor[]): Promise<SimulatedEvents[] | undefined>;
  /** Events of these anchors that no training sees, not even to choose its epoch: they judge what was trained. */
  test(anchors: readonly Anchor[]): Promise<SimulatedEvents[]>;
  /** How the yields follow the shape nuisances. */
  readonly acceptance: AcceptanceFindings;
  /** What the samples say by themselves. */
  checks(): Promise<SimulationChecks>;
}

/** All events of these anchors that a simulation from files has, whatever trainings do with them. */
export async function allEvents(
  simulation: Pick<Simulation, "training" | "validation" | "test">,
  anchors: readonly Anchor[],
): Promise<SimulatedEvents[]> {
  return [
    ...(await simulation.training("all", anchors, 0, 1)),
    ...((await simulation.validation(anchors)) ?? []),
    ...(await simulation.test(anchors)),
  ];
}
