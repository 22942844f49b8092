/** Numbers of events of a composition that come from the weights of samples. */
import { pathOf } from "../configuration/analysis.js";
import type { WrittenComposition } from "../configuration/composition/composition-file.js";
import { compositionDerivation } from "../configuration/derivation.js";
import { MAXIMA } from "../configuration/limits.js";
import { type Normalisation, normalisedYield, type WeightSums } from "../configuration/normalisation.js";
import { UsageError } from "../errors.js";
import { outside } from "./channel-events.js";
import { fileSource, readDerived } from "./derived/read.js";
import { selected } from "./selection.js";

/** The sums of weights of a sample: of all events, and of those that its conditions and the ranges of the columns that it has leave. */
async function weightSums(analysis: WrittenComposition, sample: string): Promise<WeightSums> {
  const { columns, samples } = analysis.configuration;
  const path = pathOf(analysis, samples[sample]!.file);
  const source = await fileSource(path);
  const derivation = compositionDerivation(analysis, sample);
  const limited = Object.entries(columns).filter(
    ([name, { range, values }]) =>
      (range ?? values) !== undefined && (derivation.columns.has(name) || source.columns.includes(name)),
  );
  const derived = await readDerived(
    source,
    derivation,
    limited.map(([name]) => name),
  );
  const tests = limited.map(([name, { range, values }]) => {
    const intervals = values?.map((value) => [value, value] as const) ?? [[range![0]!, range![1]!] as const];
    return outside(name, intervals, derived.column([name], 1));
  });
  const { leftOut } = selected(path, derived, tests);
  const beyond = leftOut.reduce((sum, own) => sum + own.sum, 0);
  return { all: derived.sums.all, selected: derived.sums.selected - beyond };
}

function requireYield(where: string, found: number, { all, selected: left }: WeightSums): void {
  if (found >= MAXIMA.leastYield && found <= MAXIMA.yield) return;
  throw new UsageError(where, {
    expected: `a number of events from ${MAXIMA.leastYield} to ${MAXIMA.yield}, by the weights of the sample`,
    got: `${found}, with sums of weights ${all} of all events and ${left} after selections`,
    hint: "Correct the weights, or the selections",
  });
}

/** Expected events by the names of functions. */
export async function sampleYields(analysis: WrittenComposition): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const sums = new Map<string, WeightSums>();
  for (const [name, written] of Object.entries(analysis.configuration.functions)) {
    if (!("yield" in written)) continue;
    const { sample, ...normalisation }: { readonly sample: string } & Normalisation = written.yield;
    const own = sums.get(sample) ?? (await weightSums(analysis, sample));
    sums.set(sample, own);
    const value = normalisedYield(normalisation, own);
    requireYield(`${analysis.file}: functions.${name}.yield`, value, own);
    found.set(name, value);
  }
  return found;
}
