/** The events of a channel: those of its sample that lie within the ranges of its columns and within its region. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import { sharedColumn } from "../../engine/runtime/shared-column.js";
import { selectEvents } from "../../flows/training/event-sample.js";
import { type Interval, isInside } from "../../inference/model/language/region.js";
import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import { isWeighted, weightSums } from "../../inference/model/likelihood/event-stream.js";
import { pathOf } from "../configuration/analysis.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ChannelPlan } from "../configuration/composition/likelihood-plans.js";
import { compositionDerivation } from "../configuration/derivation.js";
import { UsageError } from "../errors.js";
import type { ChannelSource } from "./channel-stream.js";
import { type EventSource, fileSource, readDerived } from "./derived/read.js";
import { checkTotalWeight } from "./event-data.js";
import { digestOfColumns } from "./event-digest.js";
import type { LeftOut } from "./loaded-events.js";
import { selected } from "./selection.js";

export interface ChannelEvents<Data extends ChannelSource = ChannelSource> {
  readonly data: Data;
  readonly file: string;
  /** Events in the file. */
  readonly total: number;
  readonly leftOut: readonly LeftOut[];
  /** Of each event its row in the file; absent where none is left out. */
  readonly rows?: Int32Array | undefined;
  /** Stands for the events in the keys of steps. */
  readonly digest: string;
}

/** "outside of 100 to 118, 132 to 180", "other than 0, 2" */
function outsideText(intervals: readonly Interval[]): string {
  const all = intervals.map(([low, high]) => (low === high ? `${low}` : `${low} to ${high}`)).join(", ");
  return `${intervals.every(([low, high]) => low === high) ? "other than" : "outside of"} ${all}`;
}

/** Is out what does not lie within the intervals of a column. */
export const outside = (name: string, intervals: readonly Interval[], column: ColumnData) => ({
  reason: `${name} ${outsideText(intervals)}`,
  isOut: (row: number) => !isInside(intervals, column[row]!),
});

/** Columns that are looked at: by the density, and by the selection. */
function columnsOf({ composition }: CompositionAnalysis, { density, region }: ChannelPlan): string[] {
  const { of, given } = composition.shape(density);
  return [...new Set([...of, ...given, ...Object.keys(region)])];
}

/** The events of a sample that its conditions leave, and what its weights are called. */
interface Table {
  readonly count: number;
  /** Those in the file. */
  readonly total: number;
  /** Of each event its row in the file; absent where none is left out. */
  readonly rows?: Int32Array | undefined;
  readonly leftOut: readonly LeftOut[];
  readonly columns: Readonly<Record<string, ColumnData>>;
  readonly weights: ColumnData | undefined;
  readonly weight: string;
}

/** Of a file that holds its events itself. */
function inlineTable(data: ChannelData, names: readonly string[]): Table {
  const columns = Object.fromEntries(names.map((name) => [name, data.columns[name]!]));
  return { count: data.count, total: data.count, leftOut: [], columns, weights: data.weights, weight: "weights" };
}

async function tableOf(
  analysis: CompositionAnalysis,
  { sample: name }: ChannelPlan,
  source: EventSource,
  names: readonly string[],
): Promise<Table> {
  const derived = await readDerived(source, compositionDerivation(analysis, name), names);
  const { count, total, rows, leftOut, weights } = derived;
  return {
    count,
    total,
    rows,
    leftOut,
    columns: Object.fromEntries(names.map((column) => [column, derived.column([column], 1)])),
    weights,
    weight: analysis.configuration.samples[name]!.weight ?? "",
  };
}

/** Rows of the file, of events that are selected twice. @param first  rows of the file @param second  positions in `first` */
const rowsOfFile = (first: Int32Array | undefined, second: Int32Array | undefined): Int32Array | undefined =>
  first === undefined || second === undefined ? (first ?? second) : second.map((position) => first[position]!);

export const fileOf = (analysis: CompositionAnalysis, { sample }: ChannelPlan): string =>
  pathOf(analysis, analysis.configuration.samples[sample]!.file);

/** For what events may be left out behind conditions, in this order. */
export const reasonsOf = (analysis: CompositionAnalysis, plan: ChannelPlan): string[] =>
  selectionOf(analysis, plan, columnsOf(analysis, plan), {}).map(({ reason }) => reason);

