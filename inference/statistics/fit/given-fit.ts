/** Fits as they come in at public functions: what has none of their parts is refused in one sentence. */
import { anObject, aText, checkParts } from "../../../engine/options.js";

/** What a fit has at least: its own type here would close a circle of imports. */
type FitParts = Readonly<Record<"status" | "estimate", unknown>>;

/** Refuses what is no result of a fit. */
export function checkFit(where: string, fit: FitParts): void {
  checkParts(where, "a fit", fit, { status: aText, estimate: anObject });
}
