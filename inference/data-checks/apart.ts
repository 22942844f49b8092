/** A variation whose events lie where the nominal sample has none: a unit, a column or a file that is wrong. */
import type { ColumnData } from "../../engine/runtime/backend.js";

/** The least and the largest value of all columns. */
export function rangeOf(columns: readonly ColumnData[]): readonly [least: number, largest: number] {
  let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const column of columns) {
    for (const value of column) {
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    }
  }
  return [least, largest];
}

/** Whether more than half of the values lie outside of a range. */
export function liesApart([least, largest]: readonly [least: number, largest: number], varied: ColumnData): boolean {
  let outside = 0;
  for (const value of varied) if (value < least || value > largest) outside++;
  return outside > varied.length / 2;
}
