/** Which part of a mixture each event is of. */
import { exp } from "../../../engine/exact-functions.js";
import { reshape } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { Environment, Value } from "../language/environment.js";
import type { Draws } from "./contract.js";

/**
 * Positions of parts, with probabilities in proportion to these numbers of every event. A part with a negative number has no events.
 *
 * @param columns  [count] each
 * @param parts    their number: where it is one more than the columns, the last has what these leave of 1
 */
export function classesOf(draws: Draws, columns: readonly Float64Array[], parts: number): Int32Array {
  const hasRest = columns.length < parts;
  const uniforms = draws.uniforms();
  const which = new Int32Array(uniforms.length);
  for (let i = 0; i < which.length; i++) {
    let sum = 0;
    for (const column of columns) sum += Math.max(0, column[i]!);
    let left = uniforms[i]! * (hasRest ? Math.max(1, sum) : sum);
    let k = 0;
    for (; k < columns.length; k++) {
      left -= Math.max(0, columns[k]![i]!);
      if (left < 0) break;
    }
    which[i] = Math.min(k, parts - 1);
  }
  return which;
}

/** The same of coefficients. */
export const drawnClasses = async (draws: Draws, coefficients: readonly Value[], parts: number): Promise<Int32Array> =>
  classesOf(draws, await Promise.all(coefficients.map((value) => draws.value(value))), parts);

/**
 * The same of coefficients times densities of known columns.
 *
 * @param weights  logarithms on a tape, of every part, up to what all of them have in common
 */
export async function drawnClassesAt(draws: Draws, weights: (at: Environment) => readonly Var[]): Promise<Int32Array> {
  const found = await draws.computed((at) =>
    Object.fromEntries(weights(at).map((own, k) => [`${k}`, reshape(own, [])] as const)),
  );
  // The logarithm of a negative coefficient is no number: there are no events of it.
  const logs = Object.keys(found).map((_, k) =>
    found[`${k}`]!.map((own) => (Number.isNaN(own) ? Number.NEGATIVE_INFINITY : own)),
  );
  const most = Float64Array.from({ length: draws.count }, (_, i) => Math.max(...logs.map((own) => own[i]!)));
  return classesOf(
    draws,
    logs.map((own) => own.map((value, i) => exp(value - most[i]!))),
    logs.length,
  );
}
