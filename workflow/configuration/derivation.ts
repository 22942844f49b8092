/** What the events of a file are made of, as a configuration says it: columns, conditions and weights, as texts. */
import { tokensOf } from "../../inference/expressions/tokens.js";
import { suggestion } from "../../io/edit-distance.js";
import { UsageError } from "../errors.js";
import type { CompositionConfiguration } from "./composition-table.js";
import type { SampleSource } from "./samples.js";
import type { Configuration } from "./table.js";
import { type Path, type ReportProblem, shown } from "./validation.js";

/** A text of the configuration, and where it stands, for messages. */
export interface Written {
  readonly text: string;
  readonly at: string;
}

export interface Derivation {
  /** By name: a column of the file, or an expression. What has its name in the file is not here. */
  readonly columns: ReadonlyMap<string, Written>;
  /** All have to hold. */
  readonly where: readonly Written[];
  /** Factors of the weight of an event; none where every event counts 1. */
  readonly weights: readonly Written[];
}

type Texts = Readonly<Record<string, string | undefined>>;
type File = { readonly file: string };

/** The texts that are there, each with its place. */
const writtenAt = (at: string, texts: Texts): [string, Written][] =>
  Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, { text, at: `${at}.${name}` }]]));

const listed = (at: string, texts: Texts): Written[] => writtenAt(at, texts).map(([, own]) => own);

const commonOf = ({ file }: File, { observables }: Configuration): Pick<Derivation, "columns" | "where"> => ({
  columns: new Map(writtenAt(`${file}: observables.columns`, observables.columns)),
  where: listed(`${file}: observables`, { where: observables.where }),
});

type Measurement = File & { readonly configuration: Configuration };

/** Of the data, and of events that take their place. */
export function dataDerivation(analysis: Measurement): Derivation {
  const { data } = analysis.configuration;
  const { columns, where } = commonOf(analysis, analysis.configuration);
  const at = `${analysis.file}: data`;
  return {
    columns: new Map([...columns, ...writtenAt(`${at}.columns`, data.columns)]),
    where: [...where, ...listed(at, { where: data.where })],
    weights: listed(at, { weight: data.weight }),
  };
}

/** Of simulated events, whatever sample they are of. */
export const simulatedDerivation = (analysis: Measurement): Derivation => ({
  ...commonOf(analysis, analysis.configuration),
  weights: [],
});

export function sampleDerivation(analysis: Measurement, source: SampleSource): Derivation {
  const { columns, where } = commonOf(analysis, analysis.configuration);
  const at = `${analysis.file}: ${source.key}`;
  const { weight, weightFactor } = source;
  return {
    columns: new Map([...columns, ...writtenAt(`${at}.columns`, Object.fromEntries(source.columns))]),
    where: [...where, ...listed(at, { where: source.where })],
    weights: listed(at, { weight, weightFactor }),
  };
}

export function compositionDerivation(
  { file, configuration }: File & { readonly configuration: CompositionConfiguration },
  sample: string,
): Derivation {
  const { columns, where, weight } = configuration.samples[sample]!;
  const at = `${file}: samples.${sample}`;
  const common = Object.entries(configuration.columns).flatMap(([name, { expression }]): [string, Written][] =>
    expression === undefined ? [] : [[name, { text: expression, at: `${file}: columns.${name}.expression` }]],
  );
  return {
    columns: new Map([...common, ...writtenAt(`${at}.columns`, columns)]),
    where: listed(at, { where }),
    weights: listed(at, { weight }),
  };
}

/** The names in a text, as far as it may be an expression. */
export function namesIn(text: string | undefined): string[] {
  if (text === undefined) return [];
  try {
    return tokensOf(text, "").flatMap(({ kind, text: name }) => (kind === "name" ? [name] : []));
  } catch (error) {
    // A column of the file may have any letters.
    if (error instanceof UsageError) return [];
    throw error;
  }
}

type Columns = Readonly<Record<string, string>>;

/**
 * Reports names of columns that nothing reads: they are slips, and what was meant would be as it is in the file.
 *
 * @param read  names that observables, densities and expressions elsewhere have
 */
export function checkRead(
  columns: Columns,
  read: ReadonlySet<string>,
  expected: string,
  path: Path,
  report: ReportProblem,
): void {
  const entries = Object.entries(columns).map(([name, text]) => ({ name, names: namesIn(text) }));
  for (const { name } of entries) {
    if (read.has(name) || entries.some((other) => other.name !== name && other.names.includes(name))) continue;
    report([...path, name], expected, shown(name), () => suggestion(name, [...read]));
  }
}

/** What of a measurement no observable and no expression reads. */
export function checkDerivations(configuration: Configuration, report: ReportProblem): void {
  const { observables, data, simulation, processes } = configuration;
  const { x, y, columns, where } = observables;
  const samples = Object.entries(processes).flatMap(([process, own]) =>
    own.samples.map((sample, i) => ({ sample, path: ["processes", process, "samples", i, "columns"] })),
  );
  const check = (own: Columns, texts: readonly (string | undefined)[], path: Path) => {
    const read = new Set([...x.columns, ...(y?.columns ?? []), ...[where, ...texts].flatMap(namesIn)]);
    checkRead(own, read, "a column of the observables, or one that an expression names", path, report);
  };
  const common = Object.values(columns);
  const ofData = [data.where, data.weight];
  const textsOf = ({ sample }: (typeof samples)[number]) => [sample.where, sample.weight, sample.weightFactor];
  const inSamples = samples.flatMap((own) => [...textsOf(own), ...Object.values(own.sample.columns)]);
  check(
    columns,
    [...ofData, ...Object.values(data.columns), simulation.weight, ...inSamples],
    ["observables", "columns"],
  );
  check(data.columns, [...ofData, ...common], ["data", "columns"]);
  for (const own of samples) check(own.sample.columns, [...textsOf(own), simulation.weight, ...common], own.path);
}

/** Columns of samples of a composition that neither densities nor expressions read. */
export function checkCompositionColumns({ columns, samples }: CompositionConfiguration, report: ReportProblem): void {
  const common = Object.values(columns).flatMap(({ expression }) => namesIn(expression));
  for (const [sample, { columns: own, where, weight }] of Object.entries(samples)) {
    const read = new Set([...Object.keys(columns), ...common, ...[where, weight].flatMap(namesIn)]);
    checkRead(own, read, "a column, or one that an expression names", ["samples", sample, "columns"], report);
  }
}
