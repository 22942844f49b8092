/** Best fit and σ from the lowest points of a scan: the parabola, in two dimensions the paraboloid, through them. */
import { aList, aText, checkParts, numbers } from "../../../engine/options.js";
import { covariance } from "../fit/covariance.js";
import { cholesky, choleskySolve, dot } from "../linear-algebra/symmetric-matrix.js";
import { type Matrix, type NamedVector, namedVector } from "../objective.js";
import type { Scan1d, Scan2d } from "./scan.js";

export interface ScanParabola {
  readonly status: "found";
  readonly estimate: NamedVector;
  /** where -2ΔlnL has risen by 1 with the other scanned nuisance profiled, in the nuisances' units, in the order of the names */
  readonly sigma: readonly number[];
  /** of the scanned nuisances: [[1]] in one dimension */
  readonly correlation: Matrix;
  /** -2ΔlnL at the estimate */
  readonly deltaTwoNll: number;
  /** root mean square of -2ΔlnL minus the parabola over its points */
  readonly residual: number;
  /** of the scan, through which it was laid */
  readonly points: number;
}

/** Why there is none. */
export interface NoScanParabola {
  readonly status: "no-values" | "at-edge" | "missing-neighbours" | "not-convex" | "outside";
  /** one sentence */
  readonly reason: string;
}

/** Points on each side of the lowest one, along each axis. */
const REACH = 2;

/** Least squares through the lowest point of the scan and up to two on each side of it. */
export function scanParabola(scan: Scan1d): ScanParabola | NoScanParabola {
  checkParts("scanParabola", "a scan", scan, { name: aText, values: numbers, deltaTwoNll: aList });
  return vertex([scan.name], [scan.values], ([i]) => scan.deltaTwoNll[i!]);
}

/** Least squares through the lowest point of the scan and those up to two steps from it along each axis. */
export function scanParaboloid(scan: Scan2d): ScanParabola | NoScanParabola {
  checkParts("scanParaboloid", "a scan", scan, { names: aList, values: aList, deltaTwoNll: aList });
  return vertex(scan.names, scan.values, ([i, j]) => scan.deltaTwoNll[i!]![j!]);
}

interface GridPoint {
  /** index along each axis */
  readonly index: readonly number[];
  readonly value: number;
}

function vertex(
  names: readonly string[],
  axes: readonly (readonly number[])[],
  valueAt: (index: readonly number[]) => number | undefined,
): ScanParabola | NoScanParabola {
  const grid = known(
    axes.map(({ length }) => [0, length - 1] as const),
    valueAt,
  );
  if (grid.length === 0) return refusal("no-values", "The scan has no values.");
  const lowest = grid.reduce((best, point) => (point.value < best.value ? point : best));
  const edge = lowest.index.findIndex((i, k) => i === 0 || i === axes[k]!.length - 1);
  if (edge >= 0) {
    const at = axes[edge]![lowest.index[edge]!];
    return refusal("at-edge", `The lowest point is at the edge of the scan, ${names[edge]} = ${at}: scan further.`);
  }
  const ranges = lowest.index.map(
    (i, k) => [Math.max(0, i - REACH), Math.min(axes[k]!.length - 1, i + REACH)] as const,
  );
  const points = known(ranges, valueAt);
  // Next to the lowest on all sides: a minimum is bracketed, and a quadratic form determined.
  const neighbours = known(
    lowest.index.map((i) => [i - 1, i + 1] as const),
    valueAt,
  );
  if (neighbours.length < 3 ** names.length) {
    const place = lowest.index.map((i, k) => `${names[k]} = ${axes[k]![i]}`).join(", ");
    return refusal("missing-neighbours", `Values beside the lowest point, ${place}, are missing.`);
  }
  return throughPoints(names, axes, lowest, points);
}

function refusal(status: NoScanParabola["status"], reason: string): NoScanParabola {
  return Object.freeze({ status, reason });
}

