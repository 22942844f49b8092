/** Regions of (x, y): cells between quantiles of the data. */

import { UsageError } from "../../../../engine/errors.js";
import { aList, checkParts } from "../../../../engine/options.js";
import type { EventData } from "../../../model/likelihood/likelihood.js";
import type { ObservableName } from "../../../model/sampling/simulated-events.js";

export interface ObservedFeature {
  readonly of: ObservableName;
  readonly feature: number;
}

/** Events with lower <= feature < upper; an end is undefined where the interval is open. */
export interface FeatureRange extends ObservedFeature {
  readonly lower: number | undefined;
  readonly upper: number | undefined;
}

/** Events within all of these ranges; all events where there are none. */
export interface Region {
  readonly ranges: readonly FeatureRange[];
}

/** Regions of which each event is in exactly one. */
export interface Partition {
  readonly regions: readonly Region[];
  /** Position among `regions` of every event [events]. */
  readonly cellOf: Int32Array;
}

/** The default: as many partitions as features, each by one of them. */
export function marginalPartitions(data: EventData): ObservedFeature[][] {
  return (["x", "y"] as const).flatMap((of) => {
    const width = (data[of]?.length ?? 0) / data.count;
    return Array.from({ length: width }, (_, feature) => [{ of, feature }]);
  });
}

/**
 * The events by quantiles of the features, `bins` of each: bins^features cells, the last feature's quantiles running fastest.
 * Event weights do not matter to where the cells lie. Without features one region of all.
 */
export function partition(data: EventData, features: readonly ObservedFeature[], bins: number): Partition {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new UsageError("impacts: bins", { expected: "a positive integer", got: `${bins}` });
  }
  const cellOf = new Int32Array(data.count);
  let regions: Region[] = [{ ranges: [] }];
  for (const { of, feature } of features) {
    const values = columnOf(data, { of, feature });
    const edges = quantiles(values, bins);
    const ranges = Array.from({ length: bins }, (_, b): FeatureRange => {
      return Object.freeze({ of, feature, lower: edges[b - 1], upper: edges[b] });
    });
    regions = regions.flatMap((region) => ranges.map((range) => ({ ranges: [...region.ranges, range] })));
    for (let event = 0; event < data.count; event++) {
      const value = values[event]!;
      cellOf[event] = cellOf[event]! * bins + edges.filter((edge) => value >= edge).length;
    }
  }
  return { regions: regions.map(({ ranges }) => Object.freeze({ ranges: Object.freeze(ranges) })), cellOf };
}

function columnOf(data: EventData, { of, feature }: ObservedFeature) {
  const column = data[of];
  const width = (column?.length ?? 0) / data.count;
  if (column === undefined || !(feature >= 0 && feature < width)) {
    throw new UsageError("impacts: partitions", {
      expected: `features of data with ${width} of ${of}, counted from 0`,
      got: `feature ${feature} of ${of}`,
    });
  }
  return column.subarray(feature * data.count, (feature + 1) * data.count);
}

/** Inner edges of `bins` equally filled bins: the b-th is the least value that is not in the first b bins. */
function quantiles(values: ArrayLike<number>, bins: number): number[] {
  const sorted = Float64Array.from(values).sort();
  return Array.from({ length: bins - 1 }, (_, b) => sorted[Math.round(((b + 1) * sorted.length) / bins)]!);
}

/** "y₁ < 0.12", "0.12 ≤ y₁ < 0.48 and x₁ ≥ 2"; "all events" where the region is everything. */
export function regionText(
  region: Region,
  nameOf: (feature: ObservedFeature) => string,
  format: (value: number) => string,
): string {
  checkParts("regionText", "a region", region, { ranges: aList });
  const { ranges } = region;
  const texts = ranges.map((range) => {
    const { lower, upper } = range;
    const name = nameOf(range);
    if (lower !== undefined && upper !== undefined) return `${format(lower)} ≤ ${name} < ${format(upper)}`;
    if (upper !== undefined) return `${name} < ${format(upper)}`;
    return lower === undefined ? `all ${name}` : `${name} ≥ ${format(lower)}`;
  });
  return texts.length === 0 ? "all events" : texts.join(" and ");
}
