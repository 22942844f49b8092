/** Values of inner items that a fused kernel keeps from one of its rounds for a later one. */
import type { FusedKernel, Item } from "../../passes/lowering.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Accesses } from "./accesses.js";
import { cellBytes } from "./kernel-sums.js";
import { type Layout, VECTOR_BYTES } from "./layout.js";

export class KeptValues {
  private readonly slots = new Map<Item, number>();

  constructor(
    private readonly f: FunctionBuilder,
    private readonly kernel: FusedKernel,
    private readonly layout: Layout,
    private readonly accesses: Accesses,
    private readonly base: Local,
  ) {}

  has(item: Item): boolean {
    return this.slots.has(item);
  }

  /** Gives the item a place for all inner positions of a step. */
  plan(item: Item): void {
    if (this.has(item)) return;
    const { kernel, layout } = this;
    const bytes = (kernel.inner?.size ?? 1) * layout.lanes.fusedVectors * VECTOR_BYTES;
    this.slots.set(item, this.slots.size * bytes);
  }

  keep(item: Item, vector: number, value: Local): void {
    this.pushAddress(item);
    this.f.get(value).memory(this.layout.lanes.store, vector * VECTOR_BYTES);
  }

  push(item: Item, vector: number): void {
    this.pushAddress(item);
    this.f.memory(this.layout.lanes.load, vector * VECTOR_BYTES);
  }

  private pushAddress(item: Item): void {
    // Behind what the kernel adds in.
    const place = this.layout.kept + cellBytes(this.kernel) + (this.slots.get(item) as number);
    this.f.address(this.base, place).get(this.accesses.position).op("i32.add");
  }
}
