/**
 * The model that `run` makes of a measurement, before anything is trained: its names, its yields and the architectures of its flows follow from the
 * configuration. What samples and trainings decide has some value in it: `planned-notes.ts` says which these are.
 */
import { type Architecture, initialise } from "../../flows/architecture/architecture.js";
import type { Acceptance } from "../../inference/model/acceptance.js";
import type { DensityModel, FlowModel, MixtureModel, ShapeNuisance } from "../../inference/model/mixture-model.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import { anchorSets, type MorphStage, morphStages } from "../../inference/model/training/morph.js";
import {
  affectedProcesses,
  expectedYield,
  isOffNominal,
  nominalShapes,
  nuisanceNames,
  nuisancesOfKind,
  processNames,
  simulationAnchors,
} from "../configuration/analysis.js";
import {
  morphArchitecture,
  nominalArchitecture,
  responseArchitecture,
  transportArchitecture,
} from "../configuration/architectures.js";
import { type SampleSource, sampleSources } from "../configuration/samples.js";
import type { Configuration } from "../configuration/table.js";
import { nuisanceModels } from "../store/model-files.js";

const untrained = <A extends Architecture>(architecture: A): FlowModel<A> => ({
  architecture,
  weights: initialise(architecture, 0, { identity: true }),
});

const looksAt = ({ likelihood }: Configuration, of: ObservableName): boolean => likelihood.observables.includes(of);

/** The trainings of the morph of a density, in their order. */
export function plannedStages(configuration: Configuration): MorphStage[] {
  const names = nuisancesOfKind(configuration, "shape");
  const shapes = names.map((name) => ({ name, nominal: configuration.nuisances[name]!.nominal }));
  const pairs = configuration.morph.pairs as unknown as readonly (readonly [string, string])[];
  return names.length === 0 ? [] : morphStages(anchorSets(simulationAnchors(configuration), shapes), pairs);
}

/** A sample of a process that moves some nuisances, and the columns that it is made of. */
export interface PlannedSample {
  readonly process: string;
  readonly source: SampleSource;
  readonly at: Readonly<Record<string, number>>;
  /** Nuisances that it moves. */
  readonly moved: readonly string[];
}

/** None where a generator simulates. */
export const plannedSamples = (configuration: Configuration): PlannedSample[] =>
  processNames(configuration).flatMap((process) =>
    configuration.processes[process]!.samples.map(({ at }, i) => ({
      process,
      source: sampleSources(configuration, process)[i]!,
      at,
      moved: nuisanceNames(configuration).filter((name) => isOffNominal(configuration, at, name)),
    })),
  );

/** Any ratio of yields that is not 1: what it will be, the sums of weights of the samples say. */
const SOME_RATIO = Math.log(2);

/** Which sides of a nuisance say how the yield of a process follows it: those with samples whose weights count as yields (`acceptanceOf`). */
function acceptanceOf(configuration: Configuration, name: string, process: string): Acceptance {
  const { acceptance, nominal } = configuration.nuisances[name]!;
  const none = { up: null, down: null };
  if (acceptance === "none" || !affectedProcesses(configuration, name).includes(process)) return none;
  const samples = plannedSamples(configuration).filter((own) => own.process === process);
  const isWeighted = ({ source }: PlannedSample) => source.weight !== undefined || source.weightFactor !== undefined;
  const areUnmovedWeighted = samples.filter(({ moved }) => moved.length === 0).every(isWeighted);
  const side = (sign: 1 | -1) => {
    const own = samples.filter(({ moved, at }) => moved.join() === name && sign * (at[name]! - nominal) > 0);
    // Of values that samples share, all of them count.
    const counted = own.filter(({ at }) => {
      const alike = own.filter((other) => other.at[name] === at[name]);
      const areWeighted = alike.every(isWeighted);
      return (
        acceptance === "sums" ||
        (areWeighted && (areUnmovedWeighted || alike.every(({ source }) => source.nominal !== undefined)))
      );
    });
    return counted.length > 0 ? sign * SOME_RATIO : null;
  };
  return { up: side(1), down: side(-1) };
}

/** Shape nuisances that some yields follow have their acceptances, with ratios that are not known yet. */
function plannedNuisances(configuration: Configuration): MixtureModel["nuisances"] {
  const processes = processNames(configuration);
  return nuisanceModels(configuration).map((own) => {
    if (own.kind !== "shape") return own;
    const acceptance = processes.map((process) => acceptanceOf(configuration, own.name, process));
    const isKnown = acceptance.some(({ up, down }) => up !== null || down !== null);
    return { ...own, ...(isKnown && { acceptance }) } satisfies ShapeNuisance;
  });
}

function plannedDensity(configuration: Configuration, of: ObservableName): DensityModel {
  const hasShapes = nominalShapes(configuration).length > 0;
  return {
    nominal: untrained(nominalArchitecture(configuration, of)),
    ...(hasShapes && { morph: untrained(morphArchitecture(configuration, of)) }),
  };
}

/** Any number of events, where samples say what it is. */
const SOME_YIELD = 1;

/** Yields are those of the configuration, which `expectedYield` has for every measurement that trains its model, unless samples say them. */
export function plannedModel(configuration: Configuration): MixtureModel {
  const { transport, response } = configuration;
  const hasY = looksAt(configuration, "y");
  const hasT = hasY && transport.enabled;
  const nuisances = plannedNuisances(configuration);
  const nominal = nuisances.map((own) => own.nominal);
  const scales = nuisances.map(() => response.scale ?? 1);
  return {
    processes: processNames(configuration).map((name) => ({
      name,
      logYield: Math.log(expectedYield(configuration, name) ?? SOME_YIELD),
    })),
    nuisances,
    x: plannedDensity(configuration, "x"),
    ...(hasY && { y: plannedDensity(configuration, "y") }),
    ...(hasT && { transport: untrained(transportArchitecture(configuration)) }),
    ...(hasT &&
      response.enabled && {
        response: { ...untrained(responseArchitecture(configuration, nominal, scales)), actsOn: response.actsOn },
      }),
  };
}
