/** Trainings of the densities of a composition: a step each, behind those of the densities that they are made of. */

import type { ColumnData } from "../../../engine/runtime/backend.js";
import { named, updated, type Weights } from "../../../flows/networks/weights.js";
import { type CheckedComposition, checkedComposition } from "../../../inference/model/composition/composition.js";
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import type { DensityForm } from "../../../inference/model/densities/densities.js";
import { type FlowForm, flowWeightsOf } from "../../../inference/model/densities/flow.js";
import { type MorphedForm, morphWeightsOf } from "../../../inference/model/densities/morphed.js";
import type { ChannelData } from "../../../inference/model/likelihood/channels.js";
import { isWeighted } from "../../../inference/model/likelihood/event-stream.js";
import { joinedColumns } from "../../../inference/model/sampling/simulated-events.js";
import {
  compositionTraining,
  initialWeights,
  type TrainedForm,
} from "../../../inference/model/training/composition-density.js";
import { movedComposition } from "../../../inference/model/training/composition-morph.js";
import { anchorSets, initialMorph, morphStages } from "../../../inference/model/training/morph.js";
import {
  layoutObservable,
  layoutSizes,
  layoutValues,
  morphLayout,
} from "../../../inference/model/training/morph-layout.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import { regionOf } from "../../configuration/table/composition/densities.js";
import { type DensityNoise, densityNoise } from "../../effect-noise.js";
import { selectionTexts } from "../../events/cut-flow.js";
import type { LazyStep } from "../../store/lazy-step.js";
import { stepKey } from "../../store/step-store.js";
import type { TrainedNoise } from "../trainings/morph-task.js";
import { trainMorph } from "../trainings/morph-training.js";
import {
  type NamedTraining,
  optimiserOf,
  summaryOf,
  type TrainingSummary,
  trainStep,
} from "../trainings/training-step.js";
import type { CompositionContext } from "./context.js";
import { constantsSample, flowEvents, orderKey } from "./flow-events.js";
import { morphSimulation, sampleDigests } from "./morph-simulation.js";
import {
  readTrainingSamples,
  type SampledDensity,
  type SampledFlow,
  type SampledMorph,
  samplesOf,
  trainingName,
} from "./training-samples.js";

export interface TrainedDensity {
  readonly weights: Weights;
  readonly trainings: readonly NamedTraining[];
  /** Of the nuisances of a morph whose noise is known. */
  readonly noise: readonly DensityNoise[];
}

export interface PlannedTraining extends LazyStep<TrainedDensity> {
  readonly density: string;
}

/** No training is done yet; each stands behind those that it follows from. */
export async function plannedTrainings(context: CompositionContext): Promise<PlannedTraining[]> {
  const samples = await readTrainingSamples(context.analysis, context);
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
  form: MorphedForm,
  planned: ReadonlyMap<string, PlannedTraining>,
): { readonly inputs: object; readonly trainings: readonly PlannedTraining[] } {
  const { columns, functions, densities } = reachableParts(composition, [form.density]);
  const trainings = Object.keys(densities).flatMap((name) => planned.get(name) ?? []);
  const byKey = Object.entries(densities).map(([name, own]) => [name, planned.get(name)?.key ?? own] as const);
  return { inputs: { density: form.density, columns, functions, densities: Object.fromEntries(byKey) }, trainings };
}

/** @param planned  the trainings before it */
function plannedTraining(
  context: CompositionContext,
  sampled: SampledDensity,
  planned: ReadonlyMap<string, PlannedTraining>,
): PlannedTraining {
  const form = context.analysis.composition.densities[sampled.density] as TrainedForm;
  const { inputs, run } =
    sampled.kind === "flow"
      ? flowTraining(context, sampled, form as FlowForm)
      : morphTraining(context, sampled, form as MorphedForm, planned);
  const name = trainingName(sampled.density);
  let done: Promise<TrainedDensity> | undefined;
  return {
    name,
    key: stepKey(context.common, name, inputs),
    inputs,
    density: sampled.density,
    result() {
      if (done !== undefined) return done;
      const read = samplesOf(sampled).flatMap(({ events }) => selectionTexts(events.file, events.data, events.leftOut));
      for (const left of new Set(read)) context.progress.note(`${name}: ${left}`);
      done = run();
      return done;
    },
  };
}

/** What the step of a density follows from, and what it does. */
interface Training {
  readonly inputs: object;
  readonly run: () => Promise<TrainedDensity>;
}

/** What both kinds follow from. */
function commonInputs(
  { analysis: { composition } }: CompositionContext,
  { recipe }: SampledDensity,
  form: TrainedForm,
) {
  const { of, given = [] } = form;
  const columns = Object.fromEntries([...of, ...given].map((column) => [column, composition.columns[column]!]));
  return { of, given, columns, recipe: recipe.training, region: recipe.region, heldOut: recipe.heldOut };
}

