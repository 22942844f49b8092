/**
 * From a pass over the events to kernels, for any backend.
 *
 * Views (broadcast, reshape, take) are never computed: an operand is a base and, per row, the row of the base that it
 * reads (-1: zero). Fused kernels run scalar code for every (row, event), with at most one inner axis looped inside, so
 * that a spline with its sums over bins is one kernel. Kernels are formed from the end backwards, each node as late as
 * its consumers allow: what only the backward pass needs is computed there.
 */

import { broadcastIndex } from "../tape/broadcast-index.js";
import type { ElementwiseName } from "../tape/elementwise-facts.js";
import { sizeOf, type Var } from "../tape/tape.js";
import type { EventPass } from "./event-passes.js";

/** Nodes of one fused kernel at most, to keep generated functions compilable in little time. */
export const LARGEST_KERNEL = 200;

/** Where an operand's numbers come from: row r of the operand is row `rows[r]` of the base. */
export type KernelOperand =
  | { readonly from: "item"; readonly item: Item; readonly rows: Int32Array }
  | { readonly from: "parameter"; readonly node: Var; readonly rows: Int32Array }
  | { readonly from: "number"; readonly value: number };

/** `stopGradient` is a view. */
export type ScalarName = Exclude<ElementwiseName, "stopGradient">;

/** One thing to compute per event: `[size, events]`. */
export interface Item {
  readonly index: number;
  readonly name: ScalarName | "copy" | "column" | "sum" | "max" | "cumulativeSum" | "linear";
  readonly node: Var;
  readonly size: number;
  readonly operands: readonly KernelOperand[];
  /** The inner axis of a reduction or running sum: its size, and the product of the axes after it. */
  readonly inner: Inner | undefined;
}

export interface Inner {
  readonly size: number;
  readonly post: number;
}

/** An event sum: gathered over all tiles of the events. */
export interface Sum {
  readonly node: Var;
  readonly operands: readonly KernelOperand[];
}

export interface FusedKernel {
  readonly kind: "fused";
  /** Number of outer rows. Items of this size are outer; items of `rows * inner.size` are inner. */
  readonly rows: number;
  readonly inner: Inner | undefined;
  /** Inputs first. */
  readonly items: readonly Item[];
  /** Items that other kernels, sums or outputs read. */
  readonly stored: ReadonlySet<Item>;
  /** Sums over the events of outer items, row by row: where a backend adds where it computes. */
  readonly sums?: readonly Sum[];
}

export interface LinearKernel {
  readonly kind: "linear";
  readonly item: Item;
}

export type Kernel = FusedKernel | LinearKernel;

/** @typeParam K  kernels, also of kinds that a backend forms from these */
export interface LoweredPass<K = Kernel> {
  readonly set: string;
  readonly columns: readonly Item[];
  readonly kernels: readonly K[];
  readonly sums: readonly Sum[];
  /** Operand per output, in the order of `EventPass.outputs`. */
  readonly outputs: readonly { readonly node: Var; readonly operand: KernelOperand }[];
}

/** The row of an inner item at outer row r and inner position j. */
export function innerRow({ size, post }: Inner, r: number, j: number): number {
  return Math.floor(r / post) * size * post + j * post + (r % post);
}

const identity = (size: number) => Int32Array.from({ length: size }, (_, r) => r);
export const sameRows = (a: Int32Array, b: Int32Array) =>
  a === b || (a.length === b.length && a.every((row, r) => row === b[r]));

export const isIdentity = (rows: Int32Array, size: number) => rows.length === size && rows.every((row, r) => row === r);

class Itemiser {
  readonly items: Item[] = [];
  private readonly operands = new Map<number, KernelOperand>();
  private readonly copies = new Map<number, Item>();

  push(item: Omit<Item, "index">): Item {
    const numbered = { ...item, index: this.items.length };
    this.items.push(numbered);
    return numbered;
  }

  operand(node: Var): KernelOperand {
    let operand = this.operands.get(node.id);
    if (operand === undefined) {
      operand = this.resolve(node);
      this.operands.set(node.id, operand);
    }
    return operand;
  }

