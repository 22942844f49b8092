/** Names of columns that a configuration makes, and whether anything reads them. */
import { tokensOf } from "../../inference/expressions/tokens.js";
import { suggestion } from "../../io/edit-distance.js";
import { UsageError } from "../errors.js";
import type { CompositionConfiguration } from "./composition-table.js";
import type { Configuration } from "./table.js";
import { type Path, type ReportProblem, shown } from "./validation.js";

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

/** Reports elements that no text names: letter by letter, as nothing else is the name of an element. */
function checkMissing(
  missing: Readonly<Record<string, number>>,
  texts: readonly (string | undefined)[],
  path: Path,
  report: ReportProblem,
): void {
  const read = texts.filter((text) => text !== undefined);
  for (const name of Object.keys(missing)) {
    if (read.includes(name)) continue;
    report([...path, name], "an element that is read, as the text of a column", shown(name), () =>
      suggestion(name, read),
    );
  }
}

/** What of a measurement no observable and no expression reads. */
export function checkDerivations(configuration: Configuration, report: ReportProblem): void {
  const { observables, data, simulation, processes } = configuration;
  const { x, y, columns, where } = observables;
  // A variation takes over what its nominal sample says.
  const samples = Object.entries(processes).flatMap(([process, own]) => {
    const texts = own.samples.flatMap((sample) => [sample.where, sample.weight, sample.weightFactor]);
    return own.samples.map(({ columns: ofSample }, i) => ({
      columns: ofSample,
      texts,
      path: ["processes", process, "samples", i, "columns"],
    }));
  });
  const check = (own: Columns, texts: readonly (string | undefined)[], path: Path) => {
    const read = new Set([...x.columns, ...(y?.columns ?? []), ...[where, ...texts].flatMap(namesIn)]);
    checkRead(own, read, "a column of the observables, or one that an expression names", path, report);
  };
  const common = Object.values(columns);
  const ofData = [data.where, data.weight];
  const everywhere = [...x.columns, ...(y?.columns ?? []), where, ...common, ...ofData, ...Object.values(data.columns)];
  const inSamples = samples.flatMap((own) => [...own.texts, ...Object.values(own.columns)]);
  checkMissing(
    observables.missing,
    [...everywhere, simulation.weight, ...inSamples],
    ["observables", "missing"],
    report,
  );
  check(
    columns,
    [...ofData, ...Object.values(data.columns), simulation.weight, ...inSamples],
    ["observables", "columns"],
  );
  check(data.columns, [...ofData, ...common], ["data", "columns"]);
  for (const own of samples) check(own.columns, [...own.texts, simulation.weight, ...common], own.path);
}

/** Columns of samples of a composition that neither densities nor expressions read. */
export function checkCompositionColumns({ columns, samples }: CompositionConfiguration, report: ReportProblem): void {
  const common = Object.values(columns).flatMap(({ expression }) => namesIn(expression));
  for (const [sample, { columns: own, missing, where, weight }] of Object.entries(samples)) {
    const texts = [...Object.values(columns).map(({ expression }) => expression), ...Object.values(own), where, weight];
    checkMissing(missing, texts, ["samples", sample, "missing"], report);
    const read = new Set([...Object.keys(columns), ...common, ...[where, weight].flatMap(namesIn)]);
    checkRead(own, read, "a column, or one that an expression names", ["samples", sample, "columns"], report);
  }
}