function flowTraining(context: CompositionContext, sampled: SampledFlow, form: FlowForm): Training {
  const { density: name, recipe, events } = sampled;
  const { composition, configuration } = context.analysis;
  const { architecture } = form.flow;
  const order = orderKey(context.analysis, events.data);
  const inputs = { ...commonInputs(context, sampled, form), architecture, data: events.digest, ...order };
  const step = trainingName(name);
  const prefix = flowWeightsOf(name);
  const run = async (): Promise<TrainedDensity> => {
    const initial = initialWeights(composition, form, constantsSample(events.data), configuration.seed);
    const { record, arrays } = await context.store.run<TrainingSummary>(step, inputs, async (checkpoint) => {
      const region = regionOf(recipe.region ?? {});
      const model = compositionTraining({
        ...{ composition, name, form, region, isWeighted: isWeighted(events.data) },
        optimiser: optimiserOf(recipe.training),
      });
      const { close, ...own } = await flowEvents(context.analysis, sampled, step);
      try {
        const task = { ...own, model, initial: named(prefix, initial), purpose: step };
        const keeps = (parameter: string) => parameter.startsWith(prefix);
        return await trainStep(context, `train ${name}`, recipe.training, task, checkpoint, keeps);
      } finally {
        await close();
      }
    });
    const training = namedTraining(name, "flow", `density ${name}`, summaryOf(record));
    return { weights: updated(prefix, initial, arrays), trainings: [training], noise: [] };
  };
  return { inputs, run };
}

/** All events of some samples. */
function joinedData(samples: readonly ChannelData[]): ChannelData {
  const joined = (column: (own: ChannelData) => ColumnData) =>
    joinedColumns(samples.map((own) => ({ count: own.count, column: column(own) })));
  const isWeighted = samples.some(({ weights }) => weights !== undefined);
  const names = Object.keys(samples[0]!.columns);
  return {
    count: samples.reduce((sum, { count }) => sum + count, 0),
    columns: Object.fromEntries(names.map((name) => [name, joined(({ columns }) => columns[name]!)])),
    ...(isWeighted && { weights: joined(({ count, weights }) => weights ?? new Float64Array(count).fill(1)) }),
  };
}

const namedTraining = (
  name: string,
  kind: SampledDensity["kind"],
  label: string,
  summary: TrainingSummary,
): NamedTraining => ({ label, of: "density", recipe: `densities.${name}.${kind}.training`, summary });

/** What the trainings of a morph leave, besides weights. */
interface MorphRecord {
  readonly trainings: readonly { readonly label: string; readonly summary: TrainingSummary }[];
  readonly noise: readonly TrainedNoise[];
}

function morphTraining(
  context: CompositionContext,
  sampled: SampledMorph,
  form: MorphedForm,
  planned: ReadonlyMap<string, PlannedTraining>,
): Training {
  const { density: name, recipe, samples, nominal } = sampled;
  const { composition, configuration } = context.analysis;
  const { seed } = configuration;
  const { architecture } = form.morph;
  const step = trainingName(name);
  const prefix = morphWeightsOf(name);
  const behind = behindOf(composition, form, planned);
  const names = form.nuisances.map(String);
  const common = commonInputs(context, sampled, form);
  const data = sampleDigests(sampled);
  const inputs = { ...common, architecture, nuisances: names, data, behind: behind.inputs };
  const layout = morphLayout(composition, form);
  const run = async (): Promise<TrainedDensity> => {
    const known = new Map<string, Weights>();
    for (const { density, result } of behind.trainings) known.set(density, (await result()).weights);
    const all = nominal === undefined ? joinedData(samples.map(({ events }) => events.data)) : nominal.events.data;
    const initial = initialWeights(composition, form, all, seed);
    const { record, arrays } = await context.store.run<MorphRecord>(step, inputs, async () => {
      const shapes = architecture.nuisances.map((own, k) => ({ name: names[k]!, nominal: own.nominal }));
      const simulation = morphSimulation(
        layout,
        sampled,
        shapes.map((own) => own.nominal),
        seed,
      );
      const region = regionOf(recipe.region ?? {});
      const { recipe: _, heldOut, ...ofDensity } = common;
      const pairs = architecture.pairs.map(([k, l]) => [names[k]!, names[l]!] as const);
      const trained = await trainMorph(
        { ...context, simulation, sizes: layoutSizes(layout, names.length) },
        {
          of: layoutObservable(layout),
          moved: movedComposition({ composition: withWeights(composition, known), name, form, region }),
          // Losses look at nominal events too, and those need not be of a training behind.
          nominalKey: JSON.stringify({ ...ofDensity, behind: behind.inputs, events: data.nominal }),
          untrained: initialMorph(architecture, names, { architecture, weights: initial }, seed),
          stages: morphStages(anchorSets(simulation.anchors, shapes), pairs),
          shapes,
          recipe: recipe.training,
          leftOut: new Set(),
          label: name,
          step,
          purpose: step,
        },
      );
      const { trainings, noise } = trained;
      return { record: { trainings, noise }, arrays: named(prefix, trained.flow.weights) };
    });
    const values = layoutValues(layout);
    return {
      weights: updated(prefix, initial, arrays),
      trainings: record.trainings.map(({ label, summary }) =>
        namedTraining(name, "morphed", `density ${name}, ${label}`, summaryOf(summary)),
      ),
      noise: record.noise.map(({ process, nuisance, information, noise }) => {
        const at = Object.fromEntries(layout.categories.map(({ column }, c) => [column, values[process]![c]!]));
        return densityNoise({ density: name, at, nuisance }, information, noise);
      }),
    };
  };
  return { inputs, run };
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
