/** Simulated events of one process at one point of the shape nuisances, and samples made of them for training. */

import { UsageError } from "../../../engine/errors.js";
import { aList, checkArgument } from "../../../engine/options.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import { totalWeight, type WeightedMoments, weightedMoments } from "../../../flows/training/weighted-moments.js";
import {
  enterFrame,
  frameOf,
  identityFrame,
  logVolume,
  type ModelFrame,
  meanLogVolume,
  type TransformRequest,
} from "../feature-frame.js";
import { weightsByWidth } from "../features/process-widths.js";

export type ObservableName = "x" | "y";

/** Columns `[features, events]`, the events contiguous. */
export interface SimulatedEvents {
  /** Position of the process among all. */
  readonly process: number;
  /** Shape nuisances in declared order, prior standard deviations. */
  readonly at: readonly number[];
  readonly count: number;
  readonly x: ColumnData;
  readonly y?: ColumnData | undefined;
  /** [events], of either sign; every event counts 1 where absent. */
  readonly weights?: ColumnData | undefined;
  /** The same events, one by one, as they are at the nominal values; absent where these are events of their own. */
  readonly nominal?: Pick<SimulatedEvents, "count" | "x" | "y" | "weights"> | undefined;
}

/** Columns of a training; those of `nominal` are of the same events at the nominal values. */
type TrainingColumn = "process" | "x" | "y" | "nu" | "weight" | "nominal x" | "nominal y" | "control weight";

/** Names of the columns that a training sees: `<set>/<column>`. */
export const columnName = (set: string, column: TrainingColumn) => `${set}/${column}`;

/** Σ of weights; refused where the sample could not stand for a density. */
function checkedWeight(part: SimulatedEvents): number {
  const { process, at } = part;
  const total = totalWeight(part);
  if (total > 0 && Number.isFinite(total)) return total;
  throw new UsageError("simulated sample", {
    expected: "event weights with a positive finite sum",
    got: `${total} for process ${process} at nu = (${at.join(", ")})`,
    hint: "Look for NaN, and for too many negative weights",
  });
}

/** [features, events] of each part, one after another along the events; in f64 where one of them is. */
export function joinedColumns(parts: readonly { readonly count: number; readonly column: ColumnData }[]): ColumnData {
  const total = parts.reduce((sum, { count }) => sum + count, 0);
  const features = parts.length === 0 ? 0 : parts[0]!.column.length / parts[0]!.count;
  const isF64 = parts.some(({ column }) => column instanceof Float64Array);
  const joined = new (isF64 ? Float64Array : Float32Array)(features * total);
  let offset = 0;
  for (const { count, column } of parts) {
    for (let j = 0; j < features; j++) joined.set(column.subarray(j * count, (j + 1) * count), j * total + offset);
    offset += count;
  }
  return joined;
}

/** One number per row and part, the same for all its events: [rows, count]. */
function repeated(
  parts: readonly SimulatedEvents[],
  rows: number,
  count: number,
  value: (part: SimulatedEvents, row: number) => number,
): Float32Array {
  const column = new Float32Array(rows * count);
  let offset = 0;
  for (const part of parts) {
    for (let row = 0; row < rows; row++) {
      column.fill(value(part, row), row * count + offset, row * count + offset + part.count);
    }
    offset += part.count;
  }
  return column;
}

/** Sums of the weights and of their squares, of a process at a point. */
interface WeightSums {
  total: number;
  squares: number;
}

/**
 * Weights of all parts, one after another: those of a process at a point add up to a number that grows with the root of their
 * effective number, and all together are 1 per event on average.
 *
 * With w_p for the sum of the weights of n_p events, their part of the variance of the gradient of a step is w_p² / n_p: the same for all. Were
 * w_p the same for all, a process of few events would drown the others in its fluctuation; were it n_p, hardly any step would go its way.
 */
function balancedWeights(parts: readonly SimulatedEvents[]): Float32Array {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const keyOf = ({ process, at }: SimulatedEvents) => `${process}: ${at.join()}`;
  const sums = new Map<string, WeightSums>();
  for (const part of parts) {
    const own = sums.get(keyOf(part)) ?? { total: 0, squares: 0 };
    own.total += checkedWeight(part);
    own.squares += squaredWeights(part);
    sums.set(keyOf(part), own);
  }
  const effective = ({ total, squares }: WeightSums) => (total * total) / squares;
  const most = Math.max(...Array.from(sums.values(), effective));
  // 1 without rounding where all have the same number.
  const share = (own: WeightSums) => Math.sqrt(effective(own) / most);
  const shares = Array.from(sums.values()).reduce((sum, own) => sum + share(own), 0);
  const weight = new Float32Array(count);
  let offset = 0;
  for (const part of parts) {
    const own = sums.get(keyOf(part))!;
    const scale = ((count / shares) * share(own)) / own.total;
    for (let i = 0; i < part.count; i++) weight[offset + i] = scale * (part.weights?.[i] ?? 1);
    offset += part.count;
  }
  return weight;
}

