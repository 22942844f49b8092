/** Names of the points at which simulation is made. */
import { nominalShapes, nuisancesOfKind } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";

/** A point by the nuisances that are not at their nominal values, "scale=1,tilt=-1": other nuisances, and the order of all, change nothing. */
export function pointName(configuration: Configuration, at: readonly number[]): string {
  const nominal = nominalShapes(configuration);
  const moved = nuisancesOfKind(configuration, "shape").flatMap((name, k) =>
    at[k] === nominal[k] ? [] : [`${name}=${at[k]}`],
  );
  return moved.length === 0 ? "nominal" : moved.sort().join();
}
