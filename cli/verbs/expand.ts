import { stringify } from "yaml";
import { expanded } from "../../workflow/configuration/composition/expanded.js";
import { compositionOf } from "../command/composition.js";
import type { VerbContext } from "../command/verb.js";

/** Prints the graph of a composition. */
export async function expand(context: VerbContext): Promise<void> {
  const graph = expanded(await compositionOf(context));
  context.print(stringify(graph, { aliasDuplicateObjects: false }).trimEnd());
  context.printJson(graph);
}
