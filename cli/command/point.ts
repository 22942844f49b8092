/** The point ν of a command line. */
import { type Analysis, nuisanceNames, nuisanceVector } from "../../workflow/configuration/analysis.js";
import { requireWithinBounds, startingPoint } from "../../workflow/likelihood/point.js";
import { parseNu } from "./arguments.js";

/** The point behind --nu, or the file's starting point: where a fit begins. [K] */
export const startOf = (analysis: Analysis, nu: string | undefined): number[] =>
  givenPoint(analysis, nu) ?? startingPoint(analysis);

/** Where the simulation was made: the point behind --simulated-at, or the nominal values. [K] */
export function simulatedAtOf({ configuration }: Analysis, point: string | undefined): number[] {
  const nominal = nuisanceVector(configuration, {});
  return point === undefined ? nominal : parseNu(point, nuisanceNames(configuration), nominal, "simulated-at");
}

/** The point behind --nu; undefined where it does not say. [K] */
export function givenPoint(analysis: Analysis, nu: string | undefined): number[] | undefined {
  if (nu === undefined) return undefined;
  const { configuration } = analysis;
  const point = parseNu(nu, nuisanceNames(configuration), nuisanceVector(configuration, {}));
  requireWithinBounds(analysis, point);
  return point;
}

/** The point behind --at, where toys of the samples are drawn; undefined where it does not say. [K] */
export function drawnAt({ configuration }: Analysis, point: string | undefined): number[] | undefined {
  if (point === undefined) return undefined;
  return parseNu(point, nuisanceNames(configuration), nuisanceVector(configuration, {}), "at");
}
