/** Is there one event whose weight makes the others count for nothing? */
import type { ColumnData } from "../../engine/runtime/backend.js";

/** Fewer events are no reference for any of them. */
const LEAST_EVENTS = 20;

/**
 * The event that holds more than half of Σw², if there is one: it alone says more about the precision of the sample than all others.
 * In 20 or more events whose weights have a finite variance it has no right to.
 *
 * @param weights  finite [events]
 */
export function dominantWeight(weights: ColumnData): { readonly row: number; readonly weight: number } | undefined {
  if (weights.length < LEAST_EVENTS) return undefined;
  let row = 0;
  for (let event = 1; event < weights.length; event++) {
    if (Math.abs(weights[event]!) > Math.abs(weights[row]!)) row = event;
  }
  // Relative to it: squares overflow where weights do not.
  const weight = weights[row]!;
  let squares = 0;
  for (let event = 0; event < weights.length; event++) squares += (weights[event]! / weight) ** 2;
  return squares < 2 ? { row, weight } : undefined;
}