/** What a channel looks at of a file, or of some of its rows. */
export interface LookedAt {
  readonly data: ChannelData;
  readonly leftOut: readonly LeftOut[];
  readonly total: number;
  /** What messages call the weights. */
  readonly weight: string;
  /** Of each event its row; absent where none is left out. */
  readonly rows: Int32Array | undefined;
  /** Computed when it is asked for. */
  readonly digest: () => string;
}

/**
 * In memory that all likelihoods read. Only what stays is put there: memory that threads share is not counted when JavaScript decides to tidy up,
 * and blocks that come and go would fill it.
 */
export function sharedEvents({ count, columns, weights }: ChannelData): ChannelData {
  const all = Object.entries(columns).map(([name, values]) => [name, sharedColumn(values)] as const);
  return { count, columns: Object.fromEntries(all), ...(weights && { weights: sharedColumn(weights) }) };
}

/** Values that are not finite are refused, by file and row. @param source  absent of a file that holds its events itself */
export async function lookAt(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  source: EventSource | undefined,
): Promise<LookedAt> {
  const names = columnsOf(analysis, plan);
  const table =
    source === undefined
      ? inlineTable(analysis.inline!.samples[plan.sample]!, names)
      : await tableOf(analysis, plan, source, names);
  const { count, columns, weights, total, weight } = table;
  const { rows, leftOut } = selected(fileOf(analysis, plan), table, selectionOf(analysis, plan, names, columns));
  const data = rows === undefined ? { count, columns, weights } : selection(count, columns, weights, rows);
  return {
    data,
    leftOut: [...table.leftOut, ...leftOut],
    rows: rowsOfFile(table.rows, rows),
    total,
    weight,
    digest: () => digestOfColumns([...names.map((name) => data.columns[name]), data.weights]),
  };
}

/** Refuses events that no likelihood can be made of. @param weight  their name */
export function checkLookedAt(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
  { data, total, weight }: { readonly data: ChannelSource; readonly total: number; readonly weight: string },
): void {
  const file = fileOf(analysis, plan);
  if (isWeighted(data) && data.count > 0) {
    checkTotalWeight(`${file}, column ${JSON.stringify(weight)}`, data.count, weightSums(data).total);
  }
  if (data.count === 0 && !plan.isExtended) {
    throw new UsageError(file, {
      expected: `at least one event for the channel ${plan.name}, which is not extended`,
      got: total === 0 ? "none" : `${total} events, all of which are left out`,
      hint: "Look at the ranges of columns and at the region",
    });
  }
}

/** All in memory. */
export async function readChannel(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
): Promise<ChannelEvents<ChannelData>> {
  const file = fileOf(analysis, plan);
  const found = await lookAt(analysis, plan, analysis.inline === undefined ? await fileSource(file) : undefined);
  checkLookedAt(analysis, plan, found);
  const { data, total, leftOut, rows, digest } = found;
  return { data: sharedEvents(data), file, total, leftOut, rows, digest: digest() };
}

/** Events outside of the range of a column, then those outside of the region. */
function selectionOf(
  { composition }: CompositionAnalysis,
  { region }: ChannelPlan,
  names: readonly string[],
  columns: Readonly<Record<string, ColumnData>>,
) {
  const test = (name: string, intervals: readonly Interval[]) => outside(name, intervals, columns[name]!);
  return [
    ...names.map((name) => {
      const classes = composition.classes(name);
      if (classes === undefined) return test(name, [composition.domain(name)]);
      return test(
        name,
        classes.map((value) => [value, value]),
      );
    }),
    ...Object.entries(region).map(([name, intervals]) => test(name, intervals)),
  ];
}

const WEIGHT = " weight";

function selection(
  count: number,
  columns: Readonly<Record<string, ColumnData>>,
  weights: ColumnData | undefined,
  rows: Int32Array,
): ChannelData {
  const all = { ...columns, ...(weights && { [WEIGHT]: weights }) };
  const { [WEIGHT]: ownWeights, ...own } = selectEvents({ count, columns: all }, rows).columns;
  return { count: rows.length, columns: own, ...(ownWeights && { weights: ownWeights }) };
}
