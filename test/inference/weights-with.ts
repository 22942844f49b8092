/** Weights of small flows that tests know in closed form. */
import { type Architecture, initialise } from "../../flows/architecture/architecture.js";
import type { Weights } from "../../flows/networks/weights.js";

/** Identity weights but for these entries. */
export function weightsWith(
  architecture: Architecture,
  entries: Readonly<Record<string, readonly (readonly [at: number, value: number])[]>>,
): Weights {
  const weights = initialise(architecture, 1, { identity: true });
  for (const [name, values] of Object.entries(entries)) {
    for (const [at, value] of values) weights.get(name)!.data[at] = value;
  }
  return weights;
}
