/** From the Hessian of the NLL to covariance, correlation and σ, with a verdict on whether there is any. */
import { ShapeError, UsageError } from "../../../engine/errors.js";
import { checkArgument, numbers } from "../../../engine/options.js";
import {
  cholesky,
  choleskyInverse,
  eigenSymmetric,
  symmetrised,
  unscaled,
} from "../linear-algebra/symmetric-matrix.js";
import { checkNames, type Matrix, matrixOf, type NamedVector, namedVector } from "../objective.js";

export interface Covariance {
  readonly status: "positive-definite";
  readonly names: readonly string[];
  /** in products of the nuisances' units */
  readonly matrix: Matrix;
  readonly correlation: Matrix;
  /** square roots of the diagonal, in the nuisances' units */
  readonly sigma: readonly number[];
}

/** Why there is no covariance. */
export interface NoCovariance {
  readonly status: "singular" | "indefinite" | "non-finite";
  readonly names: readonly string[];
  /** one sentence */
  readonly reason: string;
  /** smallest eigenvalue of the Hessian scaled to unit diagonal, dimensionless; undefined where it is not finite */
  readonly eigenvalue: number | undefined;
  /** the direction along which the NLL does not rise, in the nuisances' units, of length 1 */
  readonly direction: NamedVector | undefined;
}

/**
 * Smallest eigenvalue of a Hessian scaled to unit diagonal, relative to the largest, that counts as positive when sums over
 * events are good to 1e-11 relative (f64 programs).
 */
export const F64_PRECISION = 1e-10;

/** The same for Hessians of f32 programs, whose entries are good to 5e-5 of the largest. */
export const F32_PRECISION = 1e-4;

/**
 * Inverse of the Hessian of the NLL (not of twice it).
 *
 * @param hessian    row-major [K, K]
 * @param precision  see {@link F64_PRECISION}
 */
export function covariance(
  hessian: ArrayLike<number>,
  names: readonly string[],
  precision = F64_PRECISION,
): Covariance | NoCovariance {
  const information = symmetric("covariance", hessian, names);
  const obstacle = obstacleTo(information, names, precision);
  if (obstacle) return obstacle;
  return covarianceOf(inverseOf(information, names.length), names);
}

/**
 * Covariance H⁻¹ J H⁻¹ of an estimate made with event weights, for which H⁻¹ alone estimates nothing.
 * Huber 1967, White 1982; for event weights in fits Langenbruch, arXiv:1911.01303.
 *
 * @param hessian       H of the weighted NLL, row-major [K, K], constraints included
 * @param scoreProduct  J = Σ_i w_i² g_i g_iᵀ, g_i the gradient of log p of event i, row-major [K, K]. A constraint is an
 *                      auxiliary measurement and adds its own information (1 on the diagonal for a unit Gaussian)
 */
export function sandwichCovariance(
  hessian: ArrayLike<number>,
  scoreProduct: ArrayLike<number>,
  names: readonly string[],
  precision = F64_PRECISION,
): Covariance | NoCovariance {
  const information = symmetric("sandwichCovariance", hessian, names);
  const scores = symmetric("sandwichCovariance", scoreProduct, names);
  const obstacle = obstacleTo(information, names, precision) ?? obstacleTo(scores, names, precision, "score product");
  if (obstacle) return obstacle;
  const n = names.length;
  const inverse = inverseOf(information, n);
  return covarianceOf(product(product(inverse, scores, n), inverse, n), names);
}

/** Number of unweighted events of the same relative precision: (Σw)² / Σw². Kish 1965. Weights may be negative. */
export function effectiveEvents(weights: ArrayLike<number>): number {
  checkArgument("effectiveEvents", "weights", weights, numbers);
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    squares += weights[i]! ** 2;
  }
  if (!(squares > 0 && Number.isFinite(squares))) {
    throw new UsageError("effectiveEvents", {
      expected: "finite weights, not all zero",
      got: `${weights.length} weights with a sum of squares of ${squares}`,
    });
  }
  return sum ** 2 / squares;
}

