/** Which part of a mixture each event is of. */
import type { Value } from "../language/environment.js";
import type { Draws } from "./contract.js";

/**
 * Positions of parts, with probabilities in proportion to their coefficients. A part with a negative coefficient has no events.
 *
 * @param parts  their number: where it is one more than the coefficients, the last has what these leave of 1
 */
export async function drawnClasses(draws: Draws, coefficients: readonly Value[], parts: number): Promise<Int32Array> {
  const columns = await Promise.all(coefficients.map((value) => draws.value(value)));
  const hasRest = coefficients.length < parts;
  return Int32Array.from(draws.uniforms(), (u, i) => {
    const own = columns.map((column) => Math.max(0, column[i]!));
    const sum = own.reduce((a, b) => a + b, 0);
    let left = u * (hasRest ? Math.max(1, sum) : sum);
    for (const [k, value] of own.entries()) {
      left -= value;
      if (left < 0) return k;
    }
    return parts - 1;
  });
}
