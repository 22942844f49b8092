/**
 * Cuts: nodes of few rows per event through which much of a parameter's influence on a loss passes.
 *
 * Going from the parameter to the loss, a node is one where more sources (elements of the parameter, rows of earlier cuts) come
 * together than the node is wide. What comes after sees the cut's rows in their place. Along linear operations that do not
 * widen it a cut moves on to the last node, so that of a sum of many terms only the sum is one.
 */
import { slopeFromResult } from "./derivative-rules.js";
import { isEventSum } from "./passes.js";
import { ancestors, type RowSources, rowSources, SourceSets, smoothInputs } from "./sources.js";
import { sizeOf, type Var } from "./tape.js";

export interface Cuts {
  /** Inputs first. */
  readonly cuts: readonly Var[];
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

/** Is the node linear in this input while all else is held? */
function isLinearIn(node: Var, input: Var, isActive: (node: Var) => boolean): boolean {
  const { operation, inputs } = node;
  switch (operation.name) {
    case "add":
    case "sub":
    case "neg":
    case "reshape":
    case "broadcast":
    case "take":
    case "sum":
    case "cumulativeSum":
    case "sumEvents":
    case "linear":
    case "where":
      return true;
    case "mul":
      return inputs.filter(isActive).length === 1;
    case "div":
      return !isActive(inputs[1] as Var) && inputs[0] === input;
    default:
      return false;
  }
}

/** Behind a cut its value is a variable of its own, so that no rule may take it for the function of the inputs that it is. */
const canBeCut = ({ events, operation }: Var) => events !== undefined && !slopeFromResult.has(operation.name);

/** Directions saved pay for the cut where there are at least twice as many as it has rows; with one or two, nothing does. */
const isWorthwhile = (directions: number, rows: number) => directions >= Math.max(3, 2 * rows);

/**
 * Does more come to the node than it is wide? The rows of all batches have directions of their own, or one batch has, the axes before
 * the last one with more than one element being taken for batches.
 */
function isNarrow({ shape }: Var, rows: Int32Array, sets: SourceSets): boolean {
  const distinct = [...new Set(rows)];
  const ofRow = Math.max(...distinct.map((set) => sets.members(set).length));
  const ofAll = sets.members(distinct.reduce((a, b) => sets.union(a, b))).length;
  return isWorthwhile(ofRow, shape.findLast((size) => size > 1) ?? 1) || isWorthwhile(ofAll, 1.5 * sizeOf(shape));
}

/** Cuts between a parameter and a loss; `undefined` where there are none, or where they would not do. */
export function findCuts(loss: Var, parameter: Var): Cuts | undefined {
  const nodes = between(parameter, loss);
  const active = new Set(nodes);
  const isActive = (node: Var) => active.has(node);
  const consumers = new Map<Var, Set<Var>>(nodes.map((node) => [node, new Set()]));
  for (const node of nodes) for (const input of smoothInputs(node)) consumers.get(input)?.add(node);
  const entries = nodes.filter(({ operation, inputs }) => operation.name === "broadcastEvents" && isActive(inputs[0]!));
  const sums = nodes.filter(isEventSum);
  const afterSums = new Set(sums);
  for (const node of nodes) if (node.inputs.some((input) => afterSums.has(input))) afterSums.add(node);
  // Weights that depend on the parameter come to the events by themselves; entries after a sum depend on other events.
  const entersElsewhere = ({ operation, events, inputs }: Var) =>
    operation.name !== "broadcastEvents" &&
    events !== undefined &&
    inputs.some((input) => input.events === undefined && isActive(input));
  if (entries.some((entry) => afterSums.has(entry)) || nodes.some(entersElsewhere)) return undefined;

  function movesOn(node: Var): boolean {
    const [next, ...others] = consumers.get(node) as Set<Var>;
    if (next === undefined || others.length > 0) return false;
    return isLinearIn(next, node, isActive) && sizeOf(next.shape) <= sizeOf(node.shape);
  }
  const sets = new SourceSets();
  const sources = new Map<Var, RowSources>();
  let count = 0;
  const own = (node: Var) => Int32Array.from({ length: sizeOf(node.shape) }, () => sets.of([count++]));
  const cuts: Var[] = [];
  for (const node of nodes) {
    if (node === parameter) {
      sources.set(node, own(node));
      continue;
    }
    const rows = rowSources(
      node,
      smoothInputs(node).map((input) => sources.get(input)),
      sets,
    );
    const isCut = rows !== undefined && canBeCut(node) && isNarrow(node, rows, sets) && !movesOn(node);
    if (isCut) cuts.push(node);
    sources.set(node, isCut ? own(node) : rows);
  }
  return cuts.length === 0 ? undefined : { cuts, entries, sums };
}
