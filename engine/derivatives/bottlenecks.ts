/**
 * Bottlenecks (separators of a graph): nodes of few rows per event through which much of a parameter's influence on a loss passes.
 *
 * Going from the parameter to the loss, a node is one where more sources (elements of the parameter, rows of earlier bottlenecks)
 * come together than the node is wide. What comes after sees the bottleneck's rows in their place. Along linear operations that
 * do not widen it a bottleneck moves on to the last node, so that of a sum of many terms only the sum is one. What networks see
 * is a bottleneck too where that saves more multiplications than it takes: autoregressive ones are passed with one row at a time,
 * and of each pass only what lies behind that row is done.
 */

import { isEventSum } from "../passes/event-passes.js";
import { type ElementwiseName, factsOf } from "../tape/elementwise-facts.js";
import { type OperationName, sizeOf, type Var } from "../tape/tape.js";
import { ancestors, type RowSources, rowSources, SourceSets, smoothInputs } from "./sources.js";
import { vjps } from "./vjp.js";

export interface Bottlenecks {
  /** Inputs first. */
  readonly bottlenecks: readonly Var[];
  /** Where the parameter comes to the events: `broadcastEvents` of what depends on it. */
  readonly entries: readonly Var[];
  /** Sums over events that depend on it. */
  readonly sums: readonly Var[];
}

/** Nodes between the parameter and the loss along which derivatives pass, inputs first. */
function between(parameter: Var, loss: Var): Var[] {
  const depends = new Set([parameter.id]);
  for (const node of parameter.tape.nodes.slice(parameter.id, loss.id + 1)) {
    if (smoothInputs(node).some((input) => depends.has(input.id))) depends.add(node.id);
  }
  return ancestors([loss], smoothInputs).filter(({ id }) => depends.has(id));
}

/** Is the node linear in this input while all else is fixed? */
function isLinearIn(node: Var, input: Var, isActive: (node: Var) => boolean): boolean {
  const { operation, inputs } = node;
  switch (operation.name) {
    case "reshape":
    case "broadcast":
    case "take":
    case "sum":
    case "cumulativeSum":
    case "sumEvents":
    case "linear":
      return true;
    case "column":
    case "parameter":
    case "constant":
    case "broadcastEvents":
    case "max":
    case "weightGradient":
      return false;
    default: {
      const { slopes } = factsOf(operation.name satisfies ElementwiseName);
      const othersAreInactive = (at: number) => inputs.every((other, i) => i === at || !isActive(other));
      return slopes.every(
        (slope, at) => inputs[at] !== input || (slope === "others" ? othersAreInactive(at) : slope !== "itself"),
      );
    }
  }
}

/** Behind a bottleneck its value is a variable of its own, so that no VJP may take it for the function of the inputs that it is. */
const canBeBottleneck = ({ events, operation }: Var) =>
  events !== undefined && !vjps[operation.name].gradientFromResult;

/** Time of a multiplication in a product of two vectors over that of one in a linear map: 0.2 and 0.05 ns of one core in f32. */
const PRODUCT_COST = 4;

/** Directions saved pay for the bottleneck where there are at least twice as many as it has rows; with one or two, nothing does. */
const isWorthwhile = (directions: number, rows: number) => directions >= Math.max(3, 2 * rows);

const mostMembers = (rows: Int32Array, sets: SourceSets) =>
  [...new Set(rows)].reduce((most, set) => Math.max(most, sets.members(set).length), 0);

/**
 * Does more come to the node than it is wide? The rows of all batches have directions of their own, or one batch has, the axes
 * before the last one with more than one element being taken for batches.
 */
function isNarrow({ shape }: Var, rows: Int32Array, sets: SourceSets): boolean {
  const ofAll = sets.members([...new Set(rows)].reduce((a, b) => sets.union(a, b))).length;
  return (
    isWorthwhile(mostMembers(rows, sets), shape.findLast((size) => size > 1) ?? 1) ||
    isWorthwhile(ofAll, 1.5 * sizeOf(shape))
  );
}

/** Nodes between the parameter and the loss, and who uses them. */
interface Way {
  readonly nodes: readonly Var[];
  isActive(node: Var): boolean;
  consumers(node: Var): ReadonlySet<Var>;
}

function wayBetween(parameter: Var, loss: Var): Way {
  const nodes = between(parameter, loss);
  const active = new Set(nodes);
  const consumers = new Map<Var, Set<Var>>(nodes.map((node) => [node, new Set()]));
  for (const node of nodes) for (const input of smoothInputs(node)) consumers.get(input)?.add(node);
  return { nodes, isActive: (node) => active.has(node), consumers: (node) => consumers.get(node) as Set<Var> };
}

