/** The published `mixture_*.pt` as a likelihood model. */

import { UsageError } from "../../engine/errors.js";
import { aList, anObject, checkArgument } from "../../engine/options.js";
import type { LoadedMixture } from "../../flows/formats/zuko.js";
import { checkedModel, type MixtureModel, type NuisanceModel } from "./mixture-model.js";

/**
 * Log yields of the file [F], its own log-normal rates fixed at the θ stored there: log N_f + Σ_j M_fj θ_j log(1 + κ_j).
 */
function storedLogYields({ logYields, theta, kappa, mixing }: LoadedMixture): number[] {
  const rates = theta.length;
  return Array.from(logYields, (logYield, f) =>
    theta.reduce((sum, value, j) => sum + mixing[f * rates + j]! * value * Math.log1p(kappa[j]!), logYield),
  );
}

/**
 * @param where      the file, for messages
 * @param processes  names of its classes, in their order
 * @param nuisances  the shape nuisances are the file's, in its order; rates are the caller's own
 */
export function publishedModel(
  where: string,
  loaded: LoadedMixture,
  processes: readonly string[],
  nuisances: readonly NuisanceModel[],
): MixtureModel {
  checkArgument(where, "what was loaded", loaded, anObject);
  checkArgument(where, "processes", processes, aList);
  checkArgument(where, "nuisances", nuisances, aList);
  const yields = storedLogYields(loaded);
  const shapes = nuisances.filter(({ kind }) => kind === "shape");
  const check = (what: string, declared: readonly string[], found: number) => {
    if (declared.length === found) return;
    throw new UsageError(where, {
      expected: `a model of the ${declared.length} ${what} declared (${declared.join(", ")})`,
      got: `one of ${found}`,
      hint: `Declare the ${what} of the model, in its order`,
    });
  };
  check("processes", processes, yields.length);
  check(
    "shape nuisances",
    shapes.map(({ name }) => name),
    loaded.nu.length,
  );
  return checkedModel({
    processes: processes.map((name, f) => ({ name, logYield: yields[f]! })),
    nuisances,
    x: loaded.kinematics,
    y: loaded.scores,
    transport: loaded.transport,
  });
}
