/** Of two covariances of the same estimates the larger one, direction by direction. */

import { UsageError } from "../../../engine/errors.js";
import { anObject, checkArgument } from "../../../engine/options.js";
import { cholesky, eigenSymmetric, forwardSolve, symmetrised } from "../linear-algebra/symmetric-matrix.js";
import { type Covariance, covarianceOf } from "./covariance.js";

/** L⁻¹ A L⁻ᵀ of a symmetric A, row-major [n, n]. */
function reduced(lower: Float64Array, a: Float64Array, n: number): Float64Array {
  const rowsSolved = (m: Float64Array) => {
    const solved = new Float64Array(n * n);
    for (let i = 0; i < n; i++) solved.set(forwardSolve(lower, n, m.subarray(i * n, (i + 1) * n)), i * n);
    return solved;
  };
  const transposed = (m: Float64Array) => m.map((_, i) => m[(i % n) * n + Math.floor(i / n)]!);
  return symmetrised(rowsSolved(transposed(rowsSolved(a))), n);
}

/**
 * The least covariance that agrees with `own` where that is larger than `least`, and with `least` where not: with `least` = L Lᵀ and
 * L⁻¹ own L⁻ᵀ = U d Uᵀ it is L U max(d, 1) Uᵀ Lᵀ. No linear combination of the nuisances has a variance below that of either.
 *
 * @param least  of the same nuisances in the same order
 */
export function widenedCovariance(own: Covariance, least: Covariance): Covariance {
  checkArgument("widenedCovariance", "own", own, anObject);
  checkArgument("widenedCovariance", "least", least, anObject);
  const { names } = own;
  const n = names.length;
  if (names.join() !== least.names.join()) {
    throw new UsageError("widenedCovariance", {
      expected: `covariances of the same nuisances, ${names.join(", ")}`,
      got: least.names.join(", "),
    });
  }
  const lower = cholesky(Float64Array.from(least.matrix.flat()), n);
  if (lower === undefined) throw new Error("internal: a covariance that is not positive definite");
  const { values, vectors } = eigenSymmetric(reduced(lower, Float64Array.from(own.matrix.flat()), n), n);
  const matrix = new Float64Array(n * n);
  for (const [k, vector] of vectors.entries()) {
    const direction = Float64Array.from({ length: n }, (_, i) => {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += lower[i * n + j]! * vector[j]!;
      return sum;
    });
    const variance = Math.max(values[k]!, 1);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) matrix[i * n + j]! += variance * direction[i]! * direction[j]!;
  }
  return covarianceOf(matrix, names);
}
