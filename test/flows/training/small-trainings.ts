/** Losses of one or two parameters, their events, and trainings of them on every backend. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillUniform, randomKey } from "../../../engine/random/random.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { add, div, exp, mul, square, sub, sumEvents } from "../../../engine/tape/operations.js";
import { adam, type Optimiser } from "../../../flows/training/optimiser.js";
import { train } from "../../../flows/training/training.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import type { TrainingRequest, TrainingResult } from "../../../flows/training/training-request.js";
import {
  decodeTrainingState,
  encodeTrainingState,
  type TrainingState,
} from "../../../flows/training/training-state.js";
import { testBackends } from "../../support/backends.js";

export const optimiser = adam({ learningRate: 0.05 });

/** -log of a normal density of mean `mean` and width e^`logWidth`, weighted, without the constant. */
export const normalModel: ModelBuilder = (tape, { events }) => {
  const [x, w] = [tape.column("x"), tape.column("w")];
  const [mean, logWidth] = [tape.parameter("mean"), tape.parameter("logWidth")];
  const nll = add(mul(square(mul(sub(x, mean), exp(mul(logWidth, -1)))), 0.5), logWidth);
  return {
    loss: div(sumEvents(mul(w, nll)), events!),
    trainable: [{ parameters: [mean, logWidth], optimiser }],
  };
};

/** Squared distance of `theta` to the events, averaged. */
export const distanceModel =
  (settings: Optimiser = optimiser): ModelBuilder =>
  (tape, { events }) => {
    const theta = tape.parameter("theta");
    const loss = div(sumEvents(square(sub(tape.column("x"), theta))), events!);
    return { loss, trainable: [{ parameters: [theta], optimiser: settings }] };
  };

export const sampleOf = (...x: number[]) => ({ events: { columns: { x: Float64Array.from(x) }, count: x.length } });

/** Normal events of mean 2 and width 0.5 with weights uniform in (0, 1) + x/4. */
export function weightedEvents(count: number, seed: number) {
  const [x, w] = [new Float64Array(count), new Float64Array(count)];
  fillNormal(randomKey(seed, "training test/x"), 0, x);
  fillUniform(randomKey(seed, "training test/w"), 0, w);
  for (let e = 0; e < count; e++) {
    x[e] = 2 + 0.5 * x[e]!;
    w[e] = w[e]! + x[e]! / 4;
  }
  return { columns: { x, w }, count, weights: "w" };
}

export const scalars = (values: Record<string, number>): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float64Array.of(value)]));

export const close = (got: number | undefined, expected: number, tolerance: number) =>
  assert.ok(Math.abs((got as number) - expected) <= tolerance, `${got} against ${expected} within ${tolerance}`);

/** A file in which states survive as text and arrays. */
export function memoryCheckpoint() {
  let file: ReturnType<typeof encodeTrainingState> | undefined;
  return {
    save: async (state: TrainingState) => {
      file = encodeTrainingState(state);
    },
    restore: async () => file && decodeTrainingState(file.arrays, file.record),
  };
}

/** A backend's trainings. */
export interface Trainer {
  /** For names of tests. */
  readonly on: string;
  readonly precision: "f32" | "f64";
  /** Tolerance of what differs by rounding alone. */
  readonly rounding: number;
  readonly backend: Promise<Backend>;
  trained(request: Omit<TrainingRequest, "backend" | "seed" | "purpose"> & { seed?: number }): Promise<TrainingResult>;
}

/** Declares tests for every backend, which is closed after them. */
export function forEachTrainer(declare: (trainer: Trainer) => void): void {
  for (const { name, precision, create } of testBackends()) {
    const backend = create();
    test.after(async () => (await backend).close());
    declare({
      on: `on ${name} ${precision}`,
      precision,
      rounding: precision === "f64" ? 1e-9 : 1e-4,
      backend,
      trained: async (request) => train({ seed: 1, purpose: "test", ...request, backend: await backend }),
    });
  }
}
