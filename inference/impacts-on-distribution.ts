/** Impacts on the distribution of interest: how far each source of uncertainty moves T, region by region of (x, y). */
import type { Backend, ColumnData } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";
import { add, exp, logSumExp, sub } from "../engine/operations.js";
import { fillShuffled, randomKey } from "../engine/random.js";
import { Tape } from "../engine/tape.js";
import { weightedMoments } from "../flows/weighted-moments.js";
import { displacements } from "./displacement.js";
import { type ImpactGroups, quadraticSum, ranksOf } from "./impacts-on-targets.js";
import { marginalPartitions, type ObservedFeature, type Partition, partition, type Region } from "./impacts-regions.js";
import type { ImpactSources } from "./impacts-sources.js";
import type { EventData } from "./likelihood.js";
import { bindMixture } from "./mixture.js";
import { type MixtureModel, parametersOn } from "./mixture-model.js";

export interface RegionRequest {
  /** Features whose quantiles cut the data into cells, a list for each partition; every feature alone where absent. */
  readonly partitions?: readonly (readonly ObservedFeature[])[];
  /** Quantiles of each feature. */
  readonly bins: number;
  /** Events to look at, drawn from the data where it has more. */
  readonly events: number;
  readonly seed: number;
}

export interface DistributionRequest extends RegionRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly data: EventData;
  readonly estimate: readonly number[];
  /** Called with the number of points of ν at which T is known. */
  readonly onPoints?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

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
  /** Quadratic sums, by `auxiliary`, whose sources are independent; none by the other definitions. */
  readonly groups: readonly { readonly name: string; readonly cells: readonly RegionSize[] }[];
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
  groups: ImpactGroups,
): Promise<DistributionImpacts> {
  const { model, onPoints, bins } = request;
  const data = someEvents(request);
  const shares = await processShares(request, data);
  const wanted = request.partitions ?? marginalPartitions(data);
  const partitions = [[], ...wanted].map((features) => partition(data, features, bins));
  const scales = shares.map((share) => Array.from(weightedMoments(data.y!, data.count, share).standardDeviation));
  const summary: Summary = { data, shares, scales, partitions, events: eventsOf(shares, partitions) };

  const all = [...sets, ...(sets.includes(modes) ? [] : [modes])];
  const total = 2 * all.reduce((sum, { sources }) => sum + sources.length, 0);
  const cells = new Map<ImpactSources, RegionImpact[][]>();
  let done = 0;
  for (const set of all) {
    cells.set(set, await cellsOf(request, summary, set, () => onPoints?.(++done, total)));
  }
  return Object.freeze({
    regions: partitions.flatMap(({ regions }) => regions),
    events: summary.events,
    scales,
    tables: Object.freeze(sets.map((set) => tableOf(set, cells.get(set)!, model.processes.length, groups))),
    total: quadratic(cells.get(modes)!),
  });
}

/** @param cells  [sources][cells] */
function tableOf(
  { definition, sources }: ImpactSources,
  cells: readonly (readonly RegionImpact[])[],
  nProcesses: number,
  groups: ImpactGroups,
): DistributionTable {
  // A process's first cell is that of all its events.
  const ofAll = (f: number) => cells.map((own) => own.find(({ process }) => process === f)!.size);
  const ranks = Array.from({ length: nProcesses }, (_, f) => ranksOf(ofAll(f)));
  const impacts = sources.map(({ name }, s) =>
    Object.freeze({ source: name, cells: cells[s]!, ranks: ranks.map((ofProcess) => ofProcess[s]!) }),
  );
  const sums = definition === "auxiliary" ? Object.entries(groups) : [];
  const ofGroups = sums.map(([name, members]) =>
    Object.freeze({ name, cells: quadratic(cells.filter((_, s) => members.includes(sources[s]!.name))) }),
  );
  return Object.freeze({ definition, impacts: Object.freeze(impacts), groups: Object.freeze(ofGroups) });
}

interface Summary {
  readonly data: EventData;
  readonly shares: readonly Float64Array[];
  readonly scales: readonly (readonly number[])[];
  readonly partitions: readonly Partition[];
  readonly events: readonly (readonly number[])[];
}

/** So many events of the data in an order of their own, or all. */
function someEvents({ data, model, events, seed }: DistributionRequest): EventData {
  if (data.y === undefined || model.y === undefined) {
    throw new UsageError("impacts on the distribution", { expected: "data and a model with y", got: "x alone" });
  }
  if (!(events >= 1)) {
    throw new UsageError("impacts on the distribution", { expected: "at least one event", got: `${events}` });
  }
  if (data.count <= events) return data;
  const chosen = new Int32Array(events);
  fillShuffled(randomKey(seed, "impacts"), 0, data.count, 0, chosen);
  const picked = (column: ColumnData) => {
    const width = column.length / data.count;
    const own = new Float32Array(width * events);
    for (let j = 0; j < width; j++) {
      for (let i = 0; i < events; i++) own[j * events + i] = column[j * data.count + chosen[i]!]!;
    }
    return own;
  };
  const { x, y, weights } = data;
  return { count: events, x: picked(x), y: picked(y), ...(weights && { weights: picked(weights) }) };
}

