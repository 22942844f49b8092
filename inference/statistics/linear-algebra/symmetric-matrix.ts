/** Dense symmetric matrices of a few dozen rows in f64: row-major [n, n] arrays, n the number of nuisances. */

/**
 * Lower triangle L with A = L Lᵀ, or undefined where A is not positive definite to working precision.
 * Golub & Van Loan, Matrix Computations, 4th ed., section 4.2.
 */
export function cholesky(a: Float64Array, n: number): Float64Array | undefined {
  const lower = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * n + k]! * lower[j * n + k]!;
      if (i > j) lower[i * n + j] = sum / lower[j * n + j]!;
      else if (sum > 0 && Number.isFinite(sum)) lower[j * n + j] = Math.sqrt(sum);
      else return undefined;
    }
  }
  return lower;
}

/** x with L x = b, L lower triangular. */
export function forwardSolve(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= lower[i * n + k]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  return x;
}

/** x with L Lᵀ x = b. */
export function choleskySolve(lower: Float64Array, n: number, b: Float64Array): Float64Array {
  const x = forwardSolve(lower, n, b);
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= lower[k * n + i]! * x[k]!;
    x[i]! /= lower[i * n + i]!;
  }
  return x;
}

/** (L Lᵀ)⁻¹, symmetric to the last bit. */
export function choleskyInverse(lower: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const unit = new Float64Array(n);
    unit[j] = 1;
    const column = choleskySolve(lower, n, unit);
    for (let i = j; i < n; i++) inverse[i * n + j] = inverse[j * n + i] = column[i]!;
  }
  return inverse;
}

export interface Eigen {
  /** descending */
  readonly values: Float64Array;
  /** unit eigenvectors in the same order; of each, the component largest in magnitude is positive */
  readonly vectors: readonly Float64Array[];
}

/** More than enough: cyclic Jacobi converges quadratically, in 5 to 10 sweeps at any size met here. */
const MAX_SWEEPS = 50;

/**
 * Eigenvalues and eigenvectors by the cyclic Jacobi method, Golub & Van Loan, 4th ed., section 8.5. An off-diagonal
 * element counts as zero relative to its own two diagonal elements, which keeps small eigenvalues of positive definite
 * matrices relatively accurate (Demmel & Veselić 1992).
 */
export function eigenSymmetric(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;

  for (let sweep = 0, rotated = true; rotated && sweep < MAX_SWEEPS; sweep++) {
    rotated = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const off = Math.abs(a[p * n + q]!);
        if (off <= Number.EPSILON * 0.5 * Math.sqrt(Math.abs(a[p * n + p]! * a[q * n + q]!))) continue;
        if (off > 0) rotated = true;
        rotate(a, v, n, p, q);
      }
    }
  }

  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  const values = new Float64Array(n);
  const vectors = order.map((i, k) => {
    values[k] = a[i * n + i]!;
    const vector = new Float64Array(n);
    for (let row = 0; row < n; row++) vector[row] = v[row * n + i]!;
    return withLargestPositive(vector);
  });
  return { values, vectors };
}

/** One Jacobi rotation: makes a[p, q] zero and keeps the product of rotations in `v`. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * a[p * n + q]!);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const akp = a[k * n + p]!;
    const akq = a[k * n + q]!;
    a[k * n + p] = c * akp - s * akq;
    a[k * n + q] = s * akp + c * akq;
  }
  for (let k = 0; k < n; k++) {
    const apk = a[p * n + k]!;
    const aqk = a[q * n + k]!;
    a[p * n + k] = c * apk - s * aqk;
    a[q * n + k] = s * apk + c * aqk;
    const vkp = v[k * n + p]!;
    const vkq = v[k * n + q]!;
    v[k * n + p] = c * vkp - s * vkq;
    v[k * n + q] = s * vkp + c * vkq;
  }
  a[p * n + q] = a[q * n + p] = 0;
}

/** Ties within rounding go to the first component, so that the sign does not hang on the last bit. */
function withLargestPositive(vector: Float64Array): Float64Array {
  let largest = 0;
  for (const x of vector) largest = Math.max(largest, Math.abs(x));
  let first = 0;
  while (Math.abs(vector[first]!) < largest * (1 - 1e-9)) first++;
  return vector[first]! < 0 ? vector.map((x) => -x) : vector;
}

export function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}

/** A x */
export function multiply(a: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  const product = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[i * n + k]! * x[k]!;
    product[i] = sum;
  }
  return product;
}

/** Rows and columns `indices` of A. */
export function submatrix(a: Float64Array, n: number, indices: readonly number[]): Float64Array {
  const size = indices.length;
  const part = new Float64Array(size * size);
  for (let r = 0; r < size; r++) {
    for (let c = 0; c < size; c++) part[r * size + c] = a[indices[r]! * n + indices[c]!]!;
  }
  return part;
}

/** A with the given scale s divided out: A_ij / (s_i s_j). */
export function unscaled(a: Float64Array, scale: Float64Array): Float64Array {
  const n = scale.length;
  const quotients = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) quotients[i * n + j] = a[i * n + j]! / (scale[i]! * scale[j]!);
  }
  return quotients;
}

/** ½ (A + Aᵀ): second derivatives come out symmetric only up to rounding. */
export function symmetrised(a: ArrayLike<number>, n: number): Float64Array {
  const mean = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) mean[i * n + j] = 0.5 * (a[i * n + j]! + a[j * n + i]!);
  }
  return mean;
}
