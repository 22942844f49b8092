/** Models and fits as they come in at public functions: what has none of their parts is refused in one sentence. */
import { aList, anObject, aText, checkParts } from "../engine/options.js";

/** What models and fits have at least: their own types here would close a circle of imports. */
type Parts<Name extends string> = Readonly<Record<Name, unknown>>;

/** Refuses what is no model at all; `checkedModel` looks at what is in it. */
export function checkModel(where: string, model: Parts<"processes" | "nuisances" | "x">): void {
  checkParts(where, "a model", model, { processes: aList, nuisances: aList, x: anObject });
}

/** Refuses what is no result of a fit. */
export function checkFit(where: string, fit: Parts<"status" | "estimate">): void {
  checkParts(where, "a fit", fit, { status: aText, estimate: anObject });
}
