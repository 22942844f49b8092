/** The fit of a likelihood, with the Hessian that its density allows: exact, or across the knots of splines. */
import { aFlag, aFunction, aList, checkParts } from "../../../engine/options.js";
import type { FitResult } from "../../statistics/fit/fit-result.js";
import { type MinimiseOptions, minimise } from "../../statistics/fit/minimise.js";
import type { Objective } from "../../statistics/objective.js";
import { EVERYWHERE } from "../composition/composition.js";
import type { Likelihood } from "./likelihood.js";
import { finiteDifferenceHessian, withHessian, withOuterProduct } from "./spline-knots.js";

/** What a fit needs of a likelihood. */
export type FittedLikelihood = Pick<Likelihood, "names" | "evaluate" | "outerProduct" | "crossesKnots">;

const parts = { names: aList, evaluate: aFunction, outerProduct: aFunction, crossesKnots: aFlag } as const;

/** What fits and scans minimise: with the exact Hessian, or where that misses kinks with the outer product of gradients. */
export function fitObjective(likelihood: FittedLikelihood): Objective {
  checkParts("fitObjective", "a likelihood", likelihood, parts);
  return likelihood.crossesKnots ? withOuterProduct(likelihood) : likelihood;
}

/**
 * Minimum, covariance and verdict, as `unbinned fit` has them. Where gradients jump at the knots of splines the Hessian is that of
 * differences of gradients one standard deviation away, along each principal mode, to either side as far as bounds and validity allow.
 */
export async function fitLikelihood(likelihood: FittedLikelihood, options: MinimiseOptions): Promise<FitResult> {
  checkParts("fitLikelihood", "a likelihood", likelihood, parts);
  const found = await minimise(fitObjective(likelihood), options);
  if (!likelihood.crossesKnots || found.covariance === undefined || found.status === "aborted") return found;
  const { names: free } = found.covariance;
  const isFree = likelihood.names.map((name) => free.includes(name));
  // Of a parameter that is fixed the errors of the others know nothing.
  const curvature = found.hessian!.map((row, k) =>
    row.map((value, l) => (k === l || (isFree[k] && isFree[l]) ? value : 0)),
  );
  const limits = limitsOf(likelihood.names, options);
  const hessian = await finiteDifferenceHessian(likelihood, found.estimate.values, curvature, limits);
  return withHessian(found, hessian, options.precision);
}

/** Where a fit looks: within the bounds and the validity range together. */
function limitsOf(names: readonly string[], { bounds = {}, validity = {} }: MinimiseOptions) {
  return Object.fromEntries(
    names.map((name) => {
      const all = [bounds, validity].map((own) => (Object.hasOwn(own, name) ? own[name]! : EVERYWHERE));
      return [name, [Math.max(...all.map(([low]) => low)), Math.min(...all.map(([, high]) => high))] as const];
    }),
  );
}
