/** The pulls of the distribution of interest: T's displacement fields, nominal with their errors and along each mode. */
import { type Band, displacementBands } from "../../inference/measurements/distribution-of-interest/bands.js";
import {
  type Displacements,
  displacements,
} from "../../inference/measurements/distribution-of-interest/displacement.js";
import type { RunContext } from "../context.js";
import type { FittedModel, NamedFit } from "./fits/fitted-model.js";
import type { ProjectionSet } from "./projections.js";

/** Of the ensemble: mean and standard deviation of the replicas, [points][2] or [points][1]. */
export interface ReplicaArrows {
  readonly mean: readonly (readonly number[])[];
  readonly spread: readonly (readonly number[])[];
}

/** One standard deviation of T(y) - y at the fit about `central`, [points][2] or [points][1] each. */
export interface FieldErrors {
  /** Mean of the replicas; without them T of the model. */
  readonly central: readonly (readonly number[])[];
  /** By the replicas, ν fixed. Null without them; so is `total`. */
  readonly statistical: readonly (readonly number[])[] | null;
  /** By all modes of the fit. */
  readonly nuisances: RowWidths;
  readonly total: RowWidths | null;
}

interface RowWidths {
  readonly lower: readonly (readonly number[])[];
  readonly upper: readonly (readonly number[])[];
}

/** One field of one process: where its arrows start and how far they go, [points][2]; of one feature y, [points][1]. */
export interface Field {
  readonly process: number;
  /** Features of y that span the plane; the others are at their means. */
  readonly features: readonly number[];
  /** 0: T(y) - y at the fit. k >= 1: T at ν̂ ± σ_k e_k against T at the fit. */
  readonly mode: number;
  readonly side: 0 | 1 | -1;
  readonly points: readonly (readonly number[])[];
  readonly displacements: readonly (readonly number[])[];
  /** Null without an ensemble. */
  readonly replicas: ReplicaArrows | null;
  /** Of T at the fit; null along the modes, where the fit gave no errors, and where neither replicas nor a response say any. */
  readonly errors: FieldErrors | null;
}

/** Points along each feature. */
const POINTS = 9;
const POINTS_OF_CURVE = 61;

/** Half-width of the field in standard deviations of the process. */
const REACH = 2;

function planes(nFeatures: number): number[][] {
  if (nFeatures === 1) return [[0]];
  const features = Array.from({ length: nFeatures }, (_, i) => i);
  return features.flatMap((i) => features.slice(i + 1).map((j) => [i, j]));
}

/** Grid values in units of σ about the mean: [points][features]. */
function gridOf(dimensions: number): number[][] {
  const n = dimensions === 1 ? POINTS_OF_CURVE : POINTS;
  const axis = Array.from({ length: n }, (_, i) => REACH * ((2 * i) / (n - 1) - 1));
  return dimensions === 1 ? axis.map((u) => [u]) : axis.flatMap((u) => axis.map((v) => [u, v]));
}

/** Modes with fields of their own: the widest. Of many nuisances, fields of all would hide them. */
const LEADING_MODES = 4;

/** At the mean x of each process. */
export async function displacementFields(
  context: RunContext,
  { model, key, replicas }: FittedModel,
  { fit, summary: { estimate, modes } }: NamedFit,
  { processes }: ProjectionSet,
): Promise<readonly Field[]> {
  const { backend, store, sizes, signal } = context;
  const { covariance } = fit;
  const used = model.response === undefined ? [] : modes.slice(0, LEADING_MODES);
  const shifted = used.flatMap(({ sigma, direction }) =>
    [1, -1].map((side) => estimate.map((value, k) => value + side * sigma * direction[k]!)),
  );
  // The spread of a single replica says nothing.
  const members = replicas.length < 2 ? [] : replicas.map(({ replica }) => replica);
  const hasErrors = members.length > 0 || model.response !== undefined;
  const inputs = {
    key,
    estimate,
    modes: used,
    covariance: covariance?.matrix,
    of: covariance?.names,
    processes,
    replicas: members.length === 0 ? [] : replicas.map((own) => own.transportKey),
  };
  const { record } = await store.run("displacements", inputs, async () => {
    const fields: Field[] = [];
    for (const features of planes(sizes.y)) {
      const grid = gridOf(features.length);
      for (const [process, own] of processes.entries()) {
        const at = (feature: number, point: readonly number[]) => {
          const u = point[features.indexOf(feature)] ?? 0;
          return own.y[feature]!.mean + u * own.y[feature]!.sigma;
        };
        const rows = own.y.map((_, feature) => grid.map((point) => at(feature, point)));
        const sample = {
          y: Float64Array.from(rows.flat()),
          x: Float64Array.from(own.x.flatMap(({ mean }) => grid.map(() => mean))),
          count: grid.length,
        };
        const points = [estimate, ...shifted];
        const found = await displacements({ backend, model, ...sample, points, replicas: members });
        const request = { backend, model, ...sample, estimate, replicas: members, origin: "replica" as const, signal };
        const bands = hasErrors && covariance && (await displacementBands({ ...request, covariance }));
        const places = grid.map((_, i) => features.map((feature) => rows[feature]![i]!));
        const arrows = (field: ArrayLike<number>) =>
          grid.map((_, i) => features.map((feature) => field[feature * grid.length + i]!));
        for (const { mode, side, field, spread } of fieldsOf(found, process)) {
          const ofReplicas = spread ? { mean: arrows(spread.mean), spread: arrows(spread.spread) } : null;
          const errors = mode === 0 && bands ? errorsIn(bands[process]!, arrows) : null;
          const own = { process, features, mode, side, points: places };
          fields.push({ ...own, displacements: arrows(field), replicas: ofReplicas, errors });
        }
      }
    }
    return { record: fields, arrays: {} };
  });
  return record;
}

function errorsIn(
  { central, statistical, systematic, total }: Band,
  rows: (values: ArrayLike<number>) => readonly (readonly number[])[],
): FieldErrors {
  const widths = ({ lower, upper }: Band["systematic"]) => ({ lower: rows(lower), upper: rows(upper) });
  return {
    central: rows(central),
    statistical: statistical ? rows(statistical) : null,
    nuisances: widths(systematic),
    total: total ? widths(total) : null,
  };
}

/** T at the fit, then along either side of each mode. */
function fieldsOf({ nominal, shifts, ensemble }: Displacements, process: number) {
  const atFit = { mode: 0, side: 0 as const, field: nominal[process]!, spread: ensemble?.nominal[process] };
  const ofModes = shifts.map((shift, i) => ({
    mode: Math.floor(i / 2) + 1,
    side: i % 2 === 0 ? (1 as const) : (-1 as const),
    field: shift[process]!,
    spread: ensemble?.shifts[i]?.[process],
  }));
  return [atFit, ...ofModes];
}
