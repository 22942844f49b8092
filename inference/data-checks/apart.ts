/** A variation whose events lie where the nominal sample has none: a unit, a column or a file that is wrong. */
import type { ColumnData } from "../../engine/runtime/backend.js";

/** Whether more than half of the values lie outside of a range. */
export function liesApart([least, largest]: readonly [least: number, largest: number], varied: ColumnData): boolean {
  let outside = 0;
  for (const value of varied) if (value < least || value > largest) outside++;
  return outside > varied.length / 2;
}
