/** The likelihood of a command line: what evaluate, hessian, fit, scan, kernels and time begin with. */
import type { Backend } from "../../engine/runtime/backend.js";
import { type LoadEvents, openLikelihood } from "../../workflow/recipes/open-likelihood.js";
import { openBackend } from "./backend.js";
import type { VerbContext } from "./verb.js";

export interface Opening {
  /** What becomes of the backend before the likelihood takes it. */
  readonly through?: (backend: Backend) => Backend;
  /** As of `OpenRequest`. */
  readonly load?: LoadEvents;
}

/**
 * The likelihood that the verb's FILE and options describe.
 *
 * @param usual         precision where --precision does not say: f32 for what takes many evaluations
 * @param writesFolder  whether --out names a folder of results, where `run` may have put the model too
 */
export function likelihoodOf(
  context: VerbContext,
  usual: "f32" | "f64",
  writesFolder: boolean,
  { through = (backend) => backend, load }: Opening = {},
) {
  const { options, operands } = context;
  const request = {
    file: operands[0]!,
    options,
    writesFolder,
    ...(load !== undefined && { load }),
    openBackend: async () => through(await openBackend(options, usual)),
  };
  return openLikelihood(request, context);
}
