/** The density of some columns of a density, the others integrated over. */
import { UsageError } from "../../../engine/errors.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { ColumnGroup, Environment, Shape } from "../language/environment.js";
import type { BoundRegion } from "../language/region.js";

/** The groups of columns that a density is a product over; of one that is no product, all of them. */
export const groupsOf = ({ of, groups }: Pick<Shape, "of" | "groups">): readonly ColumnGroup[] =>
  groups ?? [{ of, given: [] }];

/** Those that a sum of densities has: where all of them have the same. */
export function commonGroups(shapes: readonly Shape[]): readonly ColumnGroup[] | undefined {
  const [first, ...others] = shapes.map((own) => groupsOf(own));
  const named = ({ of }: ColumnGroup) => [...of].sort().join();
  const names = (all: readonly ColumnGroup[]) => all.map(named).sort().join("; ");
  if (first === undefined || others.some((own) => names(own) !== names(first))) return undefined;
  return first.map((own) => {
    const alike = others.map((all) => all.find((one) => named(one) === named(own))!);
    return { of: own.of, given: [...new Set([own, ...alike].flatMap(({ given }) => given))] };
  });
}

/** Whether the density of these columns alone is known: they are groups, none of which is conditional on the others. */
export const hasMarginal = (shape: Shape, kept: readonly string[]): boolean =>
  groupsOf(shape).every(({ of, given }) => {
    const isKept = (column: string) => kept.includes(column);
    return !of.some(isKept) || (of.every(isKept) && given.every((own) => isKept(own) || !shape.of.includes(own)));
  });

/**
 * log of the density of some of its columns, and of the probability that others lie in a region.
 *
 * @param kept    other columns of the density are integrated over
 * @param region  of these
 */
export function logMarginal(at: Environment, density: string, kept: readonly string[], region: BoundRegion): Var {
  const { of } = at.shape(density);
  const own = of.filter((column) => kept.includes(column));
  const bound = at.density(density);
  if (own.length === of.length) return bound.logProb();
  const within = Object.fromEntries(Object.entries(region).filter(([column]) => of.includes(column)));
  if (own.length === 0) {
    return Object.keys(within).length === 0 ? at.tape.constant(0, []) : bound.logProbability(within);
  }
  const found = bound.logMarginal?.(own, within);
  if (found !== undefined) return found;
  throw new UsageError(density, {
    expected: "a density whose columns can be integrated over",
    got: `one of ${of.join(", ")}, of which ${own.join(", ")} are no part`,
  });
}
