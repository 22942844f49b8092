/** Data of a program's columns: on the device for as long as they are bound where they fit, else sent chunk by chunk. */
import type { ColumnData } from "../backend.js";
import { type Device, usage } from "./device.js";
import type { ColumnPlan } from "./plan.js";

/** Events of a chunk: positions in the columns, or the first of those that follow one another. */
export type Pick = { readonly index: Int32Array } | { readonly start: number; readonly length: number };

/** Pages that may not share memory do not even know the name. */
const isShared = ({ buffer }: ColumnData) =>
  typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;

type Column = { readonly buffer: GPUBuffer } | { readonly values: ColumnData };

export class Columns {
  private readonly columns = new Map<string, Column>();

  /** @param largest  bytes of the largest column that stays on the device */
  constructor(
    private readonly device: Device,
    private readonly largest: number,
  ) {}

  bind(label: string, values: ColumnData): void {
    this.release(label);
    if (values.length * 4 > this.largest) {
      // The caller may change what is his.
      this.columns.set(label, { values: isShared(values) ? values : values.slice() });
    } else {
      const isReady = values instanceof Float32Array && !isShared(values);
      const numbers = isReady ? values : Float32Array.from(values);
      this.columns.set(label, { buffer: this.device.filled(numbers, usage.storage) });
    }
  }

  /** The column on the device; undefined where it is sent by the chunk. */
  resident(label: string): GPUBuffer | undefined {
    const column = this.columns.get(label);
    if (column === undefined) throw new Error(`internal: column ${label} has no data`);
    return "buffer" in column ? column.buffer : undefined;
  }

  /** Sends the events of a chunk to the rows of a column that is not resident. */
  send({ label, rows, to }: ColumnPlan, values: GPUBuffer, stride: number, pick: Pick): void {
    const column = this.columns.get(label);
    if (column === undefined || "buffer" in column) throw new Error(`internal: column ${label} is not to be sent`);
    const bound = column.values.length / rows;
    for (let r = 0; r < rows; r++) {
      const row = column.values.subarray(r * bound, (r + 1) * bound);
      const events =
        "index" in pick
          ? Float32Array.from(pick.index, (at) => row[at] as number)
          : Float32Array.from(row.subarray(pick.start, pick.start + pick.length));
      this.device.write(values, 4 * (to + r) * stride, events);
    }
  }

  private release(label: string): void {
    const column = this.columns.get(label);
    if (column !== undefined && "buffer" in column) column.buffer.destroy();
    this.columns.delete(label);
  }

  close(): void {
    for (const label of [...this.columns.keys()]) this.release(label);
  }
}
