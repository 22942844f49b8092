/** Bands around what a fit predicts: how far the replicas of T, and the nuisances, let it move. */

import { UsageError } from "../../../engine/errors.js";
import {
  aColumn,
  aFunction,
  aList,
  aNumber,
  anObject,
  aSignal,
  checkArgument,
  checkOptions,
  numbers,
  type Options,
  oneOf,
  optional,
} from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { checkPoint, type MixtureModel } from "../../model/mixture-model.js";
import type { Covariance } from "../../statistics/fit/covariance.js";
import { principalModes } from "../../statistics/intervals/principal-modes.js";
import { indexOfName } from "../../statistics/objective.js";
import { applyTransport } from "./apply.js";
import { type Replica, replicaModel } from "./ensemble.js";

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
 * Without a response they are the same, and a total that contains ν twice cannot be distinguished from one that does not.
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
  checkArgument("bandOf", "values", values, aList);
  checkArgument("bandOf", "the values at a point", values[0], aList);
  const atFit = values[0]!;
  const replicas = atFit.length;
  const central: number[] = [];
  const statistical: number[] = [];
  const systematic = { lower: [] as number[], upper: [] as number[] };
  const total = { lower: [] as number[], upper: [] as number[] };
  for (let i = 0; i < atFit[0]!.length; i++) {
    const centre = mean(atFit, (own) => own[i]!);
    const variance = (replicas / (replicas - 1)) * mean(atFit, (own) => (own[i]! - centre) ** 2);
    central.push(centre);
    statistical.push(Math.sqrt(variance));
    for (const [side, sign] of [["lower", -1] as const, ["upper", 1] as const]) {
      const { ofMean, ofEach } = squaredReach(values, i, sign);
      systematic[side].push(Math.sqrt(ofMean));
      total[side].push(Math.sqrt(variance + ofEach));
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

/**
 * Σ over modes of the squared way that number i goes to one side, at that end of the mode where it goes further: of the mean of the
 * replicas, and the mean of the squares of each.
 */
function squaredReach(values: readonly (readonly ArrayLike<number>[])[], i: number, sign: 1 | -1) {
  const atFit = values[0]!;
  let [ofMean, ofEach] = [0, 0];
  for (let k = 1; k < values.length; k += 2) {
    const [up, down] = [values[k]!, values[k + 1]!];
    const ways = atFit.map((own, b) => [sign * (up[b]![i]! - own[i]!), sign * (down[b]![i]! - own[i]!)] as const);
    ofMean +=
      Math.max(
        0,
        mean(ways, ([way]) => way),
        mean(ways, ([, way]) => way),
      ) ** 2;
    ofEach += mean(ways, (both) => Math.max(0, ...both) ** 2);
  }
  return { ofMean, ofEach };
}

const mean = <T>(of: readonly T[], value: (one: T) => number) =>
  of.reduce((sum, one) => sum + value(one), 0) / of.length;

const frozen = ({ lower, upper }: Widths): Widths =>
  Object.freeze({ lower: Object.freeze(lower), upper: Object.freeze(upper) });

/** ν̂, then ν̂ ± σ_k e_k of every mode [1 + 2 modes][K] */
export function bandPoints({ model, estimate, covariance }: BandRequest): number[][] {
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
export interface BandMember {
  readonly model: MixtureModel;
  readonly replica: Replica | undefined;
  /** The ν at which T responds as it should at this one. */
  responseAt(nu: readonly number[]): number[];
}

export function bandMembers({
  model,
  replicas,
  origin,
}: Pick<BandRequest, "model" | "replicas" | "origin">): BandMember[] {
  if (replicas.length === 0) return [{ model, replica: undefined, responseAt: (nu) => [...nu] }];
  const nominalValues = model.response?.architecture.nuisances.map(({ nominal }) => nominal);
  return replicas.map((replica) => ({
    model: replicaModel(model, replica),
    replica,
    responseAt: (nu) =>
      origin === "ensemble" || nominalValues === undefined
        ? [...nu]
        : nu.map((value, k) => value - replica.nu[k]! + nominalValues[k]!),
  }));
}

export const bandOptions: Options<BandRequest> = {
  backend: anObject,
  model: anObject,
  estimate: numbers,
  covariance: anObject,
  replicas: aList,
  origin: oneOf("replica", "ensemble"),
  signal: optional(aSignal),
  onPoints: optional(aFunction),
};

/** At the public boundary of either kind of band. */
export function checkBandRequest(request: BandRequest): void {
  const { model, estimate, replicas } = request;
  checkPoint("bands", model, estimate);
  for (const { nu } of replicas) checkPoint("bands", model, nu);
  if (replicas.length === 1) {
    throw new UsageError("bands", { expected: "no replicas or at least two, for a spread", got: "one" });
  }
  if (replicas.length > 0 && model.transport === undefined) {
    throw new UsageError("bands", { expected: "a model with a map T of y, for its replicas", got: "one without" });
  }
}

export interface DisplacementBandRequest extends BandRequest {
  readonly count: number;
  /** [Dx, count] */
  readonly x: ColumnData;
  /** as observed [Dy, count] */
  readonly y: ColumnData;
}

const displacementOptions: Options<DisplacementBandRequest> = {
  ...bandOptions,
  count: aNumber,
  x: aColumn,
  y: aColumn,
};

/** Bands of T_f(y | x, ν) - y, in the units of y, by process [F]: each of n = Dy · count numbers, feature by feature. */
export async function displacementBands(request: DisplacementBandRequest): Promise<readonly Band[]> {
  checkOptions("displacementBands", request, displacementOptions);
  checkBandRequest(request);
  const { backend, model, x, y, count, signal, onPoints } = request;
  const members = bandMembers(request);
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
  for await (const moved of applyTransport({
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
