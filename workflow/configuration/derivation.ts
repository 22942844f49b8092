/** What the events of a file are made of, as a configuration says it: columns, conditions and weights, as texts. */
import type { CompositionConfiguration } from "./composition-table.js";
import type { SampleSource } from "./samples.js";
import type { Configuration } from "./table.js";

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
  /** What stands for elements that an event does not have, by their names in the file. */
  readonly missing: Readonly<Record<string, number>>;
  /** Factors of the weight of an event; none where every event counts 1. */
  readonly weights: readonly Written[];
}

type Texts = Readonly<Record<string, string | undefined>>;
type File = { readonly file: string };

/** The texts that are there, each with its place. */
const writtenAt = (at: string, texts: Texts): [string, Written][] =>
  Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, { text, at: `${at}.${name}` }]]));

const listed = (at: string, texts: Texts): Written[] => writtenAt(at, texts).map(([, own]) => own);

const commonOf = ({ file }: File, { observables }: Configuration): Omit<Derivation, "weights"> => ({
  columns: new Map(writtenAt(`${file}: observables.columns`, observables.columns)),
  where: listed(`${file}: observables`, { where: observables.where }),
  missing: observables.missing,
});

type Measurement = File & { readonly configuration: Configuration };

/** Of the data, and of events that take their place. */
export function dataDerivation(analysis: Measurement): Derivation {
  const { data } = analysis.configuration;
  const { columns, where, missing } = commonOf(analysis, analysis.configuration);
  const at = `${analysis.file}: data`;
  return {
    missing,
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
  const { columns, where, missing } = commonOf(analysis, analysis.configuration);
  const at = `${analysis.file}: ${source.key}`;
  const { weight, weightFactor } = source;
  return {
    missing,
    columns: new Map([...columns, ...writtenAt(`${at}.columns`, Object.fromEntries(source.columns))]),
    where: [...where, ...listed(at, { where: source.where })],
    weights: listed(at, { weight, weightFactor }),
  };
}

export function compositionDerivation(
  { file, configuration }: File & { readonly configuration: CompositionConfiguration },
  sample: string,
): Derivation {
  const { columns, missing, where, weight } = configuration.samples[sample]!;
  const at = `${file}: samples.${sample}`;
  const common = Object.entries(configuration.columns).flatMap(([name, { expression }]): [string, Written][] =>
    expression === undefined ? [] : [[name, { text: expression, at: `${file}: columns.${name}.expression` }]],
  );
  return {
    columns: new Map([...common, ...writtenAt(`${at}.columns`, columns)]),
    where: listed(at, { where }),
    missing,
    weights: listed(at, { weight }),
  };
}
