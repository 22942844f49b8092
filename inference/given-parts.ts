/** Models and fits as they come in at public functions: what has none of their parts is refused in one sentence. */
import { aList, anObject, aText, checkParts } from "../engine/options.js";
import type { MixtureModel } from "./model/mixture-model.js";
import type { FitResult } from "./statistics/fit/fit-result.js";

/** Refuses what is no model at all; `checkedModel` looks at what is in it. */
export function checkModel(where: string, model: MixtureModel): void {
  checkParts(where, "a model", model, { processes: aList, nuisances: aList, x: anObject });
}

/** Refuses what is no result of a fit. */
export function checkFit(where: string, fit: FitResult): void {
  checkParts(where, "a fit", fit, { status: aText, estimate: anObject });
}
