/** Maximum-likelihood training of anything that writes a loss on a tape. */

import { UsageError } from "../../engine/errors.js";
import {
  aFunction,
  aNumber,
  anObject,
  aSignal,
  aText,
  checkOptions,
  either,
  type Options,
  optional,
} from "../../engine/options.js";
import { convergenceOfTraining } from "./convergence-check.js";
import { StreamedEvents } from "./streamed-events.js";
import { trainingEvents } from "./training-events.js";
import { stepsUntilRead } from "./training-path.js";
import { trainingProgram } from "./training-program.js";
import type { TrainingRequest, TrainingResult } from "./training-request.js";
import { abortedIn, begin, endEpoch, keptEpoch, save, type TrainingSetting, takeSteps } from "./training-steps.js";
import { checkAveragedPart } from "./weight-averaging.js";

const trainingOptions: Options<TrainingRequest> = {
  backend: anObject,
  model: aFunction,
  initial: anObject,
  data: either(anObject, aFunction),
  validation: optional(anObject),
  batch: either(aNumber, anObject),
  epochs: aNumber,
  patience: optional(aNumber),
  rate: optional(aFunction),
  averaged: optional(aNumber),
  perStep: optional(aFunction),
  seed: aNumber,
  purpose: aText,
  onProgress: optional(aFunction),
  signal: optional(aSignal),
  checkpoint: optional(anObject),
};

/**
 * Minimises a loss by minibatches. Equal requests give equal bits, whatever was interrupted and resumed in between
 * (on one machine, backend and version).
 */
export async function train(request: TrainingRequest): Promise<TrainingResult> {
  checkOptions("train", request, trainingOptions);
  checkRequest(request);
  const { backend, model, initial } = request;
  const events = await trainingEvents(request);
  const { batches, normalisers } = events;
  const averaging = { part: request.averaged ?? 0, totalSteps: request.epochs * batches.stepsPerEpoch };
  const training = await trainingProgram(backend, model, normalisers, initial, averaging);
  try {
    const validation = await events.heldOut();
    try {
      return await trainToEnd({ request, training, validation, batches, events });
    } finally {
      await validation?.close();
    }
  } finally {
    await events.settled();
    await training.program.close();
  }
}

function checkRequest({ epochs, patience, data, validation, averaged = 0 }: TrainingRequest): void {
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new UsageError("train", { expected: "epochs to be a positive integer", got: `${epochs}` });
  }
  checkAveragedPart(averaged);
  if (patience === undefined) return;
  const hasHeldOut = validation !== undefined || data instanceof StreamedEvents;
  if (!Number.isInteger(patience) || patience < 1 || !hasHeldOut) {
    throw new UsageError("train", {
      expected: "patience to be a positive number of epochs, with a validation sample",
      got: `patience = ${patience}${hasHeldOut ? "" : " without one"}`,
    });
  }
}

/** Steps are issued in groups of at most so many, and of about so long: Ctrl-C and progress wait no longer. */
const MOST_STEPS = 200;
const GROUP_SECONDS = 0.5;

/** An unfinished training is saved about so often. */
const SAVE_SECONDS = 10;

async function trainToEnd(setting: TrainingSetting): Promise<TrainingResult> {
  const { request, training, batches, events } = setting;
  let now = await begin(setting);
  let boundUntil = 0;
  let groupSize = 1;
  let savedAt = performance.now();
  while (now.stop === undefined) {
    const { step } = now.record;
    const epoch = Math.floor(step / batches.stepsPerEpoch);
    if (step >= boundUntil) {
      const { samples, until } = await events.at(step);
      await training.bind(samples);
      boundUntil = until;
    }
    const startedAt = performance.now();
    const untilRead = stepsUntilRead(step, request.epochs * batches.stepsPerEpoch);
    const count = Math.min(groupSize, (epoch + 1) * batches.stepsPerEpoch - step, boundUntil - step, untilRead);
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
  const { stopped } = now.stop;
  const { bestEpoch, initialValidationLoss, bestValidationLoss, history } = now.record;
  const chosen = await keptEpoch(setting, now);
  const { epoch, parameters: kept, message } = chosen;
  const convergence = Object.freeze(await convergenceOfTraining(setting, now, chosen));
  const parameters = Object.freeze({ ...request.initial, ...kept });
  const losses = { initialValidationLoss, bestValidationLoss, history };
  return Object.freeze({ stopped, message, parameters, keptEpoch: epoch, bestEpoch, convergence, ...losses });
}
