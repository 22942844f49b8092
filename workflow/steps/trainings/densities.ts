/** Steps 1 of the chain: nominal densities of x and y, and what the shape nuisances do to them. */
import { initialise } from "../../../flows/architecture/architecture.js";
import type { Architecture, FactorizableArchitecture, FlowArchitecture } from "../../../flows/architecture/kinds.js";
import { named, updated } from "../../../flows/networks/weights.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { FreshSamples } from "../../../flows/training/training-request.js";
import type { DensityModel, FlowModel } from "../../../inference/model/mixture-model.js";
import {
  meanLogVolumeOf,
  type ObservableName,
  type SimulatedEvents,
  trainingSample,
} from "../../../inference/model/sampling/simulated-events.js";
import type { SimpleKind } from "../../../inference/model/training/capacity.js";
import { densityTraining, initialDensity, NOMINAL } from "../../../inference/model/training/densities.js";
import {
  type Anchor,
  anchorSetOf,
  anchorSets,
  initialMorph,
  type MorphStage,
  morphStages,
  morphTraining,
  type NamedMorph,
  type NamedShape,
  stageFlow,
  stageSamples,
  withStageFlow,
} from "../../../inference/model/training/morph.js";
import { hasPairs, withControl } from "../../../inference/model/training/pairs.js";
import { nuisancesOfKind } from "../../configuration/analysis.js";
import { morphArchitecture, nominalArchitecture } from "../../configuration/architectures.js";
import type { Configuration } from "../../configuration/table.js";
import type { RunContext } from "../../context.js";
import type { EffectNoise } from "../../effect-noise.js";
import { allOf } from "../../store/chosen-steps.js";
import { type CapacityRequest, chosenMorph, type TrainedMorph } from "./morph-capacity.js";
import { type NamedTraining, optimiserOf, summaryOf, type TrainingSummary, trainStep } from "./training-step.js";

/** A trained density with the story of its trainings. */
export interface TrainedDensity {
  readonly density: DensityModel;
  readonly key: string;
  readonly trainings: readonly NamedTraining[];
  /** Of nuisances whose noise is known. */
  readonly noise: readonly EffectNoise[];
}

/** Event sets of a training, from fresh or fixed events. */
function trainingData(
  { simulation }: RunContext,
  purpose: string,
  anchors: readonly Anchor[],
  epochs: number,
  pack: (events: readonly SimulatedEvents[]) => Record<string, EventSample>,
): FreshSamples | Promise<Record<string, EventSample>> {
  const samples = async (epoch: number) => pack(await simulation.training(purpose, anchors, epoch, epochs));
  return simulation.isFresh ? samples : samples(0);
}

/**
 * Events by which the best epoch is chosen. Fresh events cannot be overfitted: there the last epoch, after the
 * learning rate has come down, is the best, and a choice by a sample would only add that sample's noise.
 */
async function validationOf(
  { simulation }: RunContext,
  anchors: readonly Anchor[],
  pack: (events: readonly SimulatedEvents[]) => Record<string, EventSample>,
): Promise<{ readonly validation?: Record<string, EventSample> }> {
  const events = await simulation.validation(anchors);
  return events === undefined ? {} : { validation: pack(events) };
}

/** Weights from which trainings begin that are near their end. */
export type DensityStart = Pick<TrainedDensity, "density" | "key">;

/**
 * @param leftOut  names of shape nuisances that stay without an effect
 * @param start    of the same architectures; absent: untrained flows
 */
export async function trainDensity(
  context: RunContext,
  of: ObservableName,
  leftOut: ReadonlySet<string>,
  start?: DensityStart,
): Promise<TrainedDensity> {
  const nominal = await trainNominal(context, of, start);
  const label = `p(${of === "x" ? "x" : "y | x"})`;
  const trainings: NamedTraining[] = [
    { label: `${label}, nominal`, of, recipe: `flows.${of}.training`, summary: nominal.summary },
  ];
  if (context.sizes.shapes === 0) return { density: { nominal: nominal.flow }, key: nominal.key, trainings, noise: [] };
  const morph = await trainMorph(context, of, nominal, leftOut, start);
  return {
    density: { nominal: nominal.flow, morph: morph.flow },
    key: morph.key,
    noise: morph.noise,
    trainings: [
      ...trainings,
      ...morph.trainings.map((own) => ({
        label: `${label}, ${own.label}`,
        of,
        recipe: `morph.${of}.training`,
        summary: own.summary,
      })),
    ],
  };
}

