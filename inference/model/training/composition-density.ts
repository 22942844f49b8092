/** Training of densities of a composition by maximum likelihood: of a flow on a sample, of a morph on samples at values of its nuisances. */
import type { Tape } from "../../../engine/tape/tape.js";
import { initialise } from "../../../flows/architecture/architecture.js";
import type { BoundFlow } from "../../../flows/flow.js";
import { named, type Weights } from "../../../flows/networks/weights.js";
import { withStandardisation } from "../../../flows/standardisation.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { Optimiser } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { spreadOf, totalWeight, weightedMoments } from "../../../flows/training/weighted-moments.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import { type CheckedComposition, type Composition, checkedComposition } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { reachableParts } from "../composition/reachable-parts.js";
import type { DensityForm } from "../densities/densities.js";
import { type FlowForm, flowWeightsOf } from "../densities/flow.js";
import { type MorphedForm, morphWeightsOf } from "../densities/morphed.js";
import type { Region } from "../language/region.js";
import type { ChannelData } from "../likelihood/channels.js";
import { meanLoss, WITHIN } from "./densities.js";

/** The only event set. */
export const SAMPLE = "sample";

/** No column of a user has a space in its name. */
const WEIGHT = "event weight";

/** Events as trainings take them. */
export const sampleOf = ({ count, columns, weights }: ChannelData): EventSample => ({
  count,
  columns: { ...columns, ...(weights && { [WEIGHT]: weights }) },
  ...(weights && { weights: WEIGHT }),
});

/** Of a density of a composition: a flow, or what nuisances do to another density. */
export type TrainedForm = FlowForm | MorphedForm;

/** What the names of the weights that are trained begin with. */
export const trainedWeightsOf = (name: string, { kind }: Pick<TrainedForm, "kind">): string =>
  kind === "flow" ? flowWeightsOf(name) : morphWeightsOf(name);

export interface CompositionTraining {
  /** The density behind a morph stays as it is here. */
  readonly composition: CheckedComposition;
  /** Of the density. */
  readonly name: string;
  readonly form: TrainedForm;
  /** Where the events are, by column: within it the density is normalised. Empty: everywhere. */
  readonly region: Region;
  readonly isWeighted: boolean;
  readonly optimiser: Optimiser;
}

/** No density of a user has a space in its name, and no column. */
const IN_REGION = "in region";
const nuisanceColumn = (k: number) => `nuisance ${k}`;

/** What the density is made of: of a morph, the density behind it, with the nuisances of every event as columns. */
function partsOf({ composition, name, form }: CompositionTraining): Omit<Composition, "parameters"> {
  const { of, given = [] } = form;
  const columns = Object.fromEntries([...of, ...given].map((column) => [column, composition.columns[column]!]));
  if (form.kind === "flow") return { columns, densities: { [name]: form } };
  const behind = reachableParts(composition, [form.density]);
  const nuisances = form.nuisances.map((_, k) => nuisanceColumn(k));
  return {
    columns: { ...behind.columns, ...columns, ...Object.fromEntries(nuisances.map((own) => [own, {}])) },
    functions: behind.functions,
    densities: { ...behind.densities, [name]: { ...form, nuisances } },
  };
}

/** The density alone, and in its region. */
function alone(request: CompositionTraining): readonly [CheckedComposition, density: string] {
  const { name, form, region } = request;
  const { densities, ...parts } = partsOf(request);
  const own = Object.fromEntries(Object.entries(region).filter(([column]) => form.of.includes(column)));
  const isWhole = Object.keys(own).length === 0;
  const truncated: DensityForm = { kind: "truncated", density: name, region: own };
  const all = { ...densities, ...(!isWhole && { [IN_REGION]: truncated }) };
  return [checkedComposition({ ...parts, parameters: [], densities: all }), isWhole ? name : IN_REGION];
}

/**
 * For `train`: -Σ w log p / Σ w over the event set `SAMPLE`, p normalised over the ranges of its columns as in fits, or its region: what lies beyond
 * an end costs nothing. The parameters are those of `trainedParameters`.
 */
