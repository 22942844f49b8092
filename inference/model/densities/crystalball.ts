/**
 * HS³'s crystalball_dist: normal about m0, with a width for each side, and beyond alpha widths on either side a power n of the distance that has the same value and slope
 * there; cut to the domain of m.
 */
import { exp as exactExp, expm1 as exactExpm1, log as exactLog } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import {
  add,
  div,
  greater,
  less,
  log,
  log1p,
  maximum,
  minimum,
  mul,
  neg,
  square,
  sub,
  where,
} from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import type { DensityKind } from "./contract.js";
import { drawnDecay, logMeanDecay } from "./exponential.js";
import { logNormalBetween } from "./gaussian.js";
import { logSum, overDomain, type Side, sidesOf, unlessNone } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface CrystalballForm {
  readonly kind: "crystalball";
  /** Column. */
  readonly m: string;
  readonly m0: Value;
  /** Above 0, as all that follows. */
  readonly sigma_L: Value;
  readonly sigma_R: Value;
  readonly alpha_L: Value;
  readonly alpha_R: Value;
  /** Above 1 where the domain has no end on that side. */
  readonly n_L: Value;
  readonly n_R: Value;
}

const LOG_ROOT_2PI = 0.5 * Math.log(2 * Math.PI);

/** Of one side: where its tail begins, in widths, and its power. */
interface Tail {
  readonly alpha: Var;
  readonly n: Var;
}

/** log(1 + (alpha / n) (d - alpha)): n of these are taken from log of the density at alpha. */
const decades = ({ alpha, n }: Tail, beyond: Var) => log1p(mul(div(alpha, n), beyond));

/** log of the density d >= 0 widths from m0, where it is 0. */
function logShapeOf(tail: Tail, d: Var): Var {
  const isTail = greater(d, tail.alpha);
  // Guard the input, not the output.
  const core = where(isTail, tail.alpha, d);
  const beyond = where(isTail, sub(d, tail.alpha), 0);
  return sub(mul(square(core), -0.5), mul(tail.n, decades(tail, beyond)));
}

/** log of the integral of the normal part in widths. */
function logCore({ alpha }: Tail, { from, to }: Side): Var {
  const [low, high] = [minimum(from, alpha), to ? minimum(to, alpha) : alpha];
  const isNone = sub(1, greater(high, low));
  const between = logNormalBetween(where(isNone, 0, low), where(isNone, 1, high))!;
  return unlessNone(isNone, add(between, LOG_ROOT_2PI));
}

/** log of the integral of the tail in widths: of e^(-(n - 1) w) n / alpha over w = `decades`. */
function logTail(tail: Tail, { from, to }: Side): Var {
  const { alpha, n } = tail;
  const low = sub(maximum(from, alpha), alpha);
  const start = decades(tail, low);
  const rate = sub(n, 1);
  const factor = sub(log(div(n, alpha)), add(mul(square(alpha), 0.5), mul(rate, start)));
  if (to === undefined) return sub(factor, log(rate));
  const isNone = sub(1, greater(to, maximum(from, alpha)));
  const length = where(isNone, 1, sub(sub(to, alpha), low));
  const slope = div(alpha, n);
  // The difference of the decades at both ends.
  const width = log1p(div(mul(slope, length), add(1, mul(slope, low))));
  return unlessNone(isNone, add(factor, add(log(width), logMeanDecay(mul(rate, width)))));
}