const shapesOf = (configuration: Configuration): NamedShape[] =>
  nuisancesOfKind(configuration, "shape").map((name) => ({ name, nominal: configuration.nuisances[name]!.nominal }));

/** The stages of a morph, the same for every density; none where no nuisance moves shapes. */
export function stagesOf({ analysis, simulation }: Pick<RunContext, "analysis" | "simulation">): MorphStage[] {
  const shapes = shapesOf(analysis.configuration);
  const { pairs } = analysis.configuration.morph;
  return shapes.length === 0
    ? []
    : morphStages(anchorSets(simulation.anchors, shapes), pairs as readonly (readonly [string, string])[]);
}

/** Is no later stage about the same nuisances, so that it would begin anew where this one ends? */
const isLastOf = (stage: MorphStage, i: number, all: readonly MorphStage[]) =>
  !all.slice(i + 1).some((later) => stage.nuisances.every((name) => later.nuisances.includes(name)));

interface Trained<A extends Architecture> {
  readonly flow: FlowModel<A>;
  readonly key: string;
}

async function trainNominal(
  context: RunContext,
  of: ObservableName,
  start: DensityStart | undefined,
): Promise<Trained<FlowArchitecture> & { readonly summary: TrainingSummary }> {
  const { backend, simulation, sizes, store, analysis } = context;
  const { configuration } = analysis;
  const recipe = configuration.flows[of].training;
  const architecture = nominalArchitecture(configuration, of);
  const shapes = shapesOf(configuration);
  const anchors = simulation.anchors.filter(({ at }) => anchorSetOf(at, shapes) === undefined);
  const prefix = `${of}.nominal`;
  const numbers = { frame: simulation.frame, precision: backend.precision };
  const pack = (events: readonly SimulatedEvents[]) => ({
    [NOMINAL]: trainingSample(NOMINAL, events, of, sizes.processes, numbers),
  });
  const inputs = {
    architecture,
    recipe,
    simulation: simulation.digest(anchors, of),
    ...(start && { start: start.key }),
  };
  const { arrays, record, key } = await store.run(prefix, inputs, async (checkpoint) => {
    const events = await simulation.training(prefix, anchors, 0, recipe.epochs);
    const first = pack(events);
    return trainStep(
      context,
      `train p(${of === "x" ? "x" : "y | x"})`,
      recipe,
      {
        model: densityTraining(of, architecture, sizes, optimiserOf(recipe)),
        initial: named(
          prefix,
          start?.density.nominal.weights ??
            initialDensity(architecture, first[NOMINAL]!, of, sizes, configuration.seed),
        ),
        data: await trainingData(context, prefix, anchors, recipe.epochs, pack),
        ...(await validationOf(context, anchors, pack)),
        purpose: prefix,
        logVolume: meanLogVolumeOf(events, of, simulation.frame),
      },
      checkpoint,
      (name) => name.startsWith(`${prefix}.`),
    );
  });
  const weights = updated(prefix, initialise(architecture, configuration.seed), arrays);
  return { flow: { architecture, weights }, key, summary: summaryOf(record) };
}

