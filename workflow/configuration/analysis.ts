/** A loaded configuration file and what follows from it. */
import { dirname, resolve } from "node:path";
import { entryOf } from "../../engine/entry.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import type { Dimensions } from "../../inference/model/training/densities.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { normalisedYield, type WeightSums } from "./normalisation.js";
import type { Configuration, Nuisance } from "./table.js";

export interface Analysis {
  /** The file as the user named it. */
  readonly file: string;
  readonly configuration: Configuration;
}

/** Absolute path of a file named in the configuration: relative names are relative to the configuration file. */
export function pathOf(analysis: Pick<Analysis, "file">, name: string): string {
  return resolve(dirname(analysis.file), name);
}

/**
 * Absolute path of the folder of the results.
 *
 * @param out the user's --out, relative to where the command was given
 */
export function outputFolder(
  analysis: { readonly file: string; readonly configuration: Pick<Configuration, "output"> },
  out: string | undefined,
): string {
  return out === undefined ? pathOf(analysis, analysis.configuration.output) : resolve(out);
}

/**
 * Folders in which `run` may have left a model and what belongs to it, the likeliest first.
 *
 * @param run  the user's --run
 * @param out  the user's --out, where it names a folder of results
 */
export function runFolders(analysis: Analysis, run: string | undefined, out?: string): readonly [string, ...string[]] {
  if (run !== undefined) return [resolve(run)];
  const own = outputFolder(analysis, undefined);
  return out === undefined ? [own] : [outputFolder(analysis, out), own];
}

/** Names in declared order: the order of nu, of gradients and of covariances. */
export function nuisanceNames(configuration: Configuration): readonly string[] {
  return Object.keys(configuration.nuisances);
}

/** Names in declared order: the order of the classes. */
export function processNames(configuration: Configuration): readonly string[] {
  return Object.keys(configuration.processes);
}

export function nuisancesOfKind(configuration: Configuration, kind: Nuisance["kind"]): readonly string[] {
  return nuisanceNames(configuration).filter((name) => configuration.nuisances[name]!.kind === kind);
}

/** What a file calls a feature: as in `io/columns`. The label, where columns of several widths leave that open. */
export function featureName(
  { configuration }: Pick<Analysis, "configuration">,
  of: ObservableName,
  feature: number,
): string {
  const { columns, features, labels } = configuration.observables[of]!;
  if (columns.length === features) return columns[feature]!;
  return columns.length === 1 ? `${columns[0]}[${feature}]` : (labels[feature] ?? `${of}[${feature}]`);
}

/** What pictures and tables call a feature: its label, else its column. */
export function featureLabel(analysis: Analysis, of: ObservableName, feature: number): string {
  const { columns, features, labels } = analysis.configuration.observables[of]!;
  const isUnnamed = columns.length === 1 && columns[0] === of && features > 1;
  return labels[feature] ?? (isUnnamed ? `${of}${feature + 1}` : featureName(analysis, of, feature));
}

/** Sizes of what is observed and of the mixture. */
export function dimensionsOf(configuration: Configuration): Dimensions {
  const { observables } = configuration;
  return {
    processes: processNames(configuration).length,
    shapes: nuisancesOfKind(configuration, "shape").length,
    x: observables.x.features,
    y: observables.y?.features ?? 0,
  };
}

/** Nominal values of the shape nuisances, in declared order. */
export function nominalShapes(configuration: Configuration): number[] {
  return nuisancesOfKind(configuration, "shape").map((name) => configuration.nuisances[name]!.nominal);
}

/** Processes that a nuisance acts on. */
export function affectedProcesses(configuration: Configuration, nuisance: string): readonly string[] {
  const { processes } = configuration.nuisances[nuisance]!;
  return processes.length > 0 ? processes : processNames(configuration);
}

/** A point in declared order; a nuisance that it does not name has its nominal value. [nuisances] */
export function nuisanceVector(configuration: Configuration, point: Readonly<Record<string, number>>): number[] {
  return nuisanceNames(configuration).map((name) => entryOf(point, name) ?? configuration.nuisances[name]!.nominal);
}

/** True values of these nuisances, where all of them are known. */
export function trueValues({ truth }: Configuration, names: readonly string[]): number[] | undefined {
  const known = names.flatMap((name) => entryOf(truth, name) ?? []);
  return known.length === names.length ? known : undefined;
}

/** Does the nuisance have another value than in the nominal samples? */
export function isOffNominal(configuration: Configuration, point: Readonly<Record<string, number>>, nuisance: string) {
  const { nominal } = configuration.nuisances[nuisance]!;
  return (entryOf(point, nuisance) ?? nominal) !== nominal;
}

/**
 * Expected events of a process: as configured, else its equal share of generated data; undefined where a model brings it, and where it
 * follows from samples that are not read.
 *
 * @param sums  of the weights of its samples
 */
export function expectedYield(configuration: Configuration, process: string, sums?: WeightSums): number | undefined {
  const { data, processes } = configuration;
  const own = processes[process]!.yield;
  if (own === undefined) {
    return data.generator === undefined ? undefined : data.events / processNames(configuration).length;
  }
  if (typeof own.events === "number") return own.events;
  return sums && normalisedYield(own, sums);
}

/** Events that the generator draws for one training. */
export function simulatedEvents(configuration: Configuration): number {
  return configuration.simulation.events ?? 20 * configuration.data.events;
}

/** Will a T, fitted to the data, move their y? */
export const willMoveY = ({ likelihood, transport }: Configuration): boolean =>
  likelihood.observables.includes("y") && transport.enabled;

/** Points besides the nominal one at which the generator simulates. */
export function variationPoints(configuration: Configuration): readonly Readonly<Record<string, number>>[] {
  if (configuration.simulation.variations.length > 0) return configuration.simulation.variations;
  const nominal = (name: string) => configuration.nuisances[name]!.nominal;
  const single = nuisancesOfKind(configuration, "shape").flatMap((name) => [
    { [name]: nominal(name) + 1 },
    { [name]: nominal(name) - 1 },
  ]);
  const corners = configuration.morph.pairs.flatMap(([k, l]) =>
    [1, -1].flatMap((a) => [1, -1].map((b) => ({ [k!]: nominal(k!) + a, [l!]: nominal(l!) + b }))),
  );
  return [...single, ...corners];
}

/** Every process at every point at which it was or will be simulated, the nominal one included; samples in the file's order. */
export function simulationAnchors(configuration: Configuration): readonly Anchor[] {
  const shapes = nuisancesOfKind(configuration, "shape");
  const position = new Map(shapes.map((name, k) => [name, k]));
  const nominal = nominalShapes(configuration);
  const at = (point: Readonly<Record<string, number>>) => {
    const values = [...nominal];
    for (const [name, value] of Object.entries(point)) {
      const k = position.get(name);
      if (k !== undefined) values[k] = value;
    }
    return values;
  };
  const names = processNames(configuration);
  if (configuration.simulation.generator === undefined) {
    return names.flatMap((name, process) =>
      configuration.processes[name]!.samples.map((sample) => ({ process, at: at(sample.at) })),
    );
  }
  return [{}, ...variationPoints(configuration)].flatMap((point) =>
    names.map((_, process) => ({ process, at: at(point) })),
  );
}
