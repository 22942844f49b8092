/** Step 1 as a step of a run: the training of T and ν together, on the data or with the bootstrap weights of a replica. */
import type { AutoregressiveArchitecture } from "../../../flows/architecture/architecture.js";
import { updated } from "../../../flows/networks/weights.js";
import { adamw } from "../../../flows/training/optimiser.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import { bootstrapWeights } from "../../../inference/measurements/distribution-of-interest/ensemble.js";
import {
  DATA,
  dataSample,
  initialNu,
  initialTransport,
  NU,
  releaseOfNu,
  transportTraining,
} from "../../../inference/measurements/distribution-of-interest/transport-training.js";
import { framedEvents, meanLogVolume } from "../../../inference/model/feature-frame.js";
import type { EventData } from "../../../inference/model/likelihood/likelihood.js";
import { type FlowModel, type MixtureModel, mixtureParameters } from "../../../inference/model/mixture-model.js";
import { withUsedUnitsOf } from "../../../inference/model/used-units.js";
import { transportArchitecture } from "../../configuration/architectures.js";
import type { TrainingRecipe } from "../../configuration/table.js";
import { formOf, type RunContext } from "../../context.js";
import { optimiserOf, summaryOf, type TrainingSummary, trainStep } from "./training-step.js";

/** What step 1 gives. */
export interface TrainedTransport {
  readonly transport: FlowModel<AutoregressiveArchitecture>;
  /** [K], within the bounds of the fit. */
  readonly nu: readonly number[];
  readonly key: string;
  readonly summary: TrainingSummary;
}

const stepsPerEpoch = (events: number, batch: number) => Math.floor(events / Math.min(batch, events));

/** Step 1 knows no bounds; the fit that starts where it ended has them. [K] */
function withinBounds(nu: Float64Array, [least, largest]: readonly number[]): number[] {
  return Array.from(nu, (value) => Math.min(largest!, Math.max(least!, value)));
}

/** Data as the flows see them, which T and its response are trained on. */
export const framed = ({ backend }: RunContext, { frame }: MixtureModel, data: EventData): EventData =>
  framedEvents(frame, data, backend.precision);

interface TransportTask {
  /** Name of the step; label of its progress. */
  readonly name: string;
  readonly label: string;
  /** What it follows from, beside the data. */
  readonly inputs: unknown;
  readonly recipe: TrainingRecipe;
  readonly data: EventData;
  readonly from: FlowModel<AutoregressiveArchitecture>;
  readonly nu: readonly number[];
  readonly perStep: ReturnType<typeof releaseOfNu>;
}

async function transportStep(
  context: RunContext,
  simulated: MixtureModel,
  task: TransportTask,
): Promise<TrainedTransport> {
  const { transport, likelihood: options, fit } = context.analysis.configuration;
  const { data, recipe, from } = task;
  const { frame } = simulated;
  const model: MixtureModel = { ...withUsedUnitsOf(simulated), transport: from };
  const step = await context.store.run(task.name, task.inputs, async (checkpoint) =>
    trainStep(
      context,
      task.label,
      recipe,
      {
        model: transportTraining({
          model,
          form: options.form,
          extended: options.extended,
          isWeighted: data.weights !== undefined,
          observed: totalWeight(data),
          transport: optimiserOf(recipe),
          nuisances: adamw({ learningRate: transport.nuisanceLearningRate, weightDecay: 0 }),
        }),
        initial: { ...mixtureParameters(model), ...initialNu(task.nu) },
        data: { [DATA]: dataSample(framed(context, simulated, data)) },
        perStep: task.perStep,
        logVolume:
          (options.form === "joint" ? meanLogVolume(frame?.x, data.x, data.weights) : 0) +
          meanLogVolume(frame?.y, data.y!, data.weights),
        // One shuffling for the data and all replicas: they differ in their weights only.
        purpose: "transfer",
      },
      checkpoint,
      (name) => name === NU || name.startsWith("transfer."),
    ),
  );
  const { architecture, weights } = from;
  return {
    transport: { architecture, weights: updated("transfer", weights, step.arrays) },
    nu: withinBounds(step.arrays[NU]!, fit.bounds),
    key: step.key,
    summary: summaryOf(step.record),
  };
}

/** Step 1 on the data. */
export function trainTransport(
  context: RunContext,
  simulated: MixtureModel,
  key: string,
  start: readonly number[],
): Promise<TrainedTransport> {
  const { analysis, events, sizes } = context;
  const { transport, seed } = analysis.configuration;
  const { training: recipe, nuisanceLearningRate } = transport;
  const { epochs, batch } = recipe;
  const data = context.dataKey;
  const architecture = transportArchitecture(analysis.configuration);
  return transportStep(context, simulated, {
    name: "transport",
    label: "fit T and nu (step 1)",
    inputs: { key, data, architecture, start, recipe, nuisanceLearningRate, form: formOf(context) },
    recipe,
    data: events.data,
    from: initialTransport(architecture, framed(context, simulated, events.data), sizes.processes, seed),
    nu: start,
    perStep: releaseOfNu(epochs * stepsPerEpoch(events.data.count, batch)),
  });
}

/** The data as a replica of the ensemble sees them. */
export function replicaData({ analysis, events }: RunContext, index: number): EventData {
  return { ...events.data, weights: bootstrapWeights(events.data, analysis.configuration.seed, index) };
}

/**
 * Step 1 with bootstrap weights, from the T of the data on, close to where it ends; ν from `start`, released late as in step 1. A
 * replica whose ν starts at that of the data instead stays too close to it: T and ν have to move together, which takes long.
 */
export function trainReplicaTransport(
  context: RunContext,
  simulated: MixtureModel,
  ofData: TrainedTransport,
  index: number,
  start: readonly number[],
): Promise<TrainedTransport> {
  const { ensemble, transport } = context.analysis.configuration;
  const { nuisanceLearningRate } = transport;
  const { training: recipe } = ensemble;
  const { epochs, batch } = recipe;
  return transportStep(context, simulated, {
    name: `replica.${index}`,
    label: `fit T and nu of replica ${index}`,
    inputs: { key: ofData.key, index, start, recipe, nuisanceLearningRate, form: formOf(context) },
    recipe,
    data: replicaData(context, index),
    from: ofData.transport,
    nu: start,
    perStep: releaseOfNu(epochs * stepsPerEpoch(context.events.data.count, batch)),
  });
}
