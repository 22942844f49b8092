/** Training of flows of a composition by maximum likelihood, and where trainings of its densities begin. */
import type { Tape } from "../../../engine/tape/tape.js";
import { initialise } from "../../../flows/architecture/architecture.js";
import type { BoundFlow } from "../../../flows/flow.js";
import type { Weights } from "../../../flows/networks/weights.js";
import { withStandardisation } from "../../../flows/standardisation.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { Optimiser } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { spreadOf, weightedMoments } from "../../../flows/training/weighted-moments.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import { type CheckedComposition, checkedComposition } from "../composition/composition.js";
import { type FlowForm, flowWeightsOf } from "../densities/flow.js";
import { type MorphedForm, morphWeightsOf } from "../densities/morphed.js";
import type { Region } from "../language/region.js";
import type { ChannelData } from "../likelihood/channels.js";
import { rangeOf, type ValueRange } from "../simulated-range.js";
import { inRegion, ownRegion } from "./composition-morph.js";
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
  readonly composition: CheckedComposition;
  /** Of the density. */
  readonly name: string;
  readonly form: FlowForm;
  /** Where the events are, by column: within it the density is normalised. Empty: everywhere. */
  readonly region: Region;
  readonly isWeighted: boolean;
  readonly optimiser: Optimiser;
}

/**
 * For `train`: -Σ w log p / Σ w over the event set `SAMPLE`, p normalised over the ranges of its columns as in fits, or its region: what lies beyond
 * an end costs nothing.
 */
export function compositionTraining(request: CompositionTraining): ModelBuilder {
  const { composition, name, form, region, isWeighted, optimiser } = request;
  const { of, given = [] } = form;
  const looked = Object.fromEntries([...of, ...given].map((column) => [column, composition.columns[column]!]));
  const [densities, density] = inRegion({ [name]: form }, name, ownRegion(region, of));
  const own = checkedComposition({ columns: looked, parameters: [], densities });
  return (tape: Tape, normalisers) => {
    const events = tape.events(SAMPLE);
    const column = (of: string) => tape.column(of, [], events);
    const columns = Object.fromEntries(Object.keys(own.columns).map((of) => [of, column(of)]));
    const parts = new TapeParts();
    // It has no parameters but its weights.
    const at = bindComposition(own, tape.constant(0, []), columns, parts);
    const logProb = at.density(density).logProb();
    const weight = isWeighted ? column(WEIGHT) : tape.constant(1, [], events);
    const flow = parts.weights.get(flowWeightsOf(name)) as Pick<BoundFlow, "trainable">;
    const loss = meanLoss(logProb, weight, normalisers[SAMPLE]!);
    return { loss, trainable: [{ parameters: [...flow.trainable.values()], optimiser }] };
  };
}

/** Constants of a sample, within which splines reach all of its events; categories stay one-hot. */
function constantsOf(
  composition: CheckedComposition,
  { of, given = [] }: Pick<TrainedForm, "of" | "given">,
  { columns, count, weights, ranges }: SampleOfAll,
) {
  const features = of.map((name) => {
    const { mean, standardDeviation } = weightedMoments(columns[name]!, count, weights, name);
    const range = ranges === undefined ? rangeOf([columns[name]!]) : ranges[name]!;
    const farthest = Math.max(...range.map((end) => Math.abs(end - mean[0]!)));
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

/** Events, or some of those that are not all in memory, with the ranges of all of these. */
export interface SampleOfAll extends ChannelData {
  readonly ranges?: Readonly<Record<string, ValueRange>>;
}

/** Weights to start from: a normal distribution with constants of the sample, or networks of a morph with such constants. */
export function initialWeights(
  composition: CheckedComposition,
  form: TrainedForm,
  data: SampleOfAll,
  seed: number,
): Weights {
  const untrained =
    form.kind === "flow"
      ? initialise(form.flow.architecture, seed, { identity: true })
      : initialise(form.morph.architecture, seed);
  return withStandardisation(untrained, constantsOf(composition, form, data));
}
