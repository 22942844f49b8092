/**
 * What a shape nuisance does to the yields, from the yields of its samples: the interpolation of HistFactory, Cranmer et al. 2012,
 * CERN-OPEN-2012-016, "code 4" of its implementations.
 */

import { UsageError } from "../../engine/errors.js";
import { abs, add, greater, less, log1p, mul, where } from "../../engine/tape/operations.js";
import type { Var } from "../../engine/tape/tape.js";

/** Of one process: log N_f one prior standard deviation from the nominal value, less log N_f there. */
export interface Acceptance {
  /** Above. Null where no sample says it: the effect is log-normal then, as the other side has it. */
  readonly up: number | null;
  /** Below. */
  readonly down: number | null;
}

/** Natural logarithm of the largest ratio of two yields: with it, coefficients of the polynomial are numbers that f32 holds. */
export const LARGEST_LOG_RATIO = Math.log(1000);

/**
 * Coefficients a_1 to a_6 of η(α) = 1 + Σ a_i α^i, |α| < 1, which has the value and the first two derivatives of e^{up α} at 1 and of
 * e^{-down α} at -1. η is C² there, its third derivative jumps.
 */
function coefficients(up: number, down: number): number[] {
  const [above, below] = [Math.exp(up), Math.exp(down)];
  // Even and odd parts at 1 of η, η' and η''.
  const [even0, odd0] = [(above + below) / 2 - 1, (above - below) / 2];
  const [even1, odd1] = [(above * up + below * down) / 2, (above * up - below * down) / 2];
  const [even2, odd2] = [(above * up ** 2 + below * down ** 2) / 2, (above * up ** 2 - below * down ** 2) / 2];
  return [
    (15 * odd0 - 7 * odd1 + odd2) / 8,
    (24 * even0 - 9 * even1 + even2) / 8,
    (-5 * odd0 + 5 * odd1 - odd2) / 4,
    (-12 * even0 + 7 * even1 - even2) / 4,
    (3 * odd0 - 3 * odd1 + odd2) / 8,
    (8 * even0 - 5 * even1 + even2) / 8,
  ];
}

/** Points on either side of 0 at which η is looked at: between them it moves by little. */
const POINTS = 1000;

/** Refuses ratios between which no positive polynomial goes: those of nuisances that change a yield by large factors. */
export function checkAcceptance(what: string, { up, down }: Acceptance): void {
  const shown = [up, down].map((side) => (side === null ? "none" : Math.exp(side).toPrecision(4))).join(" and ");
  const refuse = (expected: string): never => {
    throw new UsageError(what, { expected, got: `${shown} (at +1 and at -1)` });
  };
  const isSound = (side: number | null) => side === null || Math.abs(side) <= LARGEST_LOG_RATIO;
  if (!isSound(up) || !isSound(down)) refuse("ratios of yields between 1/1000 and 1000");
  if (up === null || down === null) return;
  const a = coefficients(up, down);
  for (let i = -POINTS; i <= POINTS; i++) {
    const eta = 1 + a.reduceRight((sum, own) => (sum + own) * (i / POINTS), 0);
    if (!(eta > 0)) refuse("ratios of yields near enough to 1 that the yield stays positive between them");
  }
}

/**
 * log N_f(ν) - log N_f(nominal): log η(α) where |α| < 1, up α above, -down α below. Log-normal throughout where there is one side only.
 *
 * @param distance  α = ν - nominal, prior standard deviations
 */
export function logAcceptance({ up, down }: Acceptance, distance: Var): Var {
  if (up === null || down === null) return mul(distance, up ?? -(down ?? 0));
  const isInside = less(abs(distance), 1);
  // Guard the input: far outside the polynomial may be negative, and its logarithm no number.
  const inside = where(isInside, distance, 0);
  const [last, ...others] = coefficients(up, down).reverse() as [number, ...number[]];
  const eta = others.reduce((sum, own) => mul(add(sum, own), inside), mul(inside, last));
  const beyond = where(greater(distance, 0), mul(distance, up), mul(distance, -down));
  return where(isInside, log1p(eta), beyond);
}
