/** Trainings of the densities of a composition: a step each, behind those of the densities that they are made of. */
import { updated, type Weights } from "../../../flows/networks/weights.js";
import { splitSample } from "../../../flows/training/event-sample.js";
import { type CheckedComposition, checkedComposition } from "../../../inference/model/composition/composition.js";
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import type { DensityForm } from "../../../inference/model/densities/densities.js";
import {
  compositionTraining,
  initialWeights,
  SAMPLE,
  sampleOf,
  type TrainedForm,
  trainedParameters,
  trainedWeightsOf,
  variedEvents,
} from "../../../inference/model/training/composition-density.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { CompositionConfiguration } from "../../configuration/composition-table.js";
import { regionOf } from "../../configuration/table/composition/densities.js";
import { pointOf } from "../../configuration/table/composition/trained-densities.js";
import { type ChannelEvents, readChannel } from "../../events/channel-events.js";
import { leftOutText } from "../../events/selection.js";
import type { LazyStep } from "../../store/lazy-step.js";
import { stepKey } from "../../store/step-store.js";
import {
  type NamedTraining,
  optimiserOf,
  summaryOf,
  type TrainingSummary,
  trainStep,
} from "../trainings/training-step.js";
import type { CompositionContext } from "./context.js";

export interface TrainedDensity {
  readonly weights: Weights;
  readonly training: NamedTraining;
}

export interface PlannedTraining extends LazyStep<TrainedDensity> {
  readonly density: string;
}

type Written = CompositionConfiguration["densities"][string];
type WrittenFlow = Extract<Written, { readonly flow: unknown }>["flow"];
type WrittenMorph = Extract<Written, { readonly morphed: unknown }>["morphed"];

/** How a density is trained. */
type Recipe = Pick<WrittenFlow, "region" | "heldOut" | "training">;

/** Its kind in the file, where it is trained. */
const kindOf = (written: Written): "flow" | "morphed" | undefined =>
  "flow" in written ? "flow" : "morphed" in written ? "morphed" : undefined;

type WithConfiguration = Pick<CompositionAnalysis, "configuration">;

/** Of these densities, those that are trained. */
export const trainedDensities = (
  { configuration: { densities } }: WithConfiguration,
  names: readonly string[],
): string[] => names.filter((name) => Object.hasOwn(densities, name) && kindOf(densities[name]!) !== undefined);

/** Those of which a likelihood is made, directly or not. */
export const trainedIn = (analysis: WithConfiguration, { composition, channels }: LikelihoodPlan): string[] => {
  const selected = channels.map((own) => own.selected);
  return trainedDensities(analysis, Object.keys(reachableParts(composition, selected).densities));
};

/** A sample that a density is trained on. */
export interface TrainingSample {
  readonly sample: string;
  /** Values of the nuisances of a morph, in their order; none of a flow. */
  readonly at: readonly number[];
  readonly events: ChannelEvents;
}

export interface SampledDensity {
  readonly density: string;
  readonly kind: "flow" | "morphed";
  readonly recipe: Recipe;
  readonly samples: readonly TrainingSample[];
}

const samplesOf = (written: WrittenFlow | WrittenMorph): Omit<TrainingSample, "events">[] =>
  typeof written.train === "string"
    ? [{ sample: written.train, at: [] }]
    : (written as WrittenMorph).train.map(({ sample, at }) => ({
        sample,
        at: pointOf((written as WrittenMorph).nuisances, at),
      }));

/** The samples of the densities that likelihoods are made of, in the order of the file. */
export async function readTrainingSamples(analysis: CompositionAnalysis): Promise<SampledDensity[]> {
  const used = new Set(analysis.likelihoods.flatMap((plan) => trainedIn(analysis, plan)));
  const found: SampledDensity[] = [];
  for (const [density, all] of Object.entries(analysis.configuration.densities)) {
    const kind = kindOf(all);
    if (kind === undefined || !used.has(density)) continue;
    const written = (all as Record<string, unknown>)[kind] as WrittenFlow | WrittenMorph;
    const region = regionOf(written.region ?? {});
    const samples: TrainingSample[] = [];
    for (const { sample, at } of samplesOf(written)) {
      const channel = { density, selected: density, sample, isExtended: false, region };
      const events = await readChannel(analysis, { ...channel, name: `training of ${density}` });
      samples.push({ sample, at, events });
    }
    found.push({ density, kind, recipe: written, samples });
  }
  return found;
}

/** No training is done yet; each stands behind those that it follows from. */
export async function plannedTrainings(context: CompositionContext): Promise<PlannedTraining[]> {
  const samples = await readTrainingSamples(context.analysis);
  const planned = new Map<string, PlannedTraining>();
  const { composition } = context.analysis;
  const plan = (own: SampledDensity) => {
    if (planned.has(own.density)) return;
    const { [own.density]: _, ...behind } = reachableParts(composition, [own.density]).densities;
    for (const other of samples) if (Object.hasOwn(behind, other.density)) plan(other);
    planned.set(own.density, plannedTraining(context, own, planned));
  };
  samples.forEach(plan);
  return [...planned.values()];
}

