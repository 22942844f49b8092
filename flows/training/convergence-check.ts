/** The convergence of a training that has come to its end: by which events, along which path. */

import { randomKey } from "../../engine/random/random.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { Named } from "../../engine/runtime/backend.js";
import {
  type Convergence,
  convergenceAlong,
  diverged,
  LEAST_EVENTS,
  LEAST_STEPS,
  STANDARD_ERRORS,
  undecided,
} from "./convergence.js";
import { pairedDifference } from "./epoch-choice.js";
import { type EventSample, eventCounts, selectEvents } from "./event-sample.js";
import { type HeldOutLoss, lossOfSamples } from "./grouped-loss.js";
import { startOfPath } from "./training-path.js";
import { labelOf, validationProgram } from "./training-program.js";
import type { KeptEpoch, OngoingTraining, TrainingSetting } from "./training-steps.js";
import { totalWeight } from "./weighted-moments.js";

/** Groups of events whose sums give the error of the sum of all, to 18%. Every group is a run of its own, which takes time. */
const GROUPS = 16;

/**
 * Part of the events of all steps by which a training without validation is judged. Their losses at four or five sets of parameters, with the
 * compilation of a program for them, took 2 to 4% of the processor time of the trainings of the toy (seconds to a minute each).
 */
const JUDGED_PART = 0.004;
const LEAST_JUDGED = 2000;

/**
 * By the events held out for validation, else by those of the first epoch. Where they are fresh, many others have been trained on since;
 * what a training of T on the data learns of them is what is asked for.
 *
 * @param now   has stopped
 * @param kept  of it
 */
export async function convergenceOfTraining(
  setting: TrainingSetting,
  now: OngoingTraining,
  kept: KeptEpoch,
): Promise<Convergence> {
  const { stopped, message } = now.stop!;
  const { request, validation } = setting;
  const { step } = now.record;
  if (stopped === "non-finite") return diverged(message);
  if (stopped === "aborted") return undecided("the training was interrupted");
  if (step < LEAST_STEPS) {
    const steps = `${step} step${step === 1 ? " is" : "s are"} too few to say`;
    return undecided(`${steps}: at least ${LEAST_STEPS} are needed`);
  }
  const own = validation === undefined ? judgedSample(setting, step) : undefined;
  const fewest = Math.min(...Object.values(own === undefined ? validation!.counts : eventCounts(own)));
  if (fewest < LEAST_EVENTS) {
    const events = `${fewest} event${fewest === 1 ? " is" : "s are"} too few to compare losses`;
    return undecided(`${events}: at least ${LEAST_EVENTS} are needed`);
  }
  if (own === undefined) return judged(setting, now, kept, validation!);
  const loss = lossOfSamples(await validationProgram(request.backend, request.model, own, request.initial), own);
  try {
    return await judged(setting, now, kept, loss);
  } finally {
    await loss.close();
  }
}

/** Some of the events of the first epoch. */
function judgedSample({ request, batches, events }: TrainingSetting, steps: number): Named<EventSample> {
  const whole = events.first!;
  const sum = (counts: Named<number>) => Object.values(counts).reduce((total, count) => total + count, 0);
  const wanted = Math.max(LEAST_JUDGED, JUDGED_PART * steps * sum(batches.sizes));
  const part = Math.min(1, wanted / sum(eventCounts(whole)));
  const entries = Object.entries(whole).map(([set, sample]) => {
    const order = new Int32Array(Math.ceil(part * sample.count));
    fillShuffled(randomKey(request.seed, `${request.purpose}/judged/${set}`), 0, sample.count, 0, order);
    return [set, selectEvents(sample, order)] as const;
  });
  // Of few events with weights of both signs the sum may vanish: all have a positive one.
  return entries.every(([, sample]) => hasWeight(sample)) ? Object.fromEntries(entries) : whole;
}

function hasWeight({ count, columns, weights }: EventSample): boolean {
  return totalWeight({ count, weights: weights === undefined ? undefined : columns[weights] }) > 0;
}

/** Of a mean of numbers that are all the same, relative. */
const ROUNDING = 4 * Number.EPSILON;

async function judged(
  setting: TrainingSetting,
  now: OngoingTraining,
  kept: KeptEpoch,
  loss: HeldOutLoss,
): Promise<Convergence> {
  const { request, training } = setting;
  const lost = await lostAtEnd(setting, now, kept);
  if (lost !== undefined) return diverged(lost);
  const names = Object.keys(kept.parameters);
  const groups = training.groups.map(({ parameters }) =>
    parameters.map(labelOf).filter((name) => names.includes(name)),
  );
  const start = startOfPath(now) ?? request.initial;
  const isThere = (value: number, other: number) => Math.abs(value - other) <= ROUNDING * Math.abs(other);
  if (
    kept.epoch > 0 &&
    names.every((name) => kept.parameters[name]!.every((value, i) => isThere(value, start[name]![i]!)))
  ) {
    return undecided("the parameters have not moved since the second quarter of the steps");
  }
  return convergenceAlong(await loss.inGroups(GROUPS, request), { start, end: kept.parameters, groups });
}

/** What a training says that left its best epoch and went on to worse, in the loss of training too: that is no overfitting. */
async function lostAtEnd(
  { request, training, validation }: TrainingSetting,
  { record }: OngoingTraining,
  kept: KeptEpoch,
): Promise<string | undefined> {
  const { history, initialValidationLoss } = record;
  if (validation === undefined || kept.epoch === history.length) return undefined;
  const before = history[Math.max(0, kept.epoch - 1)]!.trainingLoss;
  const reference = history.length === 1 ? initialValidationLoss! : before;
  if (history.at(-1)!.trainingLoss <= reference) return undefined;
  const pair = [await training.readTrained(), kept.parameters] as const;
  const { difference, error } = await pairedDifference(validation, pair, request);
  if (!(difference > STANDARD_ERRORS * (error ?? Number.POSITIVE_INFINITY))) return undefined;
  const best = kept.epoch === 0 ? "that of the initial parameters" : `that of epoch ${kept.epoch}`;
  return `the loss at the end is ${difference.toPrecision(2)} ± ${error!.toPrecision(2)} above ${best}`;
}
