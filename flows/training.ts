/** Maximum-likelihood training of anything that writes a loss on a tape. */
import type { Backend, Named, Program } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";
import { type EventSample, eventCounts } from "./event-sample.js";
import { constantRate, type RateSchedule } from "./learning-rate.js";
import { type Minibatches, minibatches } from "./minibatches.js";
import {
  type ModelBuilder,
  normalisersOf,
  type TrainingProgram,
  trainingProgram,
  validationProgram,
} from "./training-program.js";
import { checkResumable, type EpochRecord, type TrainingRecord, type TrainingState } from "./training-state.js";

/** Makes fresh simulated events for an epoch, counted from 0: a pure function of it, equally many in every epoch. */
export type FreshSamples = (epoch: number) => Named<EventSample> | Promise<Named<EventSample>>;

export interface TrainingRequest {
  readonly backend: Backend;
  readonly model: ModelBuilder;
  /** Values of every parameter of the model, frozen ones included; further names are passed through. */
  readonly initial: Named<Float64Array>;
  /** By event set. */
  readonly data: Named<EventSample> | FreshSamples;
  /** By event set. Without it nothing is selected: the last epoch's parameters are the result. */
  readonly validation?: Named<EventSample> | undefined;
  /** Events per step, for every event set or per set. */
  readonly batch: number | Named<number>;
  readonly epochs: number;
  /** Stops after so many epochs in a row without a new least validation loss. */
  readonly patience?: number | undefined;
  readonly rate?: RateSchedule | undefined;
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
  /** Those of least validation loss (without validation, of the last finished epoch), with the frozen ones. */
  readonly parameters: Named<Float64Array>;
  /** 0: no epoch was better than the initial parameters. */
  readonly bestEpoch: number;
  readonly initialValidationLoss: number | undefined;
  readonly bestValidationLoss: number | undefined;
  readonly history: readonly EpochRecord[];
}

/**
 * Minimises a loss by minibatches. Equal requests give equal bits, whatever was interrupted and resumed in between
 * (on one machine, backend and version).
 */
export async function train(request: TrainingRequest): Promise<TrainingResult> {
  checkRequest(request);
  const { backend, model, data, initial, validation } = request;
  const samplesOf = typeof data === "function" ? data : () => data;
  const samples = await samplesOf(0);
  checkSameSets(samples, validation);
  const batches = minibatches({ ...request, counts: eventCounts(samples) });
  const training = await trainingProgram(backend, model, normalisersOf(samples, batches.sizes), initial);
  try {
    const validated = validation && (await validationProgram(backend, model, validation, initial));
    try {
      return await trainToEnd({ request, training, validation: validated, batches, samplesOf });
    } finally {
      await validated?.close();
    }
  } finally {
    await training.program.close();
  }
}

function checkRequest({ epochs, patience, validation }: TrainingRequest): void {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new UsageError("train", { expected: "epochs to be a positive integer", got: `${epochs}` });
  }
  if (patience === undefined) return;
  if (!Number.isInteger(patience) || patience < 1 || validation === undefined) {
    throw new UsageError("train", {
      expected: "patience to be a positive number of epochs, with a validation sample",
      got: `patience = ${patience}${validation === undefined ? " without one" : ""}`,
    });
  }
}

function checkSameSets(samples: Named<EventSample>, validation: Named<EventSample> = samples): void {
  const [wanted, got] = [samples, validation].map((named) => Object.keys(named).sort().join(", "));
  if (wanted === got) return;
  throw new UsageError("train", { expected: `validation samples of the event sets ${wanted}`, got: `${got}` });
}

/** What stays the same during a training. */
interface Setting {
  readonly request: TrainingRequest;
  readonly training: TrainingProgram;
  readonly validation: Program | undefined;
  readonly batches: Minibatches;
  readonly samplesOf: FreshSamples;
}

/** What changes, beside the values that the program holds. */
interface Progress {
  readonly record: TrainingRecord;
  readonly best: Named<Float64Array>;
  readonly stop?: Pick<TrainingResult, "stopped" | "message"> | undefined;
}

/** Steps are issued in groups of at most so many, and of about so long: Ctrl-C and progress wait no longer. */
const MOST_STEPS = 200;
const GROUP_SECONDS = 0.5;

/** An unfinished training is saved about so often. */
const SAVE_SECONDS = 10;

