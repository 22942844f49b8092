/** What impacts on the distribution are averages over: events, by process and region. */

import { UsageError } from "../../../../engine/errors.js";
import {
  aFunction,
  aList,
  aNumber,
  anObject,
  aSignal,
  numbers,
  type Options,
  optional,
} from "../../../../engine/options.js";
import { randomKey } from "../../../../engine/random/random.js";
import { fillShuffled } from "../../../../engine/random/shuffle.js";
import type { Backend, ColumnData } from "../../../../engine/runtime/backend.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { weightedMoments } from "../../../../flows/training/weighted-moments.js";
import { framedEvents } from "../../../model/feature-frame.js";
import type { EventData } from "../../../model/likelihood/likelihood.js";
import { bindMixture } from "../../../model/mixture.js";
import { type MixtureModel, parametersOn } from "../../../model/mixture-model.js";
import type { ImpactSource } from "../../../statistics/impacts/impact-sources.js";
import { type Displacements, displacements } from "../displacement.js";
import { marginalPartitions, type ObservedFeature, type Partition, partition } from "./impacts-regions.js";

export interface RegionRequest {
  /** Features whose quantiles cut the data into cells, a list for each partition; every feature alone where absent. */
  readonly partitions?: readonly (readonly ObservedFeature[])[];
  /** Quantiles of each feature. */
  readonly bins: number;
  /** Events to look at, drawn from the data where it has more. */
  readonly events: number;
  readonly seed: number;
}

export interface DistributionRequest extends RegionRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly data: EventData;
  readonly estimate: readonly number[];
  /** Called with the number of points of ν at which T is known. */
  readonly onPoints?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export const regionOptions: Options<RegionRequest> = {
  partitions: optional(aList),
  bins: aNumber,
  events: aNumber,
  seed: aNumber,
};

export const distributionOptions: Options<DistributionRequest> = {
  ...regionOptions,
  backend: anObject,
  model: anObject,
  data: anObject,
  estimate: numbers,
  onPoints: optional(aFunction),
  signal: optional(aSignal),
};

export interface WeightedRegions {
  readonly data: EventData;
  /** w_i p(f | x_i, y_i, ν̂) [F][events] */
  readonly shares: readonly Float64Array[];
  /** Standard deviation of y, in its units [F][Dy] */
  readonly scales: readonly (readonly number[])[];
  /** The first one is all events. */
  readonly partitions: readonly Partition[];
  /** Σ of shares [F][regions] */
  readonly events: readonly (readonly number[])[];
}

/** The events to look at, and where they count for which process. */
export async function weightedRegions(request: DistributionRequest): Promise<WeightedRegions> {
  const data = someEvents(request);
  const shares = await processShares(request, data);
  const wanted = request.partitions ?? marginalPartitions(data);
  const partitions = [[], ...wanted].map((features) => partition(data, features, request.bins));
  const scales = shares.map((share) => Array.from(weightedMoments(data.y!, data.count, share).standardDeviation));
  return { data, shares, scales, partitions, events: eventsOf(shares, partitions) };
}

/** So many events of the data in an order of their own, or all. */
function someEvents({ data, model, events, seed }: DistributionRequest): EventData {
  if (data.y === undefined || model.y === undefined) {
    throw new UsageError("impacts on the distribution", { expected: "data and a model with y", got: "x alone" });
  }
  if (!(events >= 1)) {
    throw new UsageError("impacts on the distribution", { expected: "at least one event", got: `${events}` });
  }
  if (data.count <= events) return data;
  const chosen = new Int32Array(events);
  fillShuffled(randomKey(seed, "impacts"), 0, data.count, 0, chosen);
  const picked = (column: ColumnData) => {
    const width = column.length / data.count;
    const length = width * events;
    const own = column instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
    for (let j = 0; j < width; j++) {
      for (let i = 0; i < events; i++) own[j * events + i] = column[j * data.count + chosen[i]!]!;
    }
    return own;
  };
  const { x, y, weights } = data;
  return { count: events, x: picked(x), y: picked(y), ...(weights && { weights: picked(weights) }) };
}

/** w_i p(f | x_i, y_i, ν̂) [F][events] */
async function processShares(
  { backend, model, estimate }: DistributionRequest,
  data: EventData,
): Promise<Float64Array[]> {
  const { count, weights } = data;
  const { x, y } = framedEvents(model.frame, { x: data.x, y: data.y! }, backend.precision);
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const [ofX, ofY] = [tape.column("x", [x.length / count]), tape.column("y", [y.length / count])];
  const share = mixture.processProbabilities({ x: ofX, y: ofY }, nu);
  const program = await backend.compile({ outputs: { share } });
  try {
    await program.bind({ x, y });
    await program.write({ ...parametersOn(tape, model), nu: estimate });
    const found = (await program.run()).share!;
    return model.processes.map((_, f) =>
      found.slice(f * count, (f + 1) * count).map((value, i) => value * (weights?.[i] ?? 1)),
    );
  } finally {
    await program.close();
  }
}

/** Σ of weights of every region [F][regions] */
function eventsOf(shares: readonly Float64Array[], partitions: readonly Partition[]): number[][] {
  return shares.map((share) =>
    partitions.flatMap(({ regions, cellOf }) => {
      const sums = new Array<number>(regions.length).fill(0);
      for (const [event, weight] of share.entries()) sums[cellOf[event]!]! += weight;
      return sums;
    }),
  );
}

/** T_f(y | x, ν) - T_f(y | x, ν̂) at both ends of every source [2 sources][F][Dy, events] */
export async function fieldsOf(
  { backend, model, estimate, signal }: DistributionRequest,
  { data }: WeightedRegions,
  sources: readonly ImpactSource[],
): Promise<Displacements["shifts"]> {
  signal?.throwIfAborted();
  const points = [estimate, ...sources.flatMap(({ up, down }) => [up, down])];
  const { x, y, count } = data;
  return (await displacements({ backend, model, x, y: y!, count, points })).shifts;
}

/** What stands in each cell that has events of its process. */
export function filledCells<T>(
  { events }: WeightedRegions,
  contents: (process: number, region: number) => T,
): (T & { readonly process: number; readonly region: number })[] {
  return events.flatMap((ofProcess, process) =>
    ofProcess.flatMap((weight, region) =>
      weight > 0 ? [Object.freeze({ process, region, ...contents(process, region) })] : [],
    ),
  );
}

/** Adds factor · Σ_j Δ_j Δ'_j / σ_j² of every event, for two fields [Dy, events]. */
export function addProduct(
  sum: Float64Array,
  factor: number,
  field: Float64Array,
  other: Float64Array,
  scale: readonly number[],
): void {
  const count = sum.length;
  for (const [j, sigma] of scale.entries()) {
    const weight = factor / sigma ** 2;
    for (let i = 0; i < count; i++) sum[i]! += weight * field[j * count + i]! * other[j * count + i]!;
  }
}

/** Average of the values of the events over every region, for a process. */
export function regionMeans(
  values: Float64Array,
  f: number,
  { shares, partitions, events }: WeightedRegions,
): number[] {
  const share = shares[f]!;
  const sums = partitions.flatMap(({ regions, cellOf }) => {
    const own = new Array<number>(regions.length).fill(0);
    for (const [event, value] of values.entries()) own[cellOf[event]!]! += share[event]! * value;
    return own;
  });
  return sums.map((sum, region) => sum / events[f]![region]!);
}

/** With weights of either sign a few events may leave less than nothing of a square. */
export const rootOf = (square: number) => Math.sqrt(Math.max(0, square));
