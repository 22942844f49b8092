/** The columns of a file that a simulated sample is made of. */
import type { EventSample } from "../../flows/training/event-sample.js";
import type { Analysis } from "../configuration/analysis.js";
import { sampleDerivation } from "../configuration/derivation.js";
import type { SampleSource } from "../configuration/samples.js";
import { UsageError } from "../errors.js";
import { type DerivedEvents, fileSource, readDerived } from "../events/derived/read.js";

/** Name in the file of a column of the observables. */
export const ownName = ({ columns }: SampleSource, name: string) => columns.get(name) ?? name;

/** The events of a sample that its conditions leave. */
export interface SampleEvents extends Pick<DerivedEvents, "rows" | "leftOut" | "sums"> {
  /** Columns x, y where there is one, and weights where events have them. */
  readonly sample: EventSample;
}

export async function readSample(analysis: Analysis, path: string, source: SampleSource): Promise<SampleEvents> {
  const { x, y } = analysis.configuration.observables;
  const wanted = [...new Set([...x.columns, ...(y?.columns ?? [])])];
  const from = await fileSource(path, undefined, sampleName(path, source));
  const derived = await readDerived(from, sampleDerivation(analysis, source), wanted);
  const { count, weights, rows, leftOut, sums } = derived;
  if (count === 0) {
    const conditions = leftOut.map(({ reason }) => reason).join(" && ");
    throw new UsageError(path, {
      expected: `at least one event${conditions === "" ? "" : ` with ${conditions}`}`,
      got: "none",
      hint: "Correct the file, or its conditions",
    });
  }
  const columns = {
    x: derived.column(x.columns, x.features),
    ...(y && { y: derived.column(y.columns, y.features) }),
    ...(weights && { weights }),
  };
  return { sample: { count, columns }, rows, leftOut, sums };
}

/** How messages name a sample: its file, and the columns in which it differs from others of the same file. */
export function sampleName(path: string, { columns, weight, weightFactor, nominal }: SampleSource): string {
  if (nominal === undefined) return path;
  const made = [...columns].flatMap(([name, text]) => (text === name ? [] : [text]));
  const varied = [...made, ...(made.length === 0 && weight !== undefined ? [weight] : []), weightFactor];
  return `${path} (${varied.filter((name) => name !== undefined).join(", ")})`;
}
