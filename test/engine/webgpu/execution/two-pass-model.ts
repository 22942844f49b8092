import { gradient } from "../../../../engine/derivatives/gradient.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { randomNumbers } from "../../../support/random-numbers.js";

export const EVENTS = 1000;
/** Wide enough for the tiled kernels, with blocks that are not full: 70 rows with a prefix mask of 21 columns. */
export const [WIDE, NARROW] = [70, 21];
const random = randomNumbers(7);
export const draw = (n: number) => Float32Array.from({ length: n }, () => 2 * random() - 1);
const prefix = Int32Array.from({ length: WIDE }, (_, row) => Math.floor((row * NARROW) / (WIDE - 1)));
export const data = { x: draw(NARROW * EVENTS) };
export const start = { w: draw(WIDE * NARROW).map((w) => w / 4), v: draw(WIDE * WIDE).map((w) => w / 8) };

/** Mean square of a network's output, minus its mean over events: two passes. */
export function model() {
  const tape = new Tape();
  const x = tape.column("x", [NARROW]);
  const [w, v] = [tape.parameter("w", [WIDE, NARROW]), tape.parameter("v", [WIDE, WIDE])];
  const y = o.linear(o.tanh(o.linear(x, w, { prefix })), v);
  const mean = o.div(o.sumEvents(y), o.sumEvents(tape.constant(1, [WIDE], x.events)));
  const loss = o.div(o.sumTo(o.sumEvents(o.square(o.sub(y, mean))), []), o.sumEvents(tape.constant(1, [], x.events)));
  const [gw, gv] = gradient(loss, [w, v]) as [Var, Var];
  const updates = { w: o.sub(w, o.mul(gw, 0.01)), v: o.sub(v, o.mul(gv, 0.01)) };
  return { outputs: { loss, gw, gv, y }, updates, loss };
}
