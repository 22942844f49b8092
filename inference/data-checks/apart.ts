/** A variation whose events lie where the nominal sample has none: a unit, a column or a file that is wrong. */
import type { ColumnData } from "../../engine/runtime/backend.js";

/** Whether more than half of the values lie outside of the range of others. */
export function liesApart(nominal: ColumnData, varied: ColumnData): boolean {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of nominal) {
    least = Math.min(least, value);
    largest = Math.max(largest, value);
  }
  let outside = 0;
  for (const value of varied) if (value < least || value > largest) outside++;
  return outside > varied.length / 2;
}
