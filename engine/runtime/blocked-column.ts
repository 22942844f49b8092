/** A column whose events lie block by block, so that a backend finds all numbers of a few events in one place. */

import { UsageError } from "../errors.js";
import { checkInteger } from "../random/random.js";
import type { ColumnData } from "./column-data.js";

/** Events of a block: those that the cpu backend computes together, so that it copies a block in one piece. */
export const BLOCK = 64;

/**
 * Stands for the array [rows][events] of the same numbers, for data with many rows that are read again and again: from a plain array
 * of many events, each row of a block is fetched from a page of memory of its own.
 *
 * Zeros until written. What a program was bound to is not to be written any more: backends share its memory or copy it.
 */
export class BlockedColumn {
  /** [blocks][rows][BLOCK], in memory that threads can share where there is some; zeros behind the last event. */
  readonly numbers: ColumnData;

  /**
   * @param rows       size of the shape of the column that it will be bound to
   * @param precision  of the numbers; least is copied where it is that of the backend
   */
  constructor(
    readonly rows: number,
    readonly events: number,
    precision: "f32" | "f64",
  ) {
    checkInteger("BlockedColumn", "rows", rows, 2 ** 32);
    checkInteger("BlockedColumn", "events", events, 2 ** 32);
    const kind = precision === "f32" ? Float32Array : Float64Array;
    const bytes = Math.ceil(events / BLOCK) * rows * BLOCK * kind.BYTES_PER_ELEMENT;
    const memory = typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    this.numbers = new kind(memory as ArrayBuffer);
  }

  /** Of the array that this stands for. */
  get length(): number {
    return this.rows * this.events;
  }

  /**
   * Puts numbers of some events in their places.
   *
   * @param start   the first of these events
   * @param values  [rows][events from start on, as many as there are]
   */
  write(start: number, values: ArrayLike<number>): void {
    const { rows, events, numbers } = this;
    const count = rows === 0 ? 0 : values.length / rows;
    if (!Number.isInteger(count) || !Number.isInteger(start) || start < 0 || start + count > events) {
      throw new UsageError("BlockedColumn.write", {
        expected: `${rows} rows of events within the column's ${events}`,
        got: `${values.length} numbers from event ${start} on`,
      });
    }
    this.forEachPiece(start, count, (at, row, first, length) => {
      const from = row * count + first;
      for (let e = 0; e < length; e++) numbers[at + e] = values[from + e] as number;
    });
  }

  /** The array [rows][events], f32 or f64 as this is: a copy. */
  toArray(): ColumnData {
    const { rows, events, numbers } = this;
    const array = numbers instanceof Float32Array ? new Float32Array(rows * events) : new Float64Array(rows * events);
    this.forEachPiece(0, events, (at, row, first, length) => {
      array.set(numbers.subarray(at, at + length), row * events + first);
    });
    return array;
  }

  /** Calls `visit` for each stretch of a row within a block: its place in `numbers`, its row, its first event counted from `start`, its length. */
  private forEachPiece(
    start: number,
    count: number,
    visit: (at: number, row: number, first: number, length: number) => void,
  ): void {
    const stop = start + count;
    for (let event = start; event < stop; ) {
      const within = event % BLOCK;
      const length = Math.min(BLOCK - within, stop - event);
      for (let row = 0; row < this.rows; row++) {
        visit((event - within) * this.rows + row * BLOCK + within, row, event - start, length);
      }
      event += length;
    }
  }
}
