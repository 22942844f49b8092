/**
 * The last stage of a step: elementwise work on whole parameter arrays that leads to nothing but updates, as an optimiser's
 * does. It is printed like any fused kernel, the elements of an array taking the place of events.
 */

import type { Schedule } from "../../passes/event-passes.js";
import type { Item, KernelOperand } from "../../passes/lowering.js";
import { type ElementwiseName, isElementwise } from "../../tape/elementwise-facts.js";
import { sizeOf, type Var } from "../../tape/tape.js";

/** Arrays smaller than this are evaluated in f64 with everything else that has no events. */
const SMALLEST = 64;

/** Elementwise work on arrays of equal size that hang together. */
export interface UpdateKernel {
  readonly elements: number;
  /** Inputs first. */
  readonly items: readonly Item[];
  readonly stored: ReadonlySet<Item>;
  /** Arrays and single numbers that it reads. */
  readonly reads: readonly Var[];
}

export interface UpdateStage {
  /** Nodes that only this stage needs. */
  readonly members: ReadonlySet<number>;
  readonly kernels: readonly UpdateKernel[];
}

const isSpread = (node: Var) => node.operation.name === "broadcast" && sizeOf((node.inputs[0] as Var).shape) === 1;
const isUniform = (node: Var) => node.operation.name === "constant" && "value" in node.operation;
const isComputed = (node: Var) => isElementwise(node.operation.name);

/** @param updates  what is to be stored: computed here; a view of something is made where that is computed */
function findMembers({ nodes }: Schedule, outputs: ReadonlySet<number>, updates: ReadonlySet<number>) {
  const readOutside = new Set(outputs);
  const members = new Map<number, Var>();
  for (const node of [...nodes].reverse()) {
    const isView = (isSpread(node) || node.operation.name === "reshape") && !updates.has(node.id);
    const isArray = node.events === undefined && sizeOf(node.shape) >= SMALLEST;
    if ((isComputed(node) || isView) && isArray && !readOutside.has(node.id)) members.set(node.id, node);
    else for (const input of node.inputs) readOutside.add(input.id);
  }
  return members;
}

class Builder {
  private readonly itemOf = new Map<number, Item>();
  private readonly kernelOf = new Map<Item, Item[]>();
  private next = 0;

  constructor(
    private readonly members: ReadonlyMap<number, Var>,
    private readonly reads: Map<Item[], Set<Var>>,
  ) {}

  private operand(node: Var): KernelOperand {
    if (isUniform(node) && node.operation.name === "constant" && "value" in node.operation) {
      return { from: "number", value: node.operation.value };
    }
    if (this.members.has(node.id) && !isComputed(node)) {
      const input = node.inputs[0] as Var;
      if (isSpread(node)) return { from: "parameter", node: input, rows: Int32Array.of(0) };
      return this.operand(input);
    }
    return { from: "item", item: this.item(node), rows: Int32Array.of(0) };
  }

  item(node: Var): Item {
    let item = this.itemOf.get(node.id);
    if (item !== undefined) return item;
    const isOwn = this.members.has(node.id);
    const operands = isOwn ? node.inputs.map((input) => this.operand(input)) : [];
    const name = isOwn ? (node.operation.name as ElementwiseName) : "column";
    item = {
      index: this.next++,
      name: name === "stopGradient" ? "copy" : name,
      node,
      size: 1,
      operands,
      inner: undefined,
    };
    this.itemOf.set(node.id, item);
    this.join(item);
    return item;
  }

  /** Puts an item in one kernel with what it reads. */
  private join(item: Item): void {
    const own: Item[] = [item];
    const reads = new Set<Var>();
    for (const operand of item.operands) {
      if (operand.from === "parameter") reads.add(operand.node);
      if (operand.from !== "item") continue;
      if (operand.item.name === "column") {
        reads.add(operand.item.node);
        continue;
      }
      const other = this.kernelOf.get(operand.item) as Item[];
      if (other === own || own.includes(operand.item)) continue;
      for (const moved of other) {
        own.push(moved);
        this.kernelOf.set(moved, own);
      }
      for (const node of this.reads.get(other) ?? []) reads.add(node);
      this.reads.delete(other);
    }
    if (item.name === "column") return;
    this.kernelOf.set(item, own);
    this.reads.set(own, reads);
  }
}

export function updateStage(schedule: Schedule, outputs: readonly Var[], updates: readonly Var[]): UpdateStage {
  const wanted = new Set(updates.map((node) => node.id));
  const members = findMembers(schedule, new Set(outputs.map((node) => node.id)), wanted);
  const reads = new Map<Item[], Set<Var>>();
  const builder = new Builder(members, reads);
  for (const node of schedule.nodes) if (members.has(node.id) && isComputed(node)) builder.item(node);
  const kernels = [...reads].map(([items, read]): UpdateKernel => {
    const sorted = items.sort((a, b) => a.index - b.index);
    return {
      elements: sizeOf((sorted[0] as Item).node.shape),
      items: sorted,
      stored: new Set(sorted.filter((item) => wanted.has(item.node.id))),
      reads: [...read],
    };
  });
  return { members: new Set(members.keys()), kernels };
}
