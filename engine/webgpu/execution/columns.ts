/** Data of a program's columns: on the device for as long as they are bound where they fit, else sent chunk by chunk. */

import { RandomColumn } from "../../random/random-column.js";
import type { ColumnData, ColumnSource } from "../../runtime/backend.js";
import { numbersOf } from "../../runtime/boundary.js";
import { type Device, usage } from "../device/device.js";
import type { ColumnPlan } from "../plan.js";
import { fillRandom } from "./random-column.js";

/** Events of a chunk: positions in the columns, or the first of those that follow one another. */
export type Pick = { readonly index: Int32Array } | { readonly start: number; readonly length: number };

/** Pages that may not share memory have no SharedArrayBuffer. */
const isShared = ({ buffer }: ColumnData) =>
  typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer;

type Column = { readonly buffer: GPUBuffer } | { readonly values: ColumnData | RandomColumn };

/** Events of one row of a column, which begins at element `first`. */
function eventsOfRow(values: ColumnData | RandomColumn, first: number, pick: Pick): Float32Array {
  if (!(values instanceof RandomColumn)) {
    if ("index" in pick) return Float32Array.from(pick.index, (at) => values[first + at] as number);
    return Float32Array.from(values.subarray(first + pick.start, first + pick.start + pick.length));
  }
  if ("index" in pick) {
    const one = new Float32Array(1);
    return Float32Array.from(pick.index, (at) => {
      values.fill(first + at, one);
      return one[0] as number;
    });
  }
  const events = new Float32Array(pick.length);
  values.fill(first + pick.start, events);
  return events;
}

export class DeviceColumns {
  private readonly columns = new Map<string, Column>();

  /** @param largest  bytes of the largest column that stays on the device */
  constructor(
    private readonly device: Device,
    private readonly largest: number,
  ) {}

  async bind(label: string, source: ColumnSource): Promise<void> {
    this.release(label);
    const values = source instanceof RandomColumn ? source : numbersOf(source);
    if (values instanceof RandomColumn) {
      this.columns.set(label, 4 * values.length > this.largest ? { values } : { buffer: await this.filled(values) });
    } else if (values.length * 4 > this.largest) {
      // The caller may change its array later.
      this.columns.set(label, { values: values === source && !isShared(values) ? values.slice() : values });
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
      this.device.write(values, 4 * (to + r) * stride, eventsOfRow(column.values, r * bound, pick));
    }
  }

  private async filled(column: RandomColumn): Promise<GPUBuffer> {
    const buffer = this.device.buffer(4 * column.length, usage.storage);
    await fillRandom(this.device, buffer, column);
    return buffer;
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
