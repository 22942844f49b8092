/** The profile of a likelihood along one nuisance, all others minimised, with its slope. */
import { entryOf } from "../../../engine/entry.js";
import { type FitResult, isMinimum } from "../fit/fit-result.js";
import { minimise } from "../fit/minimise.js";
import { cholesky, choleskySolve, dot, submatrix } from "../linear-algebra/symmetric-matrix.js";
import { type Evaluation, type Objective, withFixed } from "../objective.js";

/** The profile at one value of its nuisance. */
export interface ProfilePoint {
  readonly status: "minimum";
  /** of the nuisance */
  readonly value: number;
  /** all of them [K] */
  readonly nuisances: Float64Array;
  readonly deltaTwoNll: number;
  /** of -2ΔlnL along the profile: twice g_k, as the gradient in the others is zero there (envelope theorem) */
  readonly slope: number;
  /** dν/dν_k along the profile [K], 1 for ν_k itself */
  readonly tangent: Float64Array;
  /** of -2ΔlnL along the profile */
  readonly curvature: number;
}

/** Why a point is missing. */
export interface NoProfilePoint {
  readonly status: "no-profile" | "non-finite" | "aborted";
  /** one sentence */
  readonly reason: string;
}

export interface LikelihoodProfile {
  /** the fit itself */
  readonly origin: ProfilePoint;
  /** of the nuisance */
  readonly bounds: readonly [number, number];
  /** @param from  a point of the profile near by, from which its tangent leads to the start of the fit */
  at(value: number, from: ProfilePoint): Promise<ProfilePoint | NoProfilePoint>;
  /** of the objective, so far */
  evaluations(): number;
}

export interface ProfileOptions {
  /** of all nuisances, as in `minimise` */
  readonly bounds?: Readonly<Record<string, readonly [number, number]>>;
  readonly signal?: AbortSignal;
}

/**
 * @param fit    the minimum of the objective
 * @param index  position of the nuisance among the objective's names
 */
export function likelihoodProfile(
  objective: Objective,
  fit: FitResult,
  index: number,
  options: ProfileOptions,
): LikelihoodProfile {
  const { names } = objective;
  const bounds = names.map((name) => entryOf(options.bounds ?? {}, name) ?? ([-Infinity, Infinity] as const));
  const others = names.map((_, i) => i).filter((i) => i !== index);
  let evaluations = 0;

  function pointOf(nuisances: Float64Array, { nll, gradient, hessian }: Evaluation): ProfilePoint {
    const movable = others.filter((i) => !bounds[i]!.includes(nuisances[i]!));
    const tangent = tangentOf(hessian!, index, movable);
    return {
      status: "minimum",
      value: nuisances[index]!,
      nuisances,
      deltaTwoNll: 2 * (nll - fit.nll!),
      slope: 2 * gradient![index]!,
      tangent,
      curvature: 2 * dot(tangent, hessian!.subarray(index * names.length)),
    };
  }

  async function at(value: number, from: ProfilePoint): Promise<ProfilePoint | NoProfilePoint> {
    const start = from.nuisances.map((own, i) => {
      const [low, high] = bounds[i]!;
      return Math.min(high, Math.max(low, own + (value - from.value) * from.tangent[i]!));
    });
    start[index] = value;
    const seen: { nuisances: Float64Array; evaluation: Evaluation }[] = [];
    const recorded: Objective = {
      names,
      async evaluate(nu, order) {
        evaluations++;
        const evaluation = await objective.evaluate(nu, order);
        seen.push({ nuisances: nu, evaluation });
        return evaluation;
      },
    };
    if (others.length === 0) {
      if (options.signal?.aborted) return { status: "aborted", reason: "Aborted." };
      const evaluation = await recorded.evaluate(start, 2);
      const isKnown = Number.isFinite(evaluation.nll) && Number.isFinite(evaluation.gradient![0]);
      return isKnown ? pointOf(start, evaluation) : { status: "non-finite", reason: `The NLL is ${evaluation.nll}.` };
    }
    const fitted = await minimise(withFixed(recorded, new Map([[index, value]])), {
      start: others.map((i) => start[i]!),
      bounds: Object.fromEntries(others.map((i) => [names[i]!, bounds[i]!])),
      ...(options.signal && { signal: options.signal }),
    });
    if (fitted.status === "aborted" || fitted.status === "non-finite") {
      return { status: fitted.status, reason: fitted.reason };
    }
    if (!isMinimum(fitted)) return { status: "no-profile", reason: `${fitted.status}: ${fitted.reason}` };
    const last = seen.findLast(({ nuisances }) => others.every((i, k) => nuisances[i] === fitted.estimate.values[k]));
    if (last === undefined) throw new Error("internal: a fit ended where it had evaluated nothing");
    return pointOf(last.nuisances, last.evaluation);
  }

  return {
    origin: pointOf(Float64Array.from(fit.estimate.values), {
      nll: fit.nll!,
      gradient: Float64Array.from(fit.gradient!.values),
      hessian: Float64Array.from(fit.hessian!.flat()),
    }),
    bounds: bounds[index]!,
    at,
    evaluations: () => evaluations,
  };
}

/** dν_o/dν_k = -H_oo⁻¹ H_ok keeps the gradient in the others at zero. Where H_oo is not positive definite, they keep their values. */
function tangentOf(hessian: Float64Array, index: number, others: readonly number[]): Float64Array {
  const size = Math.sqrt(hessian.length);
  const tangent = new Float64Array(size);
  tangent[index] = 1;
  const lower = cholesky(submatrix(hessian, size, others), others.length);
  if (!lower) return tangent;
  const coupling = Float64Array.from(others, (i) => -hessian[i * size + index]!);
  for (const [k, value] of choleskySolve(lower, others.length, coupling).entries()) tangent[others[k]!] = value;
  return tangent;
}