export const crystalball: DensityKind<CrystalballForm> = {
  doc: "exp(-½ d²) with d = |m - m0| / sigma up to d = alpha, beyond a power -n of the distance that continues it; sigma, alpha and n of the left (_L) and of the right (_R); normalised over the domain of m",
  entries: {
    kind: oneOf("crystalball"),
    m: aText,
    m0: aValue,
    sigma_L: aValue,
    sigma_R: aValue,
    alpha_L: aValue,
    alpha_R: aValue,
    n_L: aValue,
    n_R: aValue,
  },
  values: (form) => [form.m0, form.sigma_L, form.sigma_R, form.alpha_L, form.alpha_R, form.n_L, form.n_R],
  parts: () => [],
  shape: ({ m }, _, given) => ({ of: [m], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: () => {},
  bind(form, at) {
    const centre = at.value(form.m0);
    const left = { alpha: at.value(form.alpha_L), n: at.value(form.n_L) };
    const right = { alpha: at.value(form.alpha_R), n: at.value(form.n_R) };
    const widths = [at.value(form.sigma_L), at.value(form.sigma_R)] as const;
    return overDomain(at, form.m, {
      logShape() {
        const distance = sub(at.column(form.m), centre);
        const isLeft = less(distance, 0);
        const size = where(isLeft, neg(distance), distance);
        const tail = { alpha: where(isLeft, left.alpha, right.alpha), n: where(isLeft, left.n, right.n) };
        return logShapeOf(tail, div(size, where(isLeft, widths[0], widths[1])));
      },
      logIntegral(interval) {
        const sides = sidesOf(interval, centre, widths);
        const parts = [left, right].flatMap((tail, i) =>
          [logCore(tail, sides[i]!), logTail(tail, sides[i]!)].map((own) => add(own, log(widths[i]!))),
        );
        return logSum(parts);
      },
    });
  },
  draw: (form, draws) =>
    withinDomain(draws, form.m, async (own) => {
      const centre = await own.value(form.m0);
      const [low, high] = own.domain(form.m);
      const side = async (sign: -1 | 1, sigma: Value, alpha: Value, n: Value) => {
        const all = [await own.value(sigma), await own.value(alpha), await own.value(n)] as const;
        const [near, far] = sign < 0 ? [high, low] : [low, high];
        return (i: number) =>
          drawnSide([all[0][i]!, all[1][i]!, all[2][i]!], sign * (near - centre[i]!), sign * (far - centre[i]!));
      };
      const left = await side(-1, form.sigma_L, form.alpha_L, form.n_L);
      const right = await side(1, form.sigma_R, form.alpha_R, form.n_R);
      const [choices, places, normals] = [own.uniforms(), own.uniforms(), own.normals()];
      return centre.map((middle, i) => {
        const [below, above] = [left(i), right(i)];
        const chosen = choices[i]! * (below.area + above.area);
        const isLeft = chosen < below.area;
        const distance = (isLeft ? below : above).at(isLeft ? chosen : chosen - below.area, places[i]!, normals[i]!);
        return isLeft ? middle - distance : middle + distance;
      });
    }),
};

/**
 * Proposals on one side of m0, from one distance to another: all of the normal half, of which what lies in the tail is drawn again, and the tail.
 *
 * @param from  of the near end of the domain, 0 or below where m0 lies in it
 */
function drawnSide([sigma, alpha, n]: readonly [number, number, number], from: number, to: number) {
  const [start, end] = [from, to].map((distance) => Math.max(distance / sigma, alpha)) as [number, number];
  const core = from < alpha * sigma && to > 0 ? Math.sqrt(Math.PI / 2) : 0;
  const [first, last] = [start, end].map((d) => exactLog(1 + (alpha / n) * (d - alpha))) as [number, number];
  const [rate, width] = [n - 1, last - first];
  const factor = (n / alpha) * exactExp(-0.5 * alpha * alpha - rate * first);
  // An open end has an integral for n > 1 alone.
  const mean = rate === 0 ? width : -exactExpm1(Math.max(-rate * width, -50)) / rate;
  return {
    area: sigma * (core + (width > 0 ? factor * mean : 0)),
    at(chosen: number, place: number, normal: number): number {
      if (chosen < sigma * core) return Math.abs(normal) < alpha ? sigma * Math.abs(normal) : Number.NaN;
      const distance = drawnDecay(place, rate, width);
      const w = rate < 0 ? last - distance : first + distance;
      return sigma * (alpha + (n / alpha) * (exactExp(w) - 1));
    },
  };
}
