/** Bands around what a fit predicts: how far the replicas of T, and the nuisances, let it move. */
import type { Backend, ColumnData } from "../engine/backend.js";
import { UsageError } from "../engine/errors.js";
import { applyTransfer } from "./apply.js";
import { binWithin } from "./closure.js";
import type { Covariance } from "./covariance.js";
import { type Replica, replicaModel } from "./ensemble.js";
import { checkPoint, type MixtureModel } from "./mixture-model.js";
import { indexOfName } from "./objective.js";
import { principalModes } from "./principal-modes.js";
import { type DataMap, openDataMap, openSampler, type Sampler, withoutTransfer } from "./sampling.js";
import type { ObservableName } from "./simulated-events.js";
import { expectedYields } from "./yields.js";

/** How far below and above the centre, neither negative [n] each. */
export interface Widths {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

/**
 * Of n numbers that depend on T and ν, one standard deviation each, 68.3% where they are Gaussian.
 *
 * The published systematic band is the range along the contour of 68.3% of all nuisances together, -2ΔlnL = 2.30 for two of
 * them. For a number q = q̂ + a·(ν - ν̂) that range is ± √2.30 √(aᵀCa): it holds q with 87% for two nuisances and with ever more
 * for more of them. What a bin is read for is its own 68.3%, the contour -2ΔlnL = 1, whose range ± √(aᵀCa) is
 * √Σ_k (a·σ_k e_k)² over the principal modes. So ν̂ ± σ_k e_k are all the points needed, and the widths add in
 * quadrature; where both ends of a mode move q to one side, the larger counts on that side and nothing on the other.
 */
export interface Band {
  /** at ν̂, mean of the replicas; of the model's own T where there are none [n] */
  readonly central: readonly number[];
  /**
   * Standard deviation of the replicas at ν̂ [n], itself uncertain by 1 / √(2 (B - 1)) of it: a handful of replicas has no
   * quantiles. Undefined without replicas; so is `total`.
   */
  readonly statistical: readonly number[] | undefined;
  /** of the mean of the replicas, along the modes */
  readonly systematic: Widths;
  /** of every replica at every point: its distance from `central` at ν̂, and its own way along each mode from there */
  readonly total: Widths | undefined;
}

/**
 * Where the response of T to ν starts for a replica.
 *
 * - `replica`: at the ν_b that was fitted together with its T. The replica is then what its events make of T at ν, and its
 *   spread the statistical uncertainty of T at fixed ν. Independent of ν̂ in the Gaussian limit, so that the variances of
 *   statistical and systematic band add up to that of T;
 * - `ensemble`: at the ν_0 that all share, as published. T was fitted at ν_b and has adapted to it, so that the spread of the replicas
 *   contains how far the events move ν and T with it: R C_data Rᵀ, R = dT/dν along the profile. The systematic band has
 *   R C Rᵀ: the same fluctuation of the data once more. `total` is too wide, by up to √2.
 *
 * Without a response they are the same, and a total that contains ν twice cannot be told from one that does not.
 */
export type ReplicaOrigin = "replica" | "ensemble";

export interface BandRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  /** ν̂ [K] */
  readonly estimate: readonly number[];
  /** Nuisances that it does not name stay where they are. */
  readonly covariance: Covariance;
  /** None, or at least two. */
  readonly replicas: readonly Replica[];
  readonly origin: ReplicaOrigin;
  readonly signal?: AbortSignal;
  /** Called with the number of points of ν done. */
  readonly onPoints?: (done: number, total: number) => void;
}

/**
 * The band of n numbers known for every replica at ν̂, ν̂ + σ_1 e_1, ν̂ - σ_1 e_1, ν̂ + σ_2 e_2, ….
 *
 * @param values  [1 + 2 modes][replicas][n]; of the model's own T alone where there is but one
 */
