/** Do the numbers of a file, and those of a backend, have the digits in which a feature differs from event to event? */

import { aColumn, aNumber, checkParts } from "../../engine/options.js";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { type Spread, spreadOf } from "../../flows/training/weighted-moments.js";
import type { FeatureFrame, ModelFrame } from "./feature-frame.js";
import { monotoneMap } from "./features/feature-transform.js";
import type { ObservableName } from "./sampling/simulated-events.js";

type Precision = "f32" | "f64";

/** Bits of the fraction, exponent of the least number above 0, and the largest number. */
const FORMATS = {
  f32: { fraction: 23, least: -149, largest: (2 - 2 ** -23) * 2 ** 127 },
  f64: { fraction: 52, least: -1074, largest: Number.MAX_VALUE },
} as const;

/** A feature whose events differ by few steps of the numbers that hold them. */
export interface CoarseFeature extends Spread {
  readonly of: ObservableName;
  readonly feature: number;
  readonly format: Precision;
  /** Already as it was given, or only as a backend of that precision sees it, in the frame of the model. */
  readonly isGiven: boolean;
  /** Standard deviation in steps from one number of the format to the next. */
  readonly steps: number;
}

/** Events that are looked at, evenly spread over those there are. */
const MOST_EVENTS = 2 ** 16;

/** With fewer steps there is a warning: rounding then moves numbers by more than 3·10⁻⁴ standard deviations. */
const LEAST_STEPS = 1024;

function stepsOf({ mean, sigma }: Spread, format: Precision): number {
  const { fraction, least, largest } = FORMATS[format];
  if (Math.abs(mean) + sigma > largest) return 0;
  return sigma / 2 ** Math.max(least, Math.floor(Math.log2(Math.abs(mean))) - fraction);
}

function someOf(values: ColumnData): ColumnData {
  const stride = Math.ceil(values.length / MOST_EVENTS);
  if (stride === 1) return values;
  return Float64Array.from({ length: Math.floor(values.length / stride) }, (_, i) => values[i * stride]!);
}

/** The least or the largest value of a feature. */
export interface Extreme {
  readonly of: ObservableName;
  readonly feature: number;
  readonly value: number;
  /** Counted from 0. */
  readonly row: number;
}

type Columns = { readonly count: number; readonly x: ColumnData; readonly y?: ColumnData | undefined };

/** The least and the largest value of each feature, NaN apart. */
export function extremesOf(events: Columns): Extreme[] {
  const { count } = events;
  return (["x", "y"] as const).flatMap((of) => {
    const column = events[of] ?? new Float32Array();
    return Array.from({ length: count === 0 ? 0 : column.length / count }, (_, feature) => {
      let [least, largest] = [feature * count, feature * count];
      for (let at = feature * count; at < (feature + 1) * count; at++) {
        if (column[at]! < column[least]!) least = at;
        if (column[at]! > column[largest]!) largest = at;
      }
      return [least, largest].map((at) => ({ of, feature, value: column[at]!, row: at - feature * count }));
    }).flat();
  });
}

/** The first that is too large for f32, as a backend of that precision sees it, in the frame of the model. */
export function beyondPrecision(
  extremes: readonly Extreme[],
  frame: ModelFrame | undefined,
  precision: Precision,
): Extreme | undefined {
  if (precision === "f64") return undefined;
  return extremes.find(({ of, feature, value }) => {
    const own = frame?.[of];
    const mapped = mapOf(own, feature)?.forward(value) ?? value;
    return !Number.isFinite(Math.fround((mapped - (own?.shift[feature] ?? 0)) / (own?.scale[feature] ?? 1)));
  });
}

function mapOf(frame: FeatureFrame | undefined, feature: number) {
  const transform = frame?.transforms?.[feature];
  return transform === undefined || transform.kind === "none" ? undefined : monotoneMap(transform);
}

const inFrame = ({ mean, sigma }: Spread, frame: FeatureFrame | undefined, feature: number): Spread => {
  const [shift, scale] = [frame?.shift[feature] ?? 0, frame?.scale[feature] ?? 1];
  return { mean: (mean - shift) / scale, sigma: sigma / scale };
};

/**
 * Features of events that a backend cannot distinguish well. Constant ones, and those that are not finite, are not among them.
 *
 * @param events  each column [D, count]
 * @param frame   of the model
 */
export function coarseFeatures(events: Columns, frame: ModelFrame | undefined, precision: Precision): CoarseFeature[] {
  checkParts("coarseFeatures", "events", events, { count: aNumber, x: aColumn });
  const { count } = events;
  return (["x", "y"] as const).flatMap((of) => {
    const column = events[of];
    if (column === undefined) return [];
    const given = column instanceof Float32Array ? "f32" : "f64";
    return Array.from({ length: column.length / count }, (_, feature) => {
      const some = someOf(column.subarray(feature * count, (feature + 1) * count));
      const spread = spreadOf(some);
      const asGiven = { format: given, isGiven: true, steps: stepsOf(spread, given) } as const;
      const map = mapOf(frame?.[of], feature);
      const mapped = map === undefined ? spread : spreadOf(Float64Array.from(some, map.forward));
      const seen = inFrame(mapped, frame?.[of], feature);
      const asSeen = { format: precision, isGiven: false, steps: stepsOf(seen, precision) } as const;
      return { of, feature, ...spread, ...(asGiven.steps < LEAST_STEPS ? asGiven : asSeen) };
    }).filter(({ sigma, steps }) => sigma > 0 && Number.isFinite(sigma) && steps < LEAST_STEPS);
  });
}
