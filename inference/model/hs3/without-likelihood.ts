/**
 * The likelihood of a file that names none: RooFit writes likelihoods of a `ModelConfig` with channels alone, and of other workspaces distributions
 * and data.
 */
import { Part } from "./part.js";

/** The only entry of a map of RooFit's, with its name. */
function onlyEntry(map: Part): readonly [string, Part] | undefined {
  if (map.isAbsent) return undefined;
  const [name, ...others] = map.keys();
  return name === undefined || others.length > 0 ? undefined : [name, map.at(name)];
}

interface Pairs {
  readonly name: string;
  readonly distributions: readonly string[];
  readonly data: readonly string[];
}

/** Channels by their labels: distributions of a simultaneous one, and data of that name with the label behind it. */
function byLabels(internal: Part): Pairs | undefined {
  const model = onlyEntry(internal.at("combined_distributions"));
  // The latter is the name that HistFactory's part of ROOT writes.
  const data = onlyEntry(internal.at("combined_datasets")) ?? onlyEntry(internal.at("combined_datas"));
  if (model === undefined || data === undefined) return undefined;
  const labels = model[1].at("labels").items();
  return {
    name: model[0],
    distributions: model[1]
      .at("distributions")
      .items()
      .map((own) => own.text()),
    data: labels.map((own) => `${data[0]}_${own.text()}`),
  };
}

const textsOf = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : typeof value === "object" && value !== null
      ? Object.values(value).flatMap(textsOf)
      : [];

/** The only data set with the only distribution that no other one names. */
function onlyPair(distributions: ReadonlyMap<string, Part>, data: ReadonlyMap<string, Part>): Pairs | undefined {
  const named = new Set(
    [...distributions.values()].flatMap(({ value }) => {
      const { name: _, ...own } = value as Readonly<Record<string, unknown>>;
      return textsOf(own);
    }),
  );
  const [top, ...others] = [...distributions.keys()].filter((name) => !named.has(name));
  const [set, ...sets] = data.keys();
  if (top === undefined || set === undefined || others.length > 0 || sets.length > 0) return undefined;
  return { name: top, distributions: [top], data: [set] };
}

/** Undefined where it is not plain which distribution belongs to which data. @param root  of the file */
export function likelihoodWithout(
  root: Part,
  distributions: ReadonlyMap<string, Part>,
  data: ReadonlyMap<string, Part>,
): Part | undefined {
  const misc = root.at("misc");
  const internal = misc.isAbsent ? misc : misc.at("ROOT_internal");
  const pairs = (internal.isAbsent ? undefined : byLabels(internal)) ?? onlyPair(distributions, data);
  return pairs && new Part(pairs, "the likelihood that follows from the names", root.file, pairs.name);
}
