/**
 * Rematerialisation: lets kernels compute again what others would have to store for them, for backends that pay for every pass over memory.
 *
 * A kernel does so where it takes a few scalar operations on what the kernel reads anyway. What no kernel reads any more is not
 * stored.
 */
import { givesTruth, isElementwise } from "../tape/elementwise-facts.js";
import {
  type FusedKernel,
  type Item,
  type Kernel,
  type KernelOperand,
  LARGEST_KERNEL,
  type LoweredPass,
  readsInPlace,
  sameRows,
} from "./lowering.js";

/**
 * Operations at most in place of one number from memory. A data-centre GPU (67 TFLOP/s, 3.3 TB/s) does 80 additions in the time
 * of 4 bytes; functions such as exp take several.
 */
const MOST_OPERATIONS = 32;

/**
 * Compilers may round a product and a sum in one kernel together and in another apart. A number then differs in its last place,
 * which is no harm; a comparison would differ altogether, and two kernels would take two sides. So these are made again of
 * numbers from memory only.
 */
const isComparison = ({ name }: Item): boolean => givesTruth(name);

type ItemOperand = Extract<KernelOperand, { from: "item" }>;

const itemOperands = (item: Item): readonly ItemOperand[] =>
  item.operands.flatMap((operand) => (operand.from === "item" ? [operand] : []));

/** What a kernel computes, while it grows. */
class Rematerialiser {
  private readonly items: Set<Item>;
  /** Rows that the kernel reads, by item. */
  private readonly read = new Map<Item, Int32Array[]>();
  private readonly impossible = new Set<Item>();

  constructor(private readonly kernel: FusedKernel) {
    this.items = new Set(kernel.items);
    for (const item of kernel.items) this.addReads(item);
  }

  private addReads(item: Item): void {
    for (const operand of itemOperands(item)) {
      const known = this.read.get(operand.item) ?? [];
      if (!known.some((rows) => sameRows(rows, operand.rows))) this.read.set(operand.item, [...known, operand.rows]);
    }
  }

  private isRead({ item, rows }: ItemOperand): boolean {
    return (this.read.get(item) ?? []).some((known) => sameRows(known, rows));
  }

  /** The item and what it is computed from, inputs first; undefined where that is more than the kernel reads, or too much. */
  private needed(item: Item, depth = 1): Item[] | undefined {
    if (!isElementwise(item.name) || this.impossible.has(item) || depth > MOST_OPERATIONS) return undefined;
    const found: Item[] = [];
    for (const operand of itemOperands(item)) {
      const isOwn = this.items.has(operand.item);
      if (!isOwn && this.isRead(operand)) continue;
      const isExact = isComparison(item);
      if ((isOwn && !isExact) || found.includes(operand.item)) continue;
      const own = isExact ? undefined : this.needed(operand.item, depth + 1);
      if (own === undefined) {
        this.impossible.add(item);
        return undefined;
      }
      found.push(...own.filter((other) => !found.includes(other)));
    }
    return [...found, item];
  }

  run(): FusedKernel {
    const { rows, inner } = this.kernel;
    const foreign = [...this.read.keys()].filter((item) => !this.items.has(item)).sort((a, b) => a.index - b.index);
    for (const item of foreign) {
      const added = this.needed(item)?.filter((other) => !this.items.has(other));
      if (added === undefined || added.length > MOST_OPERATIONS) continue;
      if (this.items.size + added.length > LARGEST_KERNEL) continue;
      const sizes = [rows, rows * (inner?.size ?? 1)];
      const items = [...this.items, ...added];
      if (!added.every((other) => sizes.includes(other.size) && readsInPlace(other, { rows, inner, items }))) continue;
      for (const other of added) {
        this.items.add(other);
        this.addReads(other);
      }
    }
    return { ...this.kernel, items: [...this.items].sort((a, b) => a.index - b.index) };
  }
}

/** The kernel without items that no other item and no output reads. */
function trimmed(kernel: FusedKernel, isRead: (item: Item) => boolean): FusedKernel | undefined {
  const stored = new Set([...kernel.stored].filter(isRead));
  const needed = new Set<Item>(stored);
  for (const item of [...kernel.items].reverse()) {
    if (needed.has(item)) for (const operand of itemOperands(item)) needed.add(operand.item);
  }
  const items = kernel.items.filter((item) => needed.has(item));
  return items.length === 0 ? undefined : { ...kernel, items, stored };
}

export function rematerialise({ kernels, sums, outputs, ...pass }: LoweredPass): LoweredPass {
  const read = new Set<Item>();
  const add = (operand: KernelOperand) => operand.from === "item" && read.add(operand.item);
  for (const sum of sums) sum.operands.forEach(add);
  for (const { operand } of outputs) add(operand);
  const own: Kernel[] = [];
  // From the last kernel back, as what is not needed there needs nothing itself.
  for (const kernel of [...kernels].reverse()) {
    const kept =
      kernel.kind === "linear" ? kernel : trimmed(new Rematerialiser(kernel).run(), (item) => read.has(item));
    if (kept === undefined) continue;
    own.unshift(kept);
    const items = kept.kind === "linear" ? [kept.item] : kept.items;
    for (const operand of items.flatMap(itemOperands)) if (!items.includes(operand.item)) read.add(operand.item);
  }
  return { ...pass, kernels: own, sums, outputs };
}
