/** Samples of a process, with what those that are variations of the same events take over from the nominal one. */
import { normalize } from "node:path";
import { isOffNominal, nuisanceNames, processNames } from "./analysis.js";
import { namesIn } from "./read-names.js";
import type { Configuration } from "./table.js";
import { type ReportProblem, shown } from "./validation.js";

type Sample = Configuration["processes"][string]["samples"][number];

/** What of which file a sample is made of: each text a column of the file, or an expression. */
export interface SampleSource {
  /** Where the configuration has it: "processes.signal.samples[0]". */
  readonly key: string;
  /** As the configuration names it. */
  readonly file: string;
  /** Of each column that has another name in the file, or is made of others. */
  readonly columns: ReadonlyMap<string, string>;
  /** Condition on its events, beside that of all samples. */
  readonly where: string | undefined;
  /** The weights; every event counts 1 where absent. */
  readonly weight: string | undefined;
  /** Factors on them. */
  readonly weightFactor: string | undefined;
  /** Position, in the process, of the nominal sample that holds the same events; absent where the events are of its own. */
  readonly nominal: number | undefined;
}

/** Positions of the samples of a process that are made at the nominal values. */
function nominalPositions(configuration: Configuration, process: string): number[] {
  const nuisances = nuisanceNames(configuration);
  return configuration.processes[process]!.samples.flatMap(({ at }, i) =>
    nuisances.some((name) => isOffNominal(configuration, at, name)) ? [] : [i],
  );
}

/** The nominal sample that holds the events of another one, of a process whose samples were checked. */
function nominalOf(samples: readonly Sample[], position: number, nominal: readonly number[]): number | undefined {
  const { file } = samples[position]!;
  if (nominal.includes(position)) return undefined;
  if (file === undefined) return nominal[0];
  return nominal.find((i) => normalize(samples[i]!.file!) === normalize(file));
}

/** The sources of the samples of a process, in their order. */
export function sampleSources(configuration: Configuration, process: string): SampleSource[] {
  const { samples } = configuration.processes[process]!;
  const positions = nominalPositions(configuration, process);
  return samples.map(({ file, columns, where, weight, weightFactor }, i) => {
    const position = nominalOf(samples, i, positions);
    const nominal = position === undefined ? undefined : samples[position]!;
    return {
      key: `processes.${process}.samples[${i}]`,
      file: file ?? nominal!.file!,
      columns: new Map(Object.entries(columns)),
      where: where ?? nominal?.where,
      weight: weight ?? nominal?.weight ?? configuration.simulation.weight,
      weightFactor,
      nominal: position,
    };
  });
}

/** Files, and what a variation of the same events needs. */
export function checkSamples(configuration: Configuration, report: ReportProblem): void {
  for (const process of processNames(configuration)) {
    const { samples } = configuration.processes[process]!;
    const nominal = nominalPositions(configuration, process);
    const own: ReportProblem = (path, ...text) => report(["processes", process, "samples", ...path], ...text);
    const unnamed = nominal.find((i) => samples[i]!.file === undefined);
    if (unnamed !== undefined) {
      own(
        [unnamed, "file"],
        "a file, as this is a nominal sample",
        "nothing",
        "Add it, or say under `at` where it is made",
      );
      continue;
    }
    if (nominal.length > 0) checkVariations(configuration, process, nominal, own);
  }
}

/** @param nominal  positions of the nominal samples, of which each has a file */
function checkVariations(
  configuration: Configuration,
  process: string,
  nominal: readonly number[],
  own: ReportProblem,
): void {
  const { samples } = configuration.processes[process]!;
  const sources = sampleSources(configuration, process);
  samples.forEach(({ file, weight, weightFactor }, i) => {
    if (file === undefined && nominal.length > 1) {
      const files = nominal.map((at) => samples[at]!.file).join(", ");
      own([i, "file"], `a file, as ${process} has several nominal samples (${files})`, "nothing", "Name one of them");
      return;
    }
    const source = sources[i]!;
    const missing = missingColumn(source, source.nominal === undefined ? undefined : sources[source.nominal]!);
    if (missing !== undefined) {
      const expected = `a column ${shown(missing)}, as in the nominal sample, whose condition or weight names it`;
      own([i, "columns"], expected, "none", "Repeat it, or put it under observables.columns");
    }
    if (weightFactor !== undefined && source.nominal === undefined) {
      const expected = "nothing, as it multiplies the weights of a nominal sample of the same file";
      own([i, "weightFactor"], expected, shown(weightFactor), "Name the whole weight under `weight`");
    } else if (weightFactor !== undefined && weight !== undefined) {
      const hint = "Keep `weight` for a whole weight, `weightFactor` for a factor on the nominal one";
      own([i, "weightFactor"], "nothing beside weight", shown(weightFactor), hint);
    }
    if (source.nominal === undefined || !isSame(source, sources[source.nominal]!)) return;
    const expected = "columns, weight or weightFactor that the nominal sample of the same events does not have";
    own([i], expected, "none", "Add what varies, or name the file of another sample");
  });
}

/** A column that the nominal sample makes for its condition or weight, which a variation takes over without it. */
function missingColumn(own: SampleSource, nominal: SampleSource | undefined): string | undefined {
  if (nominal === undefined) return undefined;
  const taken = (["where", "weight"] as const).filter((key) => own[key] === nominal[key]);
  const names = taken.flatMap((key) => namesIn(nominal[key]));
  return names.find((name) => {
    const made = nominal.columns.get(name);
    return made !== undefined && made !== name && !own.columns.has(name);
  });
}

/** Are two samples of one file the same numbers, by what they are called? */
function isSame(a: SampleSource, b: SampleSource): boolean {
  const names = new Set([...a.columns.keys(), ...b.columns.keys()]);
  const areEqual = [...names].every((name) => (a.columns.get(name) ?? name) === (b.columns.get(name) ?? name));
  return areEqual && a.where === b.where && a.weight === b.weight && a.weightFactor === undefined;
}
