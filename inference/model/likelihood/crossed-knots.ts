/** Which models move events across knots of splines: `spline-knots.ts` says why that matters. */
import { EVENTS, unframedComposition } from "../composition/mixture-composition.js";
import { checkModel } from "../given-model.js";
import type { MixtureModel } from "../mixture-model.js";

/** Does ν move events across the knots of splines, or knots across events? */
export function crossesKnots(model: MixtureModel, looksAtY: boolean): boolean {
  checkModel("crossesKnots", model);
  const { y: _, transport: __, response: ___, ...ofX } = model;
  return unframedComposition(looksAtY ? model : ofX).shape(EVENTS).crossesKnots;
}
