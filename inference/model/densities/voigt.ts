/** RooFit's RooVoigtian: the convolution of a Cauchy distribution of full width `width` and a normal one of standard deviation `sigma`; cut to the domain of x. */

import { cos as exactCos, sin as exactSin } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import {
  add,
  asinh,
  div,
  expm1,
  log,
  logFaddeeva,
  maximum,
  minimum,
  mul,
  neg,
  softplus,
  sub,
} from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import { logIntegral } from "../language/quadrature.js";
import { type End, isOpen } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { overDomain } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface VoigtForm {
  readonly kind: "voigt";
  /** Column. */
  readonly x: string;
  readonly mean: Value;
  /** Full width at half maximum of the Cauchy distribution, 0 or above. */
  readonly width: Value;
  /** Standard deviation of the normal distribution, above 0. */
  readonly sigma: Value;
}

/** Parts of an interval, each with nodes of its own. */
const PANELS = 8;

/** Beyond the end of an interval in u = asinh(distance / scale), or the peak, an open one has e^-REACH of its integral. */
const REACH = 40;

const sinh = (u: Var) => mul(0.5, sub(expm1(u), expm1(neg(u))));
/** log cosh u, which no exponential overflows. */
const logCosh = (u: Var) => add(sub(softplus(mul(u, -2)), Math.LN2), u);

export const voigt: DensityKind<VoigtForm> = {
  doc: "the convolution of a Cauchy distribution of full width `width` and a normal one of standard deviation sigma, both about mean, normalised over the domain of x",
  entries: { kind: oneOf("voigt"), x: aText, mean: aValue, width: aValue, sigma: aValue },
  values: ({ mean, width, sigma }) => [mean, width, sigma],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: () => {},
  bind({ x, mean, width, sigma }, at, name) {
    const [centre, fullWidth, spread] = [at.value(mean), at.value(width), at.value(sigma)];
    const unit = mul(spread, Math.SQRT2);
    const y = div(mul(fullWidth, 0.5), unit);
    // Where it is wide and where it is narrow, the peak and its tails are smooth in u, of x = mean + scale sinh u.
    const scale = add(spread, mul(fullWidth, 0.5));
    const place = (end: End) => asinh(div(sub(end, centre), scale));
    return overDomain(at, x, {
      logShape: () => logFaddeeva(div(sub(at.column(x), centre), unit), y),
      logIntegral([low, high]) {
        if (isOpen(low) && isOpen(high)) return add(log(unit), 0.5 * Math.log(Math.PI));
        const [from, to] = [low, high].map((end) => (isOpen(end) ? undefined : place(end)));
        const interval = [from ?? sub(minimum(to!, 0), REACH), to ?? add(maximum(from!, 0), REACH)] as const;
        const found = logIntegral(
          at.tape,
          [{ interval, centre: 0, width: 1 }],
          ([u]) => add(logFaddeeva(div(mul(scale, sinh(u!)), unit), y), logCosh(u!)),
          PANELS,
        );
        at.checkIntegral(`the integral of ${name} over ${x}`, found.error);
        return add(found.log, log(scale));
      },
    });
  },
  draw: ({ x, mean, width, sigma }, draws) =>
    withinDomain(draws, x, async (own) => {
      const [centre, fullWidth, spread] = [await own.value(mean), await own.value(width), await own.value(sigma)];
      const normals = own.normals();
      return own.uniforms().map((u, i) => {
        const tangent = -exactCos(Math.PI * u) / exactSin(Math.PI * u);
        return centre[i]! + spread[i]! * normals[i]! + 0.5 * fullWidth[i]! * tangent;
      });
    }),
};
