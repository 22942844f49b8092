/**
 * Two samples that should have the same distribution, all features together: a small network learns to tell one part of their events apart, and the
 * others are compared in bins of what it puts out. As it has not seen these, its output is a feature like any other, and χ² follows its distribution.
 *
 * Friedman 2003, "On multivariate goodness-of-fit and two-sample testing", SLAC-PUB-10325; Lopez-Paz and Oquab 2017, arXiv:1610.06545.
 */
import { anObject, checkArgument } from "../../../engine/options.js";
import type { Backend, ColumnData, Program } from "../../../engine/runtime/backend.js";
import { div, mul, neg, reshape, softplus, sumEvents } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { initialTensor, type TensorSpec } from "../../../flows/networks/weights.js";
import { warmUpCosine } from "../../../flows/training/learning-rate.js";
import { minibatches } from "../../../flows/training/minibatches.js";
import { adam, type OptimiserProgram, optimise } from "../../../flows/training/optimiser.js";
import { spreadOf } from "../../../flows/training/weighted-moments.js";
import { randomParts } from "../../statistics/random-parts.js";
import { bindNetwork, networkTensors } from "../functions/network.js";
import type { Stream } from "../sampling/sampling.js";
import { type ComparedColumn, type ComparedWeights, type FeatureTest, testOutput } from "./feature-tests.js";

/**
 * Of each sample: at most so many events are trained on, and no more than half. A second network, trained on what the first one is tested with, has no
 * more to say: both fluctuate together, so that only the clearer one may count, at twice its p-value. With 10 000 events of either kind this
 * took twice the time for p = 8·10⁻⁷ in place of 5·10⁻⁷ (medians of 8 samples with a dependence of three features).
 */
export const MOST_TRAINED = 20_000;

/** Events of both samples in a step, which twenty epochs or 400 steps do: less learns less, more learns the training events by heart. */
const BATCH = 1000;
const EPOCHS = 20;
const STEPS = 400;

const LEARNING_RATE = 0.01;

/** Units of the hidden layers: with 16 in each, χ² of a dependence of three features rose by 7 of its standard deviations in place of 11. */
const HIDDEN = [32, 32];

/** Standard deviations within which features are looked at. */
const WITHIN = 5;

/** Steps between two looks at the signal. */
const GROUP = 100;

/** How the events are divided into those that are trained on and the others. */
export type Division =
  /** At random, equally in both samples where these have as many events: those at the same place may be one event, moved. */
  | "by event"
  /** In blocks, equally in both samples: those at about the same place of their samples may be one event, where a selection takes some of them out. */
  | "by block";

export interface Classifier {
  /**
   * Undefined where the events that are trained on have no positive sum of weights.
   *
   * @param columns  of every feature, as flows see it
   * @param stream   of random numbers
   */
  test(
    columns: readonly ComparedColumn[],
    weights: Omit<ComparedWeights, "reference">,
    division: Division,
    stream: Stream,
    signal?: AbortSignal,
  ): Promise<FeatureTest | undefined>;
  close(): Promise<void>;
}

interface Programs {
  readonly training: Program;
  readonly scoring: Program;
  readonly optimiser: OptimiserProgram;
  readonly tensors: readonly TensorSpec[];
}

/** Compiles once for each number of features. */
export function openClassifier(backend: Backend): Classifier {
  checkArgument("openClassifier", "backend", backend, anObject);
  const programs = new Map<number, Programs>();
  async function opened(features: number): Promise<Programs> {
    const known = programs.get(features);
    if (known !== undefined) return known;
    const made = await compiled(backend, features);
    programs.set(features, made);
    return made;
  }
  return {
    async test(columns, weights, division, stream, signal) {
      const [{ observed: first, expected: second }] = columns as [ComparedColumn];
      const part = Math.min(0.5, MOST_TRAINED / Math.max(first.length, second.length));
      const sideOf = (of: "observed" | "expected"): Side => ({
        ...divided(columns[0]![of].length, part, division),
        weights: weights[of],
      });
      const [observed, expected] = [sideOf("observed"), sideOf("expected")];
      const sums = [observed, expected].map(({ trained, weights: own }) => sumAt(own, trained));
      if (!sums.every((sum) => sum > 0)) return undefined;
      const own = await opened(columns.length);
      const standard = columns.map(({ observed: first, expected: second }) => standardise(first, second));
      const inputs = (of: "trained" | "tested") => joined(standard, observed[of], expected[of]);
      const trained = observed.trained.length + expected.trained.length;
      const labels = new Float32Array(trained).fill(1).fill(-1, observed.trained.length);
      // Both samples count the same in all, and events 1 on average.
      const weight = Float32Array.from({ length: trained }, (_, i) => {
        const [side, sum] = i < observed.trained.length ? [observed, sums[0]!] : [expected, sums[1]!];
        const event = side.trained[side === observed ? i : i - observed.trained.length]!;
        return (weightAt(side.weights, event) * trained) / (2 * sum);
      });
      await train(own, { features: inputs("trained"), label: labels, weight }, stream, signal);
      await own.scoring.bind({ features: inputs("tested") });
      const { output } = (await own.scoring.run({ signal })) as { output: Float64Array };
      const count = observed.tested.length;
      return testOutput(
        { observed: output.subarray(0, count), expected: output.subarray(count) },
        { observed: testedWeights(observed), expected: testedWeights(expected) },
      );
    },
    async close() {
      for (const { training, scoring } of programs.values()) {
        await training.close();
        await scoring.close();
      }
    },
  };
}

