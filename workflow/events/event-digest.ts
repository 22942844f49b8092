/** What stands for events in the keys of steps. */
import { createHash } from "node:crypto";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";

/** sha256 of the numbers, whatever the files call them. */
export function digestOf({ x, y, weights }: Partial<Omit<EventData, "count">>): string {
  const hash = createHash("sha256");
  for (const column of [x, y, weights]) {
    if (column !== undefined) hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    hash.update("/");
  }
  return hash.digest("hex");
}
