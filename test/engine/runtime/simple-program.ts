/** A small program with an update. */
import type { ProgramRequest } from "../../../engine/runtime/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";

export const numbers = (...values: number[]) => Float64Array.from(values);

/** y = p x, its sum; "rate" is added to p by every step. */
export function simple() {
  const tape = new Tape();
  const x = tape.column("x", [2]);
  const p = tape.parameter("p");
  const rate = tape.parameter("rate");
  const y = o.mul(x, p);
  const sum = o.sumTo(o.sumEvents(y), []);
  const request: ProgramRequest = { outputs: { y, sum }, updates: { p: o.add(p, o.add(rate, o.mul(sum, 0))) } };
  return { tape, x, p, rate, y, sum, request };
}
