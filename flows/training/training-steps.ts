/** The parts of a training: beginning or resuming, groups of steps, ends of epochs. */
import type { Named } from "../../engine/runtime/backend.js";
import { isBeyondChance, pairedDifference } from "./epoch-choice.js";
import type { HeldOutLoss } from "./grouped-loss.js";
import { constantRate } from "./learning-rate.js";
import type { Minibatches } from "./minibatches.js";
import type { TrainingEvents } from "./training-events.js";
import { addedToPath, isReadAfter } from "./training-path.js";
import type { TrainingProgram } from "./training-program.js";
import type { TrainingRequest, TrainingResult } from "./training-request.js";
import { checkResumable, type EpochRecord, type TrainingRecord } from "./training-state.js";

/** What stays the same during a training. */
export interface TrainingSetting {
  readonly request: TrainingRequest;
  readonly training: TrainingProgram;
  readonly validation: HeldOutLoss | undefined;
  readonly batches: Minibatches;
  readonly events: TrainingEvents;
}

/** What changes, beside the values that the program holds. */
export interface OngoingTraining {
  readonly record: TrainingRecord;
  readonly best: Named<Float64Array>;
  readonly pathSum?: Named<Float64Array> | undefined;
  readonly stop?: Pick<TrainingResult, "stopped" | "message"> | undefined;
}

/** From the saved state where there is one, else from the initial parameters. */
export async function begin(setting: TrainingSetting): Promise<OngoingTraining> {
  const { request, training, batches } = setting;
  const saved = await request.checkpoint?.restore();
  if (saved !== undefined) {
    const { stepsPerEpoch } = batches;
    checkResumable(saved, { ...request, stepsPerEpoch, sizes: training.sizes });
    await training.program.write(saved.values);
    const { record, best, pathSum } = saved;
    return { record, best, pathSum, stop: finished(request, record) };
  }
  const { seed, purpose } = request;
  const { stepsPerEpoch } = batches;
  const record = { seed, purpose, stepsPerEpoch, step: 0, epochLossSum: 0, bestEpoch: 0, history: [] };
  const best = await training.readTrained();
  const loss = await validationLossOf(setting, best);
  if (loss === undefined) return { record, best };
  if (!Number.isFinite(loss)) {
    const message = `the validation loss of the initial parameters is ${loss}. Look for NaN and extreme values in columns and parameters`;
    return { record, best, stop: { stopped: "non-finite", message } };
  }
  return { record: { ...record, initialValidationLoss: loss, bestValidationLoss: loss }, best };
}

export async function takeSteps(
  setting: TrainingSetting,
  now: OngoingTraining,
  count: number,
): Promise<OngoingTraining> {
  const { request, training, batches } = setting;
  const { record } = now;
  const { loss: losses } = (await training.program.steps({
    count,
    indices: batches.indices(record.step, count),
    schedule: {
      ...stack(record.step, count, request.perStep),
      ...training.schedule(record.step, count, rateFactor(setting)),
    },
  })) as { loss: Float64Array };
  const bad = losses.findIndex((loss) => !Number.isFinite(loss));
  if (bad >= 0) {
    return { ...now, stop: nonFinite(`the training loss before step ${record.step + bad + 1} is ${losses[bad]}`) };
  }
  let epochLossSum = record.epochLossSum;
  for (const loss of losses) epochLossSum += loss;
  const step = record.step + count;
  request.onProgress?.({
    epoch: Math.ceil(step / batches.stepsPerEpoch),
    epochs: request.epochs,
    step,
    steps: request.epochs * batches.stepsPerEpoch,
    trainingLoss: losses.reduce((sum, loss) => sum + loss, 0) / count,
    validationLoss: record.history.at(-1)?.validationLoss,
    bestEpoch: record.bestEpoch,
  });
  const done = { ...now, record: { ...record, step, epochLossSum } };
  if (!isReadAfter(step, request.epochs * batches.stepsPerEpoch)) return done;
  return { ...done, ...addedToPath(done, await training.readCurrent()) };
}

