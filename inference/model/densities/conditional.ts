/** The density of some columns at given values of the others: p(y | x) of a density of both. */
import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { sub } from "../../../engine/tape/operations.js";
import { texts } from "../language/entry-kinds.js";
import type { BoundRegion } from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { groupsOf, hasMarginal, logMarginal } from "./marginal.js";

export interface ConditionalForm {
  readonly kind: "conditional";
  /** Of both; products, and sums of products of the same columns, also in a region. */
  readonly density: string;
  /** Columns of it that are given. */
  readonly given: readonly string[];
}

export const conditional: DensityKind<ConditionalForm> = {
  doc: "p(y | x) = p(x, y) / ∫ p(x, y) dy",
  entries: { kind: oneOf("conditional"), density: aText, given: texts },
  values: () => [],
  parts: ({ density }) => [density],
  shape: ({ given }, [part]) => {
    const { groups: _, kept = {}, ...own } = part!;
    const of = part!.of.filter((column) => !given.includes(column));
    const ownRegion = Object.entries(kept).filter(([column]) => of.includes(column));
    return {
      ...own,
      of,
      ...(ownRegion.length > 0 && { kept: Object.fromEntries(ownRegion) }),
      given: [...new Set([...part!.given, ...given])],
    };
  },
  check({ density, given }, where, [part]) {
    const other = given.find((column) => !part!.of.includes(column));
    if (given.length === 0 || other !== undefined || given.length >= part!.of.length) {
      throw new UsageError(where, {
        expected: `some of the columns that ${density} is of (${part!.of.join(", ")}), and not all`,
        got: other ?? (given.join(", ") || "none"),
      });
    }
    if (hasMarginal(part!, given)) return;
    const shown = groupsOf(part!).map((group) => {
      const on = group.given.filter((column) => part!.of.includes(column));
      return on.length === 0 ? group.of.join(", ") : `${group.of.join(", ")} given ${on.join(", ")}`;
    });
    throw new UsageError(where, {
      expected: `columns of ${density} whose density alone is known`,
      got: `${given.join(", ")} of a density of ${shown.join("; ")}`,
      hint: "Make it a product, or a sum of products, in which no factor of the given columns is conditional on the others",
    });
  },
  bind({ density, given }, at, name) {
    const { of, isExtended } = at.shape(name);
    const joint = at.density(density);
    const ofGiven = (region: BoundRegion) => logMarginal(at, density, given, region);
    return {
      logProb: () => sub(joint.logProb(), ofGiven({})),
      logProbability: (region) =>
        of.some((column) => region[column] !== undefined) ? sub(ofGiven(region), ofGiven({})) : at.tape.constant(0, []),
      ...(isExtended && { expected: joint.expected, logExpected: joint.logExpected }),
    };
  },
  draw: ({ density, given }, draws) => draws.rest(density, given),
};