const views = new Set<OperationName>(["take", "reshape", "broadcast", "add"]);

/** The node that a network sees: what its input is picked from, beside what does not depend on the parameter. */
function seenBy(linear: Var, { isActive, consumers }: Way): Var {
  let node = linear.inputs[0] as Var;
  while (consumers(node).size === 1 && views.has(node.operation.name)) {
    const [input, ...others] = smoothInputs(node).filter(isActive);
    if (input === undefined || others.length > 0) break;
    node = input;
  }
  return node;
}

/** By the node that networks see, multiplications per event of all their linear maps. */
function networkSizes(way: Way): ReadonlyMap<Var, number> {
  const sizes = new Map<Var, number>();
  /** Of what is made of one network's results alone, the node that the network sees. */
  const seen = new Map<Var, Var>();
  for (const node of way.nodes) {
    const inputs = smoothInputs(node).filter(way.isActive);
    const before = seen.get(inputs[0] as Var);
    const isOfOne = before !== undefined && inputs.every((input) => seen.get(input) === before);
    if (node.operation.name !== "linear") {
      if (isOfOne) seen.set(node, before);
      continue;
    }
    const from = isOfOne ? before : seenBy(node, way);
    const { prefix } = node.operation;
    const [out, columns] = (node.inputs[1] as Var).shape.slice(-2) as [number, number];
    const own = (prefix?.reduce((a, b) => a + b) ?? out * columns) * sizeOf(node.shape.slice(0, -1));
    sizes.set(from, (sizes.get(from) ?? 0) + own);
    seen.set(node, from);
  }
  return sizes;
}

/** Where the parameter comes to the events and goes from them; `undefined` where bottlenecks would not do. */
function boundaries({ nodes, isActive }: Way): Omit<Bottlenecks, "bottlenecks"> | undefined {
  const entries = nodes.filter(({ operation, inputs }) => operation.name === "broadcastEvents" && isActive(inputs[0]!));
  const sums = nodes.filter(isEventSum);
  const afterSums = new Set(sums);
  for (const node of nodes) if (node.inputs.some((input) => afterSums.has(input))) afterSums.add(node);
  // Weights that depend on the parameter come to the events by themselves; entries after a sum depend on other events.
  const entersElsewhere = ({ operation, events, inputs }: Var) =>
    operation.name !== "broadcastEvents" &&
    events !== undefined &&
    inputs.some((input) => input.events === undefined && isActive(input));
  return entries.some((entry) => afterSums.has(entry)) || nodes.some(entersElsewhere) ? undefined : { entries, sums };
}

/** Bottlenecks between a parameter and a loss; `undefined` where there are none, or where they would not do. */
export function findBottlenecks(loss: Var, parameter: Var): Bottlenecks | undefined {
  const way = wayBetween(parameter, loss);
  const found = boundaries(way);
  if (found === undefined) return undefined;
  const sets = new SourceSets();
  const sources = new Map<Var, RowSources>();
  let count = 0;
  const own = (node: Var) => Int32Array.from({ length: sizeOf(node.shape) }, () => sets.of([count++]));

  function movesOn(node: Var): boolean {
    const [next, ...others] = way.consumers(node);
    if (next === undefined || others.length > 0) return false;
    return isLinearIn(next, node, way.isActive) && sizeOf(next.shape) <= sizeOf(node.shape);
  }
  const sizes = networkSizes(way);
  /** Behind a bottleneck a network is passed once for all rows that it sees together; each row costs a product of two vectors [K]. */
  function savesPasses(node: Var, rows: Int32Array): boolean {
    const directions = mostMembers(rows, sets);
    const saved = directions * (sizes.get(node) ?? 0);
    return directions > 1 && saved > PRODUCT_COST * rows.length * sizeOf(parameter.shape) ** 2;
  }
  const bottlenecks: Var[] = [];
  for (const node of way.nodes) {
    if (node === parameter) {
      sources.set(node, own(node));
      continue;
    }
    const inputs = smoothInputs(node).map((input) => sources.get(input));
    const rows = rowSources(node, inputs, sets);
    const isBottleneck =
      rows !== undefined &&
      canBeBottleneck(node) &&
      (savesPasses(node, rows) || (isNarrow(node, rows, sets) && !movesOn(node)));
    if (isBottleneck) bottlenecks.push(node);
    sources.set(node, isBottleneck ? own(node) : rows);
  }
  return bottlenecks.length === 0 ? undefined : { bottlenecks, ...found };
}
