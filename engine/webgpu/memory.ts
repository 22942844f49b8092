/** Where the numbers of one pass lie on the device: rows of a tile, parameters, tables. */
import type { Item, LoweredPass } from "../lowering.js";
import { sizeOf, type Var } from "../tape.js";

/** Every stored item has rows of its own in the buffer of values, `[rows, events]`. */
export class DeviceMemory {
  /** Per node without events that a kernel reads, where its elements start among the parameters. */
  readonly parameters = new Map<Var, number>();
  private readonly firstRows = new Map<Item, number>();
  private readonly tableStarts = new Map<string, number>();
  private readonly tableEntries: number[] = [];
  private rowCount = 0;
  private parameterCount = 0;

  constructor(pass: LoweredPass) {
    for (const item of pass.columns) this.reserve(item);
    for (const kernel of pass.kernels) {
      for (const item of kernel.kind === "linear" ? [kernel.item] : kernel.stored) this.reserve(item);
    }
  }

  private reserve(item: Item): void {
    this.firstRows.set(item, this.rowCount);
    this.rowCount += item.size;
  }

  get rows(): number {
    return this.rowCount;
  }

  get tables(): Int32Array {
    return Int32Array.from(this.tableEntries);
  }

  /** The first of the item's rows. */
  firstRow(item: Item): number {
    const row = this.firstRows.get(item);
    if (row === undefined) throw new Error(`internal: item ${item.index} (${item.name}) is not stored`);
    return row;
  }

  /** Where the node's elements start among the parameters. */
  parameter(node: Var): number {
    let start = this.parameters.get(node);
    if (start === undefined) {
      start = this.parameterCount;
      this.parameters.set(node, start);
      this.parameterCount += sizeOf(node.shape);
    }
    return start;
  }

  /** Where the table starts among the tables; equal tables are one. */
  table(entries: readonly number[]): number {
    const key = entries.join();
    let start = this.tableStarts.get(key);
    if (start === undefined) {
      start = this.tableEntries.length;
      this.tableStarts.set(key, start);
      for (const entry of entries) this.tableEntries.push(entry);
    }
    return start;
  }
}
