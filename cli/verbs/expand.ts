import { stringify } from "yaml";
import { expanded } from "../../workflow/configuration/composition/expanded.js";
import { loadAnalysis } from "../../workflow/configuration/configuration.js";
import { expandedMeasurement } from "../../workflow/recipes/expanded-measurement.js";
import { hs3OfComposition } from "../../workflow/recipes/hs3-of-composition.js";
import { compositionOf, isComposition } from "../command/composition.js";
import type { VerbContext } from "../command/verb.js";

/** Prints the graph of a composition, or that which a measurement is: as `run` will make it, or with a run as it is trained. */
export async function expand(context: VerbContext): Promise<void> {
  const { operands, options } = context;
  if (isComposition(context) && options.hs3) {
    const text = await hs3OfComposition(await compositionOf(context), context);
    context.print(text.trimEnd());
    return context.printJson(JSON.parse(text));
  }
  const graph = isComposition(context)
    ? expanded(await compositionOf(context))
    : await expandedMeasurement(loadAnalysis(operands[0]!, options), options.run);
  context.print(stringify(graph, { aliasDuplicateObjects: false }).trimEnd());
  context.printJson(graph);
}
