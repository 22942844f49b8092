/** Comparison of numbers with tolerances that carry a reason. */
import * as assert from "uvu/assert";

export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** Rounding of a few hundred operations on numbers of order one. */
export const tolerances = {
  /** 2^-52 times the length of the programs tested, with room for cancellation of terms of order 100. */
  f64: { absolute: 1e-11, relative: 1e-11 },
  /** 2^-24 times the same. */
  f32: { absolute: 3e-4, relative: 3e-4 },
} as const;

/** Equal within absolute + relative of the larger; infinities and NaN must agree exactly. */
export function close(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: Tolerance, what = "numbers"): void {
  assert.is(got.length, wanted.length, `${what}: length`);
  for (let i = 0; i < got.length; i++) {
    const a = got[i] as number;
    const b = wanted[i] as number;
    if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const allowed = tolerance.absolute + tolerance.relative * Math.max(Math.abs(a), Math.abs(b));
    assert.ok(Math.abs(a - b) <= allowed, `${what}: element ${i} is ${a}, wanted ${b} (allowed difference ${allowed})`);
  }
}
