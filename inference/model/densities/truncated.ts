/** A density in a part of the domain alone, such as sidebands. */

import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { add, exp, greaterEqual, lessEqual, log, mul, sub, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aRegion } from "../language/entry-kinds.js";
import type { BoundDensity, Environment } from "../language/environment.js";
import {
  type BoundInterval,
  type BoundRegion,
  checkIntervals,
  type Interval,
  intersection,
  type Region,
} from "../language/region.js";
import type { DensityKind } from "./contract.js";
import { withinRegion } from "./rejection.js";

export interface TruncatedForm {
  readonly kind: "truncated";
  readonly density: string;
  /** Of columns that it is of: ascending intervals that do not overlap. */
  readonly region: Region;
}

/** 1 inside, 0 outside. */
function indicator(value: Var, intervals: readonly Interval[]): Var {
  return intervals
    .map(([low, high]) => mul(greaterEqual(value, low), lessEqual(value, high)))
    .reduce((sum, own) => sub(add(sum, own), mul(sum, own)));
}

const isFixed = (interval: BoundInterval): interval is Interval => interval.every((end) => typeof end === "number");

function fixedRegion(where: string, region: BoundRegion): Region {
  if (Object.values(region).every((intervals) => intervals.every(isFixed))) return region as Region;
  throw new UsageError(where, { expected: "a region that no map moves", got: "one that follows from parameters" });
}

/** 1 at events that lie in the region of these columns, 0 at others; undefined where it has none of them. */
const insideOf = (at: Environment, region: Region, columns: readonly string[]): Var | undefined =>
  columns
    .flatMap((column) => (region[column] ? [indicator(at.column(column), region[column])] : []))
    .reduce<Var | undefined>((all, own) => (all === undefined ? own : mul(all, own)), undefined);

/** With the logarithm of 0 outside: shaders have no constant that is infinite. */
const logWithin = (inside: Var | undefined, value: Var): Var =>
  inside === undefined ? value : where(inside, value, log(inside));

/** Without some columns. */
const regionBeside = <R extends BoundRegion>(region: R, columns: readonly string[]): R =>
  Object.fromEntries(Object.entries(region).filter(([column]) => !columns.includes(column))) as R;

/** Both regions together; a column that has nothing in both has no interval left. */
export const narrowed = (a: Region, b: Region): Region =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((column) => {
      const [own, other] = [a[column], b[column]];
      return [column, own && other ? intersection(own, other) : (own ?? other)!];
    }),
  );

export const truncated: DensityKind<TruncatedForm> = {
  doc: "p(x) / ∫ p over a region, 0 outside of it",
  entries: { kind: oneOf("truncated"), density: aText, region: aRegion },
  values: () => [],
  parts: ({ density }) => [density],
  shape: ({ region }, [part]) => ({ ...part!, kept: narrowed(part!.kept ?? {}, region) }),
  check({ density, region }, where, [part], domain, classes) {
    if (Object.keys(region).length === 0) {
      throw new UsageError(where, { expected: "a region with at least one column", got: "none" });
    }
    for (const [column, intervals] of Object.entries(region)) {
      if (!part!.of.includes(column)) {
        throw new UsageError(where, {
          expected: `columns that ${density} is of (${part!.of.join(", ")})`,
          got: column,
        });
      }
      checkIntervals(`${where}, ${column}`, intervals, domain(column), classes(column));
      const kept = part!.kept?.[column];
      if (kept === undefined || intersection(kept, intervals).length > 0) continue;
      const shown = (all: readonly Interval[]) => all.map(([low, high]) => `[${low}, ${high}]`).join(", ");
      throw new UsageError(`${where}, ${column}`, {
        expected: `intervals that overlap those of ${density}, ${shown(kept)}`,
        got: shown(intervals),
      });
    }
  },
  bind({ density, region }, at, name): BoundDensity {
    const whole = at.density(density);
    const columns = Object.keys(region);
    if (columns.some((column) => !isFixed(at.domain(column)))) {
      throw new UsageError(name, {
        expected: "a region that no map moves",
        got: `a map of ${columns.join(", ")} from a range with ends`,
        hint: `Truncate the transported density in place of ${density}`,
      });
    }
    const { logMarginal } = whole;
    return {
      logProb: () => logWithin(insideOf(at, region, columns), sub(whole.logProb(), whole.logProbability(region))),
      logProbability: (other) =>
        sub(whole.logProbability(narrowed(region, fixedRegion(name, other))), whole.logProbability(region)),
      ...(logMarginal && {
        logMarginal(kept, other) {
          const rest = narrowed(regionBeside(region, kept), fixedRegion(name, other));
          return logWithin(insideOf(at, region, kept), sub(logMarginal(kept, rest), whole.logProbability(region)));
        },
      }),
      ...(whole.expected && {
        expected: mul(whole.expected, exp(whole.logProbability(region))),
        logExpected: add(whole.logExpected!, whole.logProbability(region)),
      }),
    };
  },
  draw: ({ density, region }, draws, name) =>
    withinRegion(draws, `draws of ${name}`, region, (own) => own.drawn(density)),
  drawRest: ({ density, region }, draws, kept) =>
    withinRegion(draws, `draws of ${density}`, regionBeside(region, kept), (own) => own.rest(density, kept)),
};
