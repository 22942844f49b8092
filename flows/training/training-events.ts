/** The events of a training, wherever they are: all in memory, fresh in every epoch, or one window of a stream after another. */

import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import { randomKey } from "../../engine/random/random.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { Named } from "../../engine/runtime/backend.js";
import { checkSample, type EventSample, eventCounts } from "./event-sample.js";
import { type HeldOutLoss, lossOfSamples } from "./grouped-loss.js";
import { type Minibatches, minibatches } from "./minibatches.js";
import { inSet, StreamedEvents } from "./streamed-events.js";
import { streamedLoss } from "./streamed-loss.js";
import { lossProgram, normalisersOf, validationProgram } from "./training-program.js";
import type { TrainingRequest } from "./training-request.js";

/** Events that steps see, and before which step others are bound. */
export interface BoundEvents {
  readonly samples: Named<EventSample>;
  readonly until: number;
}

export interface TrainingEvents {
  readonly batches: Minibatches;
  /** Per event set, Σ of the weights of a batch, on average. */
  readonly normalisers: Named<number>;
  /** Those of the first epoch, where they are in memory. */
  readonly first?: Named<EventSample>;
  /** What a step sees. */
  readonly at: (step: number) => Promise<BoundEvents>;
  /** Of events that are held out; undefined where none are. */
  readonly heldOut: () => Promise<HeldOutLoss | undefined>;
  /** When nothing is read any more. */
  readonly settled: () => Promise<void>;
}

export const trainingEvents = (request: TrainingRequest): Promise<TrainingEvents> =>
  request.data instanceof StreamedEvents ? streamedTraining(request, request.data) : storedTraining(request);

async function storedTraining(request: TrainingRequest): Promise<TrainingEvents> {
  const { backend, model, initial, validation } = request;
  const data = request.data as Exclude<TrainingRequest["data"], StreamedEvents>;
  const samplesOf = typeof data === "function" ? data : () => data;
  const first = await samplesOf(0);
  for (const sample of Object.values(first)) checkSample("train data", sample);
  for (const sample of Object.values(validation ?? {})) checkSample("train validation", sample);
  checkSameSets(first, validation);
  const batches = minibatches({ ...request, counts: eventCounts(first) });
  return {
    batches,
    normalisers: normalisersOf(first, batches.sizes),
    first,
    async at(step) {
      const epoch = Math.floor(step / batches.stepsPerEpoch);
      const samples = await samplesOf(epoch);
      checkCounts(epoch, eventCounts(samples), batches.counts);
      const until = typeof data === "function" ? (epoch + 1) * batches.stepsPerEpoch : Number.POSITIVE_INFINITY;
      return { samples, until };
    },
    async heldOut() {
      if (validation === undefined) return undefined;
      return lossOfSamples(await validationProgram(backend, model, validation, initial), validation);
    },
    async settled() {},
  };
}

function checkSameSets(samples: Named<EventSample>, validation: Named<EventSample> = samples): void {
  const [wanted, got] = [samples, validation].map((named) => Object.keys(named).sort().join(", "));
  if (wanted === got) return;
  throw new UsageError("train", { expected: `validation samples of the event sets ${wanted}`, got: `${got}` });
}

function checkCounts(epoch: number, counts: Named<number>, first: Named<number>): void {
  for (const [set, count] of Object.entries(first)) {
    const got = entryOf(counts, set);
    if (got === count) continue;
    throw new UsageError("train", {
      expected: `${count} fresh events of "${set}" in every epoch`,
      got: `${got ?? "none"} in epoch ${epoch}`,
    });
  }
}

/** A window of an epoch, in steps and in events of its order. */
interface Window {
  readonly epoch: number;
  /** Of all windows of all epochs. */
  readonly number: number;
  readonly firstStep: number;
  readonly steps: number;
}

/**
 * Blocks first, then within: an epoch has an order of blocks, windows are equal parts of it, and each is shuffled by itself. As in memory,
 * every event is seen once in an epoch, but for fewer than a batch at the end of its order.
 */
