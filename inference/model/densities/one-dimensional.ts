/** Densities of one column that are known on all numbers, or on one side of one, and are cut to the domain of the column. */
import { UsageError } from "../../../engine/errors.js";
import { concatenate, log, logSumExp, reshape, sub } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { BoundDensity, Environment } from "../language/environment.js";
import type { BoundInterval, BoundRegion, End, Interval } from "../language/region.js";

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
