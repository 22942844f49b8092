/** The numbers of a fit that scans, impacts and averages around it follow from. */
import type { FitResult } from "../../inference/statistics/fit/fit-result.js";

/** Without how it was found: from which starts, in how many evaluations, and in which words. */
export function minimumOf({ status, estimate, nll, gradient, hessian, covariance }: FitResult) {
  return { status, estimate, nll, gradient, hessian, covariance };
}
