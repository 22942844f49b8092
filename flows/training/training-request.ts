/** What training is asked for and what it gives back. */
import type { Backend, Named } from "../../engine/runtime/backend.js";
import type { Convergence } from "./convergence.js";
import type { EventSample } from "./event-sample.js";
import type { RateSchedule } from "./learning-rate.js";
import type { StreamedEvents } from "./streamed-events.js";
import type { ModelBuilder } from "./training-program.js";
import type { EpochRecord, TrainingState } from "./training-state.js";

/** Makes fresh simulated events for an epoch, counted from 0: a pure function of it, equally many in every epoch. */
export type FreshSamples = (epoch: number) => Named<EventSample> | Promise<Named<EventSample>>;

export interface TrainingRequest {
  readonly backend: Backend;
  readonly model: ModelBuilder;
  /** Values of every parameter of the model, frozen ones included; further names are passed through. */
  readonly initial: Named<Float64Array>;
  /** By event set; or events that are not all in memory, with those that are held out. */
  readonly data: Named<EventSample> | FreshSamples | StreamedEvents;
  /** By event set: what chooses the epoch. Without it nothing is selected: the last epoch's parameters are the result. */
  readonly validation?: Named<EventSample> | undefined;
  /** Events per step, for every event set or per set. */
  readonly batch: number | Named<number>;
  readonly epochs: number;
  /** Stops after so many epochs in a row without a new least validation loss. */
  readonly patience?: number | undefined;
  readonly rate?: RateSchedule | undefined;
  /**
   * Part of all steps, at their end, over which the resulting parameters are the mean; 0 or absent: the last ones. Validation
   * sees what would be the result.
   */
  readonly averaged?: number | undefined;
  /** Values of further parameters of the model in each step (e.g. drawn nuisances); validation keeps the initial ones. */
  readonly perStep?: ((step: number) => Named<ArrayLike<number>>) | undefined;
  readonly seed: number;
  /** Names the streams of random numbers. */
  readonly purpose: string;
  readonly onProgress?: ((progress: TrainingProgress) => void) | undefined;
  /** Heeded between groups of steps: the state is saved, the result is as of then. */
  readonly signal?: AbortSignal | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

export interface Checkpoint {
  save(state: TrainingState): Promise<void>;
  restore(): Promise<TrainingState | undefined>;
}

export interface TrainingProgress {
  /** The epoch of the last step, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Steps done, and all there may be. */
  readonly step: number;
  readonly steps: number;
  /** Mean over the steps since the last report. */
  readonly trainingLoss: number;
  /** Of the last finished epoch. */
  readonly validationLoss: number | undefined;
  readonly bestEpoch: number;
}

export interface TrainingResult {
  readonly stopped: "epochs" | "patience" | "aborted" | "non-finite";
  /** Why it stopped, and what to do where something is wrong. */
  readonly message: string;
  /** Those of the epoch that is kept, with the frozen ones. */
  readonly parameters: Named<Float64Array>;
  /**
   * The last, unless the epoch of least validation loss is better by more than chance. 0: the initial parameters. Of a training that
   * was interrupted the best so far; without validation the last finished one.
   */
  readonly keptEpoch: number;
  /** Of least validation loss. 0: no epoch was better than the initial parameters. */
  readonly bestEpoch: number;
  readonly initialValidationLoss: number | undefined;
  readonly bestValidationLoss: number | undefined;
  /** Whether it would gain if it went on. */
  readonly convergence: Convergence;
  readonly history: readonly EpochRecord[];
}
