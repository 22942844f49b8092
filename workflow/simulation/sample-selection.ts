/** A sample of simulation without the events that the configuration leaves out, and what that does to its sum of weights. */
import { type EventSample, selectEvents } from "../../flows/training/event-sample.js";
import { totalWeight } from "../../flows/training/weighted-moments.js";
import type { Analysis } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { type Selection, withoutValues } from "../events/selection.js";

/** Rows are positions among the events that conditions have left. */
interface SelectedSample extends Selection {
  readonly sample: EventSample;
  /** Sums of weights of all events, and of those that are left. */
  readonly sums: { readonly all: number; readonly left: number };
}

export const areSame = (a: Int32Array | undefined, b: Int32Array | undefined) =>
  a === b || (a !== undefined && b !== undefined && a.length === b.length && a.every((row, i) => row === b[i]));

const sumOf = ({ count, columns: { weights } }: EventSample) => totalWeight({ count, weights });

/** @param nominal  the selection of the sample that this one holds the same events of, varied */
export function selectedSample(
  analysis: Analysis,
  path: string,
  whole: EventSample,
  nominal?: Pick<Selection, "rows">,
): SelectedSample {
  const { x, y } = whole.columns;
  const hasY = analysis.configuration.likelihood.observables.includes("y");
  const { weights } = whole.columns;
  const events = { count: whole.count, x: x!, ...(hasY && y && { y }), ...(weights && { weights }) };
  const { rows, leftOut } = withoutValues(analysis, path, events);
  if (nominal !== undefined && !areSame(rows, nominal.rows)) {
    const left = rows?.length ?? whole.count;
    throw new UsageError(path, {
      expected: "the values of data.without in the same events as in the nominal sample, as these events are pairs",
      got: `${left} of ${whole.count} events without them, and ${nominal.rows?.length ?? whole.count} of the nominal sample`,
      hint: "Remove the events that have such a value in either from the file",
    });
  }
  const all = sumOf(whole);
  if (rows === undefined) return { sample: whole, rows, leftOut, sums: { all, left: all } };
  const sample = selectEvents(whole, rows);
  const left = sumOf(sample);
  if (rows.length === 0 || !(left > 0)) {
    throw new UsageError(path, {
      expected: "events with a positive sum of weights that data.without leaves",
      got: `${rows.length} of ${whole.count} events, with the sum ${left}`,
      hint: "Correct the values under data.without",
    });
  }
  return { sample, rows, leftOut, sums: { all, left } };
}
