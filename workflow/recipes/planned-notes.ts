/** What the graph of a measurement says of its trainings, and of what only samples and trainings decide. */
import type { CheckedComposition } from "../../inference/model/composition/composition.js";
import { densityOfPart } from "../../inference/model/composition/mixture-composition.js";
import type { PartName } from "../../inference/model/mixture-model.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import type { MorphStage } from "../../inference/model/training/morph.js";
import { affectedProcesses, nuisancesOfKind, processNames, variationPoints } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { type PlannedSample, plannedSamples, plannedStages } from "./planned-model.js";

/** Entries of the graph, beside the form of a density or a function, or in place of a part of it. */
type Notes = Readonly<Record<string, unknown>>;

/** A list of sentences, none where there is nothing to decide. */
const decided = (...sentences: readonly (string | undefined)[]) => {
  const all = sentences.filter((text) => text !== undefined);
  return all.length > 0 ? { decided_by_run: all } : {};
};

/** Samples by process, or the points of the generator. */
function samplesOf(configuration: Configuration, isOwn: (moved: readonly string[]) => boolean) {
  const { generator } = configuration.simulation;
  if (generator === undefined) {
    return plannedSamples(configuration)
      .filter(({ moved }) => isOwn(moved))
      .map(({ process, source: { file, columns, weight, weightFactor }, at }) => ({
        process,
        file,
        ...(Object.keys(at).length > 0 && { at }),
        ...(columns.size > 0 && { columns: Object.fromEntries(columns) }),
        ...(weight !== undefined && { weight }),
        ...(weightFactor !== undefined && { weightFactor }),
      }));
  }
  const points = isOwn([]) ? [{}] : variationPoints(configuration);
  return points.map((at) => ({ generator, ...(Object.keys(at).length > 0 && { at }) }));
}

function frameSentence({ observables, simulation }: Configuration, of: ObservableName): string | undefined {
  if (simulation.generator !== undefined) return undefined;
  const { transform } = observables[of]!;
  const names = [...new Set(transform)].join(", ");
  return transform.every((own) => own === "none")
    ? `By which powers of two ${of} is scaled before the flows see it follows from the nominal samples.`
    : `How ${of} is transformed (observables.${of}.transform: ${names}) and scaled before the flows see it follows from the nominal samples.`;
}

/** Nuisances whose morph is as simple as their samples allow: those that are trained alone, on events of their own (`chosenMorph`). */
function simplified(configuration: Configuration, stages: readonly MorphStage[]): string[] {
  if (configuration.simulation.generator !== undefined) return [];
  const samples = plannedSamples(configuration);
  const isPaired = (name: string) =>
    samples.some(({ moved, source }: PlannedSample) => moved.join() === name && source.nominal !== undefined);
  return stages.flatMap(({ nuisances, sets }) => {
    const [name] = nuisances as readonly [string];
    return nuisances.length === 1 && sets.length === 1 && !isPaired(name) ? [name] : [];
  });
}

function morphSentences(configuration: Configuration, stages: readonly MorphStage[]): (string | undefined)[] {
  const simple = simplified(configuration, stages);
  return [
    simple.length === 0
      ? undefined
      : `The morph of ${simple.join(", ")} is the simplest that has learned all that the samples show: one affine layer with few hidden units, ` +
        "linear in the nuisance or with a quadratic term, or else this architecture, with or without its quadratic terms.",
    configuration.simulation.generator === undefined
      ? "A nuisance whose samples show no effect on the shape has none: its networks stay the identity."
      : undefined,
  ];
}

/** Where T undoes from the fitted values on what nuisances do, the density behind it stays there. */
const undoes = ({ transport, response }: Configuration) =>
  transport.enabled && response.enabled && response.actsOn === "simulation";

const OF_ORIGIN = "What is null here are the values of the nuisances that the fit with T fixed finds.";