export function bandOf(values: readonly (readonly ArrayLike<number>[])[]): Band {
  const [atFit, ...ends] = values as [readonly ArrayLike<number>[], ...(readonly ArrayLike<number>[])[]];
  const replicas = atFit.length;
  const mean = (of: (b: number) => number) => atFit.reduce((sum, _, b) => sum + of(b), 0) / replicas;
  const central: number[] = [];
  const statistical: number[] = [];
  const systematic = { lower: [] as number[], upper: [] as number[] };
  const total = { lower: [] as number[], upper: [] as number[] };
  for (let i = 0; i < atFit[0]!.length; i++) {
    const centre = mean((b) => atFit[b]![i]!);
    const variance = (replicas / (replicas - 1)) * mean((b) => (atFit[b]![i]! - centre) ** 2);
    central.push(centre);
    statistical.push(Math.sqrt(variance));
    for (const side of ["lower", "upper"] as const) {
      const sign = side === "upper" ? 1 : -1;
      let ofMean = 0;
      let ofAll = 0;
      for (let k = 0; k < ends.length; k += 2) {
        const shift = (end: number, b: number) => sign * (ends[end]![b]![i]! - atFit[b]![i]!);
        const reach = (b: number) => Math.max(0, shift(k, b), shift(k + 1, b));
        ofMean +=
          Math.max(
            0,
            mean((b) => shift(k, b)),
            mean((b) => shift(k + 1, b)),
          ) ** 2;
        ofAll += mean((b) => reach(b) ** 2);
      }
      systematic[side].push(Math.sqrt(ofMean));
      total[side].push(Math.sqrt(variance + ofAll));
    }
  }
  const isEnsemble = replicas > 1;
  return Object.freeze({
    central: Object.freeze(central),
    statistical: isEnsemble ? Object.freeze(statistical) : undefined,
    systematic: frozen(systematic),
    total: isEnsemble ? frozen(total) : undefined,
  });
}

const frozen = ({ lower, upper }: Widths): Widths =>
  Object.freeze({ lower: Object.freeze(lower), upper: Object.freeze(upper) });

/** ν̂, then ν̂ ± σ_k e_k of every mode [1 + 2 modes][K] */
function bandPoints({ model, estimate, covariance }: BandRequest): number[][] {
  const names = model.nuisances.map(({ name }) => name);
  const at = covariance.names.map((name) => indexOfName("bands", names, name));
  const shifted = (size: number, direction: readonly number[]) =>
    estimate.map((value, k) => value + (at.includes(k) ? size * direction[at.indexOf(k)]! : 0));
  const modes = principalModes(covariance).flatMap(({ sigma, direction }) => [
    shifted(sigma, direction.values),
    shifted(-sigma, direction.values),
  ]);
  return [[...estimate], ...modes];
}

/** One T: a replica's, or the model's own. */
interface Member {
  readonly model: MixtureModel;
  readonly replica: Replica | undefined;
  /** The ν at which T responds as it should at this one. */
  responseAt(nu: readonly number[]): number[];
}

function membersOf({ model, replicas, origin }: BandRequest): Member[] {
  if (replicas.length === 0) return [{ model, replica: undefined, responseAt: (nu) => [...nu] }];
  const centres = model.response?.architecture.nuisances.map(({ centre }) => centre);
  return replicas.map((replica) => ({
    model: replicaModel(model, replica),
    replica,
    responseAt: (nu) =>
      origin === "ensemble" || centres === undefined
        ? [...nu]
        : nu.map((value, k) => value - replica.nu[k]! + centres[k]!),
  }));
}

function checkRequest(request: BandRequest): void {
  const { model, estimate, replicas } = request;
  checkPoint("bands", model, estimate);
  for (const { nu } of replicas) checkPoint("bands", model, nu);
  if (replicas.length === 1) {
    throw new UsageError("bands", { expected: "no replicas or at least two, for a spread", got: "one" });
  }
  if (replicas.length > 0 && model.transfer === undefined) {
    throw new UsageError("bands", { expected: "a model with a map T of y, for its replicas", got: "one without" });
  }
}

/** A histogram of one feature. */
export interface BinnedFeature {
  readonly of: ObservableName;
  readonly feature: number;
  /** ascending [bins + 1]; what lies outside is in the first and last bin */
  readonly edges: readonly number[];
}

export interface BinnedBand extends BinnedFeature {
  /** of the expected events per bin [bins] */
  readonly band: Band;
}

export interface BinnedBandRequest extends BandRequest {
  readonly features: readonly BinnedFeature[];
  /**
   * Events of all processes together; each gets its share at ν̂. Differences between points have the noise of the events that
   * cross an edge, not that of all events.
   */
  readonly count: number;
  /** Σ of the weights of the data, to which the expectation is scaled; undefined: the yields as they are. */
  readonly observed: number | undefined;
  readonly seed: number;
}

/**
 * Bands of the fitted mixture as the data look. All points and replicas share the numbers of events and the random numbers of every
 * event: only T and ν make the difference.
 */
