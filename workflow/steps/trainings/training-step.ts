/** One training of the chain: recipe, progress, checkpoint, and what is kept of it. */
import { undecided } from "../../../flows/training/convergence.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { adam, adamw, type Optimiser, radam } from "../../../flows/training/optimiser.js";
import { train } from "../../../flows/training/training.js";
import type { Checkpoint, TrainingRequest, TrainingResult } from "../../../flows/training/training-request.js";
import { effectiveEvents } from "../../../inference/statistics/fit/covariance.js";
import type { TrainingRecipe } from "../../configuration/table.js";
import type { RunContext } from "../../context.js";
import type { Counter, Shown } from "../../reporter.js";
import type { StepResult } from "../../store/step-store.js";
import { type TrainedPart, type TrainingVerdict, trainingVerdict } from "../../training-verdict.js";

/** Loss curves and verdict of a training. */
export interface TrainingSummary {
  readonly stopped: TrainingResult["stopped"];
  readonly message: string;
  readonly keptEpoch: number;
  readonly bestEpoch: number;
  readonly initialValidationLoss: number | null;
  readonly convergence: TrainingResult["convergence"];
  readonly history: TrainingResult["history"];
}

/** What a step kept of its training; versions that did not ask whether it converged have left nothing about that. */
export function summaryOf(
  record: Omit<TrainingSummary, "convergence"> & Partial<Pick<TrainingSummary, "convergence">>,
): TrainingSummary {
  const { convergence = undecided("an earlier version of unbinned trained it, and --force trains it again") } = record;
  return { ...record, convergence };
}

/** A training of the chain, for people and for verdicts. */
export interface NamedTraining {
  readonly label: string;
  readonly of: TrainedPart;
  /** Key of the configuration that says how it is trained. */
  readonly recipe: string;
  readonly summary: TrainingSummary;
}

/** Those that did not converge. */
export function judgeTrainings(
  { events }: Pick<RunContext, "events">,
  trainings: readonly NamedTraining[],
): TrainingVerdict[] {
  const { count, weights } = events.data;
  const weighted = weights === undefined ? count : effectiveEvents(weights);
  return trainings.flatMap(({ label, of, recipe, summary: { convergence, keptEpoch } }) => {
    const found = trainingVerdict({ label, of, recipe, convergence, keptEpoch }, weighted);
    return found === undefined ? [] : [found];
  });
}

export function optimiserOf({ optimiser, learningRate, weightDecay }: TrainingRecipe): Optimiser {
  if (optimiser === "adamw") return adamw({ learningRate, weightDecay });
  return { adam, radam }[optimiser]({ learningRate });
}

interface TrainingTask
  extends Pick<TrainingRequest, "model" | "initial" | "data" | "validation" | "perStep" | "purpose"> {
  /** Of the frame, where the loss is -log p of what the flows see: with it, that of the features in their units. */
  readonly logVolume?: number;
  /** Further numbers for people, behind the progress. */
  readonly shown?: (steps: number) => Shown;
}

/** What trainings of either kind of file have. */
interface TrainingContext extends Pick<RunContext, "backend" | "progress" | "signal"> {
  readonly analysis: { readonly configuration: { readonly seed: number } };
}

/**
 * Trains and keeps the parameters under one prefix.
 *
 * @param keeps  whether a parameter belongs to the result
 */
export async function trainStep(
  { backend, analysis, progress, signal }: TrainingContext,
  label: string,
  recipe: TrainingRecipe,
  { logVolume = 0, shown, ...task }: TrainingTask,
  checkpoint: Checkpoint,
  keeps: (name: string) => boolean,
): Promise<StepResult<TrainingSummary>> {
  let counter: Counter | undefined;
  const result = await train({
    backend,
    ...task,
    seed: analysis.configuration.seed,
    batch: recipe.batch,
    epochs: recipe.epochs,
    patience: recipe.patience > 0 ? recipe.patience : undefined,
    averaged: recipe.averaged,
    rate: (at, total) => warmUpCosine({ warmUpSteps: Math.round(recipe.warmUp * total) })(at, total),
    onProgress({ step: done, steps, epoch, epochs, trainingLoss, validationLoss }) {
      counter ??= progress.begin(label, steps, "steps");
      counter.update(done, {
        epoch: `${epoch}/${epochs}`,
        loss: trainingLoss + logVolume,
        ...(validationLoss !== undefined && { validation: validationLoss + logVolume }),
        ...shown?.(done),
      });
    },
    checkpoint,
    signal,
  });
  if (result.stopped === "aborted") signal.throwIfAborted();
  if (result.stopped === "non-finite") throw new Error(`${label}: expected a finite loss, but ${result.message}`);
  const history = result.history.map((epoch) => ({
    ...epoch,
    trainingLoss: epoch.trainingLoss + logVolume,
    ...(epoch.validationLoss !== undefined && { validationLoss: epoch.validationLoss + logVolume }),
  }));
  const last = history.at(-1);
  counter?.done({ loss: last?.validationLoss ?? last?.trainingLoss ?? "unknown" });
  return {
    record: {
      stopped: result.stopped,
      message: result.message,
      keptEpoch: result.keptEpoch,
      bestEpoch: result.bestEpoch,
      initialValidationLoss:
        result.initialValidationLoss === undefined ? null : result.initialValidationLoss + logVolume,
      convergence: result.convergence,
      history,
    },
    arrays: Object.fromEntries(Object.entries(result.parameters).filter(([name]) => keeps(name))),
  };
}
