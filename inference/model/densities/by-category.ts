/** Integrals of a density whose numbers follow from categories: there are as many of them as combinations of values, not as events. */
import { equal, mul, sub, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { BoundDensity, Environment } from "../language/environment.js";
import type { BoundInterval } from "../language/region.js";

/** With more combinations, an integral for each event is no more work. */
const MOST = 64;

const hasNumbers = (interval: BoundInterval) => interval.every((end) => typeof end === "number");

/** All combinations of the values of categorical columns. */
const combinations = (classes: ReadonlyMap<string, readonly number[]>) =>
  [...classes].reduce<ReadonlyMap<string, number>[]>(
    (all, [column, values]) => all.flatMap((own) => values.map((value) => new Map([...own, [column, value]]))),
    [new Map()],
  );

/**
 * The same density, with its integrals made once for each combination of the categories that it looks at, where it looks at nothing else.
 *
 * @param bind  the density in another environment
 */
export function integratedByCategory(
  at: Environment,
  name: string,
  bound: BoundDensity,
  bind: (at: Environment) => BoundDensity,
): BoundDensity {
  const { of, given } = at.shape(name);
  const { unnormalised } = bound;
  if (unnormalised === undefined || given.length === 0) return bound;
  const classes = new Map(
    given.flatMap((column) => {
      const values = at.classes(column);
      return values !== undefined && at.column(column).events ? [[column, values] as const] : [];
    }),
  );
  const count = [...classes.values()].reduce((product, values) => product * values.length, 1);
  if (classes.size < given.length || count > MOST || !of.every((column) => hasNumbers(at.domain(column)))) return bound;
  const parts = combinations(classes).map((values) => {
    const columns = Object.fromEntries([...values].map(([column, value]) => [column, at.tape.constant(value, [])]));
    return { values, density: bind(at.withColumns(columns)) };
  });
  const isOf = (values: ReadonlyMap<string, number>) =>
    [...values].map(([column, value]) => equal(at.column(column), value)).reduce((a, b) => mul(a, b));
  const chosen = (integral: (density: BoundDensity) => Var) => {
    const first = integral(parts[0]!.density);
    // Where parameters differ from event to event, as for gradients of single events, so do integrals.
    if (first.events) return integral(bound);
    return parts.slice(1).reduce((others, own) => where(isOf(own.values), integral(own.density), others), first);
  };
  return {
    ...bound,
    logProb: () =>
      sub(
        unnormalised.logShape(),
        chosen((own) => own.unnormalised!.logNormalisation()),
      ),
    logProbability: (region) =>
      Object.values(region).flat().every(hasNumbers)
        ? chosen((own) => own.logProbability(region))
        : bound.logProbability(region),
  };
}