/** What a morph follows from besides its own entries: the density that it moves. */
function behindOf(
  composition: CheckedComposition,
  form: TrainedForm,
  planned: ReadonlyMap<string, PlannedTraining>,
): { readonly inputs: object; readonly trainings: readonly PlannedTraining[] } {
  if (form.kind === "flow") return { inputs: {}, trainings: [] };
  const { columns, functions, densities } = reachableParts(composition, [form.density]);
  const trainings = Object.keys(densities).flatMap((name) => planned.get(name) ?? []);
  const byKey = Object.entries(densities).map(([name, own]) => [name, planned.get(name)?.key ?? own] as const);
  const behind = { density: form.density, columns, functions, densities: Object.fromEntries(byKey) };
  return { inputs: { behind }, trainings };
}

const architectureOf = (form: TrainedForm) => (form.kind === "flow" ? form.flow.architecture : form.morph.architecture);

/** @param planned  the trainings before it */
function plannedTraining(
  context: CompositionContext,
  { density: name, kind, recipe: { region, heldOut, training: recipe }, samples }: SampledDensity,
  planned: ReadonlyMap<string, PlannedTraining>,
): PlannedTraining {
  const { analysis, store, common, progress } = context;
  const { composition, configuration } = analysis;
  const form = composition.densities[name] as TrainedForm;
  const { of, given = [] } = form;
  const columns = Object.fromEntries([...of, ...given].map((column) => [column, composition.columns[column]!]));
  const step = `train.${name}`;
  const behind = behindOf(composition, form, planned);
  const digests = samples.map(({ events, at }) => (kind === "flow" ? events.digest : [events.digest, at]));
  const data = kind === "flow" ? digests[0] : digests;
  const architecture = architectureOf(form);
  const inputs = { of, given, columns, architecture, recipe, region, heldOut, data, ...behind.inputs };
  const prefix = trainedWeightsOf(name, form);
  const run = async (): Promise<TrainedDensity> => {
    for (const { events } of samples) for (const left of events.leftOut) progress.note(`${step}: ${leftOutText(left)}`);
    const known = new Map<string, Weights>();
    for (const { density, result } of behind.trainings) known.set(density, (await result()).weights);
    const events =
      kind === "flow"
        ? samples[0]!.events.data
        : variedEvents(samples.map(({ events: { data: own }, at }) => ({ ...own, at })));
    const initial = initialWeights(composition, form, events, configuration.seed);
    const { record, arrays } = await store.run<TrainingSummary>(step, inputs, async (checkpoint) => {
      const split = splitSample(sampleOf(events), { seed: configuration.seed, purpose: step, validation: heldOut });
      const training = {
        composition: withWeights(composition, known),
        name,
        form,
        region: regionOf(region ?? {}),
        isWeighted: events.weights !== undefined,
        optimiser: optimiserOf(recipe),
      };
      const task = {
        model: compositionTraining(training),
        initial: trainedParameters(training, initial),
        data: { [SAMPLE]: split.training },
        validation: { [SAMPLE]: split.validation },
        purpose: step,
      };
      return trainStep(context, `train ${name}`, recipe, task, checkpoint, (own) => own.startsWith(`${prefix}.`));
    });
    const training: NamedTraining = {
      label: `density ${name}`,
      of: "density",
      recipe: `densities.${name}.${kind}.training`,
      summary: summaryOf(record),
    };
    return { weights: updated(prefix, initial, arrays), training };
  };
  let done: Promise<TrainedDensity> | undefined;
  return {
    name: step,
    key: stepKey(common, step, inputs),
    inputs,
    density: name,
    result() {
      done ??= run();
      return done;
    },
  };
}

function formWith(form: DensityForm, weights: Weights): DensityForm {
  if (form.kind === "flow") return { ...form, flow: { ...form.flow, weights } };
  return form.kind === "morphed" ? { ...form, morph: { ...form.morph, weights } } : form;
}

/** With trained weights, by the names of densities. */
const withWeights = (composition: CheckedComposition, weights: ReadonlyMap<string, Weights>): CheckedComposition =>
  checkedComposition({
    ...composition,
    densities: Object.fromEntries(
      Object.entries(composition.densities).map(([name, form]) => {
        const own = weights.get(name);
        return [name, own === undefined ? form : formWith(form, own)] as const;
      }),
    ),
  });

/** The analysis with trained weights. */
export const trainedAnalysis = (
  analysis: CompositionAnalysis,
  weights: ReadonlyMap<string, Weights>,
): CompositionAnalysis => ({
  ...analysis,
  composition: withWeights(analysis.composition, weights),
  likelihoods: analysis.likelihoods.map((plan) => ({ ...plan, composition: withWeights(plan.composition, weights) })),
});
