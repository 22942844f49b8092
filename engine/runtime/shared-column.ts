/** Columns in memory that the threads of a backend can share. */
import type { ColumnData } from "./column-data.js";

/** Does this process, or page, let threads share memory? */
export const isSharing = typeof SharedArrayBuffer === "function";

/**
 * The same numbers in memory that threads can share, so that any number of programs read one copy: `values` itself where it lies
 * there already, or where nothing can be shared. What a program was bound to is not to be written any more.
 */
export function sharedColumn(values: ColumnData): ColumnData {
  if (!isSharing || values.buffer instanceof SharedArrayBuffer) return values;
  const shared = new SharedArrayBuffer(values.byteLength) as ArrayBufferLike as ArrayBuffer;
  const copy = values instanceof Float32Array ? new Float32Array(shared) : new Float64Array(shared);
  copy.set(values);
  return copy;
}
