/** Errors of ν as the verbs show them: covariance and modes, labelled by what T did and how they were obtained. */

import type { Likelihood } from "../../inference/model/likelihood/likelihood.js";
import {
  type Covariance,
  covariance,
  F32_PRECISION,
  sandwichCovariance,
} from "../../inference/statistics/fit/covariance.js";
import { principalModes } from "../../inference/statistics/intervals/principal-modes.js";
import { type Matrix, matrixOf } from "../../inference/statistics/objective.js";

/** What T does while ν varies: every covariance says so. */
export type TransportLabel = "none" | "fixed" | "profiled";

/** In f32 a curvature that only the constraints give drowns in the rounding of the events' sums. */
export const F32_ADVICE = "In f64 (--precision f64) the constraints may suffice.";

/** Where the Hessian H comes from. */
export type HessianSource = "inverse Hessian" | "finite-difference Hessian";

export interface CovarianceSummary {
  /** What T does while ν varies. */
  readonly transport: TransportLabel;
  /** H⁻¹, H from second derivatives or from differences of gradients; H⁻¹JH⁻¹ where events carry weights; (½ (H + J))⁻¹ where noise is taken out. */
  readonly estimator: HessianSource | "sandwich" | "differences and outer product of gradients";
  /** null where there is none; `problem` says why. */
  readonly covariance: Matrix | null;
  readonly correlation: Matrix | null;
  /** prior standard deviations [K] */
  readonly sigma: readonly number[] | null;
  /** Widest first; directions of length 1 [K]. */
  readonly modes: readonly { readonly sigma: number; readonly direction: readonly number[] }[];
  readonly problem: string | null;
  /** What H⁻¹ is compared with; null where there is no H⁻¹. */
  readonly crossCheck: CrossCheck | null;
  /** Errors by the curvature of its own likelihood, where `sigma` is larger for the reasons of `widenings` [K]; absent elsewhere. */
  readonly ownSigma?: readonly number[] | null;
  readonly widenings?: readonly Widening[];
}

/** Why errors are larger than the curvature of the likelihood has them. */
export type Widening = "without noise of trainings" | "not below x alone";

/** Errors by the Hessian, and by the outer product of gradients (BHHH), (Σ w g gᵀ + constraints)⁻¹: alike where the model describes the data. */
export interface CrossCheck {
  /** √ of the diagonal of H⁻¹: `sigma`, but for weighted events, prior standard deviations [K] */
  readonly hessianSigma: readonly number[];
  /** Σ w g gᵀ + constraints, J, prior standard deviations to the power of -2 [K, K] */
  readonly information: Matrix;
  /** √ of the diagonal of J⁻¹, prior standard deviations [K] */
  readonly scoreSigma: readonly number[];
  /** What `scoreSigma` varies by from one data set to another, relative [K]. */
  readonly scatter: readonly number[];
  /** Where they differ by more than a tenth and three times the scatter; null elsewhere. */
  readonly doubt: string | null;
}

export const NO_ERRORS = { covariance: null, correlation: null, sigma: null, modes: [], crossCheck: null } as const;

/** What errors need of a likelihood besides its Hessian. */
export type ScoredLikelihood = Pick<
  Likelihood,
  "names" | "isWeighted" | "scoreProduct" | "outerProduct" | "crossesKnots"
>;

export interface SummaryOptions {
  readonly transport: TransportLabel;
  readonly curvature: HessianSource;
  /** Least relative eigenvalue that counts as positive. */
  readonly precision: number;
}

/**
 * @param hessian  of the total, row-major [K, K]
 */
export async function covarianceSummary(
  likelihood: ScoredLikelihood,
  nu: ArrayLike<number>,
  hessian: ArrayLike<number>,
  { transport, curvature, precision }: SummaryOptions,
): Promise<CovarianceSummary> {
  const { names, isWeighted } = likelihood;
  const found = isWeighted
    ? sandwichCovariance(hessian, await likelihood.scoreProduct(nu), names, precision)
    : covariance(hessian, names, precision);
  const label = { transport, estimator: isWeighted ? ("sandwich" as const) : curvature };
  if (found.status !== "positive-definite") {
    const problem =
      found.status === "singular" && precision === F32_PRECISION ? `${found.reason} ${F32_ADVICE}` : found.reason;
    return { ...label, ...NO_ERRORS, problem };
  }
  const inverse = isWeighted ? covariance(hessian, names, precision) : found;
  const crossCheck =
    inverse.status === "positive-definite" ? await compared(likelihood, nu, inverse, curvature, precision) : null;
  return { ...label, ...errorsOf(found), problem: null, crossCheck };
}

