/** What a saved model says of the analysis that made it, besides its numbers: its columns, and the shares of events it has. */
import type { MixtureModel, NuisanceModel } from "../../inference/model/mixture-model.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import { type Analysis, processNames } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { UsageError } from "../errors.js";

/** Key of the metadata under which the columns stand, as JSON. */
const COLUMNS_KEY = "unbinned.columns";

/** Key of the shares of events that `data.without` left of each process, as JSON by its name. Absent where it left all. */
const SHARES_KEY = "unbinned.shares";

/** Names in the user's files, in the order of the features. */
type ModelColumns = { readonly [N in ObservableName]?: readonly string[] };

/**
 * Metadata of a model file. Axis labels say nothing of a model, and a generator knows no columns.
 *
 * @param kept  shares of the events of the processes that are left, in their order
 */
export function modelRecord(configuration: Configuration, kept: readonly number[]): Readonly<Record<string, string>> {
  const { observables, simulation } = configuration;
  if (simulation.generator !== undefined) return {};
  const shares = processNames(configuration).map((name, f) => [name, kept[f]!] as const);
  const columns: ModelColumns = {
    x: observables.x.columns,
    ...(observables.y && { y: observables.y.columns }),
  };
  return {
    [COLUMNS_KEY]: JSON.stringify(columns),
    ...(kept.some((share) => share !== 1) && { [SHARES_KEY]: JSON.stringify(Object.fromEntries(shares)) }),
  };
}

/** Undefined in a file that says nothing of columns: of an earlier version, or trained on a generator. */
export function recordedColumns(where: string, metadata: Readonly<Record<string, string>>): ModelColumns | undefined {
  const isNames = (names: unknown) => Array.isArray(names) && names.every((name) => typeof name === "string");
  const isColumns = (found: Partial<ModelColumns>): found is ModelColumns =>
    isNames(found.x) && (found.y === undefined || isNames(found.y));
  return recorded(where, metadata, COLUMNS_KEY, "names of columns", isColumns);
}

/** Of processes, by their names. Undefined where all events were left. */
export function recordedShares(
  where: string,
  metadata: Readonly<Record<string, string>>,
): Readonly<Record<string, number>> | undefined {
  const isShares = (found: object): found is Record<string, number> =>
    Object.values(found).every((share) => typeof share === "number" && share > 0 && share <= 1);
  return recorded(where, metadata, SHARES_KEY, "shares of events", isShares);
}

function recorded<T extends object>(
  where: string,
  metadata: Readonly<Record<string, string>>,
  key: string,
  expected: string,
  isRight: (found: object) => found is T,
): T | undefined {
  const text = metadata[key];
  if (text === undefined) return undefined;
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === "object" && found !== null && isRight(found)) return found;
  } catch {
    // Said below, as of any other text.
  }
  throw new UsageError(where, { expected: `${expected} in "${key}"`, got: text.slice(0, 100) });
}

interface Compared {
  readonly entry: string;
  readonly declared: readonly (string | number)[];
  readonly found: readonly (string | number)[] | undefined;
}

/**
 * Refuses a configuration of another model: other columns, processes or nuisances.
 *
 * @param declared  the nuisances of the configuration
 * @param where     the file of the model
 */
export function checkDeclared(
  { configuration, file }: Analysis,
  declared: readonly NuisanceModel[],
  model: MixtureModel,
  columns: ModelColumns | undefined,
  where: string,
): void {
  const kinds = (nuisances: readonly NuisanceModel[]) => nuisances.map(({ name, kind }) => `${name} (${kind})`);
  const shapes = (nuisances: readonly NuisanceModel[]) =>
    nuisances.flatMap((own) => (own.kind === "shape" ? [own] : []));
  const names = processNames(configuration);
  const nominal = (nuisances: readonly NuisanceModel[]) =>
    shapes(nuisances).map((own) => `${own.name} = ${own.nominal}`);
  const actsOn = (nuisances: readonly NuisanceModel[]) =>
    shapes(nuisances).map(({ name, acts }) => `${name} on ${names.filter((_, f) => acts[f]).join(" and ")}`);
  const observed = configuration.likelihood.observables as readonly ObservableName[];
  const compared: readonly Compared[] = [
    { entry: "the processes", declared: names, found: model.processes.map(({ name }) => name) },
    { entry: "the nuisances", declared: kinds(declared), found: kinds(model.nuisances) },
    { entry: "the nominal values of nuisances", declared: nominal(declared), found: nominal(model.nuisances) },
    { entry: "the effects of nuisances", declared: actsOn(declared), found: actsOn(model.nuisances) },
    ...observed.map((of) => ({
      entry: `observables.${of}.columns`,
      declared: configuration.observables[of]!.columns,
      found: columns?.[of],
    })),
  ];
  for (const { entry, declared: wanted, found } of compared) {
    if (found === undefined || JSON.stringify(wanted) === JSON.stringify(found)) continue;
    throw new UsageError(where, {
      expected: `${entry} that ${file} declares: ${wanted.join(", ")}`,
      got: found.join(", "),
      hint: `Train again with \`unbinned run ${file} --force\``,
    });
  }
}
