/** Trainings of the densities of a composition that are flows: a step each. */
import { named, updated, type Weights } from "../../../flows/networks/weights.js";
import { splitSample } from "../../../flows/training/event-sample.js";
import { type CheckedComposition, checkedComposition } from "../../../inference/model/composition/composition.js";
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import { type FlowForm, flowWeightsOf } from "../../../inference/model/densities/flow.js";
import { flowTraining, initialFlow, SAMPLE, sampleOf } from "../../../inference/model/training/composition-density.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { CompositionConfiguration } from "../../configuration/composition-table.js";
import { regionOf } from "../../configuration/table/composition/densities.js";
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

export interface TrainedFlow {
  readonly weights: Weights;
  readonly training: NamedTraining;
}

export interface PlannedTraining extends LazyStep<TrainedFlow> {
  readonly density: string;
  readonly events: ChannelEvents;
}

type WrittenFlow = Extract<CompositionConfiguration["densities"][string], { readonly flow: unknown }>["flow"];

type Written = Pick<CompositionAnalysis, "configuration">;

/** Of these densities, those that are trained. */
export const trainedDensities = ({ configuration: { densities } }: Written, names: readonly string[]): string[] =>
  names.filter((name) => Object.hasOwn(densities, name) && "flow" in densities[name]!);

/** Flows that are trained, of the densities of which a likelihood is made, directly or not. */
export const flowsOf = (analysis: Written, { composition, channels }: LikelihoodPlan): string[] =>
  trainedDensities(
    analysis,
    Object.keys(
      reachableParts(
        composition,
        channels.map((own) => own.selected),
      ).densities,
    ),
  );

interface FlowSample {
  readonly density: string;
  readonly written: WrittenFlow;
  readonly events: ChannelEvents;
}

/** The samples of the flows that likelihoods are made of, in the order of the file. */
export async function readFlowSamples(analysis: CompositionAnalysis): Promise<FlowSample[]> {
  const used = new Set(analysis.likelihoods.flatMap((plan) => flowsOf(analysis, plan)));
  const found: FlowSample[] = [];
  for (const [density, written] of Object.entries(analysis.configuration.densities)) {
    if (!("flow" in written) || !used.has(density)) continue;
    const { train, region } = written.flow;
    const channel = { density, selected: density, sample: train, isExtended: false, region: regionOf(region ?? {}) };
    const events = await readChannel(analysis, { ...channel, name: `training of ${density}` });
    found.push({ density, written: written.flow, events });
  }
  return found;
}

/** No training is done yet. */
export async function plannedTrainings(context: CompositionContext): Promise<PlannedTraining[]> {
  const samples = await readFlowSamples(context.analysis);
  return samples.map((own) => plannedTraining(context, own));
}

function plannedTraining(
  context: CompositionContext,
  { density: name, written: { region, heldOut, training: recipe }, events }: FlowSample,
): PlannedTraining {
  const { analysis, store, common, progress } = context;
  const { composition, configuration } = analysis;
  const form = composition.densities[name] as FlowForm;
  const { of, given = [], flow } = form;
  const { architecture } = flow;
  const columns = Object.fromEntries([...of, ...given].map((column) => [column, composition.columns[column]!]));
  const step = `train.${name}`;
  const inputs = { of, given, columns, architecture, recipe, region, heldOut, data: events.digest };
  const prefix = flowWeightsOf(name);
  const run = async (): Promise<TrainedFlow> => {
    const { data, leftOut } = events;
    for (const left of leftOut) progress.note(`${step}: ${leftOutText(left)}`);
    const initial = initialFlow(composition, form, data, configuration.seed);
    const { record, arrays } = await store.run<TrainingSummary>(step, inputs, (checkpoint) => {
      const split = splitSample(sampleOf(data), { seed: configuration.seed, purpose: step, validation: heldOut });
      const task = {
        model: flowTraining({
          composition,
          name,
          form,
          region: regionOf(region ?? {}),
          isWeighted: data.weights !== undefined,
          optimiser: optimiserOf(recipe),
        }),
        initial: named(prefix, initial),
        data: { [SAMPLE]: split.training },
        validation: { [SAMPLE]: split.validation },
        purpose: step,
      };
      return trainStep(context, `train ${name}`, recipe, task, checkpoint, (own) => own.startsWith(`${prefix}.`));
    });
    const training: NamedTraining = {
      label: `density ${name}`,
      of: "density",
      recipe: `densities.${name}.flow.training`,
      summary: summaryOf(record),
    };
    return { weights: updated(prefix, initial, arrays), training };
  };
  let done: Promise<TrainedFlow> | undefined;
  return {
    name: step,
    key: stepKey(common, step, inputs),
    inputs,
    density: name,
    events,
    result() {
      done ??= run();
      return done;
    },
  };
}

/** The analysis with trained weights. */
export function trainedAnalysis(
  analysis: CompositionAnalysis,
  weights: ReadonlyMap<string, Weights>,
): CompositionAnalysis {
  const trained = (composition: CheckedComposition) => {
    const densities = Object.entries(composition.densities).map(([name, form]) => {
      const own = weights.get(name);
      return [name, own && form.kind === "flow" ? { ...form, flow: { ...form.flow, weights: own } } : form] as const;
    });
    return checkedComposition({ ...composition, densities: Object.fromEntries(densities) });
  };
  return {
    ...analysis,
    composition: trained(analysis.composition),
    likelihoods: analysis.likelihoods.map((plan) => ({ ...plan, composition: trained(plan.composition) })),
  };
}
