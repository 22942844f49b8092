/** Entries that only some sources and choices read: elsewhere they would be ignored without a word. */
import type { Entry } from "./entries.js";
import { type Configuration, configurationTable } from "./table.js";
import { defaultOf, type Problem, shown } from "./validation.js";

/** What the command line adds to the file. */
export interface Given {
  /** Events from a file of --events. */
  readonly events: boolean;
}

interface Rule {
  readonly isRead: (configuration: Configuration, given: Given) => boolean;
  /** What reads it, in words that follow "is read with … only". */
  readonly with: string;
  /** What to do besides removing it. */
  readonly remedy: string;
}

const OF_GENERATED_SIMULATION: Rule = {
  isRead: ({ simulation }) => simulation.generator !== undefined,
  with: "simulation.generator",
  remedy: "set simulation.generator",
};

const OF_DATA_FILE: Rule = {
  isRead: ({ data }) => data.file !== undefined,
  with: "data.file",
  remedy: "set data.file",
};

const OF_EVENTS: Rule = {
  isRead: ({ data }, given) => data.file !== undefined || given.events,
  with: "data.file or --events",
  remedy: "set data.file",
};

const hasSamples = ({ processes }: Configuration) => Object.values(processes).some(({ samples }) => samples.length > 0);

const OF_ANY_FILE: Rule = {
  isRead: (configuration, given) => OF_EVENTS.isRead(configuration, given) || hasSamples(configuration),
  with: "files of data or samples",
  remedy: "set data.file",
};

const OF_MODEL_FILE: Rule = {
  isRead: ({ model }) => model.file !== undefined,
  with: "model.file",
  remedy: "set model.file",
};

const bins = (of: string, kind: (configuration: Configuration) => string): Rule => ({
  isRead: (configuration) => kind(configuration) === "spline",
  with: `${of}.kind spline`,
  remedy: `set ${of}.kind to spline`,
});

/**
 * By path in the table. Switches are no such rules: what is configured stays where it is while `enabled`,
 * `likelihood.observables`, `ensemble.replicas` or `morph.pairs` turn it off, or `model.file` takes the place of all trainings.
 */
export const RELEVANCE: Readonly<Record<string, Rule>> = {
  "simulation.events": OF_GENERATED_SIMULATION,
  "simulation.variations": OF_GENERATED_SIMULATION,
  "simulation.weight": {
    isRead: hasSamples,
    with: "samples of the processes",
    remedy: "add samples to the processes",
  },
  "simulation.heldOut": {
    isRead: ({ model }) => model.file === undefined,
    with: "a simulation to train on",
    remedy: "remove model.file",
  },
  "simulation.replicas": {
    isRead: ({ simulation, model }) => simulation.generator === undefined && model.file === undefined,
    with: "samples of the processes",
    remedy: "add samples to the processes",
  },
  "data.events": {
    isRead: ({ data }) => data.generator !== undefined,
    with: "data.generator",
    remedy: "set data.generator in place of data.file; a simulation has its size from simulation.events",
  },
  "observables.columns": OF_ANY_FILE,
  "observables.missing": OF_ANY_FILE,
  "observables.where": OF_ANY_FILE,
  "data.columns": OF_EVENTS,
  "data.where": OF_EVENTS,
  "data.weight": OF_EVENTS,
  "data.without": {
    isRead: ({ simulation }) => simulation.generator === undefined,
    with: "files of simulation or of a model",
    remedy: "remove simulation.generator",
  },
  "data.source": OF_DATA_FILE,
  "model.source": OF_MODEL_FILE,
  "model.activation": OF_MODEL_FILE,
  "model.leastSlope": OF_MODEL_FILE,
  "flows.x.bins": bins("flows.x", ({ flows }) => flows.x.kind),
  "flows.y.bins": bins("flows.y", ({ flows }) => flows.y.kind),
  "flows.x.bound": bins("flows.x", ({ flows }) => flows.x.kind),
  "flows.y.bound": bins("flows.y", ({ flows }) => flows.y.kind),
  "morph.x.bins": bins("morph.x", ({ morph }) => morph.x.kind),
  "morph.y.bins": bins("morph.y", ({ morph }) => morph.y.kind),
  "morph.x.bound": bins("morph.x", ({ morph }) => morph.x.kind),
  "morph.y.bound": bins("morph.y", ({ morph }) => morph.y.kind),
  "response.points": {
    isRead: ({ response }) => response.nodes === "quadrature",
    with: "response.nodes quadrature",
    remedy: "set response.nodes to quadrature",
  },
  "response.events": {
    isRead: ({ response }) => response.sample === "model",
    with: "response.sample model",
    remedy: "set response.sample to model",
  },
  "response.bins": bins("response", ({ response }) => response.kind),
};

/** What is set, to something else than its default, and not read. */
export function checkRelevance(configuration: Configuration, given: Given): Problem[] {
  return Object.entries(RELEVANCE).flatMap(([name, { isRead, with: reader, remedy }]) => {
    if (isRead(configuration, given)) return [];
    const path = name.split(".");
    const value = path.reduce<unknown>(
      (inner, key) => (inner as Readonly<Record<string, unknown>>)[key],
      configuration,
    );
    // Exported configurations hold every default.
    if (JSON.stringify(value) === JSON.stringify(defaultOf(entryAt(path)))) return [];
    const expected = `nothing, as it is read with ${reader} only`;
    return [{ path, expected, got: shown(value), hint: `Remove it, or ${remedy}` }];
  });
}

function entryAt(path: readonly string[]): Entry {
  return path.reduce<Entry>((entry, key) => {
    if (entry.kind !== "section") throw new Error(`internal: ${path.join(".")} is no path of sections`);
    return entry.keys[key]!;
  }, configurationTable);
}
