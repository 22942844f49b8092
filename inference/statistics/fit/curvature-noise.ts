/** The part of a Hessian that is noise of what the likelihood was learned from. */
import { UsageError } from "../../../engine/errors.js";
import { aList, aNumber, checkArgument } from "../../../engine/options.js";
import { eigenSymmetric } from "../linear-algebra/symmetric-matrix.js";
import { type Matrix, matrixOf } from "../objective.js";

/**
 * A Hessian without noise that adds to it on average: H - M, but in no direction less than what the constraints give. With
 * H - M - C = U d Uᵀ it is C + U max(d, 0) Uᵀ.
 *
 * Scores that are learned as s + ε give the information E[s sᵀ] + E[ε εᵀ], whatever the data are; the second is no information on the nuisances.
 *
 * @param hessian     of the NLL, constraints included [K, K]
 * @param noise       diagonal of M [K]: nuisances are learned from samples of their own
 * @param constraint  diagonal of C, the same of all
 */
export function withoutCurvatureNoise(hessian: Matrix, noise: readonly number[], constraint: number): Matrix {
  checkArgument("withoutCurvatureNoise", "the Hessian", hessian, aList);
  checkArgument("withoutCurvatureNoise", "the noise", noise, aList);
  checkArgument("withoutCurvatureNoise", "the constraint", constraint, aNumber);
  const n = hessian.length;
  if (noise.length !== n) {
    throw new UsageError("withoutCurvatureNoise", { expected: `noise of ${n} nuisances`, got: `${noise.length}` });
  }
  const ofData = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let l = 0; l < n; l++) ofData[k * n + l] = hessian[k]![l]! - (k === l ? noise[k]! + constraint : 0);
  }
  const { values, vectors } = eigenSymmetric(ofData, n);
  const left = new Float64Array(n * n);
  for (let k = 0; k < n; k++) left[k * n + k] = constraint;
  for (const [i, vector] of vectors.entries()) {
    const value = Math.max(values[i]!, 0);
    for (let k = 0; k < n; k++) for (let l = 0; l < n; l++) left[k * n + l]! += value * vector[k]! * vector[l]!;
  }
  return matrixOf(left, n);
}
