/** The events of a channel: those of its sample that lie within the ranges of its columns and within its region. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import { sharedColumn } from "../../engine/runtime/shared-column.js";
import { selectEvents } from "../../flows/training/event-sample.js";
import { type Interval, isInside } from "../../inference/model/language/region.js";
import type { ChannelData } from "../../inference/model/likelihood/channels.js";
import { pathOf } from "../configuration/analysis.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ChannelPlan } from "../configuration/composition/likelihood-plans.js";
import { compositionDerivation } from "../configuration/derivation.js";
import { UsageError } from "../errors.js";
import type { ChannelSource } from "./channel-stream.js";
import { fileSource, readDerived } from "./derived/read.js";
import { checkWeights } from "./event-data.js";
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
  const columns = Object.fromEntries(names.map((name) => [name, sharedColumn(data.columns[name]!)]));
  const weights = data.weights && sharedColumn(data.weights);
  return { count: data.count, total: data.count, leftOut: [], columns, weights, weight: "weights" };
}

async function tableOf(
  analysis: CompositionAnalysis,
  { sample: name }: ChannelPlan,
  file: string,
  names: readonly string[],
): Promise<Table> {
  const { inline } = analysis;
  if (inline !== undefined) return inlineTable(inline.samples[name]!, names);
  const derived = await readDerived(await fileSource(file), compositionDerivation(analysis, name), names);
  const { count, total, rows, leftOut, weights } = derived;
  return {
    count,
    total,
    rows,
    leftOut,
    columns: Object.fromEntries(names.map((column) => [column, sharedColumn(derived.column([column], 1))])),
    weights: weights && sharedColumn(weights),
    weight: analysis.configuration.samples[name]!.weight ?? "",
  };
}

/** Rows of the file, of events that are selected twice. @param first  rows of the file @param second  positions in `first` */
const rowsOfFile = (first: Int32Array | undefined, second: Int32Array | undefined): Int32Array | undefined =>
  first === undefined || second === undefined ? (first ?? second) : second.map((position) => first[position]!);

/** All in memory. Values that are not finite are refused, by file and row. */
export async function readChannel(
  analysis: CompositionAnalysis,
  plan: ChannelPlan,
): Promise<ChannelEvents<ChannelData>> {
  const file = pathOf(analysis, analysis.configuration.samples[plan.sample]!.file);
  const names = columnsOf(analysis, plan);
  const table = await tableOf(analysis, plan, file, names);
  const { columns, weights } = table;
  const { rows, leftOut: beyond } = selected(file, table, selectionOf(analysis, plan, names, columns));
  const data =
    rows === undefined ? { count: table.count, columns, weights } : selection(table.count, columns, weights, rows);
  if (data.weights !== undefined && data.count > 0) {
    checkWeights(`${file}, column ${JSON.stringify(table.weight)}`, { count: data.count, weights: data.weights });
  }
  if (data.count === 0 && !plan.isExtended) {
    throw new UsageError(file, {
      expected: `at least one event for the channel ${plan.name}, which is not extended`,
      got: table.total === 0 ? "none" : `${table.total} events, all of which are left out`,
      hint: "Look at the ranges of columns and at the region",
    });
  }
  const digest = digestOfColumns([...names.map((name) => data.columns[name]), data.weights]);
  return {
    data,
    file,
    total: table.total,
    leftOut: [...table.leftOut, ...beyond],
    rows: rowsOfFile(table.rows, rows),
    digest,
  };
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
  const found = Object.entries(selectEvents({ count, columns: all }, rows).columns);
  const shared = Object.fromEntries(found.map(([name, column]) => [name, sharedColumn(column)]));
  const { [WEIGHT]: ownWeights, ...own } = shared;
  return { count: rows.length, columns: own, ...(ownWeights && { weights: ownWeights }) };
}
