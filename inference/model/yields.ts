/** Expected numbers of events, and the terms of the likelihood that do not look at single events. */

import { gradient } from "../../engine/derivatives/gradient.js";
import { UsageError } from "../../engine/errors.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import { checkNode } from "../../engine/tape/nodes.js";
import { concatenate, exp, expm1, logSumExp, mul, reshape, slice, sub, sum } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import { withLastAxis } from "../../flows/shapes.js";
import { bindComposition, TapeParts } from "./composition/bind-composition.js";
import { checkedComposition } from "./composition/composition.js";
import { mixtureYields, numbered } from "./composition/mixture-composition.js";
import { checkModel } from "./given-model.js";
import { checkPoint, type MixtureModel } from "./mixture-model.js";

/**
 * log N_f = log N_f,nominal + Σ_j M_fj (θ_j - nominal_j) log(1 + κ_j) + Σ_k log η_fk(ν_k - nominal_k) [F], η what shape nuisances do to the
 * acceptance; ν [K] as in `model.nuisances`.
 */
export const logYields = (model: MixtureModel, nu: Var): Var => bindYields(model, nu).logYields;

/** The same with where they are bound, and the nuisances as parameters there: their numbers are their names. */
export function bindYields(model: MixtureModel, nu: Var) {
  checkModel("logYields", model);
  checkNode("logYields", nu);
  const { yields, parameters, functions } = mixtureYields(numbered(model));
  const composition = checkedComposition({ parameters, functions, columns: {}, densities: {} });
  const at = bindComposition(composition, nu, {}, new TapeParts());
  return { at, parameters, logYields: concatenate(yields.map((name) => withLastAxis(at.logValue(name)!))) };
}

/** Does any yield follow any nuisance? */
export function movesYields(model: MixtureModel): boolean {
  checkModel("movesYields", model);
  return model.nuisances.some((nuisance) => nuisance.kind === "rate" || nuisance.acceptance !== undefined);
}

/** N_f [F] in events at ν [K], in declared order. */
export async function expectedYields(model: MixtureModel, nu: ArrayLike<number>): Promise<number[]> {
  checkPoint("expectedYields", model, nu);
  const tape = new Tape();
  // A tape has no empty arrays.
  const point = tape.constant(model.nuisances.length === 0 ? 0 : Array.from(nu));
  const program = await referenceBackend().compile({ outputs: { yields: exp(logYields(model, point)) } });
  return Array.from((await program.run()).yields!);
}

/** N_f [F] and ∂N_f/∂ν_k [F][K] */
export async function yieldsAndSlopes(model: MixtureModel, at: readonly number[]) {
  const tape = new Tape();
  const size = at.length;
  const nu = tape.parameter("nu", [size]);
  const yields = exp(logYields(model, nu));
  const rows = model.processes.map((_, f) => {
    const [row] = gradient(reshape(sum(slice(yields, -1, f, f + 1), -1), []), [nu]) as [Var];
    return row;
  });
  const program = await referenceBackend().compile({ outputs: { yields, slopes: concatenate(rows) } });
  await program.write({ nu: at });
  const found = await program.run();
  return {
    values: Array.from(found.yields!),
    slopes: rows.map((_, f) => Array.from(found.slopes!.subarray(f * size, (f + 1) * size))),
  };
}

/** [F] → []: log Σ_f N_f. */
export function logTotalYield(logYieldOf: Var): Var {
  return reshape(logSumExp(logYieldOf, 0), []);
}

/**
 * Poisson term of the number of events, N_tot - N log N_tot - (N - N log N) = N (e^d - 1 - d), d = log(N_tot / N): zero at
 * its minimum.
 *
 * @param logTotal  of all expected events []
 * @param observed  N = Σ of event weights
 */
export function extendedTermOfTotal(logTotal: Var, observed: number): Var {
  return extendedTermOf(logTotal, observedTotal(observed));
}

/** N and log N. */
export interface ObservedTotal<T> {
  readonly total: T;
  readonly logarithm: T;
}

/** Refuses an N that no events have. */
export function observedTotal(observed: number): ObservedTotal<number> {
  if (observed > 0 && Number.isFinite(observed)) return { total: observed, logarithm: Math.log(observed) };
  throw new UsageError("extended likelihood", {
    expected: "event weights with a positive finite sum",
    got: `${observed}`,
    hint: "Set likelihood.extended to false, or look at the weights",
  });
}

/** The same term of numbers or nodes []. */
export function extendedTermOf(logTotal: Var, { total, logarithm }: ObservedTotal<number | Var>): Var {
  const distance = sub(logTotal, logarithm);
  return mul(sub(expm1(distance), distance), total);
}
