/** The columns of a file that a simulated sample is made of. */
import type { EventSample } from "../../flows/training/event-sample.js";
import { readEvents, requireColumn } from "../../io/index.js";
import type { SampleSource } from "../configuration/samples.js";
import type { Configuration } from "../configuration/table.js";

/** Name in the file of a column of the observables. */
export const ownName = ({ columns }: SampleSource, name: string) => columns.get(name) ?? name;

/** Columns x, y where there is one, and weights where events have them. */
export async function readSample(
  { observables }: Configuration,
  path: string,
  source: SampleSource,
): Promise<EventSample> {
  const { x, y } = observables;
  const own = (names: readonly string[]) => names.map((name) => ownName(source, name));
  const ofWeights = [source.weight, source.weightFactor].filter((name) => name !== undefined);
  const table = await readEvents(path, [...new Set([...own(x.columns), ...own(y?.columns ?? []), ...ofWeights])]);
  const column = (names: readonly string[], features: number) => requireColumn(table, names, { features }).data;
  const [first, ...others] = ofWeights.map((name) => column([name], 1));
  const weights = others.reduce((all, factors) => Float64Array.from(all!, (weight, i) => weight * factors[i]!), first);
  return {
    count: table.count,
    columns: {
      x: column(own(x.columns), x.features),
      ...(y && { y: column(own(y.columns), y.features) }),
      ...(weights && { weights }),
    },
  };
}

/** How messages name a sample: its file, and the columns in which it differs from others of the same file. */
export function sampleName(path: string, { columns, weight, weightFactor, nominal }: SampleSource): string {
  if (nominal === undefined) return path;
  const varied = [...columns.values(), ...(columns.size === 0 && weight !== undefined ? [weight] : []), weightFactor];
  return `${path} (${varied.filter((name) => name !== undefined).join(", ")})`;
}
