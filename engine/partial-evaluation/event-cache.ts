/**
 * What stays the same from one evaluation to the next, computed once per event: everything that depends on data and frozen
 * parameters alone.
 *
 * Outputs of a tape are rewritten to another tape, on which some such per-event nodes are columns. Derivatives are then taken
 * there, and cannot ask for what lies behind a column. Which nodes to cache is a minimum cut between the data and what is dynamic:
 * reading a cached number costs a price, computing a node its operations.
 */

import { isEventSum, schedule } from "../passes/event-passes.js";
import { type ElementwiseName, factsOf } from "../tape/elementwise-facts.js";
import { sizeOf, Tape, type Var } from "../tape/tape.js";
import { FlowNetwork } from "./minimum-cut.js";
import { separate } from "./separation.js";

/** Per-event nodes to compute once, by the names of the columns that they become. */
export type CachedNodes = Readonly<Record<string, Var>>;

export interface EventCache<N extends string> {
  /** The outputs on a tape of their own, with columns in place of what is cached. */
  readonly outputs: Readonly<Record<N, Var>>;
  /** The same for all members. */
  readonly common: CachedNodes;
  /** What depends on parameters in which members differ. */
  readonly own: CachedNodes;
}

export interface EventCacheRequest<N extends string> {
  /** Before any sum over events. */
  readonly outputs: Readonly<Record<N, Var>>;
  /** Parameters whose values change from one evaluation to the next. */
  readonly dynamic: readonly string[];
  /** Parameters that change from one member of an ensemble to the next. */
  readonly varied?: ReadonlySet<string>;
  /** How many members' own values are cached at a time. */
  readonly members?: number;
  /** Most numbers per event to cache, over all members. */
  readonly most: number;
}

/**
 * Price of a cached number, in multiply-adds or additions. The cpu backend copies the numbers of a tile from a BlockedColumn in
 * one piece, 0.3 to 0.6 ns each in f32, in which time it does some 10; to fill it takes a fresh page for 1024 of them, and memory
 * is worth something too. Measured on the published model, prices of 16 and 32 cache nearly the same and take the same time; 128,
 * as was right for columns that are copied row by row, caches a sixth and takes 1.6 times as long for a value: see
 * bench/README.md.
 */
const PRICE = 32;

/** Multiply-adds, or what takes as long, of a node per event. */
function operations({ operation, inputs, shape }: Var): number {
  const size = sizeOf(shape);
  switch (operation.name) {
    case "constant":
    case "broadcast":
    case "broadcastEvents":
    case "reshape":
    case "take":
      return 0;
    case "column":
    case "parameter":
    case "cumulativeSum":
    case "weightGradient":
    case "sumEvents":
      return size;
    case "sum":
    case "max":
      return sizeOf((inputs[0] as Var).shape);
    case "linear": {
      const [rows, columns] = (inputs[1] as Var).shape.slice(-2) as [number, number];
      const { prefix } = operation;
      const elements = prefix === undefined ? rows * columns : prefix.reduce((total, length) => total + length, 0);
      return elements * sizeOf(shape.slice(0, -1));
    }
    default:
      return factsOf(operation.name satisfies ElementwiseName).additions * size;
  }
}

/** Nodes that depend on a leaf of the given kind. */
function dependents(nodes: readonly Var[], isRoot: (label: string) => boolean): Set<number> {
  const found = new Set<number>();
  for (const { id, operation, inputs } of nodes) {
    const isOwn = operation.name === "parameter" && isRoot(operation.label);
    if (isOwn || inputs.some((input) => found.has(input.id))) found.add(id);
  }
  return found;
}

/**
 * The cheapest nodes from which all that is needed can be computed. Every node is either there or not, and if it is there,
 * cached or computed: a node computed needs its inputs, a node cached costs its price.
 *
 * @param candidates  per-event nodes that are static, inputs first
 * @param needed      those of them that must be there
 */
function frontier(candidates: readonly Var[], needed: readonly Var[], price: (node: Var) => number): Var[] {
  const [source, sink] = [0, 1];
  const place = new Map(candidates.map((node, i) => [node.id, 2 + 2 * i]));
  const network = new FlowNetwork(2 + 2 * candidates.length);
  for (const node of candidates) {
    const there = place.get(node.id) as number;
    const computed = there + 1;
    // The data are there in any case.
    if (node.operation.name === "column") continue;
    const isFree = node.operation.name === "constant" || node.operation.name === "broadcastEvents";
    network.connect(there, computed, isFree ? Number.POSITIVE_INFINITY : price(node) * sizeOf(node.shape));
    network.connect(computed, sink, operations(node));
    for (const input of node.inputs) {
      const before = place.get(input.id);
      if (before !== undefined) network.connect(computed, before, Number.POSITIVE_INFINITY);
    }
  }
  for (const node of needed) network.connect(source, place.get(node.id) as number, Number.POSITIVE_INFINITY);
  const there = network.sourceSide(source, sink);
  return candidates.filter((node) => {
    const at = place.get(node.id) as number;
    return there.has(at) && !there.has(at + 1) && node.operation.name !== "column";
  });
}