export function compositionTraining(request: CompositionTraining): ModelBuilder {
  const { name, form, isWeighted, optimiser } = request;
  const [own, density] = alone(request);
  return (tape: Tape, normalisers) => {
    const events = tape.events(SAMPLE);
    const column = (of: string) => tape.column(of, [], events);
    const columns = Object.fromEntries(Object.keys(own.columns).map((of) => [of, column(of)]));
    const parts = new TapeParts();
    // It has no parameters but its weights.
    const at = bindComposition(own, tape.constant(0, []), columns, parts);
    const logProb = at.density(density).logProb();
    const weight = isWeighted ? column(WEIGHT) : tape.constant(1, [], events);
    const flow = parts.weights.get(trainedWeightsOf(name, form)) as Pick<BoundFlow, "trainable">;
    const loss = meanLoss(logProb, weight, normalisers[SAMPLE]!);
    return { loss, trainable: [{ parameters: [...flow.trainable.values()], optimiser }] };
  };
}

/** Weights to start from, and those of the density behind a morph, by the names of the parameters. */
export function trainedParameters(
  { composition, name, form }: Pick<CompositionTraining, "composition" | "name" | "form">,
  initial: Weights,
): Record<string, Float64Array> {
  const behind = form.kind === "flow" ? { functions: {}, densities: {} } : reachableParts(composition, [form.density]);
  return {
    ...compositionParameters({ columns: {}, parameters: [], ...behind }),
    ...named(trainedWeightsOf(name, form), initial),
  };
}

/** Events at values of the nuisances of a morph. */
export interface VariedSample extends ChannelData {
  /** In the order of the form. */
  readonly at: readonly number[];
}

const ofAll = (parts: readonly ArrayLike<number>[]): Float64Array =>
  Float64Array.from(parts.flatMap((own) => Array.from(own)));

/** All of them together, each of which counts as much as any other, with its nuisances as columns. */
export function variedEvents(samples: readonly VariedSample[]): ChannelData {
  const names = Object.keys(samples[0]!.columns);
  const count = samples.reduce((sum, own) => sum + own.count, 0);
  const columns = Object.fromEntries(names.map((name) => [name, ofAll(samples.map((own) => own.columns[name]!))]));
  const nuisances = samples[0]!.at.map((_, k) => [
    nuisanceColumn(k),
    ofAll(samples.map((own) => new Float64Array(own.count).fill(own.at[k]!))),
  ]);
  const weights = ofAll(
    samples.map((own) => {
      const factor = count / samples.length / totalWeight(own);
      return Float64Array.from({ length: own.count }, (_, i) => factor * (own.weights?.[i] ?? 1));
    }),
  );
  return { count, columns: { ...columns, ...Object.fromEntries(nuisances) }, weights };
}

/** Constants of a sample, within which splines reach all of its events; categories stay one-hot. */
function constantsOf(
  composition: CheckedComposition,
  { of, given = [] }: Pick<TrainedForm, "of" | "given">,
  { columns, count, weights }: ChannelData,
) {
  const features = of.map((name) => {
    const { mean, standardDeviation } = weightedMoments(columns[name]!, count, weights, name);
    const values = Float64Array.from(columns[name]!);
    const farthest = values.reduce((most, value) => Math.max(most, Math.abs(value - mean[0]!)), 0);
    return { mean: mean[0]!, sigma: Math.max(standardDeviation[0]!, farthest / WITHIN) };
  });
  const context = given.flatMap((name) => {
    const classes = composition.classes(name);
    if (classes !== undefined) return classes.map(() => ({ mean: 0, sigma: 1 }));
    const { mean, sigma } = spreadOf(columns[name]!, weights);
    return [{ mean, sigma: sigma > 0 ? sigma : 1 }];
  });
  const moments = (all: readonly { readonly mean: number; readonly sigma: number }[]) => ({
    mean: Float64Array.from(all, ({ mean }) => mean),
    standardDeviation: Float64Array.from(all, ({ sigma }) => sigma),
  });
  return { features: moments(features), ...(context.length > 0 && { context: moments(context) }) };
}

/** Weights to start from: a normal distribution with constants of the sample, or a morph that changes nothing. */
export function initialWeights(
  composition: CheckedComposition,
  form: TrainedForm,
  data: ChannelData,
  seed: number,
): Weights {
  const untrained =
    form.kind === "flow"
      ? initialise(form.flow.architecture, seed, { identity: true })
      : initialise(form.morph.architecture, seed);
  return withStandardisation(untrained, constantsOf(composition, form, data));
}
