/** HS³'s product_dist: a product of densities of different columns, each of which may be conditional on columns of the others. */

import { UsageError } from "../../../engine/errors.js";
import { oneOf } from "../../../engine/options.js";
import { add } from "../../../engine/tape/operations.js";
import { texts } from "../language/entry-kinds.js";
import { type BoundDensity, type Shape, unionOf } from "../language/environment.js";
import type { DensityKind, Draws } from "./contract.js";
import { groupsOf, logMarginal } from "./marginal.js";

export interface ProductForm {
  readonly kind: "product";
  /** Densities of different columns; p(a | b) p(b) where one is conditional on columns of another. */
  readonly factors: readonly string[];
}

/**
 * The factors in an order in which each is conditional on columns of earlier ones alone; undefined where there is none.
 *
 * @param factors  [F]
 */
function conditionalOrder(factors: readonly Shape[]): number[] | undefined {
  const order: number[] = [];
  const own = new Set(factors.flatMap(({ of }) => of));
  const known = new Set<string>();
  while (order.length < factors.length) {
    const next = factors.findIndex(
      ({ given }, f) => !order.includes(f) && given.every((column) => !own.has(column) || known.has(column)),
    );
    if (next < 0) return undefined;
    order.push(next);
    for (const column of factors[next]!.of) known.add(column);
  }
  return order;
}

/** Every factor at what those before it gave. */
async function drawnInOrder(factors: readonly string[], draws: Draws, kept: readonly string[]) {
  const order = conditionalOrder(factors.map((factor) => draws.shape(factor)))!;
  let all: Readonly<Record<string, Float64Array>> = {};
  for (const f of order) all = { ...all, ...(await draws.with(all).rest(factors[f]!, kept)) };
  return all;
}

export const product: DensityKind<ProductForm> = {
  doc: "Π p_i(x_i | …)",
  entries: { kind: oneOf("product"), factors: texts },
  values: () => [],
  parts: ({ factors }) => factors,
  shape(_, parts) {
    const of = parts.flatMap((own) => own.of);
    const groups = parts.flatMap((own) =>
      groupsOf(own).map((group) => ({ of: group.of, given: unionOf([group.given, own.given]) })),
    );
    return {
      of,
      groups,
      given: unionOf(parts.map((own) => own.given)).filter((column) => !of.includes(column)),
      isExtended: parts.some(({ isExtended }) => isExtended),
      crossesKnots: parts.some(({ crossesKnots }) => crossesKnots),
      hasKnots: parts.some(({ hasKnots }) => hasKnots),
    };
  },
  check({ factors }, where, parts) {
    if (factors.length < 1) throw new UsageError(where, { expected: "at least one factor", got: "none" });
    const of = parts.flatMap((own) => own.of);
    const twice = of.find((column, i) => of.indexOf(column) !== i);
    if (twice !== undefined) {
      throw new UsageError(where, { expected: "factors of different columns", got: `${twice} in two of them` });
    }
    if (conditionalOrder(parts) === undefined) {
      throw new UsageError(where, {
        expected: "factors that can be put in an order, each conditional on columns of earlier ones alone",
        got: parts.map((own, f) => `${factors[f]} of ${own.of.join(", ")} given ${own.given.join(", ")}`).join("; "),
      });
    }
    if (parts.filter(({ isExtended }) => isExtended).length > 1) {
      throw new UsageError(where, { expected: "at most one factor with numbers of events", got: "several" });
    }
  },
  bind({ factors }, at, name): BoundDensity {
    const parts = factors.map((factor) => at.density(factor));
    const shapes = factors.map((factor) => at.shape(factor));
    const extended = parts.find((part) => part.expected !== undefined);
    /** Refuses a region in which a factor depends on columns that are integrated over. */
    const checkRegion = (columns: readonly string[], known: readonly string[]) => {
      const narrowed = shapes.flatMap((shape, f) => (shape.of.some((own) => columns.includes(own)) ? [f] : []));
      const own = shapes.flatMap(({ of }) => of).filter((column) => !known.includes(column));
      const dependent = narrowed.find((f) => shapes[f]!.given.some((column) => own.includes(column)));
      if (dependent === undefined) return narrowed;
      const on = shapes[dependent]!.given.filter((column) => own.includes(column)).join(", ");
      throw new UsageError(name, {
        expected: "a region of columns whose densities depend on no other column of the product",
        got: `a region of ${columns.join(", ")}, where ${factors[dependent]} is conditional on ${on}`,
      });
    };
    return {
      logProb: () => parts.map((part) => part.logProb()).reduce(add),
      logProbability(region) {
        const narrowed = checkRegion(Object.keys(region), []);
        const logs = narrowed.map((f) => parts[f]!.logProbability(region));
        return logs.length === 0 ? at.tape.constant(0, []) : logs.reduce(add);
      },
      logMarginal(kept, region) {
        checkRegion(Object.keys(region), kept);
        const isLookedAt = ({ of }: Shape) => of.some((own) => kept.includes(own) || region[own] !== undefined);
        const own = factors.filter((_, f) => isLookedAt(shapes[f]!));
        return own.map((factor) => logMarginal(at, factor, kept, region)).reduce(add);
      },
      ...(extended && { expected: extended.expected, logExpected: extended.logExpected }),
    };
  },
  draw: ({ factors }, draws) => drawnInOrder(factors, draws, []),
  drawRest: ({ factors }, draws, kept) => drawnInOrder(factors, draws, kept),
};
