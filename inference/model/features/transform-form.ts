/** Is it a transformation? Of what a file holds, before anything trusts what its types say. */

import { isData } from "../../../flows/architecture/form.js";
import { TRANSFORM_KINDS, type TransformKind } from "./feature-transform.js";
import type { Tail } from "./tails.js";

/** More knots than any fit makes. */
const MOST_KNOTS = 2 ** 16;

type Fields = Readonly<Record<string, unknown>>;

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isPositive = (value: unknown) => isNumber(value) && value > 0;

/** `knot` is where the tail begins, `sign` the side on which it lies. */
type TailCheck = (tail: Fields, knot: number, sign: 1 | -1) => boolean;

const tails: { readonly [K in Tail["kind"]]: TailCheck } = {
  linear: () => true,
  pareto: ({ index, scale }) => isNumber(index) && index >= 0 && isPositive(scale),
  power: ({ index, linear, quadratic }) => [index, linear, quadratic].every(isPositive),
  stretched: ({ factor, scale, power }) => [factor, scale, power].every(isPositive),
  "box-cox": ({ factor, scale, power }) => [factor, scale, power].every(isPositive),
  edge: ({ end, power, bend }, knot, sign) =>
    isNumber(end) && sign * (end - knot) > 0 && isPositive(power) && isNumber(bend) && Math.abs(bend) < 1,
};

function isTail(data: unknown, knot: number, sign: 1 | -1): boolean {
  if (!isData(data) || typeof data.kind !== "string" || !Object.hasOwn(tails, data.kind)) return false;
  return tails[data.kind as Tail["kind"]](data, knot, sign);
}

function isKnots(
  data: unknown,
  isSound: (value: number, i: number, all: readonly number[]) => boolean,
): data is number[] {
  return (
    Array.isArray(data) && data.length >= 2 && data.length <= MOST_KNOTS && data.every(isNumber) && data.every(isSound)
  );
}

const isIncreasing = (value: number, i: number, all: readonly number[]) => i === 0 || value > all[i - 1]!;

const transforms: { readonly [K in TransformKind]: (data: Fields) => boolean } = {
  none: () => true,
  log: () => true,
  asinh: ({ centre, width }) => isNumber(centre) && isPositive(width),
  rank({ x, z, slope, lower, upper }) {
    if (!isKnots(x, isIncreasing) || !isKnots(z, isIncreasing) || !isKnots(slope, isPositive)) return false;
    if (x.length !== z.length || x.length !== slope.length) return false;
    // Tails begin at least a standard deviation from the middle.
    const last = x.length - 1;
    return z[0]! <= -1 && z[last]! >= 1 && isTail(lower, x[0]!, -1) && isTail(upper, x[last]!, 1);
  },
};

export function isTransform(data: unknown): boolean {
  if (!isData(data) || !TRANSFORM_KINDS.includes(data.kind as TransformKind)) return false;
  return transforms[data.kind as TransformKind](data);
}