export function windowsOf(stream: StreamedEvents, { seed, purpose, batch, epochs }: WindowRequest) {
  const { set, counts, window } = stream;
  const { sizes, stepsPerEpoch } = minibatches({ seed, purpose, batch, counts: { [set]: counts.training } });
  const size = sizes[set]!;
  if (size > window) {
    throw new UsageError("train", {
      expected: `a batch of at most ${window} events, as many as are in memory at once`,
      got: `${size}`,
      hint: "Take a smaller batch, or keep more events in memory",
    });
  }
  // Equal windows: a short one would have few blocks.
  const perWindow = Math.ceil(stepsPerEpoch / Math.ceil(stepsPerEpoch / Math.floor(window / size)));
  const perEpoch = Math.ceil(stepsPerEpoch / perWindow);
  const key = randomKey(seed, `${purpose}/shuffle/${set}`);
  const windowOf = (step: number): Window => {
    const epoch = Math.floor(step / stepsPerEpoch);
    const own = Math.floor((step % stepsPerEpoch) / perWindow);
    const steps = Math.min(perWindow, stepsPerEpoch - own * perWindow);
    return { epoch, number: epoch * perEpoch + own, firstStep: epoch * stepsPerEpoch + own * perWindow, steps };
  };
  const batches: Minibatches = {
    counts: { [set]: counts.training },
    sizes,
    stepsPerEpoch,
    indices(firstStep, steps) {
      const { number, firstStep: start, steps: own } = windowOf(firstStep);
      const events = new Int32Array(steps * size);
      fillShuffled(key, number, own * size, (firstStep - start) * size, events);
      return { [set]: events };
    },
  };
  const strata = Math.max(1, Math.round(stream.size / perEpoch));
  const read = ({ epoch, firstStep, steps }: Window) => {
    const first = (firstStep - epoch * stepsPerEpoch) * size;
    return stream.read(epoch, strata, first, first + steps * size);
  };
  /** What is read ahead, while there are steps. */
  let next: { readonly number: number; readonly sample: Promise<EventSample> } | undefined;
  const ahead = (step: number) => {
    next = undefined;
    if (step >= epochs * stepsPerEpoch) return;
    const window = windowOf(step);
    const sample = read(window);
    // Nobody waits for it yet: what it fails of is thrown where it is awaited.
    sample.catch(() => {});
    next = { number: window.number, sample };
  };
  return {
    batches,
    async at(step: number): Promise<BoundEvents> {
      const window = windowOf(step);
      if (next?.number !== window.number) ahead(step);
      const sample = await next!.sample;
      const until = window.firstStep + window.steps;
      // Into the columns of the window before this one, which no step sees any more.
      ahead(until);
      return { samples: inSet(set, sample), until };
    },
    settled: async () => void (await next?.sample.catch(() => {})),
  };
}

type WindowRequest = Pick<TrainingRequest, "seed" | "purpose" | "batch" | "epochs">;

async function streamedTraining(request: TrainingRequest, stream: StreamedEvents): Promise<TrainingEvents> {
  const { backend, model, initial, validation } = request;
  if (validation !== undefined) {
    throw new UsageError("train", { expected: "no validation sample beside a stream, which has its own", got: "one" });
  }
  const { set, counts } = stream;
  const { batches, at, settled } = windowsOf(stream, request);
  const totals = await stream.totalWeights();
  for (const part of ["training", "heldOut"] as const) checkTotal(set, totals[part]);
  return {
    batches,
    normalisers: { [set]: (totals.training * batches.sizes[set]!) / counts.training },
    at,
    async heldOut() {
      return streamedLoss(stream, await lossProgram(backend, model, { [set]: totals.heldOut }, initial));
    },
    settled,
  };
}

function checkTotal(set: string, total: number): void {
  if (total > 0 && total < Number.POSITIVE_INFINITY) return;
  throw new UsageError("EventSample", {
    expected: `the weights of the events of "${set}" to have a positive finite sum`,
    got: `${total}`,
    hint: "Look for NaN and for too many negative weights",
  });
}