/** -log of the probability that the network gives to the sample of each event; its output is the log of the ratio of the densities. */
async function compiled(backend: Backend, features: number): Promise<Programs> {
  const architecture = { inputs: features, hidden: HIDDEN, outputs: 1, activation: "relu" } as const;
  const tape = new Tape();
  const events = tape.events();
  const network = bindNetwork(tape, architecture, "network");
  const output = reshape(network.evaluate(tape.column("features", [features], events)), []);
  const [label, weight] = [tape.column("label", [], events), tape.column("weight", [], events)];
  const loss = div(sumEvents(mul(weight, softplus(neg(mul(label, output))))), BATCH);
  const tensors = networkTensors(architecture).map((own) => ({ ...own, name: `network.${own.name}` }));
  const parameters = [...network.parameters.values()];
  const optimiser = optimise(loss, [{ parameters, optimiser: adam({ learningRate: LEARNING_RATE }) }]);
  const training = await backend.compile({ outputs: { loss }, updates: optimiser.updates });
  const scoring = await backend.compile({ outputs: { output } });
  return { training, scoring, optimiser, tensors };
}

type TrainedColumns = Readonly<Record<"features" | "label" | "weight", Float32Array>>;

async function train(
  { training, scoring, optimiser, tensors }: Programs,
  columns: TrainedColumns,
  { seed, purpose }: Stream,
  signal: AbortSignal | undefined,
): Promise<void> {
  const initial = tensors.map((own) => [own.name, initialTensor(own, seed).data] as const);
  await training.write({ ...Object.fromEntries(initial), ...optimiser.moments });
  await training.bind(columns);
  const batches = minibatches({ seed, purpose, counts: { events: columns.label.length }, batch: BATCH });
  const steps = Math.min(STEPS, EPOCHS * batches.stepsPerEpoch);
  const factor = warmUpCosine();
  for (let first = 0; first < steps; first += GROUP) {
    signal?.throwIfAborted();
    const count = Math.min(GROUP, steps - first);
    const schedule = optimiser.schedule(first, count, (step) => factor(step, steps));
    await training.steps({ count, indices: batches.indices(first, count), schedule, signal });
  }
  signal?.throwIfAborted();
  await scoring.write(await training.read(tensors.map(({ name }) => name)));
}

/** Numbers of the events of a sample, in two parts. */
interface Side {
  readonly trained: Int32Array;
  readonly tested: Int32Array;
  readonly weights: ColumnData | undefined;
}

/** Of events that are divided one by one. */
const PARTS = 10_000;

/** Few, so that few events stand in another block than their variation; many, as a file may hold one sample after another. */
const BLOCKS = 100;

/** Multiples of it, less whole numbers, are the most evenly spread: of any blocks in a row the part that is wanted is trained on. */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** @param part  of the events that is trained on */
function divided(count: number, part: number, division: Division): Omit<Side, "weights"> {
  const random = randomParts(count, PARTS);
  const placeOf = (event: number) =>
    division === "by event" ? random[event]! / PARTS : (GOLDEN * Math.floor((BLOCKS * event) / count)) % 1;
  const events = Int32Array.from({ length: count }, (_, event) => event);
  return {
    trained: events.filter((event) => placeOf(event) < part),
    tested: events.filter((event) => placeOf(event) >= part),
  };
}

const weightAt = (weights: ColumnData | undefined, event: number) => (weights === undefined ? 1 : weights[event]!);

const sumAt = (weights: ColumnData | undefined, events: Int32Array) =>
  events.reduce((sum, event) => sum + weightAt(weights, event), 0);

const testedWeights = ({ tested, weights }: Side) =>
  weights && Float64Array.from(tested, (event) => weightAt(weights, event));

/** Both samples of a feature in standard deviations from the mean of the two. */
function standardise(observed: ColumnData, expected: ColumnData): ComparedColumn {
  const [first, second] = [spreadOf(observed), spreadOf(expected)];
  const centre = (first.mean + second.mean) / 2;
  // A feature that does not vary says nothing.
  const unit = (first.sigma + second.sigma) / 2 || 1;
  const standard = (values: ColumnData) =>
    Float32Array.from(values, (value) => Math.max(-WITHIN, Math.min(WITHIN, (value - centre) / unit)));
  return { observed: standard(observed), expected: standard(expected) };
}

/** [features, events]: those of the observed sample, and behind them those of the expected one. */
function joined(columns: readonly ComparedColumn[], observed: Int32Array, expected: Int32Array): Float32Array {
  const count = observed.length + expected.length;
  const features = new Float32Array(columns.length * count);
  for (const [j, own] of columns.entries()) {
    for (let i = 0; i < observed.length; i++) features[j * count + i] = own.observed[observed[i]!]!;
    for (let i = 0; i < expected.length; i++) features[j * count + observed.length + i] = own.expected[expected[i]!]!;
  }
  return features;
}
