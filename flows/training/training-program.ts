/** A model with its optimiser, and the same model for validation, compiled and bound to data. */

import { entryOf } from "../../engine/entry.js";
import { UsageError } from "../../engine/errors.js";
import { separate } from "../../engine/partial-evaluation/separation.js";
import { schedule } from "../../engine/passes/event-passes.js";
import type { Backend, ColumnData, Named, Program } from "../../engine/runtime/backend.js";
import { type Attributes, sizeOf, Tape, type Var } from "../../engine/tape/tape.js";
import { type EventSample, eventCounts, sumOfWeights } from "./event-sample.js";
import type { SampleLoss } from "./grouped-loss.js";
import { optimise, type ParameterGroup } from "./optimiser.js";
import { averageName, averages, averagingSchedule } from "./weight-averaging.js";

export interface Model {
  /** Scalar without events: sums over events divided by the normalisers. */
  readonly loss: Var;
  readonly trainable: readonly ParameterGroup[];
  /** Columns that the loss sees moved in several ways, in networks whose context is other columns and stays what it is. */
  readonly moved?: readonly Var[];
}

/**
 * Writes a loss on a tape. Called once for training and, with other normalisers, once for validation.
 *
 * @param normalisers  per event set, the Σ of event weights that the set's sum is divided by: in training what a batch
 *                     has on average, in validation that of the sample
 */
export type ModelBuilder = (tape: Tape, normalisers: Named<number>) => Model;

export interface TrainingProgram {
  readonly program: Program;
  /** Sizes of what a step changes: the groups' parameters, their moments and means. */
  readonly sizes: Named<number>;
  readonly groups: readonly ParameterGroup[];
  bind(samples: Named<EventSample>): Promise<void>;
  /** Numbers of `count` steps, for `StepPlan.schedule`; `factor` as of `RateSchedule`, of the step counted from 0. */
  schedule(firstStep: number, count: number, factor: (step: number) => number): Record<string, Float64Array>;
  /** The groups' parameters, averaged where that was asked for. */
  readTrained(): Promise<Record<string, Float64Array>>;
  /** The groups' parameters after the last step. */
  readCurrent(): Promise<Record<string, Float64Array>>;
}

/** Per event set, the mean Σ of weights of so many of its events. */
export function normalisersOf(samples: Named<EventSample>, events: Named<number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(samples).map(([set, sample]) => {
      return [set, (sumOfWeights(sample) * (events[set] as number)) / sample.count];
    }),
  );
}

export async function trainingProgram(
  backend: Backend,
  model: ModelBuilder,
  normalisers: Named<number>,
  initial: Named<Float64Array>,
  averaging: Averaging,
): Promise<TrainingProgram> {
  const { loss, trainable: groups } = separated(model(new Tape(), normalisers));
  const { tape } = loss;
  const parameters = initialValues(tape, initial);
  const optimiser = optimise(loss, groups);
  const trainable = Object.keys(optimiser.updates).filter((name) => Object.hasOwn(parameters, name));
  const { part, totalSteps } = averaging;
  const held = part > 0 ? averageName : (name: string) => name;
  const moved = Object.fromEntries(trainable.map((name) => [name, optimiser.updates[name]!]));
  const updates = { ...optimiser.updates, ...(part > 0 && averages(tape, moved)) };
  const program = await backend.compile({ outputs: { loss }, updates });
  const means = Object.fromEntries(trainable.map((name) => [held(name), parameters[name]!]));
  await program.write({ ...parameters, ...optimiser.moments, ...means });
  return {
    program,
    sizes: Object.fromEntries(Object.entries(updates).map(([name, update]) => [name, sizeOf(update.shape)])),
    groups,
    bind: (samples) => program.bind(columnsOf(tape, samples)),
    schedule: (firstStep, count, factor) => ({
      ...optimiser.schedule(firstStep, count, factor),
      ...(part > 0 && averagingSchedule(part, firstStep, count, totalSteps)),
    }),
    readCurrent: () => program.read(trainable),
    async readTrained() {
      const values = await program.read(trainable.map(held));
      return Object.fromEntries(trainable.map((name) => [name, values[held(name)]!]));
    },
  };
}