/** What a cached node is, for people: its operation, and the parameter last used on the way to it. */
function describer(nodes: readonly Var[]): (node: Var) => string {
  const last = new Map<number, string>();
  for (const { id, operation, inputs } of nodes) {
    const own = inputs.map((input) => last.get(input.id)).filter((name) => name !== undefined);
    const name = operation.name === "parameter" ? operation.label : own.at(-1);
    if (name !== undefined) last.set(id, name);
  }
  return ({ id, operation, shape }) => `cached ${id}: ${operation.name} [${shape}] behind ${last.get(id) ?? "data"}`;
}

const isLeaf = ({ operation }: Var) => operation.name === "column" || operation.name === "parameter";

/** The outputs on a new tape that has all columns and parameters of the old one, and cached nodes as columns. */
function rewrite<N extends string>(
  outputs: Readonly<Record<N, Var>>,
  nodes: readonly Var[],
  columns: ReadonlyMap<number, string>,
): Record<N, Var> {
  const tape = new Tape();
  const needed = new Set(Object.values<Var>(outputs).map(({ id }) => id));
  for (const node of [...nodes].reverse()) {
    if (needed.has(node.id) && !columns.has(node.id)) for (const input of node.inputs) needed.add(input.id);
  }
  const images = new Map<number, Var>();
  for (const node of nodes) {
    if (!needed.has(node.id) && !isLeaf(node)) continue;
    const { operation, shape, inputs } = node;
    const events = node.events && tape.events(node.events.name);
    const name = columns.get(node.id) ?? (operation.name === "column" ? operation.label : undefined);
    const from = () => inputs.map((input) => images.get(input.id) as Var);
    if (name !== undefined) images.set(node.id, tape.column(name, shape, events));
    else if (operation.name === "parameter") images.set(node.id, tape.parameter(operation.label, shape));
    else images.set(node.id, tape.append(operation, from(), shape, events));
  }
  return mapped(outputs, ({ id }) => images.get(id) as Var);
}

function mapped<N extends string>(outputs: Readonly<Record<N, Var>>, image: (node: Var) => Var): Record<N, Var> {
  return Object.fromEntries(Object.entries<Var>(outputs).map(([name, node]) => [name, image(node)])) as Record<N, Var>;
}

/** Separates static from dynamic nodes, and puts columns in place of the static ones that are worth a place in the cache. */
export function cachePerEvent<N extends string>(request: EventCacheRequest<N>): EventCache<N> {
  const { dynamic: labels, varied = new Set(), members = 1, most } = request;
  const roots = Object.values<Var>(request.outputs);
  const used = new Set(schedule(roots).nodes);
  if ([...used].some(isEventSum)) throw new Error("internal: cached per event: outputs behind a sum over events");
  const tape = new Tape();
  const image = separate(
    roots[0]!.tape.nodes.filter((node) => used.has(node) || isLeaf(node)),
    tape,
    (label) => labels.includes(label),
  );
  const outputs = mapped(request.outputs, image);
  const { nodes } = schedule(Object.values<Var>(outputs));
  const dynamic = dependents(nodes, (label) => labels.includes(label));
  const ofMember = dependents(nodes, (label) => varied.has(label));
  const candidates = nodes.filter(({ id, events }) => events !== undefined && !dynamic.has(id));
  const wanted = new Set(Object.values<Var>(outputs).map(({ id }) => id));
  for (const { id, inputs } of nodes) if (dynamic.has(id)) for (const input of inputs) wanted.add(input.id);
  const needed = candidates.filter(({ id }) => wanted.has(id));
  const copies = ({ id }: Var) => (ofMember.has(id) ? members : 1);
  const numbers = (cached: readonly Var[]) => cached.reduce((total, own) => total + copies(own) * sizeOf(own.shape), 0);
  let cached: Var[];
  let scarcity = 0;
  do {
    cached = frontier(candidates, needed, (node) => PRICE + scarcity * copies(node));
    scarcity = Math.max(16, 2 * scarcity);
  } while (numbers(cached) > most);
  const describe = describer(nodes);
  const names = new Map(cached.map((node) => [node.id, describe(node)]));
  const part = (isOwn: boolean) =>
    Object.fromEntries(
      cached.flatMap((node) => (ofMember.has(node.id) === isOwn ? [[names.get(node.id) as string, node]] : [])),
    );
  return { outputs: rewrite(outputs, tape.nodes, names), common: part(false), own: part(true) };
}
