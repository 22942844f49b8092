/** Densities of one column that are known on all numbers, or on one side of one, and are cut to the domain of the column. */
import { UsageError } from "../../../engine/errors.js";
import {
  add,
  concatenate,
  div,
  log,
  logSumExp,
  maximum,
  reshape,
  sub,
  where,
} from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { BoundDensity, Environment } from "../language/environment.js";
import { type BoundInterval, type BoundRegion, type End, type Interval, isOpen } from "../language/region.js";

export interface OneDimensional {
  /** log of the density up to a factor that depends on no column that it is of, per event. */
  logShape(): Var;
  /** log of the integral of that over an interval. */
  logIntegral(interval: BoundInterval): Var;
}

/** Of sums on one axis: shapes [] become [n]. */
export function logSum(terms: readonly Var[]): Var {
  if (terms.length === 1) return terms[0]!;
  const rows = terms.map((term) => reshape(term, [...term.shape, 1]));
  const all = concatenate(rows);
  return reshape(logSumExp(all, -1), all.shape.slice(0, -1));
}

/** log of the part that some integrals, of nothing in common, are of the whole one: 0 has no part. */
export const logShare = (tape: Tape, parts: readonly Var[], whole: () => Var): Var =>
  parts.length === 0 ? log(tape.constant(0, [])) : sub(logSum(parts), whole());

export function overDomain(at: Environment, column: string, { logShape, logIntegral }: OneDimensional): BoundDensity {
  const domain = at.domain(column);
  let whole: Var | undefined;
  const normalisation = () => {
    whole ??= logIntegral(domain);
    return whole;
  };
  return {
    logProb: () => sub(logShape(), normalisation()),
    unnormalised: { logShape, logNormalisation: normalisation },
    logProbability(region: BoundRegion) {
      const intervals = region[column];
      if (intervals === undefined) return at.tape.constant(0, []);
      return logShare(at.tape, intervals.map(logIntegral), normalisation);
    },
  };
}

/** The distance of two ends of intervals. */
export const difference = (tape: Tape, high: End, low: End): Var =>
  typeof high === "number" && typeof low === "number" ? tape.constant(high - low, []) : sub(high, low);

/** log of that. */
export const logDifference = (tape: Tape, high: End, low: End): Var =>
  typeof high === "number" && typeof low === "number" ? tape.constant(Math.log(high - low), []) : log(sub(high, low));

/** log of an end. */
export const logOf = (tape: Tape, end: End): Var =>
  typeof end === "number" ? tape.constant(Math.log(end), []) : log(end);

/** log of something that is 0 where it is none, such as the integral over an interval that has no width. @param value  finite there */
export const unlessNone = (isNone: Var, value: Var): Var => add(value, log(where(isNone, 0, 1)));

/** From where to where an interval lies beyond a centre, in one direction, in units of a scale, from 0 on; both 0 where it does not. */
export interface Side {
  readonly from: Var;
  /** Absent: to infinity. */
  readonly to: Var | undefined;
}

/** Those of an interval below and above a centre. */
export function sidesOf([low, high]: BoundInterval, centre: Var, [ofBelow, ofAbove]: readonly [Var, Var]) {
  const below = (end: End) => maximum(div(sub(centre, end), ofBelow), 0);
  const above = (end: End) => maximum(div(sub(end, centre), ofAbove), 0);
  const nothing = centre.tape.constant(0, []);
  const side = (of: (end: End) => Var, near: End, far: End): Side => ({
    from: isOpen(near) ? nothing : of(near),
    to: isOpen(far) ? undefined : of(far),
  });
  return [side(below, high, low), side(above, low, high)] as const;
}

/** Refuses a domain that has numbers below 0. */
export function needsNoNegative(where: string, column: string, domain: Interval): void {
  if (domain[0] >= 0) return;
  throw new UsageError(where, {
    expected: `a range of ${column} from 0 or above`,
    got: `[${domain.join(", ")}]`,
    hint: `Give the column its range: columns: { ${column}: { range: [0, high] } }`,
  });
}

/** Refuses a domain without the ends that the density needs. */
export function needsEnds(where: string, column: string, domain: Interval, ends: readonly ("low" | "high")[]): void {
  const missing = ends.filter((end) => !Number.isFinite(domain[end === "low" ? 0 : 1]));
  if (missing.length === 0) return;
  throw new UsageError(where, {
    expected: `a range of ${column} with a ${ends.join(" and a ")} end`,
    got: `[${domain.join(", ")}]`,
    hint: `Give the column its range: columns: { ${column}: { range: [low, high] } }`,
  });
}
