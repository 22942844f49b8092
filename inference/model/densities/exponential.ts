/** HS³'s exponential_dist: exp(-c x), cut to the domain of x. */

import { expm1 as exactExpm1, log as exactLog, log1p as exactLog1p } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import {
  abs,
  add,
  div,
  expm1,
  less,
  log,
  maximum,
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
import { difference, logDifference, needsEnds, overDomain } from "./one-dimensional.js";

export interface ExponentialForm {
  readonly kind: "exponential";
  /** Column. */
  readonly x: string;
  /** Positive where the density falls, per unit of x; any number where the domain of x has two ends. */
  readonly c: Value;
}

/** |t| below which the series stands: there its first term that is left out, t⁸ / 9676800, is below 3e-21. */
const NEAR_ZERO = 0.02;

/** Exponent from which on 1 - e^-t is 1 in f64. */
const ALL = 50;

/** log(1 + x) for x from -1 on: the exact function is right near 0 alone. */
const logOnePlus = (x: number) => (x < -0.25 ? exactLog(1 + x) : exactLog1p(x));

/** log((1 - e^-t) / t), 0 at t = 0, for t of either sign and any size. */
export function logMeanDecay(t: Var): Var {
  const isNear = less(abs(t), NEAR_ZERO);
  // Guard the input, not the output: 0 / 0 is NaN, and so would be its derivative.
  const far = where(isNear, 1, t);
  const size = abs(far);
  const distant = add(maximum(neg(far), 0), log(div(neg(expm1(neg(size))), size)));
  const near = where(isNear, t, 0);
  const squared = square(near);
  // -t/2 + t²/24 - t⁴/2880 + t⁶/181440, the logarithm of sinh(t/2) / (t/2) less t/2.
  const even = mul(squared, add(1 / 24, mul(squared, add(-1 / 2880, mul(squared, 1 / 181440)))));
  return where(isNear, sub(even, mul(near, 0.5)), distant);
}

/** Of e^(-rate t) over an interval of that width: how far from the end at which it is largest the part u of the integral ends. */
export function drawnDecay(u: number, rate: number, width: number): number {
  if (rate === 0) return u * width;
  // log(1 - u (1 - e^{-|rate| w})) / -|rate|.
  const size = Math.abs(rate);
  return -logOnePlus(u * exactExpm1(-Math.min(size * width, ALL))) / size;
}

export const exponential: DensityKind<ExponentialForm> = {
  doc: "exp(-c x), normalised over the domain of x",
  entries: { kind: oneOf("exponential"), x: aText, c: aValue },
  values: ({ c }) => [c],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: ({ x }, where, _, domain) => needsEnds(where, x, domain(x), ["low"]),
  bind({ x, c }, at) {
    const decay = at.value(c);
    // From the low end on, so that no exponent is larger than the domain makes it.
    const [origin] = at.domain(x);
    return overDomain(at, x, {
      logShape: () => neg(mul(decay, sub(at.column(x), origin))),
      logIntegral([low, high]) {
        const start = neg(mul(decay, difference(at.tape, low, origin)));
        if (isOpen(high)) return sub(start, log(decay));
        const width = logMeanDecay(mul(decay, difference(at.tape, high, low)));
        return add(start, add(width, logDifference(at.tape, high, low)));
      },
    });
  },
  async draw({ x, c }, draws) {
    const decay = await draws.value(c);
    const [low, high] = draws.domain(x);
    const values = draws.uniforms().map((u, i) => {
      const distance = drawnDecay(u, decay[i]!, high - low);
      return decay[i]! < 0 ? high - distance : low + distance;
    });
    return { [x]: values };
  },
};