/** Differences up to this part need no explanation, nor up to so many standard deviations of their scatter. */
const LEAST_DIFFERENCE = 0.1;
const SCATTERS = 3;

const KINKS =
  "Second derivatives do not see the kinks that densities of splines have at their knots: `unbinned fit` and `run` take " +
  "differences across them";
const MISFIT =
  "The model does not describe the data in these parameters: look at the projections, and at closure where there is one";

async function compared(
  likelihood: ScoredLikelihood,
  nu: ArrayLike<number>,
  { sigma: hessianSigma }: Covariance,
  curvature: HessianSource,
  precision: number,
): Promise<CrossCheck | null> {
  const { names, crossesKnots } = likelihood;
  const information = await likelihood.outerProduct(nu);
  const byScores = covariance(information.matrix, names, precision);
  if (byScores.status !== "positive-definite") return null;
  const scoreSigma = byScores.sigma;
  // σ² is the inverse of the information, the other nuisances left out.
  const scatter = scoreSigma.map((sigma, k) => 0.5 * sigma ** 2 * information.scatter[k]!);
  const unlike = names.flatMap((name, k) => {
    const difference = Math.abs(hessianSigma[k]! / scoreSigma[k]! - 1);
    if (difference <= LEAST_DIFFERENCE + SCATTERS * scatter[k]!) return [];
    return [`${name} ${hessianSigma[k]!.toPrecision(3)} and ${scoreSigma[k]!.toPrecision(3)}`];
  });
  const cause = crossesKnots && curvature === "inverse Hessian" ? KINKS : MISFIT;
  const doubt =
    unlike.length === 0
      ? null
      : `Errors from the Hessian and from the outer product of gradients (BHHH) differ: ${unlike.join(", ")}. ${cause}.`;
  return { hessianSigma, information: matrixOf(information.matrix, names.length), scoreSigma, scatter, doubt };
}

/** Two estimates whose correlation is larger are known by their sum or difference alone. */
const DEGENERATE = 0.99;

/** Pairs of parameters that the events hardly distinguish: "a and b (correlation 0.9950)". */
export const degeneratePairs = (names: readonly string[], { correlation }: Pick<CovarianceSummary, "correlation">) =>
  names.flatMap((name, k) =>
    names.slice(k + 1).flatMap((other, l) => {
      const rho = correlation?.[k]?.[k + 1 + l] ?? 0;
      return Math.abs(rho) > DEGENERATE ? [`${name} and ${other} (correlation ${rho.toFixed(4)})`] : [];
    }),
  );

/** The same of nuisances, in a sentence; undefined where there are none. */
export function degeneracyText(names: readonly string[], summary: CovarianceSummary): string | undefined {
  const pairs = degeneratePairs(names, summary);
  if (pairs.length === 0) return undefined;
  return (
    `The data hardly distinguish ${pairs.join(", ")}. Their separate errors depend on small differences between their trained ` +
    "effects. Merge them, fix one of them, or quote only the direction that the data measure."
  );
}

/** A covariance as results show it. */
export function errorsOf(found: Covariance) {
  const modes = principalModes(found).map(({ sigma, direction }) => ({ sigma, direction: direction.values }));
  return { covariance: found.matrix, correlation: found.correlation, sigma: found.sigma, modes };
}

/** Errors of the likelihood alone that are below those quoted by less than this part are not worth a word. */
export const WORTH_SAYING = 0.98;

/** "T profiled, inverse Hessian"; where errors are larger than that, why. */
export function labelText({ transport, estimator, sigma, ownSigma, widenings = [] }: CovarianceSummary): string {
  const isWidened = ownSigma?.some((own, k) => own < WORTH_SAYING * sigma![k]!);
  const label = transport === "none" ? estimator : `T ${transport}, ${estimator}`;
  return [label, ...(isWidened ? widenings : [])].join(", ");
}
