/**
 * Which part of a tape a program needs, and in which pass over the events each node belongs.
 *
 * A node's level is the number of event sums before it. Pass p streams the events once and makes all sums whose terms
 * are of level p; nodes without events of level p are computed just before it. Per-event nodes are rematerialised in every
 * pass that needs them, so that nothing of the size of the events is kept.
 */
import type { Var } from "../tape/tape.js";

export interface EventPass {
  readonly set: string;
  /** Per-event nodes to compute, inputs first. */
  readonly nodes: readonly Var[];
  /** Sums over the events of this pass: `sumEvents` and `weightGradient`. */
  readonly sums: readonly Var[];
  /** Per-event nodes that are outputs. */
  readonly outputs: readonly Var[];
}

export interface Level {
  /** Nodes without events to compute before this level's passes, inputs first; without the sums themselves. */
  readonly parameters: readonly Var[];
  readonly passes: readonly EventPass[];
}

export interface Schedule {
  readonly levels: readonly Level[];
  /** Every node needed, inputs first. */
  readonly nodes: readonly Var[];
}

/** Does the node turn per-event inputs into something without events? */
export function isEventSum(node: Var): boolean {
  return node.events === undefined && node.inputs.some((input) => input.events !== undefined);
}

function ancestors(targets: Iterable<Var>, follow: (node: Var) => boolean): Var[] {
  const found = new Map<number, Var>();
  const stack = [...targets];
  while (stack.length > 0) {
    const node = stack.pop() as Var;
    if (found.has(node.id) || !follow(node)) continue;
    found.set(node.id, node);
    stack.push(...node.inputs);
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

export function schedule(targets: readonly Var[]): Schedule {
  const nodes = ancestors(targets, () => true);
  const level = new Map<number, number>();
  for (const node of nodes) {
    const before = Math.max(0, ...node.inputs.map((input) => level.get(input.id) as number));
    level.set(node.id, before + (isEventSum(node) ? 1 : 0));
  }
  // A Hessian in many directions has more nodes than a call can have arguments.
  const depth = [...level.values()].reduce((most, own) => Math.max(most, own), 0);
  const wanted = new Set(targets.map((target) => target.id));
  const levels = Array.from({ length: depth + 1 }, (_, p): Level => {
    const sets = new Set(nodes.flatMap((node) => (node.events === undefined ? [] : [node.events.name])));
    const passes = [...sets].flatMap((set): EventPass[] => {
      const sums = nodes.filter(
        (node) =>
          isEventSum(node) && level.get(node.id) === p + 1 && node.inputs.some((input) => input.events?.name === set),
      );
      const outputs = nodes.filter(
        (node) => wanted.has(node.id) && node.events?.name === set && level.get(node.id) === p,
      );
      if (sums.length + outputs.length === 0) return [];
      const needed = ancestors(
        [...sums.flatMap((node) => node.inputs), ...outputs],
        (node) => node.events !== undefined,
      );
      return [{ set, nodes: needed, sums, outputs }];
    });
    const parameters = nodes.filter(
      (node) => node.events === undefined && !isEventSum(node) && level.get(node.id) === p,
    );
    return { parameters, passes };
  });
  return { levels, nodes };
}