function squaredWeights({ count, weights }: SimulatedEvents): number {
  if (weights === undefined) return count;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += weights[i]! ** 2;
  return sum;
}

/** What is asked for each feature of the observables; absent: no transformations. */
export type TransformRequests = { readonly [O in ObservableName]?: readonly TransformRequest[] };

/**
 * The frame of the flows of x, and of y where asked for, from nominal events of all processes, weighted by their numbers as in a training, and
 * for transformations by their widths; undefined where their features are of order one as they are.
 */
export function frameOfSimulation(
  nominal: readonly SimulatedEvents[],
  withY: boolean,
  requests: TransformRequests = {},
): ModelFrame | undefined {
  checkArgument("frameOfSimulation", "samples", nominal, aList);
  const weights = balancedWeights(nominal);
  const byWidth = (values: ColumnData, even: ColumnData) => weightsByWidth(values, even, nominal);
  const found = (of: ObservableName) => {
    const column = joinedColumns(nominal.map((part) => ({ count: part.count, column: part[of]! })));
    const own = requests[of]?.map((request) => ({ ...request, weightsOf: byWidth }));
    const frame = frameOf(column, weights, of, own);
    return { frame, same: identityFrame(column.length / weights.length) };
  };
  const [x, y] = [found("x"), withY ? found("y") : undefined];
  if (x.frame === undefined && y?.frame === undefined) return undefined;
  return { x: x.frame ?? x.same, ...(y && { y: y.frame ?? y.same }) };
}

/** `meanLogVolume` of samples, weighted as in a training: what a loss of what flows see lacks. */
export function meanLogVolumeOf(
  parts: readonly SimulatedEvents[],
  of: ObservableName,
  frame: ModelFrame | undefined,
): number {
  checkArgument("meanLogVolumeOf", "samples", parts, aList);
  const own = frame?.[of];
  if (own?.transforms === undefined) return logVolume(own);
  const column = joinedColumns(parts.map((part) => ({ count: part.count, column: part[of]! })));
  return meanLogVolume(own, column, balancedWeights(parts));
}

/** How events enter a training. */
export interface SampleNumbers {
  /** Of the model that is trained. */
  readonly frame?: ModelFrame | undefined;
  /** Of the backend that trains it. */
  readonly precision: "f32" | "f64";
}

/**
 * All parts as one event set, in which every process at every point counts by the root of its effective number of events.
 *
 * Columns, named by `columnName`: process (one-hot) [processes], x, y where it is needed, both in the frame, nu [shapes], weight [].
 */
export function trainingSample(
  set: string,
  parts: readonly SimulatedEvents[],
  of: ObservableName,
  nProcesses: number,
  { frame, precision }: SampleNumbers = { precision: "f32" },
): EventSample {
  checkArgument("trainingSample", "samples", parts, aList);
  const first = parts[0];
  if (first === undefined) throw new UsageError("training sample", { expected: `events for "${set}"`, got: "none" });
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const stacked = (observable: ObservableName) =>
    joinedColumns(
      parts.map((part) => ({
        count: part.count,
        column: enterFrame(frame?.[observable], part[observable]!, precision),
      })),
    );
  return {
    count,
    weights: columnName(set, "weight"),
    columns: {
      [columnName(set, "process")]: repeated(parts, nProcesses, count, ({ process }, f) => (process === f ? 1 : 0)),
      [columnName(set, "x")]: stacked("x"),
      ...(of === "y" && { [columnName(set, "y")]: stacked("y") }),
      ...(first.at.length > 0 && {
        [columnName(set, "nu")]: repeated(parts, first.at.length, count, ({ at }, k) => at[k]!),
      }),
      [columnName(set, "weight")]: balancedWeights(parts),
    },
  };
}

/** Constants for standardisation of one observable, from a sample that `trainingSample` made. */
export function momentsOf(set: string, sample: EventSample, of: ObservableName): WeightedMoments {
  return weightedMoments(
    sample.columns[columnName(set, of)]!,
    sample.count,
    sample.columns[columnName(set, "weight")]!,
    of,
  );
}
