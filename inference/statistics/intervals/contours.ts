/** Contour lines of a scan in two dimensions, and the ellipse that a covariance says they should be. */

import { UsageError } from "../../../engine/errors.js";
import { aList, checkArgument, checkParts, numbers } from "../../../engine/options.js";
import type { Covariance } from "../fit/covariance.js";
import { indexOfName } from "../objective.js";
import type { Scan2d } from "./scan.js";

/** -2ΔlnL of 68.27%, 95.45% and 99.73% in two dimensions: -2 ln(1 - erf(n/√2)) for n = 1, 2, 3. */
export const CONTOUR_LEVELS = [2.3, 6.18, 11.83] as const;

export interface Polyline {
  /** [points, 2]; the first point is not repeated at the end */
  readonly points: readonly (readonly [number, number])[];
  /** whether the last point joins the first; if not, both ends lie on the rim of the grid or beside a missing value */
  readonly isClosed: boolean;
}

/**
 * Lines at which a field on a rectangular grid equals `level`: marching squares (Lorensen & Cline 1987, in two dimensions)
 * with linear interpolation along the grid lines. In a saddle cell the mean of the four corners says which corners are
 * joined. Values equal to the level count as above it. Cells with a missing corner hold no line.
 *
 * @param x      ascending [nx]
 * @param y      ascending [ny]
 * @param field  [nx, ny]
 */
export function contours(
  x: readonly number[],
  y: readonly number[],
  field: readonly (readonly (number | undefined)[])[],
  level: number,
): readonly Polyline[] {
  checkArgument("contours", "x", x, numbers);
  checkArgument("contours", "y", y, numbers);
  checkArgument("contours", "field", field, aList);
  if (field.length !== x.length || field.some((row) => row.length !== y.length)) {
    throw new UsageError("contours", {
      expected: `a field of [${x.length}, ${y.length}] values`,
      got: `${field.length} rows of ${[...new Set(field.map((row) => row.length))].join(" or ")}`,
    });
  }
  const segments: [Edge, Edge][] = [];
  for (let i = 0; i + 1 < x.length; i++) {
    for (let j = 0; j + 1 < y.length; j++) segments.push(...cellSegments(field, level, i, j));
  }
  return joined(segments).map(({ edges, isClosed }) =>
    Object.freeze({
      points: Object.freeze(edges.map(({ from, to }) => crossing(x, y, field, level, from, to))),
      isClosed,
    }),
  );
}

/** Steps into which each interval of a scan is divided before its contours are drawn. */
const REFINEMENT = 8;

/**
 * Contours of a scan at `level`. Between the points -2ΔlnL is interpolated by cubics along both axes, exact for the paraboloid
 * that it nearly is; then it is √(-2ΔlnL), the more nearly linear, that is followed. Values below zero count as zero.
 */
export function scanContours(scan: Scan2d, level: number): readonly Polyline[] {
  if (!(level > 0)) throw new UsageError("scanContours", { expected: "a positive -2ΔlnL", got: `${level}` });
  const [x, y] = [refinedAxis(scan.values[0]), refinedAxis(scan.values[1])];
  const alongX = refinedColumns(scan.values[0], x, scan.deltaTwoNll);
  const field = alongX.map((row) => refinedValues(scan.values[1], y, row));
  const height = field.map((row) =>
    row.map((value) => (value === undefined ? undefined : Math.sqrt(Math.max(0, value)))),
  );
  return contours(x, y, height, Math.sqrt(level));
}

type Values = readonly (number | undefined)[];

/** The grid with REFINEMENT steps in place of each. */
function refinedAxis(grid: readonly number[]): number[] {
  const inside = grid.slice(0, -1).flatMap((from, i) => {
    const step = (grid[i + 1]! - from) / REFINEMENT;
    return Array.from({ length: REFINEMENT }, (_, k) => from + k * step);
  });
  return [...inside, grid.at(-1)!];
}

function refinedColumns(grid: readonly number[], fine: readonly number[], field: readonly Values[]): Values[] {
  const columns = field[0]!.map((_, j) => {
    return refinedValues(
      grid,
      fine,
      field.map((row) => row[j]),
    );
  });
  return fine.map((_, i) => columns.map((column) => column[i]));
}

