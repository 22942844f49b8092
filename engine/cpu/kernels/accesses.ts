/** How a fused kernel finds its numbers in memory: by affine strides where there are some, else by tables of addresses. */
import { type FusedKernel, innerRow, type KernelOperand } from "../../passes/lowering.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import { type Layout, VECTOR_BYTES } from "./layout.js";

/** One way of reading or writing memory at (row, inner position). */
export interface Access {
  readonly isEvents: boolean;
  /** Local holding the address at the current row and inner position 0, events' base included. */
  readonly pointer: Local;
  /** Bytes from one inner position to the next; "table" where there is no such number. */
  readonly stride: number | "table";
  /** Address of the table of byte offsets: per row, or per row and inner position. */
  readonly table: number;
  /** For numbers that no event changes: the vector, loaded once per row. */
  readonly invariant: Local | undefined;
}

export class Accesses {
  /** Counters of the loops, in bytes: 4 a row, and those of the vectors of an event and of an inner position. */
  readonly row: Local;
  readonly event: Local;
  readonly position: Local;
  /** By stride, how far the inner position has moved. */
  readonly strides = new Map<number, Local>();
  private readonly operands = new Map<string, Access>();
  private readonly stored: Access[] = [];

  /** @param base  holds where the thread's buffers begin */
  constructor(
    private readonly f: FunctionBuilder,
    private readonly kernel: FusedKernel,
    private readonly layout: Layout,
    private readonly base: Local,
  ) {
    this.row = f.local("i32");
    this.event = f.local("i32");
    this.position = f.local("i32");
  }

  /** Of an operand, under a key that tells it from all others. */
  of(operand: Exclude<KernelOperand, { from: "number" }>, inner: boolean): [string, Access] {
    const { layout } = this;
    const source = operand.from === "item" ? `item ${operand.item.index}` : `parameter ${operand.node.id}`;
    const key = `${source} ${inner} ${operand.rows.join()}`;
    let access = this.operands.get(key);
    if (access === undefined) {
      const address =
        operand.from === "item"
          ? (row: number) => (row < 0 ? layout.zeroRow : layout.buffer(operand.item) + row * layout.rowBytes)
          : (row: number) =>
              row < 0 ? layout.zeroParameter : layout.parameter(operand.node) + row * layout.lanes.bytes;
      access = this.access(operand.from === "item", inner, address, operand.rows);
      this.operands.set(key, access);
    }
    return [key, access];
  }

  /** Of rows of events that are stored. */
  ofStored(inner: boolean, address: (row: number) => number): Access {
    const access = this.access(true, inner, address, undefined);
    this.stored.push(access);
    return access;
  }

  private access(
    isEvents: boolean,
    inner: boolean,
    address: (row: number) => number,
    rows: Int32Array | undefined,
  ): Access {
    const { f, kernel, layout } = this;
    const axis = inner ? kernel.inner : undefined;
    const size = axis?.size ?? 1;
    const offsets = new Int32Array(kernel.rows * size);
    for (let r = 0; r < kernel.rows; r++) {
      for (let j = 0; j < size; j++) {
        const row = axis === undefined ? r : innerRow(axis, r, j);
        offsets[r * size + j] = address(rows === undefined ? row : (rows[row] as number));
      }
    }
    const step = size > 1 ? (offsets[1] as number) - (offsets[0] as number) : 0;
    const isAffine = offsets.every((offset, i) => offset === (offsets[i - (i % size)] as number) + (i % size) * step);
    const starts = isAffine ? offsets.filter((_, i) => i % size === 0) : offsets;
    const stride = isAffine ? step : "table";
    if (typeof stride === "number" && stride !== 0 && !this.strides.has(stride))
      this.strides.set(stride, f.local("i32"));
    return {
      isEvents,
      pointer: f.local("i32"),
      stride,
      table: layout.table(starts),
      invariant: !isEvents && stride === 0 ? f.local("v128") : undefined,
    };
  }

  /** Bytes of the events of a row, in whole steps. */
  rowEnd(step: number): Local | number {
    const { f, layout } = this;
    if (!layout.isRagged) return layout.rowBytes;
    const end = f.local("i32");
    f.get(f.param(1)).i32(layout.lanes.bytes).op("i32.mul");
    f.i32(step - 1).op("i32.add");
    f.i32(-step).op("i32.and").set(end);
    return end;
  }

  /** Sets all pointers for the current row, and loads what stays the same in it. */
  startRow(): void {
    for (const access of [...this.operands.values(), ...this.stored]) this.start(access);
  }

  private start(access: Access): void {
    const { f, kernel } = this;
    if (access.stride === "table") {
      f.get(this.row)
        .i32(kernel.inner?.size ?? 1)
        .op("i32.mul")
        .i32(access.table)
        .op("i32.add")
        .set(access.pointer);
      return;
    }
    f.get(this.row).memory("i32.load", access.table);
    if (access.isEvents) f.get(this.base).op("i32.add");
    f.set(access.pointer);
    if (access.invariant !== undefined) f.get(access.pointer).memory(this.layout.lanes.splatLoad).set(access.invariant);
  }

  /** Pushes the address an access means at the current row, event and inner position. */
  pushAddress(access: Access): void {
    const { f } = this;
    if (access.stride === "table") {
      // Tables per row and position: 4 bytes an entry, where `position` counts the bytes of the vectors.
      f.get(access.pointer)
        .get(this.position)
        .i32(Math.log2((this.layout.lanes.fusedVectors * VECTOR_BYTES) / 4))
        .op("i32.shr_u", "i32.add");
      f.memory("i32.load");
      if (access.isEvents) f.get(this.base).op("i32.add");
    } else {
      f.get(access.pointer);
      if (access.stride !== 0) f.get(this.strides.get(access.stride) as Local).op("i32.add");
    }
    if (access.isEvents) f.get(this.event).op("i32.add");
  }
}
