/** Points ν at which a likelihood is looked at. */
import { type Analysis, nuisanceNames, nuisanceVector } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";

/** Where the configuration starts its fits. [K] */
export const startingPoint = ({ configuration }: Analysis): number[] =>
  nuisanceVector(configuration, configuration.fit.start);

/** Refuses a point that the user gave outside of the bounds of the fit. */
export function requireWithinBounds({ configuration }: Analysis, point: readonly number[]): void {
  const names = nuisanceNames(configuration);
  const [least, largest] = configuration.fit.bounds as readonly [number, number];
  const beyond = point.findIndex((value) => value < least || value > largest);
  if (beyond < 0) return;
  throw new UsageError("--nu", {
    expected: `values inside fit.bounds [${least}, ${largest}]`,
    got: `${names[beyond]} = ${point[beyond]}`,
    hint: "Correct it, or widen the bounds",
  });
}