/** A covariance with its errors and correlations. @param matrix  known to be positive definite, row-major [K, K]; ShapeError where it has another size */
export function covarianceOf(matrix: ArrayLike<number>, names: readonly string[]): Covariance {
  const flat = symmetric("covarianceOf", matrix, names);
  const n = names.length;
  const sigma = Float64Array.from(names, (_, i) => Math.sqrt(flat[i * n + i]!));
  const correlation = unscaled(flat, sigma);
  for (let i = 0; i < n; i++) correlation[i * n + i] = 1;
  return Object.freeze({
    status: "positive-definite",
    names: Object.freeze([...names]),
    matrix: matrixOf(flat, n),
    correlation: matrixOf(correlation, n),
    sigma: Object.freeze(Array.from(sigma)),
  });
}

/** Why `matrix` has no inverse that means anything, if so. */
function obstacleTo(
  matrix: Float64Array,
  names: readonly string[],
  precision: number,
  what = "Hessian",
): NoCovariance | undefined {
  const n = names.length;
  const give = (status: NoCovariance["status"], reason: string, eigenvalue?: number, direction?: NamedVector) =>
    Object.freeze({ status, names: Object.freeze([...names]), reason, eigenvalue, direction });

  const bad = matrix.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    const [row, column] = [names[Math.floor(bad / n)], names[bad % n]];
    return give("non-finite", `The ${what} is not finite: its entry (${row}, ${column}) is ${matrix[bad]}.`);
  }
  // Unit diagonal: without it, a nuisance in small units would pass for a flat direction.
  const scale = Float64Array.from(names, (_, i) => Math.sqrt(Math.abs(matrix[i * n + i]!)) || 1);
  const { values, vectors } = eigenSymmetric(unscaled(matrix, scale), n);
  const smallest = values[n - 1]!;
  const zero = precision * Math.max(Math.abs(values[0]!), Math.abs(smallest));
  if (smallest > zero) return undefined;

  const along = vectors[n - 1]!.map((z, i) => z / scale[i]!);
  const length = Math.hypot(...along);
  const direction = namedVector(
    names,
    along.map((x) => x / length),
  );
  const isFlat = smallest >= -zero;
  return give(
    isFlat ? "singular" : "indefinite",
    `The ${what} is ${isFlat ? "singular" : "not positive definite"}: along ${describeDirection(direction)} ` +
      `${isFlat ? "it is flat" : "it is negative"} (eigenvalue ${smallest.toPrecision(3)} at unit diagonal). ` +
      (isFlat
        ? "The data do not distinguish these parameters: constrain, fix or merge some of them."
        : "This is not a minimum: fit again from another start."),
    smallest,
    direction,
  );
}

/** "0.707 shift - 0.707 squeeze", leaving out what is below a thousandth. */
function describeDirection({ names, values }: NamedVector): string {
  const terms = names.flatMap((name, i) => (Math.abs(values[i]!) < 1e-3 ? [] : [{ name, value: values[i]! }]));
  return terms
    .map(({ name, value }, i) => {
      const sign = value < 0 ? (i === 0 ? "-" : "- ") : i === 0 ? "" : "+ ";
      return `${sign}${Math.abs(value).toPrecision(3)} ${name}`;
    })
    .join(" ");
}

function symmetric(where: string, matrix: ArrayLike<number>, names: readonly string[]): Float64Array {
  checkNames(where, names);
  checkArgument(where, "the matrix", matrix, numbers);
  const n = names.length;
  if (n === 0) throw new UsageError(where, { expected: "at least one nuisance", got: "none" });
  if (matrix.length !== n * n) {
    throw new ShapeError(where, {
      expected: `a row-major [${n}, ${n}] matrix for ${names.join(", ")}`,
      got: `${matrix.length} numbers`,
    });
  }
  return symmetrised(matrix, n);
}

function inverseOf(information: Float64Array, n: number): Float64Array {
  const lower = cholesky(information, n);
  if (!lower) throw new Error("internal: a matrix with positive eigenvalues has no Cholesky factor");
  return choleskyInverse(lower, n);
}

function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const c = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) for (let j = 0; j < n; j++) c[i * n + j]! += a[i * n + k]! * b[k * n + j]!;
  }
  return c;
}
