/** Training of a flow that is a density of a composition, by maximum likelihood on a sample. */
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
import type { DensityForm } from "../densities/densities.js";
import { type FlowForm, flowWeightsOf } from "../densities/flow.js";
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

export interface FlowTraining {
  readonly composition: CheckedComposition;
  /** Of the density. */
  readonly name: string;
  readonly form: FlowForm;
  /** Where the events are, by column: within it the density is normalised. Empty: everywhere. */
  readonly region: Region;
  readonly isWeighted: boolean;
  readonly optimiser: Optimiser;
}

/** No density of a user has a space in its name. */
const IN_REGION = "in region";

/** The density alone, and in its region. */
function alone({ composition, name, form, region }: FlowTraining): readonly [CheckedComposition, density: string] {
  const { of, given = [] } = form;
  const columns = Object.fromEntries([...of, ...given].map((column) => [column, composition.columns[column]!]));
  const own = Object.fromEntries(Object.entries(region).filter(([column]) => of.includes(column)));
  const isWhole = Object.keys(own).length === 0;
  const densities: Record<string, DensityForm> = {
    [name]: form,
    ...(!isWhole && { [IN_REGION]: { kind: "truncated", density: name, region: own } }),
  };
  return [checkedComposition({ columns, parameters: [], densities }), isWhole ? name : IN_REGION];
}

/**
 * For `train`: -Σ w log p / Σ w over the event set `SAMPLE`, p normalised over the ranges of its columns as in fits, or its region: what lies beyond
 * an end costs nothing. The parameters are under `flowWeightsOf(name)`.
 */
export function flowTraining(request: FlowTraining): ModelBuilder {
  const { name, isWeighted, optimiser } = request;
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
    const flow = parts.weights.get(flowWeightsOf(name)) as BoundFlow;
    const loss = meanLoss(logProb, weight, normalisers[SAMPLE]!);
    return { loss, trainable: [{ parameters: [...flow.trainable.values()], optimiser }] };
  };
}

/** Weights to start from: a normal distribution with constants of the sample, within which splines reach all of its events. */
export function initialFlow(
  composition: CheckedComposition,
  { of, given = [], flow: { architecture } }: FlowForm,
  { columns, count, weights }: ChannelData,
  seed: number,
): Weights {
  const features = of.map((name) => {
    const { mean, standardDeviation } = weightedMoments(columns[name]!, count, weights, name);
    const values = Float64Array.from(columns[name]!);
    const farthest = values.reduce((most, value) => Math.max(most, Math.abs(value - mean[0]!)), 0);
    return { mean: mean[0]!, sigma: Math.max(standardDeviation[0]!, farthest / WITHIN) };
  });
  const context = given.flatMap((name) => {
    const classes = composition.classes(name);
    // Categories are one-hot.
    if (classes !== undefined) return classes.map(() => ({ mean: 0, sigma: 1 }));
    const { mean, sigma } = spreadOf(columns[name]!, weights);
    return [{ mean, sigma: sigma > 0 ? sigma : 1 }];
  });
  const moments = (all: readonly { readonly mean: number; readonly sigma: number }[]) => ({
    mean: Float64Array.from(all, ({ mean }) => mean),
    standardDeviation: Float64Array.from(all, ({ sigma }) => sigma),
  });
  const untrained = initialise(architecture, seed, { identity: true });
  return withStandardisation(untrained, {
    features: moments(features),
    ...(context.length > 0 && { context: moments(context) }),
  });
}
