/** Impacts on the distribution of interest: how far each source of uncertainty moves T, region by region of (x, y). */
import { aList, anObject, checkArgument, checkOptions } from "../../../../engine/options.js";
import type { Covariance } from "../../../statistics/fit/covariance.js";
import type { ImpactSource, ImpactSources } from "../../../statistics/impacts/impact-sources.js";
import { type ImpactGroups, quadraticSum, ranksOf } from "../../../statistics/impacts/impact-tables.js";
import { cholesky, choleskyInverse, submatrix } from "../../../statistics/linear-algebra/symmetric-matrix.js";
import { indexOfName } from "../../../statistics/objective.js";
import type { Region } from "./impacts-regions.js";
import {
  addProduct,
  type DistributionRequest,
  distributionOptions,
  fieldsOf,
  filledCells,
  regionMeans,
  rootOf,
  type WeightedRegions,
  weightedRegions,
} from "./impacts-weighted-regions.js";

/** T_f(y | x, ν) - T_f(y | x, ν̂), averaged over the events of a region. */
export interface MeanDisplacement {
  /** in the units of y [Dy] */
  readonly mean: readonly number[];
  /** √⟨Σ_j (Δ_j / σ_j)²⟩, σ_j the standard deviation of y_j in the process; dimensionless */
  readonly rms: number;
}

/** Of one source on one process in one region. */
export interface RegionImpact {
  readonly process: number;
  /** Position among the regions. */
  readonly region: number;
  readonly up: MeanDisplacement;
  readonly down: MeanDisplacement;
  /** √(½ (rms_up² + rms_down²)) */
  readonly size: number;
}

/** A size alone, such as of several sources together. */
export interface RegionSize {
  readonly process: number;
  readonly region: number;
  readonly size: number;
}

export interface DistributionImpact {
  readonly source: string;
  /** Regions without events of a process are left out. */
  readonly cells: readonly RegionImpact[];
  /** Per process [F], 1 for the source that moves all its events the most. */
  readonly ranks: readonly number[];
}

export interface DistributionTable {
  readonly definition: ImpactSources["definition"];
  readonly impacts: readonly DistributionImpact[];
  /**
   * For independent sources (`auxiliary`) the quadratic sum of the members. By `covariance` and `shift`, whose sources are as
   * correlated as the nuisances, what the group explains of the variance of T: with Δ_k the displacement of an event by member k
   * and R_G the correlations of the members,
   *
   *     size² = Σ_kl (R_G⁻¹)_kl ½ Σ_± ⟨Σ_j Δ±_kj Δ±_lj / σ_j²⟩.
   *
   * In terms of the gradient g of T_j by ν, Δ_k = (C g)_k / σ_k, and this is the mean of (Cg)_Gᵀ C_GG⁻¹ (Cg)_G, as for the
   * numbers of `ImpactTable`: by so much the variance of T is less where the members are known exactly. A group of one has the
   * size of its member. None of `mode`.
   */
  readonly groups: readonly GroupSizes[];
}

export interface GroupSizes {
  readonly name: string;
  /** Empty where a bound holds all members. */
  readonly cells: readonly RegionSize[];
}

/**
 * An event of the data counts for process f by the probability that it is one, at ν̂ and given (x, y), times its weight.
 */
export interface DistributionImpacts {
  /** The first one is all events; then the cells of each partition in turn. */
  readonly regions: readonly Region[];
  /** Σ of these weights [F][regions] */
  readonly events: readonly (readonly number[])[];
  /** Standard deviation of y, in its units [F][Dy] */
  readonly scales: readonly (readonly number[])[];
  readonly tables: readonly DistributionTable[];
  /** Quadratic sum over the principal modes. */
  readonly total: readonly RegionSize[];
}

type Correlations = Pick<Covariance, "names" | "correlation">;

/** Numbers of a chunk of fields kept at a time, 32 MiB of them. */
const CHUNK = 2 ** 22;

/**
 * T is evaluated 2 · sources + 1 times for every event, without derivatives.
 *
 * @param modes  sources that `modeSources` made, for the total
 */
export async function distributionImpacts(
  request: DistributionRequest,
  sets: readonly ImpactSources[],
  modes: ImpactSources,
  correlated: { readonly covariance: Correlations; readonly groups: ImpactGroups },
): Promise<DistributionImpacts> {
  checkOptions("distributionImpacts", request, distributionOptions);
  checkArgument("distributionImpacts", "sets", sets, aList);
  checkArgument("distributionImpacts", "the correlations and groups", correlated, anObject);
  const { covariance, groups } = correlated;
  const { model, onPoints } = request;
  const summary = await weightedRegions(request);
  const all = [...sets, ...(sets.includes(modes) ? [] : [modes])];
  const ofGroups = new Map(sets.map((set) => [set, correlatedGroups(set, covariance, groups)]));
  const passes = [...all.map(({ sources }) => sources), ...[...ofGroups.values()].flat().map(({ members }) => members)];
  const total = 2 * passes.reduce((sum, sources) => sum + sources.length, 0);
  let done = 0;
  const onPoint = () => onPoints?.(++done, total);
  const cells = new Map<ImpactSources, RegionImpact[][]>();
  for (const set of all) cells.set(set, await cellsOf(request, summary, set, onPoint));
  const tables: DistributionTable[] = [];
  for (const set of sets) {
    const sizes: GroupSizes[] = independentGroups(set, cells.get(set)!, groups);
    for (const group of ofGroups.get(set)!) sizes.push(await explainedSizes(request, summary, group, onPoint));
    tables.push(tableOf(set, cells.get(set)!, model.processes.length, sizes));
  }
  return Object.freeze({
    regions: summary.partitions.flatMap(({ regions }) => regions),
    events: summary.events,
    scales: summary.scales,
    tables: Object.freeze(tables),
    total: quadratic(cells.get(modes)!),
  });
}

