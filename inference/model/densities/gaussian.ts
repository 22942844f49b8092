/** HS³'s gaussian_dist: exp(-½ ((x - mean) / sigma)²), cut to the domain of x. */

import { aText, oneOf } from "../../../engine/options.js";
import {
  add,
  div,
  exp,
  greater,
  log,
  log1p,
  logErfc,
  mul,
  neg,
  square,
  sub,
  where,
} from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import { isOpen } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { overDomain } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface GaussianForm {
  readonly kind: "gaussian";
  /** Column. */
  readonly x: string;
  readonly mean: Value;
  /** Above 0. */
  readonly sigma: Value;
}

const LOG_ROOT_2PI = 0.5 * Math.log(2 * Math.PI);

/** log of the probability of a standard normal number above z. */
const logAbove = (z: Var) => sub(logErfc(mul(z, Math.SQRT1_2)), Math.LN2);

/** log of the probability of a standard normal number from `low` to `high`, accurate in both tails. */
export function logNormalBetween(low: Var | undefined, high: Var | undefined): Var | undefined {
  if (low === undefined) return high && logAbove(neg(high));
  if (high === undefined) return logAbove(low);
  // Of both tails the one in which the interval lies: there the difference of two probabilities cancels least.
  const isLower = greater(0, add(low, high));
  const near = where(isLower, neg(high), low);
  const far = where(isLower, neg(low), high);
  const [above, beyond] = [logAbove(near), logAbove(far)];
  return add(above, log1p(neg(exp(sub(beyond, above)))));
}

export const gaussian: DensityKind<GaussianForm> = {
  doc: "exp(-½ ((x - mean) / sigma)²), normalised over the domain of x",
  entries: { kind: oneOf("gaussian"), x: aText, mean: aValue, sigma: aValue },
  values: ({ mean, sigma }) => [mean, sigma],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: () => {},
  bind({ x, mean, sigma }, at) {
    const [centre, width] = [at.value(mean), at.value(sigma)];
    const standard = (value: Var | number) => div(sub(value, centre), width);
    return overDomain(at, x, {
      // Products alone for each event.
      logShape: () => mul(square(mul(sub(at.column(x), centre), div(1, width))), -0.5),
      logIntegral([low, high]) {
        const ends = [low, high].map((end) => (isOpen(end) ? undefined : standard(end)));
        const part = logNormalBetween(ends[0], ends[1]) ?? at.tape.constant(0, []);
        return add(part, add(log(width), LOG_ROOT_2PI));
      },
    });
  },
  draw: ({ x, mean, sigma }, draws) =>
    withinDomain(draws, x, async (own) => {
      const [centre, width] = [await own.value(mean), await own.value(sigma)];
      return own.normals().map((z, i) => centre[i]! + width[i]! * z);
    }),
};
