/** The minimum between the grid points of a scan. */
import type { Scan1d, Scan2d } from "./scan.js";
import { cholesky, choleskySolve } from "./symmetric-matrix.js";

/** Vertex of a parabola: the minimum a scan points to. */
export interface ParabolaMinimum {
  /** of the scanned nuisances */
  readonly at: readonly number[];
  readonly deltaTwoNll: number;
}

/**
 * Minimum of the parabola through the lowest point of a scan and its two neighbours; undefined where the lowest point is at
 * an end of the scan, or next to a missing one.
 */
export function parabolaMinimum(scan: Scan1d): ParabolaMinimum | undefined {
  return quadraticMinimum(
    [scan.values],
    ([i]) => scan.deltaTwoNll[i!],
    lowestPoint([scan.values.length], ([i]) => scan.deltaTwoNll[i!]),
  );
}

/** The same in two dimensions: least squares of a quadratic form in the nine points around the lowest one. */
export function paraboloidMinimum(scan: Scan2d): ParabolaMinimum | undefined {
  const at = ([i, j]: readonly number[]) => scan.deltaTwoNll[i!]?.[j!];
  return quadraticMinimum(
    scan.values,
    at,
    lowestPoint(
      scan.values.map((axis) => axis.length),
      at,
    ),
  );
}

type GridValue = (coordinates: readonly number[]) => number | undefined;

function lowestPoint(sizes: readonly number[], value: GridValue): readonly number[] {
  const [rows, columns] = [sizes[0]!, sizes[1] ?? 1];
  let best = sizes.map(() => 0);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const here = sizes.length === 1 ? [i] : [i, j];
      if ((value(here) ?? Infinity) < (value(best) ?? Infinity)) best = here;
    }
  }
  return best;
}

function quadraticMinimum(
  axes: readonly (readonly number[])[],
  value: GridValue,
  centre: readonly number[],
): ParabolaMinimum | undefined {
  const size = axes.length;
  const around = [-1, 0, 1];
  const offsets = size === 1 ? around.map((i) => [i]) : around.flatMap((i) => around.map((j) => [i, j]));
  // Distances in grid steps keep the normal equations well conditioned.
  const unit = axes.map((axis, k) => axis[centre[k]! + 1]! - axis[centre[k]!]!);
  const points = offsets.map((offset) => {
    const coordinates = offset.map((o, k) => centre[k]! + o);
    const z = coordinates.map((c, k) => (axes[k]![c]! - axes[k]![centre[k]!]!) / unit[k]!);
    return { z, height: value(coordinates) };
  });
  if (points.some(({ z, height }) => height === undefined || z.some(Number.isNaN))) return undefined;

  const terms = (z: readonly number[]) =>
    size === 1 ? [1, z[0]!, z[0]! ** 2] : [1, z[0]!, z[1]!, z[0]! ** 2, z[0]! * z[1]!, z[1]! ** 2];
  const count = terms(points[0]!.z).length;
  const normal = new Float64Array(count * count);
  const right = new Float64Array(count);
  for (const { z, height } of points) {
    const basis = terms(z);
    for (let a = 0; a < count; a++) {
      right[a]! += basis[a]! * height!;
      for (let b = 0; b < count; b++) normal[a * count + b]! += basis[a]! * basis[b]!;
    }
  }
  const c = choleskySolve(cholesky(normal, count)!, count, right);
  const curvature = size === 1 ? [2 * c[2]!] : [2 * c[3]!, c[4]!, c[4]!, 2 * c[5]!];
  const lower = cholesky(Float64Array.from(curvature), size);
  if (!lower) return undefined;
  const z = choleskySolve(
    lower,
    size,
    c.slice(1, 1 + size).map((slope) => -slope),
  );
  const deltaTwoNll = terms(Array.from(z)).reduce((sum, term, a) => sum + term * c[a]!, 0);
  const at = axes.map((axis, k) => axis[centre[k]!]! + z[k]! * unit[k]!);
  return Object.freeze({ at: Object.freeze(at), deltaTwoNll });
}
