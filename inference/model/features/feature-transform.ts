/** The monotone maps by which features enter the frame of the flows: a registry. */

import { type AsinhTransform, asinhMap } from "./asinh.js";
import { type LogTransform, logMap } from "./logarithm.js";
import { type RankTransform, rankMap } from "./rank.js";

/** `none`: the frame's shift and scale alone. */
export interface NoTransform {
  readonly kind: "none";
}

export type FeatureTransform = NoTransform | LogTransform | AsinhTransform | RankTransform;

export type TransformKind = FeatureTransform["kind"];

/** Increasing, in f64. */
export interface MonotoneMap {
  /** g(x), finite for every finite x. */
  readonly forward: (x: number) => number;
  readonly inverse: (z: number) => number;
  /** log g'(x): -∞ where there is no density. */
  readonly logSlope: (x: number) => number;
}

const identity: MonotoneMap = { forward: (x) => x, inverse: (z) => z, logSlope: () => 0 };

const maps: { readonly [K in TransformKind]: (transform: Extract<FeatureTransform, { kind: K }>) => MonotoneMap } = {
  none: () => identity,
  log: logMap,
  asinh: asinhMap,
  rank: rankMap,
};

export const TRANSFORM_KINDS = Object.keys(maps) as readonly TransformKind[];

export function monotoneMap(transform: FeatureTransform): MonotoneMap {
  return (maps[transform.kind] as (own: FeatureTransform) => MonotoneMap)(transform);
}
