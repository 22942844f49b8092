/** The events of a sample in parts, by which covariances of sums over them are found. */
import { fillUniform, randomKey } from "../../engine/random/random.js";

/**
 * The part of every event by its position alone, at random: however a file is ordered, the sums of the parts scatter as those of events in
 * disorder do. Samples that hold the same events, moved or weighted anew, have them in the same parts.
 */
export function randomParts(events: number, parts: number): Uint16Array {
  const uniform = new Float64Array(events);
  fillUniform(randomKey(0, "parts"), 0, uniform);
  return Uint16Array.from(uniform, (value) => Math.floor(value * parts));
}