/** Lagrange's cubic through the four points around each interval, fewer where there are not so many or one is missing. */
function refinedValues(grid: readonly number[], fine: readonly number[], values: Values): Values {
  return fine.map((at, k) => {
    const cell = Math.min(Math.floor(k / REFINEMENT), grid.length - 2);
    const first = Math.max(0, Math.min(cell - 1, grid.length - 4));
    const around = range(first, Math.min(first + 4, grid.length));
    if (k % REFINEMENT === 0) return values[k / REFINEMENT];
    const whole = around.every((i) => values[i] !== undefined);
    return lagrange(grid, values, whole ? around : [cell, cell + 1], at);
  });
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

function lagrange(grid: readonly number[], values: Values, nodes: readonly number[], at: number): number | undefined {
  let sum = 0;
  for (const i of nodes) {
    const value = values[i];
    if (value === undefined) return undefined;
    const others = nodes.filter((other) => other !== i);
    sum += others.reduce((product, other) => (product * (at - grid[other]!)) / (grid[i]! - grid[other]!), value);
  }
  return sum;
}

/** A corner of the grid, and a grid line between two neighbouring corners, the lower one first. */
type Corner = readonly [number, number];
interface Edge {
  readonly from: Corner;
  readonly to: Corner;
}

function cellSegments(
  field: readonly (readonly (number | undefined)[])[],
  level: number,
  i: number,
  j: number,
): [Edge, Edge][] {
  const corners: readonly Corner[] = [
    [i, j],
    [i + 1, j],
    [i + 1, j + 1],
    [i, j + 1],
  ];
  const values = corners.map(([a, b]) => field[a]![b]);
  if (values.some((value) => value === undefined)) return [];
  const isAbove = values.map((value) => value! >= level);
  const [bottom, right, top, left]: readonly Edge[] = [
    { from: corners[0]!, to: corners[1]! },
    { from: corners[1]!, to: corners[2]! },
    { from: corners[3]!, to: corners[2]! },
    { from: corners[0]!, to: corners[3]! },
  ];
  const sides = [bottom!, right!, top!, left!];
  const crossed = sides.filter((_, k) => isAbove[k] !== isAbove[(k + 1) % 4]);
  if (crossed.length === 0) return [];
  if (crossed.length === 2) return [[crossed[0]!, crossed[1]!]];
  const mean = values.reduce<number>((sum, value) => sum + value! / 4, 0);
  // The centre belongs with corners 0 and 2, or with 1 and 3; the lines cut off the two others.
  const cutsOff13 = mean >= level === isAbove[0];
  return cutsOff13
    ? [
        [bottom!, right!],
        [top!, left!],
      ]
    : [
        [left!, bottom!],
        [right!, top!],
      ];
}

/** Chains segments that share an edge. An edge belongs to two cells at most, so that each chain has two ends or none. */
function joined(segments: readonly [Edge, Edge][]): { edges: Edge[]; isClosed: boolean }[] {
  const key = ({ from, to }: Edge) => `${from} ${to}`;
  const at = new Map<string, number[]>();
  for (const [index, ends] of segments.entries()) {
    for (const edge of ends) at.set(key(edge), [...(at.get(key(edge)) ?? []), index]);
  }
  const used = new Set<number>();
  const walk = (start: Edge): Edge[] => {
    const edges = [start];
    for (;;) {
      const here = edges.at(-1)!;
      const next = at.get(key(here))!.find((index) => !used.has(index));
      if (next === undefined) return edges;
      used.add(next);
      const [a, b] = segments[next]!;
      edges.push(key(a) === key(here) ? b : a);
    }
  };

  const isEnd = (edge: Edge) => at.get(key(edge))!.length === 1;
  const open = segments
    .flat()
    .filter(isEnd)
    .map(walk)
    .filter((edges) => edges.length > 1);
  const closed = segments.map(([start]) => walk(start)).filter((edges) => edges.length > 1);
  return [
    ...open.map((edges) => ({ edges, isClosed: false })),
    ...closed.map((edges) => ({ edges: edges.slice(0, -1), isClosed: true })),
  ];
}

function crossing(
  x: readonly number[],
  y: readonly number[],
  field: readonly (readonly (number | undefined)[])[],
  level: number,
  from: Corner,
  to: Corner,
): readonly [number, number] {
  const low = field[from[0]]![from[1]]!;
  const high = field[to[0]]![to[1]]!;
  const t = (level - low) / (high - low);
  const between = (axis: readonly number[], a: number, b: number) => axis[a]! + t * (axis[b]! - axis[a]!);
  return Object.freeze([between(x, from[0], to[0]), between(y, from[1], to[1])] as const);
}

/** Chords between so many points miss an extreme of the ellipse by at most 1 - cos(π/120) = 3.4e-4 of its half-axis. */
const ELLIPSE_POINTS = 120;

/**
 * Ellipse dᵀ C⁻¹ d = `deltaTwoNll` of two nuisances, the others profiled (C is their block of the covariance).
 *
 * @param centre  the two nuisances at the best fit
 */
export function hessianEllipse(
  covariance: Pick<Covariance, "names" | "sigma" | "correlation">,
  names: readonly [string, string],
  centre: readonly [number, number],
  deltaTwoNll: number,
): Polyline {
  checkParts("hessianEllipse", "a covariance", covariance, { names: aList, sigma: numbers, correlation: aList });
  checkArgument("hessianEllipse", "names", names, aList);
  checkArgument("hessianEllipse", "the centre", centre, numbers);
  if (!(deltaTwoNll > 0)) {
    throw new UsageError("hessianEllipse", { expected: "a positive -2ΔlnL", got: `${deltaTwoNll}` });
  }
  const [i, j] = names.map((name) => indexOfName("hessianEllipse", covariance.names, name)) as [number, number];
  const correlation = covariance.correlation[i]![j]!;
  // d = √delta L (cos, sin) with L the Cholesky factor of the 2 x 2 block.
  const [a, b] = [covariance.sigma[i]! * Math.sqrt(deltaTwoNll), covariance.sigma[j]! * Math.sqrt(deltaTwoNll)];
  const points = Array.from({ length: ELLIPSE_POINTS }, (_, k) => {
    const angle = (2 * Math.PI * k) / ELLIPSE_POINTS;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return Object.freeze([
      centre[0] + a * c,
      centre[1] + b * (correlation * c + Math.sqrt(1 - correlation ** 2) * s),
    ] as const);
  });
  return Object.freeze({ points: Object.freeze(points), isClosed: true });
}
