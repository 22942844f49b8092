/** A model with its optimiser, and the same model for validation, compiled and bound to data. */
import type { Backend, ColumnData, Named, Program } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";
import { type Attributes, sizeOf, Tape, type Var } from "../engine/tape.js";
import { type EventSample, eventCounts, sumOfWeights } from "./event-sample.js";
import { type OptimiserProgram, optimise, type ParameterGroup } from "./optimiser.js";

export interface Model {
  /** Scalar without events: sums over events divided by the normalisers. */
  readonly loss: Var;
  readonly trainable: readonly ParameterGroup[];
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
  readonly optimiser: OptimiserProgram;
  /** The groups' parameters, and those with their moments. */
  readonly trainable: readonly string[];
  readonly sizes: Named<number>;
  readonly groups: readonly ParameterGroup[];
  bind(samples: Named<EventSample>): Promise<void>;
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
): Promise<TrainingProgram> {
  const tape = new Tape();
  const { loss, trainable: groups } = model(tape, normalisers);
  const parameters = initialValues(tape, initial);
  const optimiser = optimise(loss, groups);
  const program = await backend.compile({ outputs: { loss }, updates: optimiser.updates });
  await program.write({ ...parameters, ...optimiser.moments });
  const sizes = Object.fromEntries(
    Object.entries(optimiser.updates).map(([name, update]) => [name, sizeOf(update.shape)]),
  );
  const trainable = Object.keys(sizes).filter((name) => name in parameters);
  return {
    program,
    optimiser,
    trainable,
    sizes,
    groups,
    bind: (samples) => program.bind(columnsOf(tape, samples)),
  };
}

/** The loss on a whole sample, as a function of the trainable parameters. */
export async function validationProgram(
  backend: Backend,
  model: ModelBuilder,
  samples: Named<EventSample>,
  initial: Named<Float64Array>,
): Promise<Program> {
  const tape = new Tape();
  const { loss } = model(tape, normalisersOf(samples, eventCounts(samples)));
  const parameters = initialValues(tape, initial);
  const program = await backend.compile({ outputs: { loss } });
  await program.write(parameters);
  await program.bind(columnsOf(tape, samples));
  return program;
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
      const values = initial[label];
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
      const sample = samples[set];
      if (sample === undefined) {
        throw new UsageError("train", {
          expected: `a sample for every event set of the model, "${set}" among them`,
          got: Object.keys(samples).join(", ") || "none",
        });
      }
      const column = sample.columns[label];
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
