/** The pulls of the distribution of interest: T's displacement fields, nominal and along each mode. */
import { displacements } from "../../inference/displacement.js";
import type { MixtureModel } from "../../inference/mixture-model.js";
import type { FitSummary } from "../nuisance-fit.js";
import type { ProjectionSet } from "./checks.js";
import type { Setting } from "./setting.js";

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
  setting: Setting,
  model: MixtureModel,
  { estimate, modes }: FitSummary,
  { processes }: ProjectionSet,
  key: string,
): Promise<readonly Field[]> {
  const { backend, store, sizes } = setting;
  const used = model.response === undefined ? [] : modes.slice(0, LEADING_MODES);
  const shifted = used.flatMap(({ sigma, direction }) =>
    [1, -1].map((side) => estimate.map((value, k) => value + side * sigma * direction[k]!)),
  );
  const { record } = await store.run("displacements", { key, estimate, modes: used, processes }, async () => {
    const fields: Field[] = [];
    for (const features of planes(sizes.y)) {
      const grid = gridOf(features.length);
      for (const [process, own] of processes.entries()) {
        const at = (feature: number, point: readonly number[]) => {
          const u = point[features.indexOf(feature)] ?? 0;
          return own.y[feature]!.mean + u * own.y[feature]!.sigma;
        };
        const rows = own.y.map((_, feature) => grid.map((point) => at(feature, point)));
        const found = await displacements({
          backend,
          model,
          y: Float32Array.from(rows.flat()),
          x: Float32Array.from(own.x.flatMap(({ mean }) => grid.map(() => mean))),
          count: grid.length,
          points: [estimate, ...shifted],
        });
        const points = grid.map((_, i) => features.map((feature) => rows[feature]![i]!));
        const arrows = (field: Float64Array) =>
          grid.map((_, i) => features.map((feature) => field[feature * grid.length + i]!));
        fields.push({ process, features, mode: 0, side: 0, points, displacements: arrows(found.nominal[process]!) });
        for (const [i, shift] of found.shifts.entries()) {
          const [mode, side] = [Math.floor(i / 2) + 1, i % 2 === 0 ? (1 as const) : (-1 as const)];
          fields.push({ process, features, mode, side, points, displacements: arrows(shift[process]!) });
        }
      }
    }
    return { record: fields, arrays: {} };
  });
  return record;
}
