/** Models as they come in at public functions: what has none of their parts is refused in one sentence. */
import { aList, anObject, checkParts } from "../../engine/options.js";

/** What a model has at least: its own type here would close a circle of imports. */
type ModelParts = Readonly<Record<"processes" | "nuisances" | "x", unknown>>;

/** Refuses what is no model at all; `checkedModel` looks at what is in it. */
export function checkModel(where: string, model: ModelParts): void {
  checkParts(where, "a model", model, { processes: aList, nuisances: aList, x: anObject });
}
