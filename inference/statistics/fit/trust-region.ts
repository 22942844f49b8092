/** The step of a Newton iteration: minimum of the local quadratic model within a trust region and within bounds. */
import { dot, eigenSymmetric, multiply, submatrix, unscaled } from "../linear-algebra/symmetric-matrix.js";

/** m(p) = gradient·p + ½ pᵀ hessian p, about `position` [K]. */
export interface QuadraticModel {
  readonly position: Float64Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Bounds [K]; ∓Infinity where there is none. */
export interface Limits {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Where a step is allowed to go. */
export interface TrustRegion {
  readonly limits: Limits;
  /** unit of length of each nuisance [K], as its inverse: the length of p is |scale ∘ p| */
  readonly scale: Float64Array;
  readonly radius: number;
  /** eigenvalues of the scaled Hessian up to this fraction of the largest count as zero */
  readonly precision: number;
}

export interface TrustRegionStep {
  /** where it ends [K]; exactly on the bounds it reaches */
  readonly position: Float64Array;
  /** -m(p) >= 0, in units of NLL */
  readonly decrease: number;
  /** |scale ∘ p| */
  readonly length: number;
  /** of the Hessian of the nuisances that are at no active bound at the start of the step */
  readonly isPositiveDefinite: boolean;
}

/** Nuisances that sit on a bound with the NLL falling towards the outside. */
export function atActiveBound({ position, gradient }: QuadraticModel, { lower, upper }: Limits): boolean[] {
  return Array.from(position, (x, i) => (x === lower[i] && gradient[i]! > 0) || (x === upper[i] && gradient[i]! < 0));
}

/**
 * Steps to the trust-region minimum of the free nuisances; where a bound is in the way stops there, fixes that nuisance,
 * and goes on with the others and what is left of the radius. The model falls all along the path.
 */
export function boundedStep(model: QuadraticModel, region: TrustRegion): TrustRegionStep {
  const size = model.position.length;
  const { lower, upper } = region.limits;
  const active = atActiveBound(model, region.limits);
  const position = model.position.slice();
  const moved = () => position.map((x, i) => x - model.position[i]!);
  const lengthOf = (p: Float64Array) => Math.hypot(...p.map((x, i) => x * region.scale[i]!));
  let isPositiveDefinite: boolean | undefined;

  // Every pass but the last takes a nuisance to its bound.
  for (let pass = 0; pass <= size; pass++) {
    const free = active.flatMap((isActive, i) => (isActive ? [] : [i]));
    const radius = region.radius - lengthOf(moved());
    if (free.length === 0 || radius <= 0) break;
    const gradient = multiply(model.hessian, moved()).map((x, i) => x + model.gradient[i]!);
    const scale = Float64Array.from(free, (i) => region.scale[i]!);
    const ball = ballStep(
      unscaled(submatrix(model.hessian, size, free), scale),
      Float64Array.from(free, (i, k) => gradient[i]! / scale[k]!),
      radius,
      region.precision,
    );
    isPositiveDefinite ??= ball.isPositiveDefinite;
    const step = ball.step.map((z, k) => z / scale[k]!);

    const room = free.map((i, k) => {
      if (step[k] === 0) return Infinity;
      return ((step[k]! > 0 ? upper[i]! : lower[i]!) - position[i]!) / step[k]!;
    });
    const fraction = Math.min(1, ...room);
    for (const [k, i] of free.entries()) {
      if (room[k]! <= fraction) {
        position[i] = step[k]! > 0 ? upper[i]! : lower[i]!;
        active[i] = true;
      } else position[i]! += fraction * step[k]!;
    }
    if (fraction === 1) break;
  }

  const p = moved();
  const decrease = -(dot(model.gradient, p) + 0.5 * dot(p, multiply(model.hessian, p)));
  return { position, decrease, length: lengthOf(p), isPositiveDefinite: isPositiveDefinite ?? true };
}

/** Halvings that take an interval of doubles to one unit in the last place, with room to spare. */
const BISECTIONS = 120;

/**
 * Minimum of g·z + ½ zᵀHz over |z| <= radius, through the eigenvectors of H.
 *
 * Nocedal & Wright, Numerical Optimization, 2nd ed., theorem 4.1: z = -(H + λ)⁻¹ g with λ >= max(0, -smallest
 * eigenvalue) and λ (radius - |z|) = 0. In their "hard case" what is missing in length is added along the eigenvector of
 * the most negative curvature. Directions that are flat in both curvature and slope are left alone: along them
 * a step would follow rounding errors.
 */
function ballStep(
  hessian: Float64Array,
  gradient: Float64Array,
  radius: number,
  precision: number,
): { step: Float64Array; isPositiveDefinite: boolean } {
  const n = gradient.length;
  const { values, vectors } = eigenSymmetric(hessian, n);
  const smallest = values[n - 1]!;
  const flat = precision * Math.max(Math.abs(values[0]!), Math.abs(smallest));
  const gradientLength = Math.hypot(...gradient);
  const slopes = Float64Array.from(vectors, (vector, k) => {
    const slope = dot(vector, gradient);
    return Math.abs(values[k]!) <= flat && Math.abs(slope) <= precision * gradientLength ? 0 : slope;
  });
  const isPositiveDefinite = smallest > flat;
  const along = (lambda: number) => slopes.map((slope, k) => (slope === 0 ? 0 : -slope / (values[k]! + lambda)));

  let coefficients = along(0);
  if (!isPositiveDefinite || Math.hypot(...coefficients) > radius) {
    let low = Math.max(0, -smallest);
    let high = low + gradientLength / radius;
    for (let i = 0; i < BISECTIONS; i++) {
      const middle = 0.5 * (low + high);
      if (Math.hypot(...along(middle)) > radius) low = middle;
      else high = middle;
    }
    coefficients = along(high);
    if (smallest < -flat) {
      const rest = radius ** 2 - dot(coefficients, coefficients);
      const towards = coefficients[n - 1]!;
      // towards + t with (towards + t)² = towards² + rest, away from zero: t carries the sign of what is there.
      coefficients[n - 1] = (towards < 0 ? -1 : 1) * Math.sqrt(towards ** 2 + Math.max(0, rest));
    }
  }

  const step = new Float64Array(n);
  for (const [k, vector] of vectors.entries()) for (let i = 0; i < n; i++) step[i]! += coefficients[k]! * vector[i]!;
  return { step, isPositiveDefinite };
}
