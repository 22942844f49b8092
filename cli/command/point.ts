/** The point ν of a command line. */
import { type Analysis, nuisanceNames, nuisanceVector } from "../../workflow/configuration/analysis.js";
import { requireWithinBounds, startingPoint } from "../../workflow/likelihood/point.js";
import { parseNu } from "./arguments.js";

/** The point behind --nu, or the file's starting point. [K] */
export function pointOf(analysis: Analysis, nu: string | undefined): number[] {
  if (nu === undefined) return startingPoint(analysis);
  const { configuration } = analysis;
  const point = parseNu(nu, nuisanceNames(configuration), nuisanceVector(configuration, {}));
  requireWithinBounds(analysis, point);
  return point;
}
