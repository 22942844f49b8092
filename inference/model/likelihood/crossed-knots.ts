/** Which models move events across knots of splines: `spline-knots.ts` says why that matters. */
import { boundOf } from "../../../flows/transforms/scalar-transform.js";
import { checkModel } from "../given-model.js";
import { type MixtureModel, sideOf } from "../mixture-model.js";

/** Does ν move events across the knots of splines, or knots across events? */
export function crossesKnots(model: MixtureModel, looksAtY: boolean): boolean {
  checkModel("crossesKnots", model);
  const { x, y, transport, response } = model;
  const isInFront = response !== undefined && sideOf(response) === "data";
  const moved = [
    ...(x.morph ? [x.nominal] : []),
    // T's response moves events in simulation; T itself, before it, is where it is.
    ...(looksAtY && y && (y.morph || response) ? [y.nominal] : []),
    // One that acts on data moves them through T.
    ...(looksAtY && transport && isInFront ? [transport] : []),
  ];
  const moving = [x.morph, ...(looksAtY ? [y?.morph, response] : [])];
  const movesKnots = moving.some((flow) => flow?.architecture.spline !== undefined);
  return movesKnots || moved.some(({ architecture }) => boundOf(architecture.transform) !== undefined);
}
