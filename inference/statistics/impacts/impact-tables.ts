/** Impacts on numbers: on the nuisances themselves and on what follows from them, with groups and what is left for the data. */

import { UsageError } from "../../../engine/errors.js";
import { aFunction, aList, anObject, checkArgument, checkParts, numbers } from "../../../engine/options.js";
import type { Covariance } from "../fit/covariance.js";
import { cholesky, choleskySolve, dot, submatrix } from "../linear-algebra/symmetric-matrix.js";
import { indexOfName } from "../objective.js";
import type { ImpactDefinition, ImpactSource, ImpactSources } from "./impact-sources.js";

/** A number that depends on ν: a nuisance itself, or expected events of one process or of all. */
export interface ImpactTarget {
  readonly kind: "nuisance" | "yield" | "total yield";
  /** Of the nuisance or process; empty for the total. */
  readonly name: string;
}

/** Targets with their values at ν, in the same order. */
export interface TargetFunctions {
  readonly targets: readonly ImpactTarget[];
  evaluate(nu: readonly number[]): Promise<readonly number[]>;
}

/** Of one source on one target, in the target's units. */
export interface Impact {
  readonly source: string;
  /** Target at +1 of the source less target at ν̂. */
  readonly up: number;
  readonly down: number;
  /** √(½ (up² + down²)) */
  readonly size: number;
  /** 1 for the largest size. */
  readonly rank: number;
}

export interface GroupImpact {
  readonly name: string;
  readonly size: number;
}

/** Impacts of all sources on one target, in the order of the sources. */
export interface ImpactTable {
  readonly definition: ImpactSources["definition"];
  readonly target: ImpactTarget;
  /** Value at ν̂. */
  readonly nominal: number;
  /** By `shift` and `covariance`, a nuisance's on itself is its σ and left out. */
  readonly impacts: readonly Impact[];
  /**
   * For independent sources (`auxiliary`) the quadratic sum. By the other definitions the square root of what the group
   * explains of the target's variance, vᵀ C_GG⁻¹ v with v the covariances of the target with its members: by so much the
   * variance is less where they are known exactly. None of `mode`.
   */
  readonly groups: readonly GroupImpact[];
  /** σ of the target: quadratic sum over the principal modes. */
  readonly total: number;
  /**
   * By `auxiliary`: what the total has beyond the constraints, due to the data. Undefined otherwise, and where the target
   * bends so much that the impacts add up to more than the total.
   */
  readonly statistical: number | undefined;
}

/** Names of nuisances by the name of their group. */
export type ImpactGroups = Readonly<Record<string, readonly string[]>>;

/** Refuses empty groups and members that are no nuisances. */
export function checkGroups(names: readonly string[], groups: ImpactGroups): void {
  for (const [group, members] of Object.entries(groups)) {
    if (members.length === 0) {
      throw new UsageError(`impacts: group ${group}`, { expected: "at least one nuisance", got: "none" });
    }
    for (const member of members) indexOfName(`impacts: group ${group}`, names, member);
  }
}

/** Differences of the target at both ends of a source from the target at ν̂. */
interface Ends {
  readonly up: number;
  readonly down: number;
}

const sizeOf = ({ up, down }: Ends) => Math.sqrt(0.5 * (up ** 2 + down ** 2));

export const quadraticSum = (sizes: readonly number[]) => Math.hypot(...sizes);

/** Rank of each size, 1 for the largest; the first comes first among equals. */
export function ranksOf(sizes: readonly number[]): number[] {
  const order = sizes.map((_, i) => i).sort((i, j) => sizes[j]! - sizes[i]!);
  const ranks = new Array<number>(sizes.length);
  for (const [rank, i] of order.entries()) ranks[i] = rank + 1;
  return ranks;
}

/**
 * One table per set of sources and target.
 *
 * @param modes  sources that `modeSources` made of the same covariance, for the total
 */
