/** Johnson's S_U, RooFit's RooJohnson: z = gamma + delta asinh((x - mu) / lambda) is standard normal; cut to the domain of x. */

import { expm1 as exactExpm1 } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import { add, asinh, div, log, mul, softplus, square, sub } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import { isOpen } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { logNormalBetween } from "./gaussian.js";
import { overDomain } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface JohnsonForm {
  readonly kind: "johnson";
  /** Column. */
  readonly x: string;
  readonly mu: Value;
  /** Above 0. */
  readonly lambda: Value;
  readonly gamma: Value;
  /** Above 0. */
  readonly delta: Value;
}

const LOG_ROOT_2PI = 0.5 * Math.log(2 * Math.PI);

/** Beyond, e^y is no number: events of a delta below 0.01 or so end there. */
const MOST = 700;

/** ½ log(1 + sinh² y) = log cosh y, which no square overflows. */
const logCosh = (y: Var) => sub(add(y, softplus(mul(y, -2))), Math.LN2);

/** With all digits near 0, by functions that are the same on every machine. */
function exactSinh(y: number): number {
  const grown = exactExpm1(Math.min(Math.abs(y), MOST));
  return 0.5 * Math.sign(y) * (grown + grown / (grown + 1));
}

export const johnson: DensityKind<JohnsonForm> = {
  doc: "Johnson's S_U, of which gamma + delta asinh((x - mu) / lambda) is standard normal, normalised over the domain of x",
  entries: { kind: oneOf("johnson"), x: aText, mu: aValue, lambda: aValue, gamma: aValue, delta: aValue },
  values: ({ mu, lambda, gamma, delta }) => [mu, lambda, gamma, delta],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: () => {},
  bind({ x, mu, lambda, gamma, delta }, at) {
    const [centre, width, shift, power] = [at.value(mu), at.value(lambda), at.value(gamma), at.value(delta)];
    const bent = (value: Var | number) => asinh(div(sub(value, centre), width));
    const standard = (y: Var) => add(shift, mul(power, y));
    return overDomain(at, x, {
      logShape() {
        const y = bent(at.column(x));
        const logSlope = sub(sub(log(power), log(width)), logCosh(y));
        return sub(logSlope, add(mul(square(standard(y)), 0.5), LOG_ROOT_2PI));
      },
      logIntegral([low, high]) {
        const ends = [low, high].map((end) => (isOpen(end) ? undefined : standard(bent(end))));
        return logNormalBetween(ends[0], ends[1]) ?? at.tape.constant(0, []);
      },
    });
  },
  draw: ({ x, mu, lambda, gamma, delta }, draws) =>
    withinDomain(draws, x, async (own) => {
      const [centre, width] = [await own.value(mu), await own.value(lambda)];
      const [shift, power] = [await own.value(gamma), await own.value(delta)];
      return own.normals().map((z, i) => centre[i]! + width[i]! * exactSinh((z - shift[i]!) / power[i]!));
    }),
};