/** Every stage is a step of its own, and follows from its own nuisances alone: adding another repeats none of them. */
async function trainMorph(
  context: RunContext,
  of: ObservableName,
  nominal: Trained<FlowArchitecture>,
  leftOut: ReadonlySet<string>,
  start: DensityStart | undefined,
) {
  const { configuration } = context.analysis;
  const architecture = morphArchitecture(configuration, of);
  const shapes = shapesOf(configuration);
  const names = shapes.map(({ name }) => name);
  const untrained = initialMorph(architecture, names, nominal.flow, configuration.seed);
  let flow = start === undefined ? untrained : { ...untrained, weights: start.density.morph!.weights };
  /** Of the last step that moved the networks of a nuisance. */
  const keys = new Map<string, string>();
  const trainings: { label: string; summary: TrainingSummary }[] = [];
  let noise: EffectNoise[] = [];
  const stages = stagesOf(context);
  // Networks of nuisances that are left out stay the identity; without a key of a training, later steps know it from a trained one.
  const own = (start === undefined ? stages : stages.filter(isLastOf)).filter(
    ({ nuisances }) => !nuisances.every((name) => leftOut.has(name)),
  );
  const trainOne = async (stage: MorphStage) => {
    const before = stage.nuisances.map((name) => keys.get(name) ?? start?.key);
    const morphs = { initial: stageFlow(flow, stage), untrained: stageFlow(untrained, stage) };
    const trained = await trainedStage(context, of, nominal, stage, morphs, before);
    flow = withStageFlow(flow, trained.flow);
    for (const name of stage.nuisances) keys.set(name, trained.key);
    // Networks that are trained again with others have another noise.
    noise = [...noise.filter(({ nuisance }) => !stage.nuisances.includes(nuisance)), ...(trained.noise ?? [])];
    trainings.push({ label: `morph, ${stageLabel(stage)}`, summary: trained.summary });
  };
  await allOf(own.map((stage) => () => trainOne(stage)));
  return {
    flow: { architecture, weights: flow.weights },
    key: JSON.stringify([nominal.key, names.map((name) => [name, keys.get(name)])]),
    trainings,
    noise,
  };
}

/** Of one nuisance alone that has samples of its own, as simple a morph as they allow; else the one that is configured. */
async function trainedStage(
  context: RunContext,
  of: ObservableName,
  nominal: Trained<FlowArchitecture>,
  stage: MorphStage,
  { initial, untrained }: Pick<CapacityRequest, "initial" | "untrained">,
  before: readonly (string | undefined)[],
): Promise<TrainedMorph> {
  const { simulation, analysis } = context;
  const trainFull = () => trainStage(context, of, nominal, stage, initial, before);
  const shapes = shapesOf(analysis.configuration);
  const anchors = anchorsOf(context, stage, shapes);
  const isAlone = stage.nuisances.length === 1 && stage.sets.length === 1;
  if (simulation.isFresh || !isAlone || (await pairedSets(simulation, stage, anchors, shapes)).length > 0) {
    return trainFull();
  }
  const trainSimple = (kind: SimpleKind, own: NamedMorph) =>
    trainStage(context, of, nominal, stage, own, [], { ...SIMPLE, kind });
  const configured = { initial, untrained, trainFull, trainSimple };
  return chosenMorph(context, { of, nominal: nominal.flow, stage, shapes, anchors, ...configured });
}

/** Of the samples that a stage looks at. */
function anchorsOf({ simulation }: RunContext, stage: MorphStage, shapes: readonly NamedShape[]): Anchor[] {
  const sets = new Set(stage.sets.map(({ name }) => name));
  return simulation.anchors.filter(({ at }) => sets.has(anchorSetOf(at, shapes) ?? ""));
}

/** Which training of a stage. */
interface Variant {
  /** In the name of its step, in place of that of the stage. */
  readonly kind?: SimpleKind;
  /** Whether held-out events choose its epoch. */
  readonly choosesEpoch: boolean;
}

const CONFIGURED: Variant = { choosesEpoch: true };

/** It has too few parameters to overfit, and an epoch before the parameters are averaged is better by chance alone. */
const SIMPLE: Variant = { choosesEpoch: false };

