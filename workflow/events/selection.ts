/** Events that are left out, by choice of the configuration: those of values that stand for no measurement, those outside of simulation. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import { sharedColumn } from "../../engine/runtime/shared-column.js";
import { selectEvents } from "../../flows/training/event-sample.js";
import type { SimulatedRange } from "../../inference/model/simulated-range.js";
import type { Analysis } from "../configuration/analysis.js";
import { checkedFeatures } from "./column-checks.js";
import { plain } from "./data-verdicts.js";
import type { LeftOut, LoadedEvents } from "./loaded-events.js";

interface Columns {
  readonly count: number;
  readonly x: ColumnData;
  readonly y?: ColumnData | undefined;
  readonly weights?: ColumnData | undefined;
}

/** Copies of events, of these rows alone. */
function selectRows<E extends Columns>(events: E, rows: Int32Array): E {
  const { count, x, y, weights } = events;
  const { columns } = selectEvents({ count, columns: { x, ...(y && { y }), ...(weights && { weights }) } }, rows);
  const shared = Object.entries(columns).map(([name, column]) => [name, sharedColumn(column)]);
  return { ...events, count: rows.length, ...Object.fromEntries(shared) };
}

/** What is left of a sample: the rows in order, absent where all are, and what is not. */
export interface Selection {
  readonly rows: Int32Array | undefined;
  readonly leftOut: readonly LeftOut[];
}

interface Test extends Pick<LeftOut, "reason" | "isCondition"> {
  readonly isOut: (row: number) => boolean;
}

/** Rows of which no test is true; an event that fails several counts for the first. A condition is listed even if all fulfil it. */
export function selected(
  file: string,
  { count, weights }: Pick<Columns, "count" | "weights">,
  tests: readonly Test[],
): Selection {
  const failed = new Uint8Array(count);
  const [counts, sums] = [new Float64Array(tests.length), new Float64Array(tests.length)];
  let kept = count;
  for (const [t, { isOut }] of tests.entries()) {
    let [own, sum] = [0, 0];
    for (let row = 0; row < count; row++) {
      if (failed[row] !== 0 || !isOut(row)) continue;
      failed[row] = 1;
      own++;
      sum += weights?.[row] ?? 1;
    }
    counts[t] = own;
    sums[t] = sum;
    kept -= own;
  }
  const leftOut = tests.flatMap(({ reason, isCondition }, i): LeftOut[] => {
    const own = { file, count: counts[i]!, of: count, sum: sums[i]!, reason };
    return isCondition ? [{ ...own, isCondition }] : own.count > 0 ? [own] : [];
  });
  if (kept === count) return { rows: undefined, leftOut };
  const rows = new Int32Array(kept);
  for (let row = 0, next = 0; row < count; row++) if (failed[row] === 0) rows[next++] = row;
  return { rows, leftOut };
}

/** Leaves out the events that have a value of `data.without`. A column in f32 has the value rounded to it. */
export function withoutValues(analysis: Analysis, file: string, events: Columns): Selection {
  const { without } = analysis.configuration.data;
  const features = events.count === 0 ? [] : checkedFeatures(analysis, events, undefined, false);
  const tests = without.flatMap(({ feature, values }) => {
    const column = features.find(({ name }) => name === feature)?.values;
    return values.map((value) => {
      const own = column instanceof Float32Array ? Math.fround(value) : value;
      return { reason: `${feature} = ${plain(value)}`, isOut: (row: number) => column?.[row] === own };
    });
  });
  return selected(file, events, tests);
}

/** Leaves out the events beyond the simulated range of a feature, where `data.outside` says so. */
export function withoutOutside(
  analysis: Analysis,
  events: LoadedEvents,
  simulated: SimulatedRange | undefined,
  movesY: boolean,
): LoadedEvents {
  const { data, file } = events;
  if (analysis.configuration.data.outside !== "drop" || simulated === undefined || data.count === 0) return events;
  const tests = checkedFeatures(analysis, data, simulated, movesY).flatMap(({ name, values, expected }) =>
    expected === undefined
      ? []
      : (["below", "above"] as const).map((side) => ({
          reason: `${name} ${side} ${plain(expected[side === "below" ? 0 : 1])}, where no simulated event lies`,
          isOut: (row: number) => (side === "below" ? values[row]! < expected[0] : values[row]! > expected[1]),
        })),
  );
  return afterSelection(events, selected(file, data, tests));
}

/** Rows of the file, of events that a second selection leaves of a first; absent where all are left. */
export function rowsOf(first: Int32Array | undefined, second: Int32Array | undefined): Int32Array | undefined {
  return first === undefined || second === undefined ? (first ?? second) : second.map((row) => first[row]!);
}

/** The events that a selection leaves. */
export function afterSelection(events: LoadedEvents, { rows, leftOut }: Selection): LoadedEvents {
  if (rows === undefined) {
    return leftOut.length === 0 ? events : { ...events, leftOut: [...(events.leftOut ?? []), ...leftOut] };
  }
  return {
    ...events,
    data: selectRows(events.data, rows),
    rows: rowsOf(events.rows, rows),
    leftOut: [...(events.leftOut ?? []), ...leftOut],
  };
}

/** Rows of the file, of events by their position among those that are left. */
export const fileRows = ({ rows }: Pick<LoadedEvents, "rows">, positions: readonly number[]): readonly number[] =>
  rows === undefined ? positions : positions.map((position) => rows[position]!);

/** Events of the file that were asked for, those left out among them. */
export const readCount = ({ data, leftOut = [] }: Pick<LoadedEvents, "data" | "leftOut">): number =>
  leftOut.reduce((sum, { count }) => sum + count, data.count);

/** "data.npz: 61 of 3068 events are left out, as they have x = -999" */
export const leftOutText = ({ file, count, of, reason, isCondition }: LeftOut): string =>
  `${file}: ${count} of ${of} events are left out, as they ${isCondition ? "do not fulfil" : "have"} ${reason}`;
