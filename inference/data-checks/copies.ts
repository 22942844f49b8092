/** Does a sample hold every one of its events several times, as a file that was joined with itself does? */
import type { ColumnData } from "../../engine/runtime/backend.js";

/** Different values that are counted: that by chance all their numbers have a common factor has a probability of about 2⁻²⁰. */
const COUNTED_VALUES = 20;

const commonFactor = (a: number, b: number): number => (b === 0 ? a : commonFactor(b, a % b));

/** The common factor of the numbers of times that values of one feature occur; 0 where there are too few to say. */
function repetitions(values: ColumnData): number {
  const seen = new Set<number>();
  let common = 0;
  for (const value of values) {
    if (common === 1 || seen.size === COUNTED_VALUES) return common;
    if (seen.has(value)) continue;
    seen.add(value);
    let count = 0;
    for (let other = 0; other < values.length; other++) if (values[other] === value) count++;
    common = commonFactor(common, count);
  }
  return common === 1 ? 1 : 0;
}

/** How often a sample holds each of its events; 1 where it does not repeat them as a whole. */
export function copiesOf(features: readonly ColumnData[]): number {
  let common = 0;
  for (const values of features) {
    common = commonFactor(common, repetitions(values));
    if (common === 1) return 1;
  }
  return Math.max(1, common);
}
