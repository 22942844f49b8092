/** Where the numbers of a program lie on the device: parameters and tables of the whole, rows of every pass. */

import type { FinishedKernel } from "../passes/epilogues.js";
import { itemsMade, itemsRead, type Launch } from "../passes/launches.js";
import type { Item, LoweredPass } from "../passes/lowering.js";
import { sizeOf, type Var } from "../tape/tape.js";

/** What a kernel needs to know to be printed. */
export interface KernelMemory {
  /** The first of the item's rows. */
  firstRow(item: Item): number;
  /** Where the node's elements start among the parameters. */
  parameter(node: Var): number;
  /** Where the table starts among the tables; equal tables are one. */
  table(entries: ArrayLike<number>): number;
}

export class ProgramMemory {
  /** Nodes without events that lie on the device, by id. */
  readonly nodes = new Map<number, Var>();
  private readonly starts = new Map<number, number>();
  private readonly tableStarts = new Map<string, number>();
  private readonly tableEntries: number[] = [];
  private size = 0;

  /** Places for so many numbers of no node. */
  reserve(size: number): number {
    const start = this.size;
    this.size += size;
    return start;
  }

  parameter(node: Var): number {
    let start = this.starts.get(node.id);
    if (start === undefined) {
      start = this.reserve(sizeOf(node.shape));
      this.starts.set(node.id, start);
      this.nodes.set(node.id, node);
    }
    return start;
  }

  table(entries: ArrayLike<number>): number {
    const own = Array.from(entries);
    const key = own.join();
    let start = this.tableStarts.get(key);
    if (start === undefined) {
      start = this.tableEntries.length;
      this.tableStarts.set(key, start);
      for (const entry of own) this.tableEntries.push(entry);
    }
    return start;
  }

  /** How many numbers lie among the parameters. */
  get parameterCount(): number {
    return this.size;
  }

  get tables(): Int32Array {
    return Int32Array.from(this.tableEntries);
  }
}

/** Rows of one pass: each stored item has some from the launch that makes it to the last that reads it. */
export class PassMemory implements KernelMemory {
  private readonly firstRows = new Map<Item, number>();
  private free: { start: number; size: number }[] = [];
  private rowCount = 0;

  constructor(
    private readonly program: ProgramMemory,
    pass: LoweredPass<FinishedKernel>,
    launches: readonly Launch<FinishedKernel>[],
  ) {
    const lastRead = new Map<Item, number>();
    launches.forEach((launch, at) => {
      for (const item of itemsRead(launch)) lastRead.set(item, at);
    });
    for (const { operand } of pass.outputs) if (operand.from === "item") lastRead.set(operand.item, launches.length);
    for (const item of pass.columns) this.take(item);
    launches.forEach((launch, at) => {
      for (const item of itemsMade(launch)) this.take(item);
      const done = new Set([...itemsRead(launch), ...itemsMade(launch)]);
      for (const item of done) if ((lastRead.get(item) ?? at) <= at) this.giveBack(item);
    });
  }

  /** The smallest gap that fits, else rows at the end. */
  private take(item: Item): void {
    const gaps = this.free.filter(({ size }) => size >= item.size).sort((a, b) => a.size - b.size);
    const gap = gaps[0];
    this.firstRows.set(item, gap?.start ?? this.rowCount);
    if (gap === undefined) {
      this.rowCount += item.size;
      return;
    }
    gap.start += item.size;
    gap.size -= item.size;
  }

  private giveBack(item: Item): void {
    const gaps = [...this.free, { start: this.firstRow(item), size: item.size }];
    this.free = [];
    for (const gap of gaps.filter(({ size }) => size > 0).sort((a, b) => a.start - b.start)) {
      const before = this.free.at(-1);
      if (before !== undefined && before.start + before.size === gap.start) before.size += gap.size;
      else this.free.push(gap);
    }
  }

  get rows(): number {
    return this.rowCount;
  }

  firstRow(item: Item): number {
    const row = this.firstRows.get(item);
    if (row === undefined) throw new Error(`internal: item ${item.index} (${item.name}) is not stored`);
    return row;
  }

  parameter(node: Var): number {
    return this.program.parameter(node);
  }

  table(entries: ArrayLike<number>): number {
    return this.program.table(entries);
  }
}
