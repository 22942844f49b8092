/** Expected numbers of events, and the terms of the likelihood that do not look at single events. */

import { UsageError } from "../../engine/errors.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import { checkNode } from "../../engine/tape/nodes.js";
import { add, exp, expm1, logSumExp, mul, reshape, slice, square, sub, sum } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import { logAcceptance } from "./acceptance.js";
import { checkModel } from "./given-model.js";
import { checkPoint, type MixtureModel } from "./mixture-model.js";

/**
 * log N_f = log N_f,nominal + Σ_j M_fj (θ_j - nominal_j) log(1 + κ_j) + Σ_k log η_fk(ν_k - nominal_k) [F], η what shape nuisances do to the
 * acceptance; ν [K] as in `model.nuisances`.
 */
export function logYields(model: MixtureModel, nu: Var): Var {
  checkModel("logYields", model);
  checkNode("logYields", nu);
  let total = nu.tape.constant(model.processes.map(({ logYield }) => logYield));
  for (const [k, nuisance] of model.nuisances.entries()) {
    switch (nuisance.kind) {
      case "shape": {
        if (nuisance.acceptance === undefined) break;
        const distance = sub(slice(nu, -1, k, k + 1), nuisance.nominal);
        total = add(total, logAcceptance(nuisance.acceptance, distance));
        break;
      }
      case "rate": {
        const distance = sub(slice(nu, -1, k, k + 1), nuisance.nominal);
        total = add(total, mul(nu.tape.constant(nuisance.logFactors), distance));
        break;
      }
      default:
        nuisance satisfies never;
    }
  }
  return total;
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

/** [F] → []: log Σ_f N_f. */
export function logTotalYield(logYieldOf: Var): Var {
  return reshape(logSumExp(logYieldOf, 0), []);
}

/**
 * Poisson term of the number of events, N_tot - N log N_tot - (N - N log N) = N (e^d - 1 - d), d = log(N_tot / N): zero at
 * its minimum.
 *
 * @param observed  N = Σ of event weights
 */
export const extendedTerm = (logYieldOf: Var, observed: number): Var =>
  extendedTermOfTotal(logTotalYield(logYieldOf), observed);

/** The same from the logarithm of all expected events []. */
export function extendedTermOfTotal(logTotal: Var, observed: number): Var {
  if (!(observed > 0 && Number.isFinite(observed))) {
    throw new UsageError("extended likelihood", {
      expected: "event weights with a positive finite sum",
      got: `${observed}`,
      hint: "Set likelihood.extended to false, or look at the weights",
    });
  }
  const distance = sub(logTotal, Math.log(observed));
  return mul(sub(expm1(distance), distance), observed);
}

/** ½ Σ (ν_k - a_k)², a_k what the auxiliary measurement of nuisance k found; ν [K]. */
export function gaussianConstraints(model: MixtureModel, nu: Var): Var {
  checkModel("gaussianConstraints", model);
  checkNode("gaussianConstraints", nu);
  const found = nu.tape.constant(model.nuisances.map(({ nominal, observed }) => observed ?? nominal));
  return mul(reshape(sum(square(sub(nu, found)), -1), []), 0.5);
}