  private resolve(node: Var): KernelOperand {
    const { operation } = node;
    if (operation.name === "constant" && "value" in operation) return { from: "number", value: operation.value };
    if (node.events === undefined) return { from: "parameter", node, rows: identity(sizeOf(node.shape)) };
    const input = node.inputs[0] as Var;
    switch (operation.name) {
      case "broadcastEvents":
      case "reshape":
      case "stopGradient":
        return this.operand(input);
      case "broadcast":
        return this.view(input, broadcastIndex(input.shape, node.shape));
      case "take":
        return this.view(input, operation.index);
      case "parameter":
      case "constant":
      case "weightGradient":
      case "sumEvents":
        throw new Error(`internal: a ${operation.name} has no events`);
      default:
        return { from: "item", item: this.item(node, operation.name), rows: identity(sizeOf(node.shape)) };
    }
  }

  private view(input: Var, index: Int32Array): KernelOperand {
    const base = this.operand(input);
    if (base.from === "number") throw new Error("internal: a view of a number is a number on the tape");
    return { ...base, rows: index.map((row) => (row < 0 ? -1 : (base.rows[row] as number))) };
  }

  private item(node: Var, name: Item["name"]): Item {
    const { operation } = node;
    const operands = node.inputs.map((input) => this.operand(input));
    let inner: Inner | undefined;
    let kept = operands;
    if (operation.name === "sum" || operation.name === "max" || operation.name === "cumulativeSum") {
      const { shape } = node.inputs[0] as Var;
      inner = { size: shape[operation.axis] as number, post: sizeOf(shape.slice(operation.axis + 1)) };
    }
    if (operation.name === "linear") {
      const lead = node.shape.slice(0, -1);
      const [x, weights] = node.inputs as [Var, Var];
      // Kernels read weights from memory, also where they are one number on the tape.
      const matrix: KernelOperand = { from: "parameter", node: weights, rows: identity(sizeOf(weights.shape)) };
      kept = [this.contiguous(x, sizeOf(lead)), matrix];
    }
    return this.push({ name, node, size: sizeOf(node.shape), operands: kept, inner });
  }

  /** The operand with the rows of every batch one after another in memory, copied if they are not. */
  contiguous(node: Var, batches: number): KernelOperand {
    const operand = this.operand(node);
    const size = sizeOf(node.shape) / batches;
    if (operand.from === "item") {
      const { rows } = operand;
      if (rows.every((row, r) => row >= 0 && (r % size === 0 || row === (rows[r - 1] as number) + 1))) return operand;
    }
    let copy = this.copies.get(node.id);
    if (copy === undefined) {
      copy = this.push({ name: "copy", node, size: sizeOf(node.shape), operands: [operand], inner: undefined });
      this.copies.set(node.id, copy);
    }
    return { from: "item", item: copy, rows: identity(copy.size) };
  }

  /** An operand that has its own buffer of events, copied if it is a parameter or a number. */
  stored(node: Var): KernelOperand {
    const operand = this.operand(node);
    return operand.from === "item" ? operand : this.contiguous(node, 1);
  }
}

/** A kernel while it is being formed. */
interface Draft {
  readonly kind: Kernel["kind"];
  readonly rows: number;
  inner: Inner | undefined;
  readonly items: Item[];
}

/** Rows of a kernel that the item begins: a running sum is as long as what it sums. */
const outerRows = ({ name, size, inner }: Item): number =>
  name === "cumulativeSum" && inner !== undefined ? size / inner.size : size;

const sameInner = (a: Inner, b: Inner) => a.size === b.size && a.post === b.post;

/** Does the item run over the inner axis of the kernel, or once per outer row? */
export function isInner(item: Item, kernel: { readonly rows: number; readonly inner: Inner | undefined }): boolean {
  return kernel.inner !== undefined && item.size !== kernel.rows;
}

/** Are the item's operands read for every inner position? Those of a reduction are, though its result is not. */
export function readsInner(item: Item, kernel: { readonly rows: number; readonly inner: Inner | undefined }): boolean {
  return isInner(item, kernel) || item.inner !== undefined;
}

/** Does every use of `item` inside the kernel read it at the row being computed? */
export function readsInPlace(item: Item, draft: Pick<Draft, "rows" | "inner" | "items">): boolean {
  return draft.items.every((consumer) =>
    consumer.operands.every((operand) => {
      if (operand.from !== "item" || operand.item !== item) return true;
      const { rows } = operand;
      if (!readsInner(consumer, draft) || isInner(item, draft)) return isIdentity(rows, item.size);
      const { inner } = draft;
      if (inner === undefined) return false;
      for (let r = 0; r < draft.rows; r++) {
        for (let j = 0; j < inner.size; j++) if (rows[innerRow(inner, r, j)] !== r) return false;
      }
      return true;
    }),
  );
}

