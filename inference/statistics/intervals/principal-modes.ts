/** The independent directions of a covariance, widest first. */
import { aList, checkParts } from "../../../engine/options.js";
import type { Covariance } from "../fit/covariance.js";
import { eigenSymmetric } from "../linear-algebra/symmetric-matrix.js";
import { type NamedVector, namedVector } from "../objective.js";

export interface PrincipalMode {
  /** σ_k = √λ_k: ν̂ ± σ_k e_k are the one-standard-deviation shifts of this mode */
  readonly sigma: number;
  /** e_k, of length 1; its component largest in magnitude is positive */
  readonly direction: NamedVector;
}

/**
 * Eigenvectors of the covariance, σ descending: C = Σ_k σ_k² e_k e_kᵀ. They depend on the units of the nuisances, which
 * is right where all are in prior standard deviations.
 */
export function principalModes(covariance: Covariance): readonly PrincipalMode[] {
  checkParts("principalModes", "a covariance", covariance, { names: aList, matrix: aList });
  const { names, matrix } = covariance;
  const { values, vectors } = eigenSymmetric(Float64Array.from(matrix.flat()), names.length);
  return Object.freeze(
    vectors.map((vector, k) => Object.freeze({ sigma: Math.sqrt(values[k]!), direction: namedVector(names, vector) })),
  );
}
