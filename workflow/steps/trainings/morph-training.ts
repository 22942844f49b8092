/** Trainings of a morph, a step for each stage: of the densities of a measurement, and of those of a composition. */
import type { FactorizableArchitecture } from "../../../flows/architecture/kinds.js";
import { named, updated } from "../../../flows/networks/weights.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { FreshSamples } from "../../../flows/training/training-request.js";
import {
  meanLogVolumeOf,
  type SimulatedEvents,
  trainingSample,
} from "../../../inference/model/sampling/simulated-events.js";
import type { SimpleKind } from "../../../inference/model/training/capacity.js";
import {
  type Anchor,
  anchorSetOf,
  type MorphStage,
  type NamedMorph,
  type NamedShape,
  stageFlow,
  stageLoss,
  stageSamples,
  withStageFlow,
} from "../../../inference/model/training/morph.js";
import { hasPairs, withControl } from "../../../inference/model/training/pairs.js";
import type { Simulation } from "../../simulation/simulation.js";
import { allOf } from "../../store/chosen-steps.js";
import { type CapacityRequest, chosenMorph } from "./morph-capacity.js";
import type { MorphContext, MorphTask, TrainedMorph, TrainedNoise } from "./morph-task.js";
import { optimiserOf, summaryOf, type TrainingSummary, trainStep } from "./training-step.js";

