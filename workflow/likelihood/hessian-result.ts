/** The likelihood, its gradient and Hessian at a point ν, and the errors that follow from them, as data. */
import type { EvaluationParts, Likelihood } from "../../inference/model/likelihood/likelihood.js";
import { symmetrised } from "../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { type Evaluation, matrixOf } from "../../inference/statistics/objective.js";
import type { Progress } from "../reporter.js";
import { type OpenLikelihood, transportLabel } from "./bound-likelihood.js";
import { type CovarianceSummary, covarianceSummary } from "./covariance-summary.js";

/** An evaluation as JSON: gradient [K], Hessian [K, K]. */
function part({ nll, gradient, hessian: flat }: Evaluation) {
  const size = gradient!.length;
  return { nll, gradient: Array.from(gradient!), hessian: matrixOf(symmetrised(flat!, size), size) };
}

type Part = ReturnType<typeof part>;

export interface HessianResult extends CovarianceSummary {
  readonly names: readonly string[];
  readonly nu: readonly number[];
  readonly events: number;
  readonly effectiveEvents: number;
  /** -Σ w log p over the events alone */
  readonly data: Part;
  /** with constraints and extended term */
  readonly total: Part;
  /** The errors with T fixed, where those above let it respond to ν; null elsewhere. */
  readonly fixedTransport: CovarianceSummary | null;
}

async function evaluateWith(
  progress: Progress,
  label: string,
  of: Likelihood,
  nu: readonly number[],
  count: number,
): Promise<EvaluationParts> {
  const counter = progress.begin(label, count, "events");
  const parts = await of.evaluateParts(nu, 2, (done) => counter.update(done));
  counter.done();
  return parts;
}

export async function hessianResult(
  open: OpenLikelihood,
  nu: readonly number[],
  progress: Progress,
): Promise<HessianResult> {
  const { likelihood, withFixedTransport, precision, events } = open;
  const { count } = events.data;
  const { data, total } = await evaluateWith(progress, "Hessian", likelihood, nu, count);
  const options = { transport: transportLabel(open), curvature: "inverse Hessian", precision } as const;
  const summary = await covarianceSummary(likelihood, nu, total.hessian!, options);
  // What it keeps makes room for what the next one does.
  await likelihood.close();
  const fixed = withFixedTransport && (await evaluateWith(progress, "Hessian, T fixed", withFixedTransport, nu, count));
  return {
    names: likelihood.names,
    nu,
    events: count,
    effectiveEvents: likelihood.effectiveEvents,
    data: part(data),
    total: part(total),
    ...summary,
    fixedTransport:
      fixed === undefined
        ? null
        : await covarianceSummary(withFixedTransport!, nu, fixed.total.hessian!, { ...options, transport: "fixed" }),
  };
}
