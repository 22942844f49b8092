/** What a fit found, with its verdict, and the comparison of two fits of one likelihood. */

import { dot, multiply } from "../linear-algebra/symmetric-matrix.js";
import type { Matrix, NamedVector } from "../objective.js";
import type { Covariance } from "./covariance.js";
import { checkFit } from "./given-fit.js";

export type FitStatus =
  | "converged"
  | "at-bound"
  | "at-validity-edge"
  | "second-minimum"
  | "not-positive-definite"
  | "iteration-limit"
  | "non-finite"
  | "stalled"
  | "aborted";

/** A nuisance that ended on the rim of where the fit looks. */
export interface BoundaryHit {
  readonly name: string;
  /** one of the `bounds` of the fit, or an end of the `validity` range in which its objective was trained */
  readonly of: "bounds" | "validity";
  readonly side: "lower" | "upper";
  readonly bound: number;
  /** derivative of the NLL along the outward normal; negative where the minimum lies beyond the bound */
  readonly outwardSlope: number;
}

export interface FitResult {
  readonly status: FitStatus;
  /** the verdict in a sentence, to be shown */
  readonly reason: string;
  readonly estimate: NamedVector;
  /** undefined where the NLL could not be evaluated even at the start; so are gradient and Hessian */
  readonly nll: number | undefined;
  readonly gradient: NamedVector | undefined;
  readonly hessian: Matrix | undefined;
  /** estimated distance to minimum, units of NLL; undefined unless the Hessian is positive definite */
  readonly edm: number | undefined;
  /** inverse Hessian of the nuisances that no bound holds (its names say which); undefined unless positive definite */
  readonly covariance: Covariance | undefined;
  readonly boundary: readonly BoundaryHit[];
  /** evaluations of the objective, of this start */
  readonly evaluations: number;
  /** the fit from the other starting point, where there were two: of two minima the higher one */
  readonly other: FitResult | undefined;
}

/** Is the estimate a minimum, be it one on the rim of where the fit looks? */
export function isMinimum(fit: FitResult): boolean {
  checkFit("isMinimum", fit);
  const { status } = fit;
  return status === "converged" || status === "at-bound" || status === "at-validity-edge";
}

/**
 * Puts the better of two fits first and says whether they found the same minimum.
 *
 * @param tolerance  edm at which both stopped, units of NLL
 */
export function compareFits(first: FitResult, second: FitResult, tolerance: number): FitResult {
  checkFit("compareFits", first);
  checkFit("compareFits", second);
  if (!isMinimum(first) || !isMinimum(second)) {
    const [kept, other] = !isMinimum(first) && isMinimum(second) ? [second, first] : [first, second];
    const which = kept === first ? "second" : "first";
    return Object.freeze({ ...kept, other, reason: `${kept.reason} From the ${which} start: ${other.status}.` });
  }
  const [lower, higher] = second.nll! < first.nll! ? [second, first] : [first, second];
  if (isSameMinimum(lower, higher, tolerance)) {
    return Object.freeze({ ...first, other: second, reason: `${first.reason} Both starts agree.` });
  }
  const gap = higher.nll! - lower.nll!;
  if (gap <= DIP_DEPTH && distance(lower, higher) <= DIP_DISTANCE) {
    return Object.freeze({
      ...lower,
      other: higher,
      reason:
        `${lower.reason} The other start ends ${Math.sqrt(2 * distance(lower, higher)).toFixed(2)} sigma away, ` +
        `its NLL higher by ${gap.toPrecision(2)}: dips of one minimum.`,
    });
  }
  return Object.freeze({
    ...lower,
    status: "second-minimum",
    reason:
      `The two starts end in different minima, at ${describePoint(lower.estimate)} and ${describePoint(higher.estimate)}; ` +
      `the NLL of the latter is higher by ${gap.toPrecision(3)}.`,
    other: higher,
  });
}

/**
 * The slope of a spline flow's density jumps at its knots, so that the bottom of a likelihood's bowl may hold several dips. Less than
 * half a σ apart (½ dᵀHd) and a fiftieth of a unit of NLL deep, they do not change the measurement.
 */
const DIP_DISTANCE = 0.125;
const DIP_DEPTH = 0.02;

/** -2ΔlnL below a best fit that its verdict would not have let pass: deeper than the dips of one minimum. */
export const DEEPER_THAN_DIPS = 2 * DIP_DEPTH;

/** ½ dᵀHd of the difference of two estimates. */
function distance(a: FitResult, b: FitResult): number {
  const difference = Float64Array.from(a.estimate.values, (x, i) => x - b.estimate.values[i]!);
  return 0.5 * dot(difference, multiply(Float64Array.from(a.hessian!.flat()), difference));
}

/**
 * Two estimates of one minimum are each within √(2 edm) σ of it, thus ½ dᵀHd <= 4 edm for their difference d. Taken ten
 * times as wide, for the Hessian differs between them.
 */
function isSameMinimum(a: FitResult, b: FitResult, tolerance: number): boolean {
  const sides = ({ boundary }: FitResult) => boundary.map(({ name, side }) => `${name} ${side}`).join();
  if (sides(a) !== sides(b)) return false;
  return distance(a, b) <= 40 * tolerance;
}

function describePoint({ names, values }: NamedVector): string {
  return names.map((name, i) => `${name} = ${values[i]!.toPrecision(4)}`).join(", ");
}
