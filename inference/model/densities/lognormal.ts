/** HS³'s lognormal_dist: exp(-½ ((log x - mu) / sigma)²) / x, cut to the domain of x. */

import { exp as exactExp } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import { add, div, log, mul, neg, sub } from "../../../engine/tape/operations.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import { isOpen } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { logNormalBetween } from "./gaussian.js";
import { logOf, needsNoNegative, overDomain } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface LognormalForm {
  readonly kind: "lognormal";
  /** Column, whose domain has a low end of 0 or above. */
  readonly x: string;
  /** Mean of log x. */
  readonly mu: Value;
  /** Standard deviation of log x, above 0. */
  readonly sigma: Value;
}

const LOG_ROOT_2PI = 0.5 * Math.log(2 * Math.PI);

export const lognormal: DensityKind<LognormalForm> = {
  doc: "exp(-½ ((log x - mu) / sigma)²) / x, normalised over the domain of x",
  entries: { kind: oneOf("lognormal"), x: aText, mu: aValue, sigma: aValue },
  values: ({ mu, sigma }) => [mu, sigma],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: ({ x }, where, _, domain) => needsNoNegative(where, x, domain(x)),
  bind({ x, mu, sigma }, at) {
    const [centre, width] = [at.value(mu), at.value(sigma)];
    return overDomain(at, x, {
      logShape() {
        // z² / 2 + log x in one product: at x = 0, where z is -∞, their sum would be ∞ - ∞.
        const z = div(sub(log(at.column(x)), centre), width);
        const exponent = add(mul(z, add(mul(z, 0.5), width)), centre);
        return sub(neg(exponent), add(log(width), LOG_ROOT_2PI));
      },
      logIntegral([low, high]) {
        const isNone = low === 0 ? [true, isOpen(high)] : [false, isOpen(high)];
        const ends = [low, high].map((end, i) =>
          isNone[i] ? undefined : div(sub(logOf(at.tape, end), centre), width),
        );
        return logNormalBetween(ends[0], ends[1]) ?? at.tape.constant(0, []);
      },
    });
  },
  draw: ({ x, mu, sigma }, draws) =>
    withinDomain(draws, x, async (own) => {
      const [centre, width] = [await own.value(mu), await own.value(sigma)];
      return own.normals().map((z, i) => exactExp(centre[i]! + width[i]! * z));
    }),
};
