/** Small shape manners shared by the flows: features are the last axis, everything before broadcasts lazily. */
import { reshape, sum } from "../engine/tape/operations.js";
import type { Var } from "../engine/tape/tape.js";

/** What a transform gives: the transformed features and log|det ∂value/∂input|. */
export interface Transformed {
  /** [..., D] */
  readonly value: Var;
  /** [...] */
  readonly logDet: Var;
}

/** [..., D] → [...]: the sum over features. */
export function sumFeatures(x: Var): Var {
  return reshape(sum(x, -1), x.shape.slice(0, -1));
}

/** [...] → [..., 1]. */
export function withLastAxis(x: Var): Var {
  return reshape(x, [...x.shape, 1]);
}

/** [..., 1] → [...]. */
export function withoutLastAxis(x: Var): Var {
  return reshape(x, x.shape.slice(0, -1));
}

/** Positions of a permutation: `inversePermutation(p)[p[i]] = i`. */
export function inversePermutation(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length);
  permutation.forEach((to, from) => {
    inverse[to] = from;
  });
  return inverse;
}
