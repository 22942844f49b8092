/** Errors of ν as the verbs show them: covariance and modes, labelled by what T did and how they were obtained. */
import { type Covariance, covariance, F32_PRECISION, sandwichCovariance } from "../inference/covariance.js";
import type { Likelihood } from "../inference/likelihood.js";
import type { Matrix } from "../inference/objective.js";
import { principalModes } from "../inference/principal-modes.js";
import type { TransferLabel } from "./open-likelihood.js";

/** In f32 a curvature that only the constraints give drowns in the rounding of the events' sums. */
export const F32_ADVICE = "In f64 (--precision f64) the constraints may suffice.";

export interface CovarianceSummary {
  /** What T does while ν varies. */
  readonly transfer: TransferLabel;
  /** H⁻¹, or H⁻¹JH⁻¹ where events carry weights. */
  readonly estimator: "inverse Hessian" | "sandwich";
  /** null where there is none; `problem` says why. */
  readonly covariance: Matrix | null;
  readonly correlation: Matrix | null;
  /** prior standard deviations [K] */
  readonly sigma: readonly number[] | null;
  /** Widest first; directions of length 1 [K]. */
  readonly modes: readonly { readonly sigma: number; readonly direction: readonly number[] }[];
  readonly problem: string | null;
}

/**
 * @param hessian    of the total, row-major [K, K]
 * @param precision  least relative eigenvalue that counts as positive
 */
export async function summarise(
  likelihood: Likelihood,
  nu: ArrayLike<number>,
  hessian: ArrayLike<number>,
  { transfer, precision }: { readonly transfer: TransferLabel; readonly precision: number },
): Promise<CovarianceSummary> {
  const { names, isWeighted } = likelihood;
  const found = isWeighted
    ? sandwichCovariance(hessian, await likelihood.scoreProduct(nu), names, precision)
    : covariance(hessian, names, precision);
  const label = { transfer, estimator: isWeighted ? ("sandwich" as const) : ("inverse Hessian" as const) };
  if (found.status !== "positive-definite") {
    const problem =
      found.status === "singular" && precision === F32_PRECISION ? `${found.reason} ${F32_ADVICE}` : found.reason;
    return { ...label, covariance: null, correlation: null, sigma: null, modes: [], problem };
  }
  return { ...label, ...numbers(found), problem: null };
}

function numbers(found: Covariance) {
  const modes = principalModes(found).map(({ sigma, direction }) => ({ sigma, direction: direction.values }));
  return { covariance: found.matrix, correlation: found.correlation, sigma: found.sigma, modes };
}

/** "T profiled, inverse Hessian" */
export function labelText({ transfer, estimator }: CovarianceSummary): string {
  return transfer === "none" ? estimator : `T ${transfer}, ${estimator}`;
}
