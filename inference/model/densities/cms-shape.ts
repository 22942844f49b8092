/** The RooCMSShape of tag and probe: erfc((alpha - x) beta) exp(-gamma x), a threshold and a decay; cut to the domain of x. */
import { aText, oneOf } from "../../../engine/options.js";
import {
  abs,
  add,
  div,
  exp,
  less,
  log,
  logErfc,
  maximum,
  mul,
  square,
  stopGradient,
  sub,
  where,
} from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import { logIntegral } from "../language/quadrature.js";
import type { BoundInterval, End } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { exponential } from "./exponential.js";
import { logNormalBetween } from "./gaussian.js";
import { difference, needsEnds, overDomain } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface CmsShapeForm {
  readonly kind: "cms-shape";
  /** Column, whose domain has two ends. */
  readonly x: string;
  /** Where the threshold is. */
  readonly alpha: Value;
  /** How steep it is, per unit of x, above 0. */
  readonly beta: Value;
  /** Of the decay, per unit of x. */
  readonly gamma: Value;
}

/** |gamma| times the width of an interval below which the closed form has lost two digits, and nodes take its place. */
const SLOW = 0.02;
/** Parts of an interval, each with nodes of its own. */
const PANELS = 4;

/**
 * By parts the integral of T = erfc(b (a - x)) e^(-d x) is (X + T(low) - T(high)) / d, where X = e^(d² / 4 b² - d a) (erf u(high) - erf u(low)) with u = b (x - a) +
 * d / 2 b. In logarithms, as X may be a tail times a number as large as the tail is small:
 * log p is off by d² / 4 b² units in the last place of 1.
 */
export const cmsShape: DensityKind<CmsShapeForm> = {
  doc: "erfc((alpha - x) beta) exp(-gamma x), normalised over the domain of x",
  entries: { kind: oneOf("cms-shape"), x: aText, alpha: aValue, beta: aValue, gamma: aValue },
  values: ({ alpha, beta, gamma }) => [alpha, beta, gamma],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: ({ x }, where, _, domain) => needsEnds(where, x, domain(x), ["low", "high"]),
  bind({ x, alpha, beta, gamma }, at, name) {
    const [place, slope, decay] = [at.value(alpha), at.value(beta), at.value(gamma)];
    // From the low end on, so that no exponent is larger than the domain makes it.
    const [origin] = at.domain(x);
    const from = (value: Var | End) =>
      typeof value === "number" ? difference(at.tape, value, origin) : sub(value, origin);
    const logOf = (rate: Var, value: Var | End) => sub(logErfc(mul(sub(place, value), slope)), mul(rate, from(value)));
    const nodes = (interval: BoundInterval, isSlow: Var) => {
      const found = logIntegral(
        at.tape,
        [{ interval, centre: 0, width: 1 }],
        ([value]) => logOf(decay, value!),
        PANELS,
      );
      at.checkIntegral(`the integral of ${name} over ${x}`, where(isSlow, found.error, 0));
      return found.log;
    };
    return overDomain(at, x, {
      logShape: () => logOf(decay, at.column(x)),
      logIntegral(interval) {
        const [low, high] = interval;
        const width = difference(at.tape, high, low);
        const isSlow = less(abs(mul(decay, width)), SLOW);
        // Guard the input, not the output.
        const rate = where(isSlow, div(1, width), decay);
        const half = div(rate, mul(slope, 2));
        const z = (end: End) => mul(add(mul(slope, sub(end, place)), half), Math.SQRT2);
        const between = add(logNormalBetween(z(low), z(high))!, Math.LN2);
        const ofThreshold = add(between, sub(square(half), mul(rate, from(place))));
        const [atLow, atHigh] = [logOf(rate, low), logOf(rate, high)];
        const largest = stopGradient(maximum(ofThreshold, maximum(atLow, atHigh)));
        const [a, b, c] = [ofThreshold, atLow, atHigh].map((own) => exp(sub(own, largest))) as [Var, Var, Var];
        const closed = add(log(div(sub(add(a, b), c), rate)), largest);
        return where(isSlow, nodes(interval, isSlow), closed);
      },
    });
  },
  draw: ({ x, alpha, beta, gamma }, draws) =>
    withinDomain(draws, x, async (own) => {
      const { [x]: proposed } = await exponential.draw({ kind: "exponential", x, c: gamma }, own, "");
      const [place, slope] = [await own.value(alpha), await own.value(beta)];
      // erfc((alpha - x) beta) / 2 is how often a normal number about alpha, of variance 1 / 2 beta², lies below x.
      return own.normals().map((z, i) => {
        const isAbove = place[i]! + (z * Math.SQRT1_2) / slope[i]! < proposed![i]!;
        return isAbove ? proposed![i]! : Number.NaN;
      });
    }),
};
