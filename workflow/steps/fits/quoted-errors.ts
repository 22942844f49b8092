/** A fit with other errors than those of the curvature of its likelihood. */
import type { Covariance } from "../../../inference/statistics/fit/covariance.js";
import { errorsOf, type Widening } from "../../likelihood/covariance-summary.js";
import type { NamedFit } from "./fitted-model.js";

/**
 * The minos errors, which the curvature narrows as well, grow in proportion.
 *
 * @param errors   of all nuisances
 * @param ofFit    of those that the fit has a covariance of
 * @param because  why the errors are larger
 */
export function quotedWith(
  { fit, summary, label }: NamedFit,
  errors: Covariance,
  ofFit: Covariance | undefined,
  because: Widening,
): NamedFit {
  const { names, sigma, minos, ownSigma = sigma, widenings = [] } = summary;
  const factors = new Map(names.map((name, k) => [name, errors.sigma[k]! / sigma![k]!]));
  const wider = (name: string, end: number | null) => (end === null ? null : factors.get(name)! * end);
  return {
    label,
    fit: { ...fit, covariance: ofFit },
    summary: {
      ...summary,
      ...errorsOf(errors),
      minos: minos?.map((of) => ({ ...of, lower: wider(of.name, of.lower), upper: wider(of.name, of.upper) })) ?? null,
      ownSigma,
      widenings: [...widenings, because],
    },
  };
}
