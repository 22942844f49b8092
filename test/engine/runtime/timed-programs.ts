/** Programs that are compiled with `timed`, and how their kernels are found. */
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import type { Backend, Program, ProgramRequest } from "../../../engine/runtime/backend.js";
import type { KernelTimes, ProgramTimes } from "../../../engine/runtime/kernel-times.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";

export const EVENTS = 200;
export const columnOf = (rows: number) => Float64Array.from({ length: rows * EVENTS }, (_, i) => Math.sin(i));

/** The loss of a small network, a prefix mask of 1 + 2 + 3 + 3 weights below, and of its weights the gradient. */
export function network(): ProgramRequest {
  const tape = new Tape();
  const x = tape.column("x", [3]);
  const w = tape.parameter("w", [4, 3]);
  const b = tape.parameter("b", [4]);
  const hidden = o.tanh(o.add(o.linear(x, w, { prefix: Int32Array.of(1, 2, 3, 3) }), b));
  const loss = o.sumEvents(o.sum(o.square(hidden), 0));
  return { outputs: { loss, hidden, byWeights: gradient(loss, [w])[0] as Var } };
}
export const networkValues = { w: Float64Array.from({ length: 12 }, (_, i) => 0.1 * i), b: [0.1, 0.2, 0.3, 0.4] };

export async function ranOnce(backend: Backend, request: ProgramRequest, values: Record<string, ArrayLike<number>>) {
  const program = await backend.compile({ ...request, timed: true });
  const tape = (Object.values(request.outputs)[0] as Var).tape;
  for (const { operation, shape } of tape.nodes) {
    if (operation.name === "column") await program.bind({ [operation.label]: columnOf(shape[0] ?? 1) });
  }
  await program.write(values);
  await program.run();
  return program;
}

export const find = ({ kernels }: ProgramTimes, name: RegExp): KernelTimes => {
  const found = kernels.filter((kernel) => name.test(kernel.name));
  assert.is(found.length, 1, `${name}: ${kernels.map((kernel) => kernel.name).join("; ")}`);
  return found[0] as KernelTimes;
};

/** Names of kernels as the description has them. */
export const described = ({ description }: Program) =>
  description.split("\n").filter((line) => /^kernel \d/.test(line));
