/** HS³'s argus_dist: m v^power exp(slope v) with v = 1 - (m / resonance)², 0 from the resonance on; cut to the domain of m. */

import { aText, oneOf } from "../../../engine/options.js";
import { add, div, exp, greater, log, mul, sqrt, square, sub, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import { logIntegral } from "../language/quadrature.js";
import type { End } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { needsEnds, needsNoNegative, overDomain, unlessNone } from "./one-dimensional.js";
import { underLargest } from "./rejection.js";

export interface ArgusForm {
  readonly kind: "argus";
  /** Column m, whose domain has a low end of 0 or above and a high end. */
  readonly mass: string;
  /** The end of the density, above 0. */
  readonly resonance: Value;
  /** Below 0 where the density grows towards its end before it falls there. */
  readonly slope: Value;
  /** Above -1; 1/2 in the density of the ARGUS collaboration. */
  readonly power: Value;
}

/** Parts of an interval, each with nodes of its own. */
const PANELS = 8;

/** v at a place, or 0 beyond the resonance. */
function heightAt(m: Var | End, end: Var): { readonly isNone: Var; readonly v: Var } {
  const own = div(mul(sub(end, m), add(end, m)), square(end));
  const isInside = greater(own, 0);
  return { isNone: sub(1, isInside), v: where(isInside, own, 1) };
}

function logShapeAt({ mass, resonance, slope, power }: ArgusForm, at: Environment): Var {
  const m = at.column(mass);
  const { isNone, v } = heightAt(m, at.value(resonance));
  return unlessNone(isNone, add(log(m), add(mul(at.value(power), log(v)), mul(at.value(slope), v))));
}

export const argus: DensityKind<ArgusForm> = {
  doc: "m v^power exp(slope v) with v = 1 - (m / resonance)², 0 from the resonance on, normalised over the domain of m",
  entries: { kind: oneOf("argus"), mass: aText, resonance: aValue, slope: aValue, power: aValue },
  values: ({ resonance, slope, power }) => [resonance, slope, power],
  parts: () => [],
  shape: ({ mass }, _, given) => ({ of: [mass], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  check({ mass }, where, _, domain) {
    needsEnds(where, mass, domain(mass), ["low", "high"]);
    needsNoNegative(where, mass, domain(mass));
  },
  bind(form, at, name) {
    const { mass, resonance, slope, power } = form;
    const [end, growth, exponent] = [at.value(resonance), at.value(slope), at.value(power)];
    // The fourth root of v: at v = 0 a power of it is smooth enough for the nodes.
    const rootAt = (place: End) => {
      const { isNone, v } = heightAt(place, end);
      return where(isNone, 0, sqrt(sqrt(v)));
    };
    return overDomain(at, mass, {
      logShape: () => logShapeAt(form, at),
      // m dm = -resonance² / 2 dv, dv = 4 t³ dt for v = t⁴.
      logIntegral([low, high]) {
        const [largest, least] = [rootAt(low), rootAt(high)];
        const isInside = greater(largest, least);
        const interval = [where(isInside, least, 0), where(isInside, largest, 1)] as const;
        const found = logIntegral(
          at.tape,
          [{ interval, centre: 0, width: 1 }],
          ([t]) => add(mul(add(mul(exponent, 4), 3), log(t!)), mul(growth, square(square(t!)))),
          PANELS,
        );
        at.checkIntegral(`the integral of ${name} over ${mass}`, found.error);
        return unlessNone(sub(1, isInside), add(found.log, add(mul(log(end), 2), Math.LN2)));
      },
    });
  },
  draw: (form, draws, name) => underLargest(draws, name, form.mass, (at) => exp(logShapeAt(form, at))),
};