/**
 * The kernel's inner axis once it holds the item too; undefined where it cannot hold it.
 *
 * Only a reduction or a running sum gives a kernel an inner axis. An item of few rows that many rows repeat could have one, too, and be
 * kept in a register along it; but a kernel with an inner axis goes through rows in the inner loop and through events outside, so that
 * with many positions and buffers the cache loses lines of which only the first events were read. The six kernels of 40 rows in the
 * Hessian of the published model (x alone, cpu) took 17.9 ms with an axis of 20 positions, which six products of 2 rows gave them, and
 * 11.1 ms without it. Those of 76 and 80 rows took 10.2 ms with an axis of 19 and 20 positions, and 9.8 ms in two kernels each.
 */
function innerWith(item: Item, { rows, inner }: Draft): Pick<Draft, "inner"> | undefined {
  if (item.inner !== undefined) {
    const isOnly = inner === undefined || sameInner(inner, item.inner);
    return isOnly && outerRows(item) === rows ? { inner: item.inner } : undefined;
  }
  return item.size === rows || (inner !== undefined && item.size === rows * inner.size) ? { inner } : undefined;
}

function tryJoin(item: Item, draft: Draft): boolean {
  if (draft.kind !== "fused" || draft.items.length >= LARGEST_KERNEL) return false;
  const domain = innerWith(item, draft);
  if (domain === undefined || !readsInPlace(item, { ...draft, ...domain })) return false;
  draft.inner = domain.inner;
  draft.items.push(item);
  return true;
}

/** Kernels in order of execution. `always` holds what sums and outputs read. */
function formKernels(items: readonly Item[], always: ReadonlySet<Item>): Kernel[] {
  const drafts: Draft[] = [];
  const place = new Map<Item, number>();
  /** The latest place at which the item is needed: kernels are listed from the last to the first. */
  const needed = new Map<Item, number>();
  for (const item of [...items].reverse()) {
    if (!needed.has(item) && !always.has(item)) continue;
    if (item.name === "column") continue;
    const from = needed.get(item) ?? 0;
    let at = from;
    if (item.name === "linear") at = drafts.length;
    else while (at < drafts.length && !tryJoin(item, drafts[at] as Draft)) at++;
    if (at === drafts.length) {
      const kind = item.name === "linear" ? "linear" : "fused";
      drafts.push({ kind, rows: outerRows(item), inner: item.inner, items: [item] });
    }
    place.set(item, at);
    for (const operand of item.operands) {
      if (operand.from !== "item") continue;
      // A linear kernel reads finished buffers only, so its operands come strictly before it.
      const latest = item.name === "linear" ? at + 1 : at;
      needed.set(operand.item, Math.max(needed.get(operand.item) ?? 0, latest));
    }
  }
  const stored = new Set(always);
  for (const item of items) {
    for (const operand of item.operands) {
      if (operand.from === "item" && place.has(item) && place.get(operand.item) !== place.get(item)) {
        stored.add(operand.item);
      }
    }
  }
  return drafts.reverse().map((draft): Kernel => {
    if (draft.kind === "linear") return { kind: "linear", item: draft.items[0] as Item };
    const own = draft.items.sort((a, b) => a.index - b.index);
    return {
      kind: "fused",
      rows: draft.rows,
      inner: draft.inner,
      items: own,
      stored: new Set(own.filter((item) => stored.has(item))),
    };
  });
}

export function lower(pass: EventPass): LoweredPass {
  const itemiser = new Itemiser();
  for (const node of pass.nodes) itemiser.operand(node);
  const sums = pass.sums.map((node): Sum => {
    if (node.operation.name !== "weightGradient") return { node, operands: [itemiser.operand(node.inputs[0] as Var)] };
    const operands = node.inputs.map((input) => {
      const lead = sizeOf(input.shape.slice(0, -1));
      return itemiser.contiguous(input, lead);
    });
    return { node, operands };
  });
  const outputs = pass.outputs.map((node) => ({ node, operand: itemiser.stored(node) }));
  const always = new Set<Item>();
  for (const operand of [...sums.flatMap((sum) => sum.operands), ...outputs.map((output) => output.operand)]) {
    if (operand.from === "item") always.add(operand.item);
  }
  const columns = itemiser.items.filter((item) => item.name === "column");
  return { set: pass.set, columns, kernels: formKernels(itemiser.items, always), sums, outputs };
}
