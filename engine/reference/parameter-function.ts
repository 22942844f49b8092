/** Programs that look at no event, as plain functions on this thread: in f64, with the numbers of the reference. */
import { schedule } from "../passes/event-passes.js";
import type { Named } from "../runtime/backend.js";
import type { Var } from "../tape/tape.js";
import { evaluate } from "./evaluate.js";
import { SmallNodes } from "./small-nodes.js";

/** @returns from values of all parameters by name to those of the outputs */
export function parameterFunction(
  outputs: Named<Var>,
): (parameters: Named<Float64Array>) => Record<string, Float64Array> {
  const { nodes } = schedule(Object.values(outputs));
  const withEvents = nodes.find(({ events }) => events !== undefined);
  if (withEvents !== undefined) throw new Error(`internal: node ${withEvents.id} has events`);
  const own = SmallNodes.included(nodes);
  const small = new SmallNodes(own);
  const isOwn = new Set(own);
  const others = nodes.filter((node) => !isOwn.has(node) && node.operation.name !== "parameter");
  const values = new Map<number, Float64Array>();
  const valueAt = (node: Var) => (isOwn.has(node) ? small.valueOf(node) : (values.get(node.id) as Float64Array));
  return (parameters) => {
    for (const { id, operation } of nodes) {
      if (operation.name !== "parameter") continue;
      const value = parameters[operation.label];
      if (value === undefined) throw new Error(`internal: parameter ${operation.label} has no value`);
      values.set(id, value);
    }
    small.run((id) => values.get(id) as Float64Array);
    for (const node of others) values.set(node.id, evaluate(node, node.inputs.map(valueAt), 1));
    return Object.fromEntries(Object.entries(outputs).map(([name, node]) => [name, valueAt(node).slice()]));
  };
}