/**
 * The model on a tape where nothing mixes what training or `moved` changes with what they do not: in a network that is not trained,
 * units that see the context alone are computed once however often it is used, and no derivative goes through them.
 */
function separated({ loss, trainable, moved = [] }: Model): Model {
  const names = new Set([...moved, ...trainable.flatMap(({ parameters }) => parameters)].map(labelOf));
  const used = new Set(schedule([loss]).nodes);
  const nodes = loss.tape.nodes.filter((node) => used.has(node) || labelOf(node) !== "");
  const image = separate(nodes, new Tape(), (label) => names.has(label));
  const groups = trainable.map((group) => ({ ...group, parameters: group.parameters.map(image) }));
  return { loss: image(loss), trainable: groups };
}

/** Name of a column or parameter, else nothing. */
export function labelOf({ operation }: Var): string {
  return operation.name === "column" || operation.name === "parameter" ? operation.label : "";
}

export interface Averaging {
  /** Part of all steps, at their end, over which parameters are averaged; 0: none. */
  readonly part: number;
  readonly totalSteps: number;
}

/** The loss on a whole sample, as a function of the trainable parameters; bound to the samples given. */
export async function validationProgram(
  backend: Backend,
  model: ModelBuilder,
  samples: Named<EventSample>,
  initial: Named<Float64Array>,
): Promise<SampleLoss> {
  const loss = await lossProgram(backend, model, normalisersOf(samples, eventCounts(samples)), initial);
  await loss.bind(samples);
  return loss;
}

/** The same, bound to nothing yet. */
export async function lossProgram(
  backend: Backend,
  model: ModelBuilder,
  normalisers: Named<number>,
  initial: Named<Float64Array>,
): Promise<SampleLoss> {
  const tape = new Tape();
  const { loss } = model(tape, normalisers);
  const parameters = initialValues(tape, initial);
  const program = await backend.compile({ outputs: { loss } });
  await program.write(parameters);
  return { program, bind: (samples) => program.bind(columnsOf(tape, samples)) };
}

type Leaf = { readonly node: Var; readonly label: string };

function leaves(tape: Tape, kind: "column" | "parameter"): Leaf[] {
  return tape.nodes
    .filter((node) => node.operation.name === kind)
    .map((node) => ({ node, label: (node.operation as Attributes["parameter"] & { name: string }).label }));
}

function initialValues(tape: Tape, initial: Named<Float64Array>): Record<string, Float64Array> {
  return Object.fromEntries(
    leaves(tape, "parameter").map(({ node, label }) => {
      const values = entryOf(initial, label);
      if (values?.length !== sizeOf(node.shape)) {
        throw new UsageError("train", {
          expected: `initial values for every parameter, ${sizeOf(node.shape)} numbers for "${label}" [${node.shape}]`,
          got: values === undefined ? "none" : `${values.length}`,
        });
      }
      return [label, values];
    }),
  );
}

function columnsOf(tape: Tape, samples: Named<EventSample>): Record<string, ColumnData> {
  return Object.fromEntries(
    leaves(tape, "column").map(({ node, label }) => {
      const set = node.events?.name as string;
      const sample = entryOf(samples, set);
      if (sample === undefined) {
        throw new UsageError("train", {
          expected: `a sample for every event set of the model, "${set}" among them`,
          got: Object.keys(samples).join(", ") || "none",
        });
      }
      const column = entryOf(sample.columns, label);
      const size = sizeOf(node.shape) * sample.count;
      if (column?.length !== size) {
        throw new UsageError("train", {
          expected: `a column "${label}" of ${size} numbers ([${[...node.shape, sample.count]}]) in the sample "${set}"`,
          got: column === undefined ? `columns ${Object.keys(sample.columns).join(", ")}` : `${column.length}`,
        });
      }
      return [label, column];
    }),
  );
}