export async function binnedBands(request: BinnedBandRequest): Promise<readonly BinnedBand[]> {
  checkRequest(request);
  const { backend, model, features, onPoints, signal } = request;
  const looksAtY = features.some(({ of }) => of === "y");
  checkFeatures(request);
  const members = membersOf(request);
  const points = bandPoints(request);
  const sampler = await openSampler(backend, withoutTransfer(model));
  const map = looksAtY && model.transfer !== undefined ? await openDataMap(backend, model) : undefined;
  try {
    const counts = await sharedCounts(request);
    const values: Float64Array[][][] = features.map(() => []);
    for (const [done, nu] of points.entries()) {
      signal?.throwIfAborted();
      const found = await binnedAt(request, { members, counts, sampler, map }, nu);
      for (const [i, own] of found.entries()) values[i]!.push(own);
      onPoints?.(done + 1, points.length);
    }
    return Object.freeze(features.map((feature, i) => Object.freeze({ ...feature, band: bandOf(values[i]!) })));
  } finally {
    await sampler.close();
    await map?.close();
  }
}

function checkFeatures({ model, features }: BinnedBandRequest): void {
  for (const { of, feature } of features) {
    const width = model[of]?.nominal.architecture.features ?? 0;
    if (Number.isInteger(feature) && feature >= 0 && feature < width) continue;
    throw new UsageError("bands", { expected: `one of ${width} features of ${of} (from 0)`, got: `${feature}` });
  }
}

/** Events to draw of each process [F], at every point the same. */
async function sharedCounts({ model, estimate, count }: BinnedBandRequest): Promise<number[]> {
  const yields = await expectedYields(model, estimate);
  const sum = yields.reduce((a, b) => a + b, 0);
  return yields.map((own) => Math.max(1, Math.round((count * own) / sum)));
}

interface Drawing {
  readonly members: readonly Member[];
  readonly counts: readonly number[];
  readonly sampler: Sampler;
  readonly map: DataMap | undefined;
}

/** Expected events per bin at one ν: [features][members][bins] */
async function binnedAt(
  request: BinnedBandRequest,
  { members, counts, sampler, map }: Drawing,
  nu: readonly number[],
): Promise<Float64Array[][]> {
  const { model, features, observed, seed, signal } = request;
  const looksAtY = features.some(({ of }) => of === "y");
  const found = features.map(({ edges }) => members.map(() => new Float64Array(edges.length - 1)));
  const yields = await expectedYields(model, nu);
  const scale = observed === undefined ? 1 : observed / yields.reduce((a, b) => a + b, 0);
  for (const [f, count] of counts.entries()) {
    const weight = (scale * yields[f]!) / count;
    const addTo = (of: ObservableName, column: ColumnData, whose: readonly number[]) => {
      for (const [i, feature] of features.entries()) {
        if (feature.of !== of) continue;
        const own = column.subarray(feature.feature * count, (feature.feature + 1) * count);
        const { sums } = binWithin(own, feature.edges);
        for (const b of whose) for (const [bin, sum] of sums.entries()) found[i]![b]![bin]! += weight * sum;
      }
    };
    const everyone = members.map((_, b) => b);
    const x = await sampler.sampleX(f, nu, count, { seed, purpose: `bands/${f}/x` });
    addTo("x", x, everyone);
    if (!looksAtY) continue;
    const simulated = await sampler.sampleY(f, nu, x, { seed, purpose: `bands/${f}/y` });
    if (map === undefined) addTo("y", simulated, everyone);
    else {
      for (const [b, member] of members.entries()) {
        signal?.throwIfAborted();
        addTo("y", await map.toData(member.model, f, member.responseAt(nu), x, simulated), [b]);
      }
    }
  }
  return found;
}

export interface DisplacementBandRequest extends BandRequest {
  readonly count: number;
  /** [Dx, count] */
  readonly x: ColumnData;
  /** as observed [Dy, count] */
  readonly y: ColumnData;
}

/** Bands of T_f(y | x, ν) - y, in the units of y, by process [F]: each of n = Dy · count numbers, feature by feature. */
export async function displacementBands(request: DisplacementBandRequest): Promise<readonly Band[]> {
  checkRequest(request);
  const { backend, model, x, y, count, signal, onPoints } = request;
  const members = membersOf(request);
  const points = bandPoints(request);
  const variations = points.flatMap((nu, at) =>
    members.map((member) => ({
      name: `${at}`,
      nu: member.responseAt(nu),
      ...(member.replica && { replica: member.replica }),
    })),
  );
  const sample = { count, x, y };
  const values: Float64Array[][][] = model.processes.map(() => points.map(() => []));
  let done = 0;
  for await (const moved of applyTransfer({
    backend,
    model,
    direction: "to-simulation",
    sample,
    variations,
    ...(signal && { signal }),
  })) {
    for (const [f, field] of moved.y.entries()) {
      values[f]![Math.floor(done / members.length)]!.push(field.map((value, i) => value - y[i]!));
    }
    done += 1;
    if (done % members.length === 0) onPoints?.(done / members.length, points.length);
  }
  return Object.freeze(values.map(bandOf));
}
