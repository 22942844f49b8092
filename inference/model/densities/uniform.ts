/** HS³'s uniform_dist: the same everywhere in the domain of x. */
import { aText, oneOf } from "../../../engine/options.js";
import type { DensityKind } from "./contract.js";
import { logDifference, needsEnds, overDomain } from "./one-dimensional.js";

export interface UniformForm {
  readonly kind: "uniform";
  /** Column. */
  readonly x: string;
}

export const uniform: DensityKind<UniformForm> = {
  doc: "1, normalised over the domain of x",
  entries: { kind: oneOf("uniform"), x: aText },
  values: () => [],
  parts: () => [],
  shape: ({ x }) => ({ of: [x], given: [], isExtended: false, crossesKnots: false, hasKnots: false }),
  check: ({ x }, where, _, domain) => needsEnds(where, x, domain(x), ["low", "high"]),
  bind: ({ x }, at) =>
    overDomain(at, x, {
      logShape: () => at.tape.constant(0, [], at.column(x).events),
      logIntegral: ([low, high]) => logDifference(at.tape, high, low),
    }),
  draw: async ({ x }, draws) => {
    const [low, high] = draws.domain(x);
    return { [x]: draws.uniforms().map((u) => low + u * (high - low)) };
  },
};
