/** Steps 1 of the chain: nominal densities of x and y, and what the shape nuisances do to them. */
import { initialise } from "../../../flows/architecture/architecture.js";
import type { Architecture, FlowArchitecture } from "../../../flows/architecture/kinds.js";
import { named, updated } from "../../../flows/networks/weights.js";
import type { DensityModel, FlowModel } from "../../../inference/model/mixture-model.js";
import {
  meanLogVolumeOf,
  type ObservableName,
  type SimulatedEvents,
  trainingSample,
} from "../../../inference/model/sampling/simulated-events.js";
import { densityTraining, initialDensity, NOMINAL } from "../../../inference/model/training/densities.js";
import {
  anchorSetOf,
  anchorSets,
  initialMorph,
  type MorphStage,
  morphStages,
  type NamedShape,
} from "../../../inference/model/training/morph.js";
import { movedModel } from "../../../inference/model/training/moved-density.js";
import { nuisancesOfKind, processNames } from "../../configuration/analysis.js";
import { morphArchitecture, nominalArchitecture } from "../../configuration/architectures.js";
import type { Configuration } from "../../configuration/table.js";
import type { RunContext } from "../../context.js";
import { type EffectNoise, effectNoise } from "../../effect-noise.js";
import { trainingData, trainMorph, validationOf } from "./morph-training.js";
import { type NamedTraining, optimiserOf, summaryOf, type TrainingSummary, trainStep } from "./training-step.js";

/** A trained density with the story of its trainings. */
export interface TrainedDensity {
  readonly density: DensityModel;
  readonly key: string;
  readonly trainings: readonly NamedTraining[];
  /** Of nuisances whose noise is known. */
  readonly noise: readonly EffectNoise[];
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
  const { configuration } = context.analysis;
  const shapes = shapesOf(configuration);
  const names = shapes.map(({ name }) => name);
  const processes = processNames(configuration);
  const morph = await trainMorph(context, {
    of,
    moved: movedModel(of, nominal.flow),
    nominalKey: nominal.key,
    untrained: initialMorph(morphArchitecture(configuration, of), names, nominal.flow, configuration.seed),
    stages: stagesOf(context),
    shapes,
    recipe: configuration.morph[of].training,
    leftOut,
    start: start && { weights: start.density.morph!.weights, key: start.key },
    label: `morph of ${label}`,
    step: `${of}.morph`,
    // The name that steps of morphs had at first: other random numbers would train another morph.
    purpose: `${of}.systematics`,
  });
  return {
    density: { nominal: nominal.flow, morph: morph.flow },
    key: morph.key,
    noise: morph.noise.map(({ nuisance, process, information, noise }) =>
      effectNoise({ of, nuisance, process: processes[process]! }, information, noise),
    ),
    trainings: [
      ...trainings,
      ...morph.trainings.map((own) => ({
        label: `${label}, morph, ${own.label}`,
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
