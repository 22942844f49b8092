/**
 * Joins linear maps with the kernels that follow them, for backends that pay for every pass over memory: what is computed
 * from the rows of a map (bias, activation, an activation's derivative) is computed before they are stored, and a row that
 * no other kernel reads is not stored at all.
 */
import {
  type FusedKernel,
  type Item,
  isIdentity,
  type Kernel,
  type KernelOperand,
  type LinearKernel,
  type LoweredPass,
} from "./lowering.js";

/** Items of one epilogue at most: they share registers with the sums of the map. */
const LARGEST_EPILOGUE = 32;

/** A linear map and what is made of its rows before they are stored. */
export interface FinishedLinear {
  readonly kind: "finishedLinear";
  readonly item: Item;
  /** Without inner axis. Its items are the map, then what is computed from it and from others at the same row. */
  readonly epilogue: FusedKernel;
}

export type FinishedKernel = Kernel | FinishedLinear;

const itemsOf = (operands: readonly KernelOperand[]) => operands.flatMap((o) => (o.from === "item" ? [o.item] : []));

function computedBy(kernel: FinishedKernel): readonly Item[] {
  if (kernel.kind === "linear") return [kernel.item];
  return kernel.kind === "fused" ? kernel.items : kernel.epilogue.items;
}

/** Every item that the kernel reads, as often as it does. */
const readBy = (kernel: FinishedKernel) => computedBy(kernel).flatMap(({ operands }) => itemsOf(operands));

const isInPlace = (kernel: FusedKernel, item: Item) =>
  kernel.items.every(({ operands }) =>
    operands.every((o) => o.from !== "item" || o.item !== item || isIdentity(o.rows, item.size)),
  );

/** The kernel in parts that need nothing of each other. */
function partsOf({ items }: FusedKernel): readonly (readonly Item[])[] {
  let parts: Item[][] = [];
  for (const item of items) {
    const operands = new Set(itemsOf(item.operands));
    const needed = parts.filter((part) => part.some((other) => operands.has(other)));
    parts = [...parts.filter((part) => !needed.includes(part)), [...needed.flat(), item]];
  }
  return parts;
}

function restrict(kernel: FusedKernel, items: readonly Item[]): FusedKernel {
  const own = [...items].sort((a, b) => a.index - b.index);
  return { ...kernel, items: own, stored: new Set(own.filter((item) => kernel.stored.has(item))) };
}

class Joiner {
  /** Kernels so far, in order. */
  readonly kernels: FinishedKernel[] = [];
  /** How often kernels, sums and outputs read an item. */
  private readonly reads = new Map<Item, number>();

  constructor(pass: LoweredPass) {
    const others = [...pass.sums.flatMap((sum) => sum.operands), ...pass.outputs.map(({ operand }) => operand)];
    for (const item of [...pass.kernels.flatMap(readBy), ...itemsOf(others)]) {
      this.reads.set(item, (this.reads.get(item) ?? 0) + 1);
    }
  }

  add(kernel: Kernel): void {
    if (kernel.kind === "linear") {
      this.kernels.push(kernel);
      return;
    }
    for (const part of this.divided(kernel)) {
      const map = this.mapFor(part);
      if (map === undefined) this.kernels.push(part);
      else this.join(part, map);
    }
  }

  /** Does anything but this kernel read the item? */
  private isReadElsewhere(item: Item, kernel: FusedKernel): boolean {
    return readBy(kernel).filter((other) => other === item).length < (this.reads.get(item) as number);
  }

  /** The place of the map that the kernel can be the epilogue of: of several that it reads, the last. */
  private mapFor(kernel: FusedKernel): number | undefined {
    if (kernel.inner !== undefined || kernel.items.length >= LARGEST_EPILOGUE) return undefined;
    const read = new Set(readBy(kernel).filter(({ name, size }) => name === "linear" && size === kernel.rows));
    if (read.size === 0) return undefined;
    const map = this.kernels.findLastIndex(
      (other) => other.kind === "linear" && read.has(other.item) && isInPlace(kernel, other.item),
    );
    return map >= 0 && (this.canFollow(map, kernel) || this.canPrecede(map, kernel)) ? map : undefined;
  }

  /** Can the map be computed after the kernels that come after it? */
  private canFollow(map: number, kernel: FusedKernel): boolean {
    const { item } = this.kernels[map] as LinearKernel;
    if (!this.isReadElsewhere(item, kernel)) return true;
    return !this.kernels.slice(map + 1).some((other) => readBy(other).includes(item));
  }

  /** Can the kernel be computed before those that come after the map? */
  private canPrecede(map: number, kernel: FusedKernel): boolean {
    const read = new Set(readBy(kernel));
    return !this.kernels.slice(map + 1).some((other) => computedBy(other).some((item) => read.has(item)));
  }

  private join(kernel: FusedKernel, map: number): void {
    const { item } = this.kernels[map] as LinearKernel;
    const own = this.isReadElsewhere(item, kernel) ? [item] : [];
    const epilogue = { ...kernel, items: [item, ...kernel.items], stored: new Set([...own, ...kernel.stored]) };
    const joined: FinishedLinear = { kind: "finishedLinear", item, epilogue };
    if (this.canFollow(map, kernel)) {
      this.kernels.splice(map, 1);
      this.kernels.push(joined);
    } else this.kernels[map] = joined;
  }

  /** The kernel, and in front of it those of its parts that are epilogues of other maps than the rest. */
  private divided(kernel: FusedKernel): readonly FusedKernel[] {
    if (kernel.inner !== undefined || !readBy(kernel).some(({ name }) => name === "linear")) return [kernel];
    const whole = this.mapFor(kernel);
    const parts = new Map<number, Item[]>();
    for (const items of partsOf(kernel)) {
      const map = this.mapFor(restrict(kernel, items));
      if (map !== undefined && map !== whole) parts.set(map, [...(parts.get(map) ?? []), ...items]);
    }
    const apart = new Set([...parts.values()].flat());
    const rest = kernel.items.filter((item) => !apart.has(item));
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, items]) => items);
    return [...inOrder, rest].filter((items) => items.length > 0).map((items) => restrict(kernel, items));
  }
}

export function joinEpilogues(pass: LoweredPass): LoweredPass<FinishedKernel> {
  const joiner = new Joiner(pass);
  for (const kernel of pass.kernels) joiner.add(kernel);
  return { ...pass, kernels: joiner.kernels };
}
