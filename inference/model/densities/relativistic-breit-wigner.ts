/**
 * HS³'s relativistic_breit_wigner_dist of one channel without masses and spin, so with a constant width: x / ((x² - mass²)² + mass² Gamma²), whose square of x has
 * a Cauchy distribution; cut to the domain of x.
 */
import { cos as exactCos, sin as exactSin } from "../../../engine/exact-functions.js";
import { aText, oneOf } from "../../../engine/options.js";
import { add, atan, div, greater, log, mul, square, sub, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import { type End, isOpen } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { difference, needsNoNegative, overDomain } from "./one-dimensional.js";
import { withinDomain } from "./rejection.js";

export interface RelativisticBreitWignerForm {
  readonly kind: "relativistic-breit-wigner";
  /** Column, whose domain has a low end of 0 or above. */
  readonly x: string;
  /** Of the resonance, above 0. */
  readonly mass: Value;
  /** Full width, above 0. */
  readonly Gamma: Value;
}

/** The angle of the point (x, y), y > 0, from 0 to π: with all digits near 0 too. */
function angle(y: Var, x: Var): Var {
  const isSmall = greater(x, y);
  // Guard the input, not the output.
  const small = atan(div(y, where(isSmall, x, y)));
  return where(isSmall, small, sub(Math.PI / 2, atan(div(where(isSmall, y, x), y))));
}

export const relativisticBreitWigner: DensityKind<RelativisticBreitWignerForm> = {
  doc: "x / ((x² - mass²)² + mass² Gamma²), normalised over the domain of x",
  entries: { kind: oneOf("relativistic-breit-wigner"), x: aText, mass: aValue, Gamma: aValue },
  values: ({ mass, Gamma }) => [mass, Gamma],
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check: ({ x }, where, _, domain) => needsNoNegative(where, x, domain(x)),
  bind({ x, mass, Gamma }, at) {
    const [centre, width] = [at.value(mass), at.value(Gamma)];
    const scale = mul(centre, width);
    const distance = (value: Var | End) => mul(sub(value, centre), add(value, centre));
    return overDomain(at, x, {
      logShape() {
        const own = at.column(x);
        return sub(log(own), log(add(square(distance(own)), square(scale))));
      },
      logIntegral([low, high]) {
        const a = div(distance(low), scale);
        const one = at.tape.constant(1, []);
        if (isOpen(high)) return sub(log(angle(one, a)), log(mul(scale, 2)));
        // Of the angles atan a and atan b the difference, whose tangent is (b - a) / (1 + a b): no difference of numbers near π/2.
        const step = div(mul(difference(at.tape, high, low), add(mul(one, low), high)), scale);
        const between = angle(step, add(1, mul(a, div(distance(high), scale))));
        return sub(log(between), log(mul(scale, 2)));
      },
    });
  },
  draw: ({ x, mass, Gamma }, draws) =>
    withinDomain(draws, x, async (own) => {
      const [centre, width] = [await own.value(mass), await own.value(Gamma)];
      // Below 0 the square of x has no root, and is drawn again.
      return own.uniforms().map((u, i) => {
        const tangent = -exactCos(Math.PI * u) / exactSin(Math.PI * u);
        return Math.sqrt(centre[i]! * (centre[i]! + width[i]! * tangent));
      });
    }),
};