/** @param cells  [sources][cells] */
function tableOf(
  { definition, sources }: ImpactSources,
  cells: readonly (readonly RegionImpact[])[],
  nProcesses: number,
  groups: readonly GroupSizes[],
): DistributionTable {
  // A process's first cell is that of all its events.
  const ofAll = (f: number) => cells.map((own) => own.find(({ process }) => process === f)!.size);
  const ranks = Array.from({ length: nProcesses }, (_, f) => ranksOf(ofAll(f)));
  const impacts = sources.map(({ name }, s) =>
    Object.freeze({ source: name, cells: cells[s]!, ranks: ranks.map((ofProcess) => ofProcess[s]!) }),
  );
  return Object.freeze({ definition, impacts: Object.freeze(impacts), groups: Object.freeze(groups) });
}

/** @param cells  [sources][cells] */
function independentGroups(
  { definition, sources }: ImpactSources,
  cells: readonly (readonly RegionImpact[])[],
  groups: ImpactGroups,
): GroupSizes[] {
  if (definition !== "auxiliary") return [];
  return Object.entries(groups).map(([name, members]) =>
    Object.freeze({ name, cells: quadratic(cells.filter((_, s) => members.includes(sources[s]!.name))) }),
  );
}

/** A group whose sources are as correlated as the nuisances. */
interface CorrelatedGroup {
  readonly name: string;
  readonly members: readonly ImpactSource[];
  /** R_G⁻¹ [members, members] */
  readonly inverse: Float64Array;
}

function correlatedGroups(
  { definition, sources }: ImpactSources,
  { names, correlation }: Correlations,
  groups: ImpactGroups,
): CorrelatedGroup[] {
  if (definition === "auxiliary" || definition === "mode") return [];
  return Object.entries(groups).map(([name, wanted]) => {
    // Members that a bound holds move nothing, and are no sources.
    const members = sources.filter((source) => wanted.includes(source.name));
    const at = members.map((source) => indexOfName("impacts", names, source.name));
    const lower = cholesky(submatrix(Float64Array.from(correlation.flat()), names.length, at), at.length);
    if (lower === undefined) throw new Error("internal: correlations of a group that are not positive definite");
    return { name, members, inverse: choleskyInverse(lower, at.length) };
  });
}

/** Cells of every source of a set [sources][cells]. */
async function cellsOf(
  request: DistributionRequest,
  summary: WeightedRegions,
  { sources }: ImpactSources,
  onPoint: () => void,
): Promise<RegionImpact[][]> {
  const { data, shares } = summary;
  const perChunk = Math.max(1, Math.floor(CHUNK / (2 * shares.length * data.y!.length)));
  const cells: RegionImpact[][] = [];
  for (let start = 0; start < sources.length; start += perChunk) {
    const chunk = sources.slice(start, start + perChunk);
    const shifts = await fieldsOf(request, summary, chunk);
    for (const [s] of chunk.entries()) {
      const [up, down] = [2 * s, 2 * s + 1].map((at) => {
        const means = shifts[at]!.map((field, f) => meansOf(field, f, summary));
        onPoint();
        return means;
      }) as [MeanDisplacement[][], MeanDisplacement[][]];
      cells.push(
        filledCells(summary, (process, region) => {
          const ends = { up: up[process]![region]!, down: down[process]![region]! };
          return { ...ends, size: Math.sqrt(0.5 * (ends.up.rms ** 2 + ends.down.rms ** 2)) };
        }),
      );
    }
  }
  return cells;
}

/** All fields of the group at once, 2 · members · F · Dy · events numbers. */
async function explainedSizes(
  request: DistributionRequest,
  summary: WeightedRegions,
  { name, members, inverse }: CorrelatedGroup,
  onPoint: () => void,
): Promise<GroupSizes> {
  if (members.length === 0) return Object.freeze({ name, cells: [] });
  const shifts = await fieldsOf(request, summary, members);
  const means = summary.shares.map((_, f) => {
    const products = new Float64Array(summary.data.count);
    for (const k of members.keys()) {
      for (const side of [0, 1]) {
        for (const l of members.keys()) {
          const factor = 0.5 * inverse[k * members.length + l]!;
          addProduct(products, factor, shifts[2 * k + side]![f]!, shifts[2 * l + side]![f]!, summary.scales[f]!);
        }
      }
    }
    return regionMeans(products, f, summary);
  });
  for (let done = 0; done < 2 * members.length; done++) onPoint();
  const cells = filledCells(summary, (process, region) => ({ size: rootOf(means[process]![region]!) }));
  return Object.freeze({ name, cells: Object.freeze(cells) });
}

/** Averages of one field [Dy, events] over every region, for a process. */
function meansOf(field: Float64Array, f: number, summary: WeightedRegions): MeanDisplacement[] {
  const { count } = summary.data;
  const scale = summary.scales[f]!;
  const square = new Float64Array(count);
  addProduct(square, 1, field, field, scale);
  const first = scale.map((_, j) => regionMeans(field.subarray(j * count, (j + 1) * count), f, summary));
  return regionMeans(square, f, summary).map((mean, region) =>
    Object.freeze({ mean: first.map((ofFeature) => ofFeature[region]!), rms: rootOf(mean) }),
  );
}

/** Cell by cell over several sources, which have the same cells. */
function quadratic(ofSources: readonly (readonly RegionImpact[])[]): readonly RegionSize[] {
  const [first = []] = ofSources;
  return Object.freeze(
    first.map(({ process, region }, i) =>
      Object.freeze({ process, region, size: quadraticSum(ofSources.map((own) => own[i]!.size)) }),
    ),
  );
}