export async function impactTables(
  functions: TargetFunctions,
  estimate: readonly number[],
  sets: readonly ImpactSources[],
  modes: ImpactSources,
  correlated: { readonly covariance: Covariance; readonly groups: ImpactGroups },
): Promise<readonly ImpactTable[]> {
  checkParts("impactTables", "functions", functions, { evaluate: aFunction });
  checkArgument("impactTables", "the estimate", estimate, numbers);
  checkArgument("impactTables", "sets", sets, aList);
  checkParts("impactTables", "correlations", correlated, { covariance: anObject, groups: anObject });
  const { covariance, groups } = correlated;
  const nominal = await functions.evaluate(estimate);
  const endsOf = async ({ up, down }: ImpactSource) => {
    const [above, below] = [await functions.evaluate(up), await functions.evaluate(down)];
    return nominal.map((value, t): Ends => ({ up: above[t]! - value, down: below[t]! - value }));
  };
  const ofModes = await Promise.all(modes.sources.map(endsOf));
  const totals = nominal.map((_, t) => quadraticSum(ofModes.map((ends) => sizeOf(ends[t]!))));
  const tables: ImpactTable[] = [];
  for (const { definition, sources } of sets) {
    const ends = await Promise.all(sources.map(endsOf));
    for (const [t, target] of functions.targets.entries()) {
      const own = ends.map((ofSource) => ofSource[t]!);
      const sizes = own.map(sizeOf);
      const independent = quadraticSum(sizes);
      tables.push(
        Object.freeze({
          definition,
          target: Object.freeze(target),
          nominal: nominal[t]!,
          impacts: listed(definition, target, sources, own),
          groups: definition === "mode" ? [] : groupImpacts(definition, sources, own, covariance, groups),
          total: totals[t]!,
          statistical: definition === "auxiliary" ? remainder(totals[t]!, independent) : undefined,
        }),
      );
    }
  }
  return Object.freeze(tables);
}

function listed(
  definition: ImpactSources["definition"],
  target: ImpactTarget,
  sources: readonly ImpactSource[],
  ends: readonly Ends[],
): readonly Impact[] {
  const isTrivial = ({ name }: ImpactSource) =>
    target.kind === "nuisance" && target.name === name && (definition === "shift" || definition === "covariance");
  const kept = sources.flatMap((source, i) => (isTrivial(source) ? [] : [{ source: source.name, ...ends[i]! }]));
  const ranks = ranksOf(kept.map(sizeOf));
  return Object.freeze(kept.map((impact, i) => Object.freeze({ ...impact, size: sizeOf(impact), rank: ranks[i]! })));
}

function groupImpacts(
  definition: ImpactDefinition,
  sources: readonly ImpactSource[],
  ends: readonly Ends[],
  { correlation }: Covariance,
  groups: ImpactGroups,
): readonly GroupImpact[] {
  const signed = ends.map((impact) => Math.sign(impact.up - impact.down) * sizeOf(impact));
  return Object.freeze(
    Object.entries(groups).map(([name, members]) => {
      // Members that a bound holds move nothing.
      const own = sources.flatMap((source, k) => (members.includes(source.name) ? [k] : []));
      const sizes = Float64Array.from(own, (k) => signed[k]!);
      const size = definition === "auxiliary" ? quadraticSum(Array.from(sizes)) : explained(sizes, correlation, own);
      return Object.freeze({ name, size });
    }),
  );
}

/** √(sᵀ R⁻¹ s), R the correlations of the members: with s_k = v_k / σ_k it is √(vᵀ C_GG⁻¹ v). */
function explained(sizes: Float64Array, correlation: Covariance["correlation"], members: readonly number[]): number {
  const own = submatrix(Float64Array.from(correlation.flat()), correlation.length, members);
  const lower = cholesky(own, members.length);
  if (lower === undefined) throw new Error("internal: correlations of a group that are not positive definite");
  return Math.sqrt(dot(sizes, choleskySolve(lower, members.length, sizes)));
}

/** A part of the variance that Hessians of f32 programs (5e-5 of the largest entry) cannot distinguish from none. */
const ROUNDING = 1e-3;

/** √(total² - part²), or undefined where the part is the larger one. */
function remainder(total: number, part: number): number | undefined {
  const left = total ** 2 - part ** 2;
  if (left < -ROUNDING * total ** 2) return undefined;
  return Math.sqrt(Math.max(0, left));
}