export async function endEpoch(setting: TrainingSetting, now: OngoingTraining): Promise<OngoingTraining> {
  const { request, training, batches } = setting;
  const { step, epochLossSum, history, bestValidationLoss } = now.record;
  const epoch = history.length + 1;
  const parameters = await training.readTrained();
  const bad = Object.entries(parameters).find(([, values]) => !values.every(Number.isFinite));
  if (bad !== undefined) {
    return { ...now, stop: nonFinite(`parameter "${bad[0]}" is no longer finite after epoch ${epoch}`) };
  }
  const validationLoss = await validationLossOf(setting, parameters);
  if (validationLoss !== undefined && !Number.isFinite(validationLoss)) {
    return { ...now, stop: nonFinite(`the validation loss after epoch ${epoch} is ${validationLoss}`) };
  }
  const factor = rateFactor(setting)(step - 1);
  const entry: EpochRecord = Object.freeze({
    epoch,
    step,
    trainingLoss: epochLossSum / batches.stepsPerEpoch,
    ...(validationLoss !== undefined && { validationLoss }),
    learningRates: training.groups.map(({ optimiser }) => optimiser.learningRate * factor),
  });
  const record = { ...now.record, epochLossSum: 0, history: Object.freeze([...history, entry]) };
  const isBest = validationLoss === undefined || validationLoss < (bestValidationLoss as number);
  if (!isBest) return { ...now, record, stop: finished(request, record) };
  const bestRecord = {
    ...record,
    bestEpoch: epoch,
    ...(validationLoss !== undefined && { bestValidationLoss: validationLoss }),
  };
  return { ...now, record: bestRecord, best: parameters, stop: finished(request, bestRecord) };
}

async function validationLossOf(
  { validation }: TrainingSetting,
  parameters: Named<Float64Array>,
): Promise<number | undefined> {
  return validation?.whole(parameters);
}

/** The epoch whose parameters are the result, 0 for the initial ones, and why. */
export interface KeptEpoch {
  readonly epoch: number;
  readonly parameters: Named<Float64Array>;
  readonly message: string;
}

/**
 * Of a training that came to its end, the last epoch unless the best is better by more than chance; of others the best one.
 *
 * @param now  has stopped
 */
export async function keptEpoch(
  { request, training, validation }: TrainingSetting,
  now: OngoingTraining,
): Promise<KeptEpoch> {
  const { stopped, message } = now.stop!;
  const { bestEpoch, history } = now.record;
  const best = { epoch: bestEpoch, parameters: now.best, message };
  const hasEnded = stopped === "epochs" || stopped === "patience";
  if (validation === undefined || !hasEnded || bestEpoch === history.length) return best;
  const last = await training.readTrained();
  const found = await pairedDifference(validation, [now.best, last], request);
  if (isBeyondChance(found)) return best;
  const { difference, error } = found;
  const lead =
    error === undefined ? "one event gives no error" : `by ${(-difference).toPrecision(2)} ± ${error.toPrecision(2)}`;
  return { epoch: history.length, parameters: last, message: `${message}, within chance (${lead}): the last is kept` };
}

function rateFactor({ request, batches }: TrainingSetting): (step: number) => number {
  const { rate = constantRate, epochs } = request;
  return (step) => rate(step, epochs * batches.stepsPerEpoch);
}

/** `[count, ...shape]` of the values of each step. */
function stack(firstStep: number, count: number, perStep: TrainingRequest["perStep"]): Record<string, Float64Array> {
  const stacked = new Map<string, Float64Array>();
  if (perStep === undefined) return {};
  for (let i = 0; i < count; i++) {
    for (const [name, values] of Object.entries(perStep(firstStep + i))) {
      const all = stacked.get(name) ?? new Float64Array(count * values.length);
      all.set(values, i * values.length);
      stacked.set(name, all);
    }
  }
  return Object.fromEntries(stacked);
}

export async function save(
  { request, training }: TrainingSetting,
  { record, best, pathSum }: OngoingTraining,
): Promise<void> {
  if (request.checkpoint === undefined) return;
  const values = await training.program.read(Object.keys(training.sizes));
  await request.checkpoint.save({ record, values, best, pathSum });
}

function finished({ epochs, patience }: TrainingRequest, record: TrainingRecord): OngoingTraining["stop"] {
  const { history, bestEpoch } = record;
  const best = `the best is epoch ${bestEpoch}`;
  if (history.length >= epochs) return { stopped: "epochs", message: `all ${epochs} epochs are done; ${best}` };
  if (patience === undefined || history.length - bestEpoch < patience) return undefined;
  return { stopped: "patience", message: `no better validation loss for ${patience} epochs; ${best}` };
}

export function abortedIn({ step, stepsPerEpoch }: TrainingRecord): OngoingTraining["stop"] {
  return { stopped: "aborted", message: `interrupted in epoch ${Math.ceil(step / stepsPerEpoch)}, after step ${step}` };
}

function nonFinite(what: string): OngoingTraining["stop"] {
  const message = `${what}. Lower the learning rate, and look for NaN and extreme values in the columns`;
  return { stopped: "non-finite", message };
}