/** Event sets of a training, from fresh or fixed events. */
export function trainingData(
  { simulation }: Pick<MorphContext, "simulation">,
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
export async function validationOf(
  { simulation }: Pick<MorphContext, "simulation">,
  anchors: readonly Anchor[],
  pack: (events: readonly SimulatedEvents[]) => Record<string, EventSample>,
): Promise<{ readonly validation?: Record<string, EventSample> }> {
  const events = await simulation.validation(anchors);
  return events === undefined ? {} : { validation: pack(events) };
}

/** Is no later stage about the same nuisances, so that it would begin anew where this one ends? */
const isLastOf = (stage: MorphStage, i: number, all: readonly MorphStage[]) =>
  !all.slice(i + 1).some((later) => stage.nuisances.every((name) => later.nuisances.includes(name)));

/** Every stage is a step of its own, and follows from its own nuisances alone: adding another repeats none of them. */
export async function trainMorph(context: MorphContext, task: MorphTask) {
  const { untrained, stages, leftOut, start } = task;
  let flow = start === undefined ? untrained : { ...untrained, weights: start.weights };
  /** Of the last step that moved the networks of a nuisance. */
  const keys = new Map<string, string>();
  const trainings: { label: string; summary: TrainingSummary }[] = [];
  let noise: TrainedNoise[] = [];
  // Networks of nuisances that are left out stay the identity; without a key of a training, later steps know it from a trained one.
  const own = (start === undefined ? stages : stages.filter(isLastOf)).filter(
    ({ nuisances }) => !nuisances.every((name) => leftOut.has(name)),
  );
  const trainOne = async (stage: MorphStage) => {
    const before = stage.nuisances.map((name) => keys.get(name) ?? start?.key);
    const morphs = { initial: stageFlow(flow, stage), untrained: stageFlow(untrained, stage) };
    const trained = await trainedStage(context, task, stage, morphs, before);
    flow = withStageFlow(flow, trained.flow);
    for (const name of stage.nuisances) keys.set(name, trained.key);
    // Networks that are trained again with others have another noise.
    noise = [...noise.filter(({ nuisance }) => !stage.nuisances.includes(nuisance)), ...(trained.noise ?? [])];
    trainings.push({ label: stageLabel(stage), summary: trained.summary });
  };
  await allOf(own.map((stage) => () => trainOne(stage)));
  return {
    flow: { architecture: untrained.architecture, weights: flow.weights },
    key: JSON.stringify([task.nominalKey, untrained.names.map((name) => [name, keys.get(name)])]),
    trainings,
    noise,
  };
}

/** Of one nuisance alone that has samples of its own, as simple a morph as they allow; else the one that is configured. */
async function trainedStage(
  context: MorphContext,
  task: MorphTask,
  stage: MorphStage,
  { initial, untrained }: Pick<CapacityRequest, "initial" | "untrained">,
  before: readonly (string | undefined)[],
): Promise<TrainedMorph> {
  const { simulation } = context;
  const { moved, shapes } = task;
  const trainFull = () => trainStage(context, task, stage, initial, before);
  const anchors = anchorsOf(context, stage, shapes);
  const isAlone = stage.nuisances.length === 1 && stage.sets.length === 1;
  const isJudged = moved.hasLatent && nominalAnchors(simulation, shapes).length > 0;
  if (simulation.isFresh || !isAlone || !isJudged) return trainFull();
  if ((await pairedSets(simulation, stage, anchors, shapes)).length > 0) return trainFull();
  const trainSimple = (kind: SimpleKind, own: NamedMorph) =>
    trainStage(context, task, stage, own, [], { ...SIMPLE, kind });
  const configured = { initial, untrained, trainFull, trainSimple };
  return chosenMorph(context, { ...task, stage, anchors, ...configured });
}

const nominalAnchors = ({ anchors }: Pick<Simulation, "anchors">, shapes: readonly NamedShape[]): Anchor[] =>
  anchors.filter(({ at }) => anchorSetOf(at, shapes) === undefined);

/** Of the samples that a stage looks at. */
function anchorsOf({ simulation }: MorphContext, stage: MorphStage, shapes: readonly NamedShape[]): Anchor[] {
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
  context: MorphContext,
  task: MorphTask,
  stage: MorphStage,
  initial: NamedMorph,
  before: readonly (string | undefined)[],
  { kind, choosesEpoch }: Variant = CONFIGURED,
): Promise<TrainedMorph> {
  const { backend, simulation, sizes, store } = context;
  const { of, moved, shapes } = task;
  const recipe = choosesEpoch ? task.recipe : { ...task.recipe, patience: 0 };
  const { architecture } = initial;
  const { prefix } = moved;
  const own = kind === undefined ? stage.name : `${kind}.${stage.nuisances[0]}`;
  const purpose = `${task.purpose}.${own}`;
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
  const beside = simulation.isFresh ? [] : nominalAnchors(simulation, shapes);
  const controlled = beside.length === 0 ? [] : stage.sets.map(({ name }) => name);
  const { nuisances } = stage;
  const inputs = {
    nuisances,
    architecture: usedOf(architecture),
    recipe,
    nominal: task.nominalKey,
    before,
    simulation: simulation.digest(anchors, of),
  };
  const { arrays, record, key } = await store.run(`${task.step}.${own}`, inputs, async (checkpoint) =>
    trainStep(
      context,
      `train ${task.label}, ${stageLabel(stage)}`,
      recipe,
      {
        model: stageLoss({ of, moved, morph: architecture, stage, controlled, sizes, optimiser: optimiserOf(recipe) }),
        initial: { ...moved.parameters, ...named(prefix, initial.weights) },
        data: await trainingData(
          context,
          purpose,
          anchors,
          recipe.epochs,
          packBeside(await simulation.training(purpose, beside, 0, 1)),
        ),
        ...(choosesEpoch && (await validationOf(context, anchors, packBeside(await simulation.validation(beside))))),
        purpose,
        logVolume: await stageLogVolume(context, task, purpose, anchors),
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
  { simulation }: MorphContext,
  { of, recipe: { epochs } }: MorphTask,
  purpose: string,
  anchors: readonly Anchor[],
): Promise<number> {
  const isFramed = simulation.frame?.[of]?.transforms !== undefined;
  return meanLogVolumeOf(isFramed ? await simulation.training(purpose, anchors, 0, epochs) : [], of, simulation.frame);
}

/** Names of the event sets of a stage that hold variations of the same events. */
async function pairedSets(
  simulation: MorphContext["simulation"],
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