/** Of the part of a density that is trained. @param entry  as the graph has it */
function partNotes(configuration: Configuration, part: PartName, entry: Notes): Notes {
  const { flows, morph, transport, response } = configuration;
  const of = part.startsWith("x") ? "x" : "y";
  switch (part) {
    case "x.nominal":
    case "y.nominal":
      return {
        steps: [part],
        train: samplesOf(configuration, (moved) => moved.length === 0),
        training: flows[of].training,
        ...decided(frameSentence(configuration, of)),
      };
    case "x.morph":
    case "y.morph": {
      const stages = plannedStages(configuration);
      const stays = of === "y" && undoes(configuration);
      const nuisances = (entry.nuisances as readonly (string | number)[]).map((own) =>
        typeof own === "number" ? null : own,
      );
      return {
        ...(stays && { nuisances }),
        steps: stages.map(({ name }) => `${part}.${name}`),
        train: samplesOf(configuration, (moved) => moved.length > 0),
        training: morph[of].training,
        ...decided(...morphSentences(configuration, stages), stays ? OF_ORIGIN : undefined),
      };
    }
    case "transport":
      return { steps: [part], train: "data", training: transport.training };
    case "response": {
      const { architecture, numbers } = entry.morph as {
        architecture: { nuisances: readonly object[] };
        numbers: number;
      };
      const nuisances = architecture.nuisances.map((own) => ({
        ...own,
        nominal: null,
        ...(response.scale === undefined && { scale: null }),
      }));
      return {
        morph: { architecture: { ...architecture, nuisances }, numbers },
        steps: [part],
        train: response.sample === "data" ? "data" : "events drawn from the fitted model",
        training: response.training,
        ...decided(
          "It is the identity at the values of the nuisances that the fit with T fixed finds, which are null here.",
          response.scale === undefined
            ? "The scales of the nuisances follow from their errors in that fit."
            : undefined,
        ),
      };
    }
  }
}

const PARTS: readonly PartName[] = ["x.nominal", "x.morph", "y.nominal", "y.morph", "transport", "response"];

/** Of a density, by its name and its entry in the graph: how it is trained; undefined where it is made of others alone. */
export const densityNotes =
  (configuration: Configuration) =>
  (name: string, entry: Notes): Notes | undefined => {
    const part = PARTS.find((own) => densityOfPart(own) === name);
    return part && partNotes(configuration, part, entry);
  };

/** Of functions, by name. */
export function functionNotes(
  configuration: Configuration,
  { functions }: CheckedComposition,
): ReadonlyMap<string, Notes> {
  const found = new Map<string, Notes>();
  const processes = processNames(configuration);
  const { without } = configuration.data;
  for (const process of processes) {
    const own = configuration.processes[process]!.yield;
    const isOfSamples = own !== undefined && typeof own.events !== "number";
    const form = functions[`yield of ${process}`];
    const factors =
      form?.kind === "product" ? form.factors.map((factor) => (typeof factor === "number" ? null : factor)) : [];
    const notes = decided(
      isOfSamples ? `It follows from the weights of the nominal samples (processes.${process}.yield).` : undefined,
      without.length > 0 ? "It is multiplied by the part of the nominal samples that data.without leaves." : undefined,
    );
    if (isOfSamples || without.length > 0)
      found.set(`yield of ${process}`, { ...(isOfSamples && { factors }), ...notes });
  }
  for (const nuisance of nuisancesOfKind(configuration, "shape")) {
    for (const process of processes) {
      const name = `${nuisance} on ${process}`;
      const form = functions[name];
      if (form === undefined) continue;
      const unknown = form.kind === "interpolation" ? { low: null, high: null } : { kappa: null };
      const text = `Ratios of yields are those of the sums of weights of the samples (nuisances.${nuisance}.acceptance).`;
      found.set(name, { ...unknown, ...decided(text) });
    }
    const choice = functions[`${nuisance} of T by process`];
    if (choice?.kind !== "choice") continue;
    const affected = affectedProcesses(configuration, nuisance);
    const choices = choice.choices.map((own, f) => (affected.includes(processes[f]!) ? null : own));
    found.set(`${nuisance} of T by process`, { choices, ...decided(OF_ORIGIN) });
  }
  return found;
}
