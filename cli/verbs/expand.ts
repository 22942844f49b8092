import { stringify } from "yaml";
import { expanded } from "../../workflow/configuration/composition/expanded.js";
import { loadAnalysis } from "../../workflow/configuration/configuration.js";
import { expandedMeasurement } from "../../workflow/recipes/expanded-measurement.js";
import { compositionOf, isComposition } from "../command/composition.js";
import type { VerbContext } from "../command/verb.js";

/** Prints the graph of a composition, or that which a measurement is: as `run` will make it, or with a run as it is trained. */
export async function expand(context: VerbContext): Promise<void> {
  const { operands, options } = context;
  const graph = isComposition(context)
    ? expanded(await compositionOf(context))
    : await expandedMeasurement(loadAnalysis(operands[0]!, options), options.run);
  context.print(stringify(graph, { aliasDuplicateObjects: false }).trimEnd());
  context.printJson(graph);
}
