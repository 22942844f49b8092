/** Bands around the histograms of a fitted mixture, by events that all replicas and all points of ν share. */

import { UsageError } from "../../../engine/errors.js";
import { aList, aNumber, checkOptions, type Options, optional } from "../../../engine/options.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { binWithin } from "../../model/predictions/closure.js";
import {
  type DataMap,
  openDataMap,
  openSampler,
  type Sampler,
  withoutTransport,
} from "../../model/sampling/sampling.js";
import type { ObservableName } from "../../model/sampling/simulated-events.js";
import { withUsedUnitsOf } from "../../model/used-units.js";
import { expectedYields } from "../../model/yields.js";
import {
  type Band,
  type BandMember,
  type BandRequest,
  bandMembers,
  bandOf,
  bandOptions,
  bandPoints,
  checkBandRequest,
} from "./bands.js";

/** A histogram of one feature. */
export interface BinnedFeature {
  readonly of: ObservableName;
  readonly feature: number;
  /** ascending [bins + 1]; what lies outside is in the first and last bin */
  readonly edges: readonly number[];
}

export interface BinnedBand extends BinnedFeature {
  /** of the expected events per bin [bins] */
  readonly band: Band;
}

export interface BinnedBandRequest extends BandRequest {
  readonly features: readonly BinnedFeature[];
  /**
   * Events of all processes together; each gets its share at ν̂. Widths have the noise of the events that cross an edge, not that of
   * all events: with as many as the data have, a width of n events is known to about √n.
   */
  readonly count: number;
  /** Σ of the weights of the data, to which the expectation is scaled; undefined: the yields as they are. */
  readonly observed: number | undefined;
  readonly seed: number;
}

const binnedOptions: Options<BinnedBandRequest> = {
  ...bandOptions,
  features: aList,
  count: aNumber,
  observed: optional(aNumber),
  seed: aNumber,
};

/**
 * Bands of the fitted mixture as the data look. All points and replicas share the numbers of events and the random numbers of every
 * event: only T and ν make the difference. Draws `count` events 1 + 2 modes times, and takes each to data by every replica.
 */
export async function binnedBands(given: BinnedBandRequest): Promise<readonly BinnedBand[]> {
  checkOptions("binnedBands", given, binnedOptions);
  checkBandRequest(given);
  checkFeatures(given);
  const model = withUsedUnitsOf(given.model);
  const request = { ...given, model };
  const { backend, features, onPoints, signal } = request;
  const looksAtY = features.some(({ of }) => of === "y");
  const points = bandPoints(request);
  const sampler = await openSampler(backend, withoutTransport(model));
  const map = looksAtY && model.transport !== undefined ? await openDataMap(backend, model) : undefined;
  try {
    const drawing = { members: bandMembers(request), counts: await sharedCounts(request), looksAtY, sampler, map };
    const values: Float64Array[][][] = features.map(() => []);
    for (const [done, nu] of points.entries()) {
      signal?.throwIfAborted();
      const found = await binnedAt(request, drawing, nu);
      for (const [i, own] of found.entries()) values[i]!.push(own);
      onPoints?.(done + 1, points.length);
    }
    return Object.freeze(features.map((feature, i) => Object.freeze({ ...feature, band: bandOf(values[i]!) })));
  } finally {
    await sampler.close();
    await map?.close();
  }
}

function checkFeatures({ model, features, count }: BinnedBandRequest): void {
  if (!(count >= 1)) throw new UsageError("bands", { expected: "at least one event to draw", got: `${count}` });
  for (const { of, feature } of features) {
    const width = model[of]?.nominal.architecture.features ?? 0;
    if (Number.isInteger(feature) && feature >= 0 && feature < width) continue;
    throw new UsageError("bands", { expected: `one of ${width} features of ${of} (from 0)`, got: `${feature}` });
  }
}

/** Events to draw of each process [F], at every point the same. */
async function sharedCounts({ model, estimate, count }: BinnedBandRequest): Promise<number[]> {
  const yields = await expectedYields(model, estimate);
  const sum = yields.reduce((a, b) => a + b, 0);
  return yields.map((own) => Math.max(1, Math.round((count * own) / sum)));
}

interface DrawRequest {
  readonly members: readonly BandMember[];
  readonly counts: readonly number[];
  readonly looksAtY: boolean;
  readonly sampler: Sampler;
  /** Absent: data are simulation, for all members. */
  readonly map: DataMap | undefined;
}

/** Expected events per bin at one ν: [features][members][bins] */
async function binnedAt(
  request: BinnedBandRequest,
  { members, counts, looksAtY, sampler, map }: DrawRequest,
  nu: readonly number[],
): Promise<Float64Array[][]> {
  const { model, features, observed, seed, signal } = request;
  const found = features.map(({ edges }) => members.map(() => new Float64Array(edges.length - 1)));
  const yields = await expectedYields(model, nu);
  const scale = observed === undefined ? 1 : observed / yields.reduce((a, b) => a + b, 0);
  for (const [f, count] of counts.entries()) {
    const weight = (scale * yields[f]!) / count;
    const x = await sampler.sampleX(f, nu, count, { seed, purpose: `bands/${f}/x` });
    for (const b of members.keys()) addTo(found, features, { of: "x", column: x, count, weight }, b);
    if (!looksAtY) continue;
    const simulated = await sampler.sampleY(f, nu, x, { seed, purpose: `bands/${f}/y` });
    for (const [b, member] of members.entries()) {
      signal?.throwIfAborted();
      const y = map ? await map.toData(member.model, f, member.responseAt(nu), x, simulated) : simulated;
      addTo(found, features, { of: "y", column: y, count, weight }, b);
    }
  }
  return found;
}

/** Events of one process. */
interface DrawnEvents {
  readonly of: ObservableName;
  /** [D, count] */
  readonly column: ColumnData;
  readonly count: number;
  /** expected events per event */
  readonly weight: number;
}

function addTo(
  found: readonly (readonly Float64Array[])[],
  features: readonly BinnedFeature[],
  { of, column, count, weight }: DrawnEvents,
  member: number,
): void {
  for (const [i, wanted] of features.entries()) {
    if (wanted.of !== of) continue;
    const own = column.subarray(wanted.feature * count, (wanted.feature + 1) * count);
    const { sums } = binWithin(own, wanted.edges);
    for (const [bin, sum] of sums.entries()) found[i]![member]![bin]! += weight * sum;
  }
}