/** @param before  keys of the steps that the weights come from */
async function trainStage(
  context: RunContext,
  of: ObservableName,
  nominal: Trained<FlowArchitecture>,
  stage: MorphStage,
  initial: NamedMorph,
  before: readonly (string | undefined)[],
  { kind, choosesEpoch }: Variant = CONFIGURED,
): Promise<TrainedMorph> {
  const { backend, simulation, sizes, store, analysis } = context;
  const { configuration } = analysis;
  const configured = configuration.morph[of].training;
  const recipe = choosesEpoch ? configured : { ...configured, patience: 0 };
  const shapes = shapesOf(configuration);
  const { architecture } = initial;
  const prefix = `${of}.systematics`;
  const own = kind === undefined ? stage.name : `${kind}.${stage.nuisances[0]}`;
  const name = `${of}.morph.${own}`;
  // The name that steps of morphs had at first: other random numbers would train another morph.
  const purpose = `${prefix}.${own}`;
  const anchors = anchorsOf(context, stage, shapes);
  const numbers = { frame: simulation.frame, precision: backend.precision };
  const packBeside = (unmoved: readonly SimulatedEvents[] | undefined) => (events: readonly SimulatedEvents[]) =>
    Object.fromEntries(
      Object.entries(stageSamples(stage, events, shapes)).map(([set, own]) => [
        set,
        withControl(set, trainingSample(set, own, of, sizes.processes, numbers), own, of, numbers, unmoved),
      ]),
    );
  // Of fresh events the nominal density has seen others, as many as it needed.
  const beside = simulation.isFresh ? [] : simulation.anchors.filter(({ at }) => anchorSetOf(at, shapes) === undefined);
  const controlled = simulation.isFresh ? [] : stage.sets.map(({ name }) => name);
  const { nuisances } = stage;
  const inputs = {
    nuisances,
    architecture: usedOf(architecture),
    recipe,
    nominal: nominal.key,
    before,
    simulation: simulation.digest(anchors, of),
  };
  const { arrays, record, key } = await store.run(name, inputs, async (checkpoint) =>
    trainStep(
      context,
      `train morph of p(${of === "x" ? "x" : "y | x"}), ${stageLabel(stage)}`,
      recipe,
      {
        model: morphTraining({
          of,
          nominal: nominal.flow.architecture,
          morph: architecture,
          stage,
          controlled,
          sizes,
          optimiser: optimiserOf(recipe),
        }),
        initial: { ...named(`${of}.nominal`, nominal.flow.weights), ...named(prefix, initial.weights) },
        data: await trainingData(
          context,
          purpose,
          anchors,
          recipe.epochs,
          packBeside(await simulation.training(purpose, beside, 0, 1)),
        ),
        ...(choosesEpoch && (await validationOf(context, anchors, packBeside(await simulation.validation(beside))))),
        purpose,
        logVolume: await stageLogVolume(context, of, purpose, anchors),
      },
      checkpoint,
      (parameter) => parameter.startsWith(`${prefix}.`),
    ),
  );
  const flow = { ...initial, weights: updated(prefix, initial.weights, arrays) };
  return { flow, key, summary: summaryOf(record) };
}

/** The events of an epoch are drawn for it only where the frame asks for them. */
async function stageLogVolume(
  { simulation, analysis }: RunContext,
  of: ObservableName,
  purpose: string,
  anchors: readonly Anchor[],
): Promise<number> {
  const { epochs } = analysis.configuration.morph[of].training;
  const isFramed = simulation.frame?.[of]?.transforms !== undefined;
  return meanLogVolumeOf(isFramed ? await simulation.training(purpose, anchors, 0, epochs) : [], of, simulation.frame);
}

/** Names of the event sets of a stage that hold variations of the same events. */
async function pairedSets(
  simulation: RunContext["simulation"],
  stage: MorphStage,
  anchors: readonly Anchor[],
  shapes: readonly NamedShape[],
): Promise<string[]> {
  const samples = stageSamples(stage, await simulation.training(stage.name, anchors, 0, 1), shapes);
  return Object.keys(samples).filter((set) => hasPairs(samples[set]!));
}

/** What a training of these networks follows from: a damping says nothing where no term has it. */
function usedOf({ quadraticDamping, pairDamping, ...architecture }: FactorizableArchitecture) {
  const { nuisances, pairs } = architecture;
  return {
    ...architecture,
    ...(nuisances.some(({ linearOnly }) => !linearOnly) && { quadraticDamping }),
    ...(pairs.length > 0 && { pairDamping }),
  };
}

/** Names that a line of progress has room for. */
const MOST_NAMES = 3;

function stageLabel({ nuisances, withPairs }: MorphStage): string {
  const shown = nuisances.slice(0, MOST_NAMES).join(", ");
  const names = nuisances.length > MOST_NAMES ? `${shown} and ${nuisances.length - MOST_NAMES} more` : shown;
  return withPairs ? `${names} with their pairs` : names;
}
