/** R6: training steps of T (step 1) and of its response (step 2) at the published sizes, batch 1024. */
import type { Backend, ProgramRequest } from "../../engine/runtime/backend.js";
import { Tape } from "../../engine/tape/tape.js";
import { factorizableFlow, initialise } from "../../flows/architecture/architecture.js";
import type { Weights } from "../../flows/networks/weights.js";
import type { EventSample } from "../../flows/training/event-sample.js";
import { adam, optimise } from "../../flows/training/optimiser.js";
import { type ModelBuilder, trainingProgram } from "../../flows/training/training-program.js";
import {
  responseSample,
  responseTraining,
} from "../../inference/measurements/distribution-of-interest/response-training.js";
import {
  DATA,
  dataSample,
  initialNu,
  transportTraining,
} from "../../inference/measurements/distribution-of-interest/transport-training.js";
import {
  type MixtureModel,
  mixtureParameters,
  parameterPrefixes,
  partNames,
  partOf,
} from "../../inference/model/mixture-model.js";
import { sameSizes } from "../workloads/published.js";
import { normals } from "../workloads/r1.js";
import type { Prepared } from "./protocol.js";

export const mixtureTasks = ["stepOne", "stepTwo"] as const;
export type MixtureTask = (typeof mixtureTasks)[number];

export const MIXTURE_BATCH = 1024;
/** Training steps whose losses are compared. */
export const CHECKED_STEPS = 8;
/** Training steps of one timed call of ours: losses come back at its end. */
export const TIMED_STEPS = 4;

const OBSERVED = 100_000;
const NU = [0.1, -0.2];
/** Scale of the response, and the validity range in which it is trained: arXiv:2602.13184. */
const [SCALE, RANGE] = [0.015, 0.3];

/** What a rival reads. */
export interface CaseFile {
  readonly parts: Readonly<Record<string, Weights>>;
  /** [features, events] */
  readonly data: Readonly<Record<string, Float32Array>>;
  readonly description: object;
}

/** Last layers that are not zero, so that no term vanishes and none could be left out. */
export function filled(weights: Weights, size: number): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const isZero = data.every((value) => value === 0);
      return [name, { shape, data: isZero ? Float64Array.from(normals(name, data.length), (z) => size * z) : data }];
    }),
  );
}

/** The published sizes, with a response of three layers, hidden 256 x 2. */
function model(): MixtureModel {
  const sizes = sameSizes();
  const nuisances = NU.map((nominal) => ({ nominal, scale: SCALE }));
  const response = factorizableFlow({ features: 2, context: 4, layers: 3, hidden: [256, 256], nuisances });
  const moved = (of: MixtureModel["x"]) => {
    const morph = of.morph!;
    return { ...of, morph: { ...morph, weights: filled(morph.weights, 0.02) } };
  };
  return {
    ...sizes,
    x: moved(sizes.x),
    y: moved(sizes.y!),
    response: { architecture: response, weights: filled(initialise(response, 6), 0.0005) },
  };
}

const data = () => ({
  count: MIXTURE_BATCH,
  x: normals("x", 2 * MIXTURE_BATCH),
  y: normals("y", 2 * MIXTURE_BATCH),
});

function sampleOf(task: MixtureTask): EventSample {
  const sample = dataSample(data());
  if (task === "stepOne") return sample;
  return responseSample(
    sample,
    { kind: "random", halfWidths: [RANGE, RANGE] },
    { seed: 1, purpose: "delta", epoch: 0 },
  );
}

export function mixtureFile(): CaseFile {
  const own = model();
  const parts = partNames.map((name) => [parameterPrefixes[name], partOf(own, name)!] as const);
  const { x, y } = data();
  const delta = sampleOf("stepTwo").columns["data/delta"] as Float32Array;
  return {
    parts: Object.fromEntries(parts.map(([name, { weights }]) => [name, weights])),
    data: { x, y, delta },
    description: {
      parts: Object.fromEntries(parts.map(([name, { architecture }]) => [name, architecture])),
      logYields: own.processes.map(({ logYield }) => logYield),
      observed: OBSERVED,
      nu: NU,
    },
  };
}

function builder(task: MixtureTask, own: MixtureModel): ModelBuilder {
  const transport = adam({ learningRate: 1e-4 });
  if (task === "stepTwo") return responseTraining({ model: own, isWeighted: false, optimiser: transport });
  const { response: _, ...fixed } = own;
  const request = { form: "joint", extended: false, isWeighted: false, observed: OBSERVED } as const;
  return transportTraining({ ...request, model: fixed, transport, nuisances: adam({ learningRate: 4e-3 }) });
}

/** The loss of the task with its gradients: what a step has to compute. */
export function mixtureRequest(task: MixtureTask): ProgramRequest {
  const tape = new Tape();
  const { loss, trainable } = builder(task, model())(tape, { [DATA]: MIXTURE_BATCH });
  return { outputs: { loss }, updates: optimise(loss, trainable).updates };
}

/** Ours. */
export async function prepareMixture(backend: Backend, task: MixtureTask): Promise<Prepared> {
  const own = model();
  const parameters = { ...mixtureParameters(own), ...initialNu(NU) };
  const training = await trainingProgram(backend, builder(task, own), { [DATA]: MIXTURE_BATCH }, parameters, {
    part: 0,
    totalSteps: 1,
  });
  await training.bind({ [DATA]: sampleOf(task) });
  let step = 0;
  const steps = async (count: number) => {
    const indices = Int32Array.from({ length: count * MIXTURE_BATCH }, (_, i) => i % MIXTURE_BATCH);
    const schedule = training.schedule(step, count, () => 1);
    step += count;
    return training.program.steps({ count, indices: { [DATA]: indices }, schedule });
  };
  return {
    check: async () => ({ losses: (await steps(CHECKED_STEPS)).loss! }),
    call: () => steps(TIMED_STEPS),
    repeats: TIMED_STEPS,
    close: () => training.program.close(),
  };
}