/** Points that have a value, of the rectangle of the given first and last indices. */
function known(
  ranges: readonly (readonly [number, number])[],
  valueAt: (index: readonly number[]) => number | undefined,
): GridPoint[] {
  const indices = ranges.reduce<number[][]>(
    (found, [first, last]) =>
      found.flatMap((start) => Array.from({ length: last - first + 1 }, (_, i) => [...start, first + i])),
    [[]],
  );
  return indices.flatMap((index) => {
    const value = valueAt(index);
    return value === undefined ? [] : [{ index, value }];
  });
}

/** The quadratic form c + bᵀu + uᵀAu of u, the distance from the lowest point in steps of the scan. */
function throughPoints(
  names: readonly string[],
  axes: readonly (readonly number[])[],
  lowest: GridPoint,
  points: readonly GridPoint[],
): ScanParabola | NoScanParabola {
  const n = names.length;
  const centre = lowest.index.map((i, k) => axes[k]![i]!);
  const step = lowest.index.map((i, k) => (axes[k]![i + 1]! - axes[k]![i - 1]!) / 2);
  const reduced = ({ index }: GridPoint) => index.map((i, k) => (axes[k]![i]! - centre[k]!) / step[k]!);
  const coefficients = leastSquares(
    points.map((point) => monomials(reduced(point))),
    points.map(({ value }) => value),
  );
  const gradient = coefficients.slice(1, 1 + n);
  const form = new Float64Array(n * n);
  for (const [position, [i, j]] of pairs(n).entries()) {
    const own = coefficients[1 + n + position]!;
    form[i * n + j] = form[j * n + i] = i === j ? own : own / 2;
  }
  // -2ΔlnL = dᵀ H d of the Hessian of the NLL, so that A is H in units of the steps.
  const errors = covariance(form, names);
  if (errors.status !== "positive-definite") {
    const what = names.length === 1 ? "parabola" : "paraboloid";
    return refusal("not-convex", `The ${what} through the points around the lowest one has no minimum: scan finer.`);
  }
  const moved = errors.matrix.map((row) => -0.5 * dot(row, gradient));
  const reach = Math.max(...moved.map(Math.abs));
  if (reach > REACH) {
    return refusal(
      "outside",
      `The parabola has its minimum ${reach.toFixed(1)} steps of the scan off its lowest point.`,
    );
  }
  const value = (u: readonly number[]) => dot(monomials(u), coefficients);
  const squares = points.reduce((sum, point) => sum + (point.value - value(reduced(point))) ** 2, 0);
  return Object.freeze({
    status: "found",
    estimate: namedVector(
      names,
      moved.map((u, k) => centre[k]! + u * step[k]!),
    ),
    sigma: Object.freeze(errors.sigma.map((sigma, k) => sigma * step[k]!)),
    correlation: errors.correlation,
    deltaTwoNll: value(moved),
    residual: Math.sqrt(squares / points.length),
    points: points.length,
  });
}

/** (i, j), i <= j: order of the second-degree monomials. */
function pairs(n: number): [number, number][] {
  return Array.from({ length: n }, (_, i) => i).flatMap((i) =>
    Array.from({ length: n - i }, (_, k): [number, number] => [i, i + k]),
  );
}

function monomials(u: readonly number[]): number[] {
  return [1, ...u, ...pairs(u.length).map(([i, j]) => u[i]! * u[j]!)];
}

/** Normal equations: at most 6 monomials of numbers of order one, so that squaring their condition costs a few digits of 16. */
function leastSquares(rows: readonly (readonly number[])[], values: readonly number[]): Float64Array {
  const m = rows[0]!.length;
  const normal = Float64Array.from({ length: m * m }, (_, k) =>
    rows.reduce((sum, row) => sum + row[Math.floor(k / m)]! * row[k % m]!, 0),
  );
  const right = Float64Array.from({ length: m }, (_, i) => rows.reduce((sum, row, p) => sum + row[i]! * values[p]!, 0));
  const lower = cholesky(normal, m);
  if (!lower) throw new Error("internal: points on all sides of the lowest one do not determine a parabola");
  return choleskySolve(lower, m, right);
}