async function trainToEnd(setting: Setting): Promise<TrainingResult> {
  const { request, training, batches, samplesOf } = setting;
  let now = await begin(setting);
  let boundEpoch: number | undefined;
  let groupSize = 1;
  let savedAt = performance.now();
  while (now.stop === undefined) {
    const { step } = now.record;
    const epoch = Math.floor(step / batches.stepsPerEpoch);
    if (boundEpoch === undefined || (boundEpoch !== epoch && typeof request.data === "function")) {
      const samples = await samplesOf(epoch);
      checkCounts(epoch, eventCounts(samples), batches.counts);
      await training.bind(samples);
      boundEpoch = epoch;
    }
    const startedAt = performance.now();
    const count = Math.min(groupSize, (epoch + 1) * batches.stepsPerEpoch - step);
    now = await takeSteps(setting, now, count);
    const secondsPerStep = (performance.now() - startedAt) / 1000 / count;
    groupSize = Math.max(1, Math.min(MOST_STEPS, Math.floor(GROUP_SECONDS / secondsPerStep)));
    if (now.stop === undefined && now.record.step % batches.stepsPerEpoch === 0) now = await endEpoch(setting, now);
    if (now.stop === undefined && request.signal?.aborted === true) now = { ...now, stop: abortedIn(now.record) };
    const isDue = now.stop === undefined && performance.now() - savedAt > 1000 * SAVE_SECONDS;
    // A state that is not finite is not saved: the last good one stays.
    if (isDue || (now.stop !== undefined && now.stop.stopped !== "non-finite")) {
      await save(setting, now);
      savedAt = performance.now();
    }
    // Where a backend waits for promises only, signals and timers are served in this pause.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { bestEpoch, initialValidationLoss, bestValidationLoss, history } = now.record;
  const parameters = Object.freeze({ ...request.initial, ...now.best });
  return Object.freeze({ ...now.stop, parameters, bestEpoch, initialValidationLoss, bestValidationLoss, history });
}

/** From the saved state where there is one, else from the initial parameters. */
async function begin(setting: Setting): Promise<Progress> {
  const { request, training, batches } = setting;
  const saved = await request.checkpoint?.restore();
  if (saved !== undefined) {
    const { stepsPerEpoch } = batches;
    checkResumable(saved, { ...request, stepsPerEpoch, sizes: training.sizes });
    await training.program.write(saved.values);
    return { record: saved.record, best: saved.best, stop: finished(request, saved.record) };
  }
  const { seed, purpose } = request;
  const { stepsPerEpoch } = batches;
  const record = { seed, purpose, stepsPerEpoch, step: 0, epochLossSum: 0, bestEpoch: 0, history: [] };
  const best = await training.program.read(training.trainable);
  const loss = await validationLossOf(setting, best);
  if (loss === undefined) return { record, best };
  if (!Number.isFinite(loss)) {
    const stop = nonFinite(`the validation loss of the initial parameters is ${loss}`);
    return { record, best, stop };
  }
  return { record: { ...record, initialValidationLoss: loss, bestValidationLoss: loss }, best };
}

async function takeSteps(setting: Setting, now: Progress, count: number): Promise<Progress> {
  const { request, training, batches } = setting;
  const { record } = now;
  const { loss: losses } = (await training.program.steps({
    count,
    indices: batches.indices(record.step, count),
    schedule: {
      ...stack(record.step, count, request.perStep),
      ...training.optimiser.schedule(record.step, count, rateFactor(setting)),
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
  return { ...now, record: { ...record, step, epochLossSum } };
}

async function endEpoch(setting: Setting, now: Progress): Promise<Progress> {
  const { request, training, batches } = setting;
  const { step, epochLossSum, history, bestValidationLoss } = now.record;
  const epoch = history.length + 1;
  const parameters = await training.program.read(training.trainable);
  const bad = training.trainable.find((name) => !parameters[name]?.every(Number.isFinite));
  if (bad !== undefined) {
    return { ...now, stop: nonFinite(`parameter "${bad}" is no longer finite after epoch ${epoch}`) };
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
  return { record: bestRecord, best: parameters, stop: finished(request, bestRecord) };
}

async function validationLossOf({ validation }: Setting, parameters: Named<Float64Array>): Promise<number | undefined> {
  if (validation === undefined) return undefined;
  await validation.write(parameters);
  return ((await validation.run()).loss as Float64Array)[0];
}

function rateFactor({ request, batches }: Setting): (step: number) => number {
  const { rate = constantRate, epochs } = request;
  return (step) => rate(step, epochs * batches.stepsPerEpoch);
}

/** `[count, ...shape]` of the values of each step. */
function stack(firstStep: number, count: number, perStep: TrainingRequest["perStep"]): Record<string, Float64Array> {
  const stacked: Record<string, Float64Array> = {};
  if (perStep === undefined) return stacked;
  for (let i = 0; i < count; i++) {
    for (const [name, values] of Object.entries(perStep(firstStep + i))) {
      (stacked[name] ??= new Float64Array(count * values.length)).set(values, i * values.length);
    }
  }
  return stacked;
}

async function save({ request, training }: Setting, { record, best }: Progress): Promise<void> {
  if (request.checkpoint === undefined) return;
  const values = await training.program.read(Object.keys(training.sizes));
  await request.checkpoint.save({ record, values, best });
}

function checkCounts(epoch: number, counts: Named<number>, first: Named<number>): void {
  for (const [set, count] of Object.entries(first)) {
    if (counts[set] === count) continue;
    throw new UsageError("train", {
      expected: `${count} fresh events of "${set}" in every epoch`,
      got: `${counts[set] ?? "none"} in epoch ${epoch}`,
    });
  }
}

function finished({ epochs, patience }: TrainingRequest, record: TrainingRecord): Progress["stop"] {
  const { history, bestEpoch } = record;
  const best = `the best is epoch ${bestEpoch}`;
  if (history.length >= epochs) return { stopped: "epochs", message: `all ${epochs} epochs are done; ${best}` };
  if (patience === undefined || history.length - bestEpoch < patience) return undefined;
  return { stopped: "patience", message: `no better validation loss for ${patience} epochs; ${best}` };
}

function abortedIn({ step, stepsPerEpoch }: TrainingRecord): Progress["stop"] {
  return { stopped: "aborted", message: `interrupted in epoch ${Math.ceil(step / stepsPerEpoch)}, after step ${step}` };
}

function nonFinite(what: string): Progress["stop"] {
  const message = `${what}. Lower the learning rate, and look for NaN and extreme values in the columns`;
  return { stopped: "non-finite", message };
}
