/** Numbers that programs of a likelihood give, as evaluations and their sums. */
import type { Evaluation } from "../../statistics/objective.js";
import type { Order } from "./likelihood-terms.js";

export type { Order } from "./likelihood-terms.js";

/** Of the gradients g of the events' log p: on average the Hessian of the NLL where the model describes the data. */
export interface OuterProduct {
  /** Σ w g gᵀ, and 1 on the diagonal for each Gaussian constraint; row-major [K, K] */
  readonly matrix: Float64Array;
  /** Standard deviation of each diagonal entry from one data set to another, √Σ w² g_k⁴ [K] */
  readonly scatter: Float64Array;
}

type Output = Readonly<Record<string, Float64Array>>;

export function evaluationOf(output: Output, order: Order): Evaluation {
  const [nll] = output.nll as Float64Array;
  return {
    nll: nll as number,
    ...(order >= 1 && { gradient: output.gradient as Float64Array }),
    ...(order >= 2 && { hessian: output.hessian as Float64Array }),
  };
}

/** Of no event. @param size  K */
export const zeroEvaluation = (size: number, order: Order): Evaluation => ({
  nll: 0,
  ...(order >= 1 && { gradient: new Float64Array(size) }),
  ...(order >= 2 && { hessian: new Float64Array(size * size) }),
});

export function sumOf(a: Evaluation, b: Evaluation): Evaluation {
  const plus = (p: Float64Array | undefined, q: Float64Array | undefined) => p?.map((value, i) => value + q![i]!);
  const [g, h] = [plus(a.gradient, b.gradient), plus(a.hessian, b.hessian)];
  return { nll: a.nll + b.nll, ...(g && { gradient: g }), ...(h && { hessian: h }) };
}
