/** Events of a composition as morphs are trained on them: numbers that the density is conditional on as x, categories as processes. */
import type { ColumnData } from "../../../engine/runtime/backend.js";
import type { CheckedComposition } from "../composition/composition.js";
import type { MorphedForm } from "../densities/morphed.js";
import type { ChannelData } from "../likelihood/channels.js";
import type { ObservableName, SimulatedEvents } from "../sampling/simulated-events.js";
import type { Dimensions } from "./densities.js";

/** A categorical column that a morph looks at. */
export interface Category {
  readonly column: string;
  readonly values: readonly number[];
}

export interface MorphLayout {
  /** Columns that the density is of, in the order of the features of the morph. */
  readonly of: readonly string[];
  /** Other columns that the density behind the morph or the morph is conditional on. */
  readonly given: readonly string[];
  /** What a morph does to one of them says nothing of another: each combination is a process, the last one fastest. */
  readonly categories: readonly Category[];
}

export function morphLayout(composition: CheckedComposition, form: MorphedForm): MorphLayout {
  const categories = (form.given ?? []).flatMap((column) => {
    const values = composition.classes(column);
    return values === undefined ? [] : [{ column, values }];
  });
  const own = [...new Set([...(form.given ?? []), ...composition.shape(form.density).given])];
  const isCategory = (name: string) => categories.some(({ column }) => column === name);
  return { of: form.of, given: own.filter((name) => !isCategory(name)), categories };
}

export const layoutProcesses = ({ categories }: MorphLayout): number =>
  categories.reduce((count, { values }) => count * values.length, 1);

/** Of each process, the value of each category. */
export const layoutValues = ({ categories }: MorphLayout): number[][] =>
  categories.reduce<number[][]>(
    (all, { values }) => all.flatMap((before) => values.map((value) => [...before, value])),
    [[]],
  );

/** A density that is conditional on numbers is one of y. */
export const layoutObservable = ({ given }: MorphLayout): ObservableName => (given.length === 0 ? "x" : "y");

export function layoutSizes(layout: MorphLayout, shapes: number): Dimensions {
  const { of, given } = layout;
  const ofEvents = given.length === 0 ? { x: of.length, y: 0 } : { x: given.length, y: of.length };
  return { processes: layoutProcesses(layout), shapes, ...ofEvents };
}

/** Some events of a sample. */
export interface ChosenEvents {
  readonly data: ChannelData;
  /** Their positions; below 0 where the sample lacks an event. */
  readonly positions: Int32Array;
}

/** Samples of the same events of a file, at other values of the nuisances and at the nominal ones. */
export interface EventPairs {
  readonly count: number;
  /** Of each event of either sample. */
  readonly varied: Int32Array;
  readonly nominal: Int32Array;
}

/** Rows of the file that a selection has left; absent where it left all. */
interface SelectedData {
  readonly data: ChannelData;
  readonly rows?: Int32Array | undefined;
}

/** Undefined where no event is in both. Those that a cut leaves in one alone are there, and count in that. */
export function eventPairs(varied: SelectedData, nominal: SelectedData): EventPairs | undefined {
  const rowsOf = ({ data, rows }: SelectedData) => rows ?? Int32Array.from({ length: data.count }, (_, i) => i);
  const [ofVaried, ofNominal] = [rowsOf(varied), rowsOf(nominal)];
  const most = ofVaried.length + ofNominal.length;
  const [positions, positionsOfNominal] = [new Int32Array(most), new Int32Array(most)];
  let [i, j, common, count] = [0, 0, 0, 0];
  while (i < ofVaried.length || j < ofNominal.length) {
    const difference = (ofVaried[i] ?? Number.POSITIVE_INFINITY) - (ofNominal[j] ?? Number.POSITIVE_INFINITY);
    positions[count] = difference <= 0 ? i : -1;
    positionsOfNominal[count++] = difference >= 0 ? j : -1;
    if (difference === 0) common++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  if (common === 0) return undefined;
  return { count, varied: positions.slice(0, count), nominal: positionsOfNominal.slice(0, count) };
}

const every = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

/** All events of a sample. */
export const allOfSample = (data: ChannelData): ChosenEvents => ({ data, positions: every(data.count) });

/** Process of each of some events; -1 where the sample lacks one. */
function processesOf({ categories }: MorphLayout, { data, positions }: ChosenEvents): Int32Array {
  return positions.map((at) => {
    if (at < 0) return -1;
    return categories.reduce(
      (process, { column, values }) => process * values.length + values.indexOf(data.columns[column]![at]!),
      0,
    );
  });
}

/**
 * Events by process. Of a pair of which one is of another process, or not there, each counts where it is: the other has the weight 0 and the
 * same values.
 *
 * @param nominal  the same events at the nominal values
 */
export function eventsByProcess(
  layout: MorphLayout,
  at: readonly number[],
  varied: ChosenEvents,
  nominal?: ChosenEvents,
): SimulatedEvents[] {
  const ofVaried = processesOf(layout, varied);
  const ofNominal = nominal && processesOf(layout, nominal);
  return Array.from({ length: layoutProcesses(layout) }, (_, process) => process).flatMap((process) => {
    const isOf = (own: Int32Array | undefined, i: number) => own?.[i] === process;
    const rows = every(ofVaried.length).filter((i) => isOf(ofVaried, i) || isOf(ofNominal, i));
    if (!rows.some((i) => isOf(ofVaried, i))) return [];
    const gathered = (own: ChosenEvents, ofOwn: Int32Array, other: ChosenEvents | undefined) => {
      const isThere = Array.from(rows, (i) => isOf(ofOwn, i));
      const value = (name: string, i: number, k: number): number => {
        const { data, positions } = isThere[k]! ? own : other!;
        return data.columns[name]![positions[i]!]!;
      };
      const stacked = (names: readonly string[]) => columnsOf(names, rows, value);
      const isWhole = isThere.every(Boolean);
      const weights = Float64Array.from(rows, (i, k) =>
        isThere[k]! ? (own.data.weights?.[own.positions[i]!] ?? 1) : 0,
      );
      const x = stacked(layout.given.length === 0 ? layout.of : layout.given);
      return {
        count: rows.length,
        x,
        ...(layout.given.length > 0 && { y: stacked(layout.of) }),
        ...((own.data.weights !== undefined || !isWhole) && { weights }),
      };
    };
    const twin = nominal && ofNominal && gathered(nominal, ofNominal, varied);
    return [{ process, at, ...gathered(varied, ofVaried, nominal), ...(twin && { nominal: twin }) }];
  });
}

/** [names, rows] */
function columnsOf(
  names: readonly string[],
  rows: Int32Array,
  value: (name: string, row: number, k: number) => number,
): ColumnData {
  const found = new Float64Array(names.length * rows.length);
  for (const [j, name] of names.entries()) {
    for (const [k, i] of rows.entries()) found[j * rows.length + k] = value(name, i, k);
  }
  return found;
}
