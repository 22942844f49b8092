/** Expected numbers of events after a fit, with errors and correlations. */
import type { Covariance } from "../../statistics/fit/covariance.js";
import { indexOfName, type Matrix } from "../../statistics/objective.js";
import { checkPoint, type MixtureModel } from "../mixture-model.js";
import { yieldsAndSlopes } from "../yields.js";

/** In events. */
export interface PostFitYield {
  readonly name: string;
  readonly value: number;
  /** one standard deviation; 0 where no nuisance of the covariance moves it */
  readonly sigma: number;
}

export interface PostFitYields {
  /** [F] */
  readonly processes: readonly PostFitYield[];
  /** of all processes together, named "total" */
  readonly total: PostFitYield;
  /** of the processes, events² [F, F] */
  readonly covariance: Matrix;
  /** of the processes [F][F]; undefined where one of the two has no error */
  readonly correlation: readonly (readonly (number | undefined)[])[];
}

/**
 * N_f at ν̂ and G C Gᵀ, G = ∂N_f/∂ν_k exact at ν̂: to first order in the errors, which a log-normal rate leaves when they are
 * large.
 *
 * @param nu      ν̂ [K]
 * @param errors  of nuisances of the model, in any order; those that it does not name are taken as known
 */
export async function postFitYields(
  model: MixtureModel,
  nu: readonly number[],
  errors: Pick<Covariance, "names" | "matrix">,
): Promise<PostFitYields> {
  checkPoint("postFitYields", model, nu);
  const names = model.nuisances.map(({ name }) => name);
  const at = errors.names.map((name) => indexOfName("postFitYields", names, name));
  const { values, slopes } = await yieldsAndSlopes(model, nu);
  const between = (p: readonly number[], q: readonly number[]) =>
    errors.matrix.reduce(
      (all, row, i) => all + p[at[i]!]! * row.reduce((inner, entry, j) => inner + entry * q[at[j]!]!, 0),
      0,
    );
  const yieldOf = (name: string, value: number, own: readonly number[]): PostFitYield =>
    Object.freeze({ name, value, sigma: Math.sqrt(between(own, own)) });
  const processes = model.processes.map(({ name }, f) => yieldOf(name, values[f]!, slopes[f]!));
  const covariance = slopes.map((p) => Object.freeze(slopes.map((q) => between(p, q))));
  const correlation = covariance.map((row, f) =>
    Object.freeze(
      row.map((entry, g) => {
        const scale = processes[f]!.sigma * processes[g]!.sigma;
        return scale === 0 ? undefined : f === g ? 1 : entry / scale;
      }),
    ),
  );
  const slopesOfTotal = names.map((_, k) => slopes.reduce((all, own) => all + own[k]!, 0));
  return Object.freeze({
    processes: Object.freeze(processes),
    total: yieldOf(
      "total",
      values.reduce((all, own) => all + own, 0),
      slopesOfTotal,
    ),
    covariance: Object.freeze(covariance),
    correlation: Object.freeze(correlation),
  });
}
