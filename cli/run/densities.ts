/** Steps 1 of the chain: nominal densities of x and y, and what the shape nuisances do to them. */
import { type Architecture, type FlowArchitecture, initialise } from "../../flows/architecture.js";
import type { EventSample } from "../../flows/event-sample.js";
import type { FreshSamples } from "../../flows/training-request.js";
import { named, updated } from "../../flows/weights.js";
import { densityTraining, initialDensity, NOMINAL } from "../../inference/densities.js";
import type { DensityModel, FlowModel } from "../../inference/mixture-model.js";
import { type ObservableName, type SimulatedEvents, trainingSample } from "../../inference/simulated-events.js";
import {
  type Anchor,
  anchorSetOf,
  anchorSets,
  initialSystematics,
  stageSamples,
  systematicsStages,
  systematicsTraining,
} from "../../inference/systematics.js";
import { shapeCentres } from "../analysis.js";
import { nominalArchitecture, systematicsArchitecture } from "../architectures.js";
import type { Setting } from "./setting.js";
import { optimiserOf, type TrainingSummary, trainStep } from "./training.js";

/** A trained density with the story of its trainings. */
export interface TrainedDensity {
  readonly density: DensityModel;
  readonly key: string;
  readonly trainings: readonly { readonly label: string; readonly summary: TrainingSummary }[];
}

/** Event sets of a training, from fresh or fixed events. */
function trainingData(
  { simulation }: Setting,
  purpose: string,
  anchors: readonly Anchor[],
  epochs: number,
  pack: (events: readonly SimulatedEvents[]) => Record<string, EventSample>,
): FreshSamples | Promise<Record<string, EventSample>> {
  const samples = async (epoch: number) => pack(await simulation.training(purpose, anchors, epoch, epochs));
  return simulation.isFresh ? samples : samples(0);
}

/**
 * Events by which the best epoch is chosen. Fresh events cannot be learnt by heart: there the last epoch, after the
 * learning rate has come down, is the best, and a choice by a sample would only add that sample's noise.
 */
async function validationOf(
  { simulation }: Setting,
  anchors: readonly Anchor[],
  pack: (events: readonly SimulatedEvents[]) => Record<string, EventSample>,
): Promise<{ readonly validation?: Record<string, EventSample> }> {
  const events = await simulation.validation(anchors);
  return events === undefined ? {} : { validation: pack(events) };
}

export async function trainDensity(setting: Setting, of: ObservableName): Promise<TrainedDensity> {
  const nominal = await trainNominal(setting, of);
  const label = `p(${of === "x" ? "x" : "y | x"})`;
  const trainings = [{ label: `${label}, nominal`, summary: nominal.summary }];
  if (setting.sizes.shapes === 0) return { density: { nominal: nominal.flow }, key: nominal.key, trainings };
  const systematics = await trainSystematics(setting, of, nominal);
  return {
    density: { nominal: nominal.flow, systematics: systematics.flow },
    key: systematics.key,
    trainings: [...trainings, ...systematics.trainings.map((own) => ({ ...own, label: `${label}, ${own.label}` }))],
  };
}

interface Trained<A extends Architecture> {
  readonly flow: FlowModel<A>;
  readonly key: string;
}

async function trainNominal(
  setting: Setting,
  of: ObservableName,
): Promise<Trained<FlowArchitecture> & { readonly summary: TrainingSummary }> {
  const { simulation, sizes, store, analysis } = setting;
  const { configuration } = analysis;
  const recipe = configuration.flows[of].training;
  const architecture = nominalArchitecture(configuration, of);
  const centres = shapeCentres(configuration);
  const anchors = simulation.anchors.filter(({ at }) => anchorSetOf(at, centres) === undefined);
  const prefix = `${of}.nominal`;
  const pack = (events: readonly SimulatedEvents[]) => ({
    [NOMINAL]: trainingSample(NOMINAL, events, of, sizes.processes),
  });
  const inputs = { architecture, recipe, simulation: simulation.digest };
  const { arrays, record, key } = await store.run(prefix, inputs, async (checkpoint) => {
    const first = pack(await simulation.training(prefix, anchors, 0, recipe.epochs));
    return trainStep(
      setting,
      `train p(${of === "x" ? "x" : "y | x"})`,
      recipe,
      {
        model: densityTraining(of, architecture, sizes, optimiserOf(recipe)),
        initial: named(prefix, initialDensity(architecture, first[NOMINAL]!, of, sizes, configuration.seed)),
        data: await trainingData(setting, prefix, anchors, recipe.epochs, pack),
        ...(await validationOf(setting, anchors, pack)),
        purpose: prefix,
      },
      checkpoint,
      (name) => name.startsWith(`${prefix}.`),
    );
  });
  const weights = updated(prefix, initialise(architecture, configuration.seed), arrays);
  return { flow: { architecture, weights }, key, summary: record };
}

async function trainSystematics(setting: Setting, of: ObservableName, nominal: Trained<FlowArchitecture>) {
  const { simulation, sizes, store, analysis } = setting;
  const { configuration } = analysis;
  const recipe = configuration.fnf[of].training;
  const architecture = systematicsArchitecture(configuration, of);
  const centres = shapeCentres(configuration);
  const prefix = `${of}.systematics`;
  let { weights } = initialSystematics(architecture, nominal.flow, configuration.seed);
  let key = nominal.key;
  const trainings: { label: string; summary: TrainingSummary }[] = [];
  for (const stage of systematicsStages(anchorSets(simulation.anchors, centres), architecture.pairs)) {
    const sets = new Set(stage.sets.map(({ name }) => name));
    const anchors = simulation.anchors.filter(({ at }) => sets.has(anchorSetOf(at, centres) ?? ""));
    const pack = (events: readonly SimulatedEvents[]) =>
      Object.fromEntries(
        Object.entries(stageSamples(stage, events, centres)).map(([name, own]) => [
          name,
          trainingSample(name, own, of, sizes.processes),
        ]),
      );
    const name = `${prefix}.${stage.name}`;
    const before = weights;
    const inputs = { architecture, recipe, nominal: key, simulation: simulation.digest };
    const result = await store.run(name, inputs, async (checkpoint) =>
      trainStep(
        setting,
        `train systematics of ${of}, ${stage.name}`,
        recipe,
        {
          model: systematicsTraining({
            of,
            nominal: nominal.flow.architecture,
            systematics: architecture,
            stage,
            sizes,
            optimiser: optimiserOf(recipe),
          }),
          initial: { ...named(`${of}.nominal`, nominal.flow.weights), ...named(prefix, before) },
          data: await trainingData(setting, name, anchors, recipe.epochs, pack),
          ...(await validationOf(setting, anchors, pack)),
          purpose: name,
        },
        checkpoint,
        (parameter) => parameter.startsWith(`${prefix}.`),
      ),
    );
    weights = updated(prefix, weights, result.arrays);
    key = result.key;
    trainings.push({ label: `systematics, ${stage.name}`, summary: result.record });
  }
  return { flow: { architecture, weights }, key, trainings };
}
