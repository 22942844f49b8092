/** Entries that only some sources and choices read: elsewhere they would be ignored without a word. */
import type { Entry } from "./configuration-entries.js";
import { type Configuration, configurationTable } from "./configuration-table.js";
import { defaultOf, type Path, type Problem, pathText, shown } from "./configuration-validation.js";

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

const NOT_FINISHED: Rule = {
  isRead: ({ model }) => model.file === undefined,
  with: "densities and maps that are trained here",
  remedy: "remove model.file",
};

const OF_GENERATED_SIMULATION: Rule = {
  isRead: ({ simulation }) => simulation.generator !== undefined,
  with: "simulation.generator",
  remedy: "set simulation.generator",
};

const OF_DATA_FILE: Rule = {
  isRead: ({ events }) => events.file !== undefined,
  with: "events.file",
  remedy: "set events.file",
};

const bins = (of: string, kind: (configuration: Configuration) => string): Rule => ({
  isRead: (configuration) => kind(configuration) === "spline",
  with: `${of}.kind spline`,
  remedy: `set ${of}.kind to spline`,
});

/**
 * By path in the table; of a section, all that is in it. Switches are no such rules: what is configured stays where it is while
 * `enabled`, `likelihood.observables`, `ensemble.replicas` or `fnf.pairs` turn it off.
 */
export const RELEVANCE: Readonly<Record<string, Rule>> = {
  "simulation.events": OF_GENERATED_SIMULATION,
  "simulation.variations": OF_GENERATED_SIMULATION,
  "simulation.weight": {
    isRead: ({ processes }) => Object.values(processes).some(({ samples }) => samples.length > 0),
    with: "samples of the processes",
    remedy: "add samples to the processes",
  },
  "simulation.heldOut": NOT_FINISHED,
  "data.events": {
    isRead: ({ data }) => data.generator !== undefined,
    with: "data.generator",
    remedy: "set data.generator in place of events.file; a simulation has its size from simulation.events",
  },
  "events.weight": {
    isRead: ({ events }, given) => events.file !== undefined || given.events,
    with: "events.file or --events",
    remedy: "set events.file",
  },
  "events.source": OF_DATA_FILE,
  "model.source": {
    isRead: ({ model }) => model.file !== undefined,
    with: "model.file",
    remedy: "set model.file",
  },
  flows: NOT_FINISHED,
  "flows.x.bins": bins("flows.x", ({ flows }) => flows.x.kind),
  "flows.y.bins": bins("flows.y", ({ flows }) => flows.y.kind),
  fnf: NOT_FINISHED,
  transfer: NOT_FINISHED,
  ensemble: NOT_FINISHED,
  profile: NOT_FINISHED,
  "profile.points": {
    isRead: ({ profile }) => profile.nodes === "quadrature",
    with: "profile.nodes quadrature",
    remedy: "set profile.nodes to quadrature",
  },
  "profile.events": {
    isRead: ({ profile }) => profile.sample === "model",
    with: "profile.sample model",
    remedy: "set profile.sample to model",
  },
  "profile.bins": bins("profile", ({ profile }) => profile.kind),
};

/** What is set, to something else than its default, and not read. */
export function checkRelevance(configuration: Configuration, given: Given): Problem[] {
  const found = new Map<string, Problem>();
  for (const [name, { isRead, with: reader, remedy }] of Object.entries(RELEVANCE)) {
    if (isRead(configuration, given)) continue;
    const path = name.split(".");
    for (const leaf of settings(entryAt(path), valueAt(configuration, path), path)) {
      found.set(pathText(leaf.path), {
        path: leaf.path,
        expected: `nothing, as it is read with ${reader} only`,
        got: shown(leaf.value),
        hint: `Remove it, or ${remedy}`,
      });
    }
  }
  return [...found.values()];
}

function entryAt(path: readonly string[]): Entry {
  return path.reduce<Entry>((entry, key) => {
    if (entry.kind !== "section") throw new Error(`internal: ${path.join(".")} is no path of sections`);
    return entry.keys[key]!;
  }, configurationTable);
}

const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce((inner, key) => (inner as Readonly<Record<string, unknown>>)[key], value);

/** Single values that differ from their defaults. */
function settings(entry: Entry, value: unknown, path: Path): { readonly path: Path; readonly value: unknown }[] {
  if (entry.kind === "section") {
    return Object.entries(entry.keys).flatMap(([key, inner]) => settings(inner, valueAt(value, [key]), [...path, key]));
  }
  // Exported configurations hold every default.
  const isDefault = JSON.stringify(value) === JSON.stringify(defaultOf(entry));
  return isDefault ? [] : [{ path, value }];
}
