/** What stands for events in the keys of steps. */
import { createHash } from "node:crypto";
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";

/** sha256 of the numbers, whatever the files call them. */
export const digestOf = ({ x, y, weights }: Partial<Omit<EventData, "count">>): string =>
  digestOfColumns([x, y, weights]);

/** The same of any columns, in this order. */
export function digestOfColumns(columns: readonly (ColumnData | undefined)[]): string {
  const hash = createHash("sha256");
  for (const column of columns) {
    if (column !== undefined) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    hash.update("/");
  }
  return hash.digest("hex");
}
