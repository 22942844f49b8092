/** What a saved model says of the analysis that made it, besides its numbers: of which columns it is a density. */
import type { MixtureModel, NuisanceModel } from "../../inference/model/mixture-model.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import { type Analysis, processNames } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { UsageError } from "../errors.js";

/** Key of the metadata under which the columns stand, as JSON. */
const COLUMNS_KEY = "unbinned.columns";

/** Names in the user's files, in the order of the features. */
type ModelColumns = { readonly [N in ObservableName]?: readonly string[] };

/** Metadata of a model file. Axis labels say nothing of a model, and a generator knows no columns. */
export function columnsRecord({ observables, simulation }: Configuration): Readonly<Record<string, string>> {
  if (simulation.generator !== undefined) return {};
  const columns: ModelColumns = {
    x: observables.x.columns,
    ...(observables.y && { y: observables.y.columns }),
  };
  return { [COLUMNS_KEY]: JSON.stringify(columns) };
}

/** Undefined in a file that says nothing of columns: of an earlier version, or trained on a generator. */
export function recordedColumns(where: string, metadata: Readonly<Record<string, string>>): ModelColumns | undefined {
  const text = metadata[COLUMNS_KEY];
  if (text === undefined) return undefined;
  const isNames = (names: unknown) => Array.isArray(names) && names.every((name) => typeof name === "string");
  try {
    const found = JSON.parse(text);
    if (isNames(found?.x) && (found.y === undefined || isNames(found.y))) return found;
  } catch {
    // Said below, as of any other text.
  }
  throw new UsageError(where, { expected: `names of columns in "${COLUMNS_KEY}"`, got: text.slice(0, 100) });
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
