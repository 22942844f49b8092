/** How a fused kernel adds what it computes over the events of a tile, in f64. */
import type { FusedKernel, Item } from "../../passes/lowering.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Accesses } from "./accesses.js";
import { type Layout, VECTOR_BYTES } from "./layout.js";

/** Two vectors of two numbers: vectors of events are added to them in turn, so that one or two at once give the same bits. */
const CELL_BYTES = 32;

/** Bytes that a kernel needs while it adds. */
export const cellBytes = ({ sums = [] }: FusedKernel) => CELL_BYTES * sums.length;

/** Masks of the vectors of a step: numbers of events, then of none. */
const MASKS = Int32Array.from({ length: 16 }, (_, i) => (i < 8 ? -1 : 0));

/** For a row at a time: `start`, for each step of the events `startStep` and `add` for every item, `finish`. */
export class KernelSums {
  /** Places of the cells of an item, and of the sums in an accumulator. */
  private readonly cells = new Map<Item, { readonly cell: number; readonly offsets: readonly number[] }>();
  private readonly masks: readonly Local[];
  private readonly turn: Local;

  /** @param events  local of the number of events */
  constructor(
    private readonly f: FunctionBuilder,
    kernel: FusedKernel,
    private readonly layout: Layout,
    private readonly accesses: Accesses,
    private readonly place: { readonly base: Local; readonly events: Local; readonly accumulator: Local },
  ) {
    for (const { node, operands } of kernel.sums ?? []) {
      const [operand] = operands;
      if (operand?.from !== "item") throw new Error("internal: a kernel sums what it does not compute");
      const known = this.cells.get(operand.item);
      const cell = known?.cell ?? layout.kept + CELL_BYTES * this.cells.size;
      this.cells.set(operand.item, { cell, offsets: [...(known?.offsets ?? []), layout.sum(node)] });
    }
    this.masks = f.locals("v128", layout.lanes.fusedVectors);
    this.turn = f.local("i32");
  }

  get isEmpty(): boolean {
    return this.cells.size === 0;
  }

  start(): void {
    const { f, place } = this;
    for (const { cell } of this.cells.values()) {
      for (const half of [0, VECTOR_BYTES]) {
        f.address(place.base, cell).v128(new Float64Array(2)).memory("v128.store", half);
      }
    }
  }

  /** Finds which events of a step count, and where its first vector is added. */
  startStep(): void {
    const { f, layout, accesses, place } = this;
    const { fusedVectors, bytes } = layout.lanes;
    const step = fusedVectors * VECTOR_BYTES;
    const left = f.scratch("i32", "bytes left");
    f.get(place.events).i32(bytes).op("i32.mul").get(accesses.event).op("i32.sub").tee(left);
    f.i32(step).get(left).i32(step).op("i32.lt_s", "select").set(left);
    f.i32(layout.table(MASKS) + VECTOR_BYTES * 2)
      .get(left)
      .op("i32.sub")
      .set(left);
    this.masks.forEach((mask, v) => {
      f.get(left)
        .memory("v128.load", VECTOR_BYTES * v)
        .set(mask);
    });
    f.get(place.base);
    if (fusedVectors === 1) f.get(accesses.event).i32(VECTOR_BYTES).op("i32.and", "i32.add");
    f.set(this.turn);
  }

  /** Adds what is pushed for the vectors of a step, if the item is summed. All are loaded before one is stored, so that an engine may pair them. */
  add(item: Item, push: (vector: number) => void): void {
    const own = this.cells.get(item);
    if (own === undefined) return;
    const { f, layout, masks } = this;
    const totals = masks.map((_, v) => f.scratch("v128", `event sum ${v}`));
    totals.forEach((total, v) => {
      f.get(this.turn)
        .memory("v128.load", own.cell + VECTOR_BYTES * v)
        .set(total);
    });
    totals.forEach((total, v) => {
      push(v);
      f.get(masks[v] as Local).op("v128.and");
      layout.lanes.addIntoF64(f, total);
    });
    totals.forEach((total, v) => {
      f.get(this.turn)
        .get(total)
        .memory("v128.store", own.cell + VECTOR_BYTES * v);
    });
  }

  /** Adds the row's totals to the accumulator. */
  finish(): void {
    const { f, place, accesses } = this;
    const total = f.scratch("v128", "event sum 0");
    const into = f.scratch("i32", "row of an accumulator");
    // Rows count four bytes each, numbers eight.
    f.get(place.accumulator).get(accesses.row).i32(1).op("i32.shl", "i32.add").set(into);
    for (const { cell, offsets } of this.cells.values()) {
      f.get(place.base)
        .memory("v128.load", cell)
        .get(place.base)
        .memory("v128.load", cell + VECTOR_BYTES);
      f.op("f64x2.add").set(total);
      for (const offset of offsets) {
        f.get(into).get(into).memory("f64.load", offset);
        f.get(total).lane("f64x2.extract_lane", 0).get(total).lane("f64x2.extract_lane", 1).op("f64.add", "f64.add");
        f.memory("f64.store", offset);
      }
    }
  }
}
