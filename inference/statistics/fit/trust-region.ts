/** The step of a Newton iteration: minimum of the local quadratic model within a trust region and within bounds. */
import { dot, type Eigen, eigenSymmetric, multiply, submatrix, unscaled } from "../linear-algebra/symmetric-matrix.js";

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

/** Where a step is allowed to go, and in which units its length is measured. */
export interface StepRegion {
  readonly limits: Limits;
  /** unit of length of each nuisance [K], as its inverse: the length of p is |scale ∘ p| */
  readonly scale: Float64Array;
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
}

/** Nuisances that sit on a bound with the NLL falling towards the outside. */
export function atActiveBound({ position, gradient }: QuadraticModel, { lower, upper }: Limits): boolean[] {
  const active: boolean[] = [];
  for (const [i, x] of position.entries()) {
    active.push((x === lower[i] && gradient[i]! > 0) || (x === upper[i] && gradient[i]! < 0));
  }
  return active;
}

function freeOf(active: readonly boolean[]): number[] {
  const free: number[] = [];
  for (let i = 0; i < active.length; i++) if (!active[i]) free.push(i);
  return free;
}

/** The model of some of the nuisances, in units of their lengths. */
interface Spectrum extends Eigen {
  /** [free] */
  readonly scale: Float64Array;
  /** Eigenvalues up to this one count as zero. */
  readonly flat: number;
  readonly isPositiveDefinite: boolean;
}

function spectrumOf(
  { position, hessian }: QuadraticModel,
  { scale: all, precision }: StepRegion,
  free: readonly number[],
): Spectrum {
  const scale = Float64Array.from(free, (i) => all[i]!);
  const { values, vectors } = eigenSymmetric(unscaled(submatrix(hessian, position.length, free), scale), free.length);
  const smallest = values[free.length - 1]!;
  const flat = precision * Math.max(Math.abs(values[0]!), Math.abs(smallest));
  return { values, vectors, scale, flat, isPositiveDefinite: smallest > flat };
}

/** Steps from one point, of any length: the eigenvectors that all of them follow at first are computed once. */
export class BoundedSteps {
  /** Of the Hessian of the nuisances that are at no active bound. */
  readonly isPositiveDefinite: boolean;
  private readonly active: readonly boolean[];
  private readonly first: Spectrum | undefined;
  private unlimited: TrustRegionStep | undefined;

  constructor(
    private readonly model: QuadraticModel,
    private readonly region: StepRegion,
  ) {
    this.active = atActiveBound(model, region.limits);
    const free = freeOf(this.active);
    this.first = free.length === 0 ? undefined : spectrumOf(model, region, free);
    this.isPositiveDefinite = this.first?.isPositiveDefinite ?? true;
  }

  /** The step of Newton's method, where the Hessian is positive definite. */
  get newton(): TrustRegionStep {
    this.unlimited ??= this.within(Infinity);
    return this.unlimited;
  }

  /**
   * Steps to the trust-region minimum of the free nuisances; where a bound is in the way stops there, fixes that nuisance,
   * and goes on with the others and what is left of the radius. The model falls all along the path.
   */
  within(radius: number): TrustRegionStep {
    const { model, region } = this;
    const size = model.position.length;
    const { lower, upper } = region.limits;
    const active = [...this.active];
    const position = model.position.slice();
    const moved = () => position.map((x, i) => x - model.position[i]!);
    const lengthOf = (p: Float64Array) => Math.hypot(...p.map((x, i) => x * region.scale[i]!));

    // Every pass but the last takes a nuisance to its bound.
    for (let pass = 0; pass <= size; pass++) {
      const free = freeOf(active);
      const left = radius - lengthOf(moved());
      if (free.length === 0 || left <= 0) break;
      const slopes = multiply(model.hessian, moved()).map((x, i) => x + model.gradient[i]!);
      const spectrum = pass === 0 ? this.first! : spectrumOf(model, region, free);
      const { scale } = spectrum;
      const gradient = scale.map((unit, k) => slopes[free[k]!]! / unit);
      const step = ballStep(spectrum, gradient, left, region.precision).map((z, k) => z / scale[k]!);

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
    return { position, decrease, length: lengthOf(p) };
  }
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
  { values, vectors, flat, isPositiveDefinite }: Spectrum,
  gradient: Float64Array,
  radius: number,
  precision: number,
): Float64Array {
  const n = gradient.length;
  const smallest = values[n - 1]!;
  const gradientLength = Math.hypot(...gradient);
  const slopes = values.map((value, k) => {
    const slope = dot(vectors[k]!, gradient);
    return Math.abs(value) <= flat && Math.abs(slope) <= precision * gradientLength ? 0 : slope;
  });
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
  return step;
}
