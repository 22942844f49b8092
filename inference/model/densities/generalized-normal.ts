/** HS³'s generalized_normal_dist: exp(-(|x - mean| / alpha)^beta), cut to the domain of x. */
import { exp as exactExp, log as exactLog } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import {
  abs,
  add,
  div,
  exp,
  greater,
  log,
  minimum,
  mul,
  neg,
  sqrt,
  sub,
  where,
} from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import { logIntegral } from "../language/quadrature.js";
import type { DensityKind } from "./contract.js";
import { logSum, overDomain, type Side, sidesOf, unlessNone } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface GeneralizedNormalForm {
  readonly kind: "generalized-normal";
  /** Column. */
  readonly x: string;
  readonly mean: Value;
  /** Where the density is 1/e of its largest value, above 0. */
  readonly alpha: Value;
  /** Above 0; 2 is normal, and larger is flatter. */
  readonly beta: Value;
}

/** Parts of an interval, each with nodes of its own. */
const PANELS = 8;

/** Exponent by which an integral from a on is cut: what is left out is e^-CUT times a power of it. */
const CUT = 80;

/** t^beta of t >= 0, whose derivatives at 0 are 0. */
function powerOf(t: Var, beta: Var): Var {
  const isZero = sub(1, greater(t, 0));
  // Guard the input, not the output: the logarithm of 0 would make derivatives of 0 · ∞.
  return where(isZero, 0, exp(mul(beta, log(where(isZero, 1, t)))));
}

/** log of the integral of e^(-t^beta) on one side: over the fourth root of t, of which a power at 0 is smooth enough for the nodes. */
function logIntegralOf(at: Environment, beta: Var, { from, to }: Side, what: string): Var {
  const start = powerOf(from, beta);
  const last = exp(div(log(add(start, CUT)), beta));
  const end = to ? minimum(to, last) : last;
  const isNone = sub(1, greater(end, from));
  const root = (t: Var) => {
    const isZero = sub(1, greater(t, 0));
    return where(isZero, 0, sqrt(sqrt(where(isZero, 1, t))));
  };
  const interval = [where(isNone, 0, root(from)), where(isNone, 1, root(end))] as const;
  const base = where(isNone, 0, start);
  const found = logIntegral(
    at.tape,
    [{ interval, centre: 0, width: 1 }],
    ([r]) => add(sub(base, exp(mul(mul(beta, 4), log(r!)))), mul(log(r!), 3)),
    PANELS,
  );
  at.checkIntegral(what, found.error);
  return unlessNone(isNone, sub(add(found.log, Math.log(4)), base));
}

export const generalizedNormal: DensityKind<GeneralizedNormalForm> = {
  doc: "exp(-(|x - mean| / alpha)^beta), normalised over the domain of x",
  entries: { kind: oneOf("generalized-normal"), x: aText, mean: aValue, alpha: aValue, beta: aValue },
  values: ({ mean, alpha, beta }) => [mean, alpha, beta],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: () => {},
  bind({ x, mean, alpha, beta }, at, name) {
    const [centre, scale, power] = [at.value(mean), at.value(alpha), at.value(beta)];
    return overDomain(at, x, {
      logShape: () => neg(powerOf(abs(div(sub(at.column(x), centre), scale)), power)),
      logIntegral(interval) {
        const sides = sidesOf(interval, centre, [scale, scale]);
        const what = `the integral of ${name} over ${x}`;
        return add(logSum(sides.map((side) => logIntegralOf(at, power, side, what))), log(scale));
      },
    });
  },
  draw: ({ x, mean, alpha, beta }, draws) =>
    withinDomain(draws, x, async (own) => {
      const [centre, scale, power] = [await own.value(mean), await own.value(alpha), await own.value(beta)];
      const [normals, limits, places, signs] = [own.normals(), own.uniforms(), own.uniforms(), own.uniforms()];
      // t is U G^(1/beta), U uniform and G of a gamma distribution of shape 1 + 1/beta: t^beta has then one of shape 1/beta.
      return centre.map((middle, i) => {
        const size = places[i]! * exactExp(exactLog(gamma(1 + 1 / power[i]!, normals[i]!, limits[i]!)) / power[i]!);
        return middle + (signs[i]! < 0.5 ? -1 : 1) * scale[i]! * size;
      });
    }),
};

/** A number of a gamma distribution of shape a >= 1, or NaN: then another normal and uniform number are wanted. Marsaglia and Tsang 2000, ACM TOMS 26, 363. */
function gamma(a: number, normal: number, uniform: number): number {
  const d = a - 1 / 3;
  const root = 1 + normal / Math.sqrt(9 * d);
  const v = root * root * root;
  return v > 0 && exactLog(uniform) < 0.5 * normal * normal + d * (1 - v + exactLog(v)) ? d * v : Number.NaN;
}