/** w_i p(f | x_i, y_i, ν̂) [F][events] */
async function processShares(
  { backend, model, estimate }: DistributionRequest,
  data: EventData,
): Promise<Float64Array[]> {
  const { count, x, weights } = data;
  const y = data.y!;
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const [ofX, ofY] = [tape.column("x", [x.length / count]), tape.column("y", [y.length / count])];
  const joint = add(mixture.logYields(nu), add(mixture.logProbX(ofX, nu), mixture.logProbY(ofY, ofX, nu)));
  const program = await backend.compile({ outputs: { share: exp(sub(joint, logSumExp(joint, 0))) } });
  try {
    await program.bind({ x, y });
    await program.write({ ...parametersOn(tape, model), nu: estimate });
    const share = (await program.run()).share!;
    return model.processes.map((_, f) =>
      share.slice(f * count, (f + 1) * count).map((value, i) => value * (weights?.[i] ?? 1)),
    );
  } finally {
    await program.close();
  }
}

/** Σ of weights of every region [F][regions] */
function eventsOf(shares: readonly Float64Array[], partitions: readonly Partition[]): number[][] {
  return shares.map((share) =>
    partitions.flatMap(({ regions, cellOf }) => {
      const sums = new Array<number>(regions.length).fill(0);
      for (const [event, weight] of share.entries()) sums[cellOf[event]!]! += weight;
      return sums;
    }),
  );
}

/** Cells of every source of a set [sources][cells]. */
async function cellsOf(
  { backend, model, estimate, signal }: DistributionRequest,
  summary: Summary,
  { sources }: ImpactSources,
  onPoint: () => void,
): Promise<RegionImpact[][]> {
  const { data, shares } = summary;
  const perChunk = Math.max(1, Math.floor(CHUNK / (2 * shares.length * data.y!.length)));
  const cells: RegionImpact[][] = [];
  for (let start = 0; start < sources.length; start += perChunk) {
    signal?.throwIfAborted();
    const chunk = sources.slice(start, start + perChunk);
    const points = [estimate, ...chunk.flatMap(({ up, down }) => [up, down])];
    const { shifts } = await displacements({
      backend,
      model,
      x: Float32Array.from(data.x),
      y: Float32Array.from(data.y!),
      count: data.count,
      points,
    });
    for (const [s] of chunk.entries()) {
      const [up, down] = [2 * s, 2 * s + 1].map((at) => {
        const means = shifts[at]!.map((field, f) => meansOf(field, f, summary));
        onPoint();
        return means;
      }) as [MeanDisplacement[][], MeanDisplacement[][]];
      cells.push(
        summary.events.flatMap((ofProcess, process) =>
          ofProcess.flatMap((weight, region) => {
            if (!(weight > 0)) return [];
            const ends = { up: up[process]![region]!, down: down[process]![region]! };
            const size = Math.sqrt(0.5 * (ends.up.rms ** 2 + ends.down.rms ** 2));
            return [Object.freeze({ process, region, ...ends, size })];
          }),
        ),
      );
    }
  }
  return cells;
}

/** Averages of one field [Dy, events] over every region, for a process. */
function meansOf(field: Float64Array, f: number, { data, shares, scales, partitions, events }: Summary) {
  const [share, scale] = [shares[f]!, scales[f]!];
  const { count } = data;
  const square = new Float64Array(count);
  for (const [j, sigma] of scale.entries()) {
    for (let event = 0; event < count; event++) square[event]! += (field[j * count + event]! / sigma) ** 2;
  }
  const sums = (values: Float64Array) =>
    partitions.flatMap(({ regions, cellOf }) => {
      const own = new Array<number>(regions.length).fill(0);
      for (let event = 0; event < count; event++) own[cellOf[event]!]! += share[event]! * values[event]!;
      return own;
    });
  const first = scale.map((_, j) => sums(field.subarray(j * count, (j + 1) * count)));
  return sums(square).map((sum, region): MeanDisplacement => {
    const weight = events[f]![region]!;
    // With weights of either sign a few events may leave less than nothing of a square.
    return Object.freeze({
      mean: first.map((ofFeature) => ofFeature[region]! / weight),
      rms: Math.sqrt(Math.max(0, sum / weight)),
    });
  });
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
