/** What lies between passes: functions of sums, on the device in f32 as on the reference. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { ProgramMemory } from "../../../../engine/webgpu/memory.js";
import { printMove } from "../../../../engine/webgpu/printing/stage.js";
import { close, tolerances } from "../../../support/close.js";
import { webgpuTest } from "../../../support/webgpu.js";
import { uniform } from "../../../support/webgpu-compare.js";

const EVENTS = 300;
const prefix = Int32Array.of(1, 2, 2);
const columns = { x: uniform(1, 2 * EVENTS) };
const start = { p: [0.3, -0.2], w: [0.5, 9, 0.25, -0.5, 1, 0.75], v: [0.1, 0.2, 0.3, 0.4] };

/** By name, from sums s [2] over events and parameters p [2], w [3, 2] and v [2, 2], a new value of p [2]. */
const functions: Readonly<Record<string, (s: Var, p: Var, w: Var, v: Var) => Var>> = {
  "arithmetic of sums": (s, p) => o.sub(p, o.mul(o.log(o.add(o.square(s), 1)), 0.1)),
  "a linear map with a prefix mask": (s, _p, w) => o.slice(o.linear(s, w, { prefix }), 0, 1, 3),
  "a transposed linear map": (s, _p, w) =>
    o.linear(o.concatenate([s, o.mul(o.slice(s, 0, 0, 1), 2)]), w, { prefix, transposed: true }),
  "sums along an axis": (s, p, _w, v) => o.reshape(o.sum(o.mul(o.reshape(s, [2, 1]), o.exp(o.mul(v, p))), 1), [2]),
  "a view of a sum": (s) => o.select(s, 0, [1, 0]),
};

async function stepsOf(backend: Backend, build: (typeof functions)[string]) {
  const tape = new Tape();
  const [p, w, v] = [tape.parameter("p", [2]), tape.parameter("w", [3, 2]), tape.parameter("v", [2, 2])];
  const sums = o.mul(o.sumEvents(o.mul(tape.column("x", [2]), p)), 1 / 16);
  const program = await backend.compile({ outputs: { sums }, updates: { p: build(sums, p, w, v) } });
  await program.bind(columns);
  await program.write(start);
  const { sums: seen } = await program.steps({
    count: 2,
    indices: { events: Int32Array.from({ length: 200 }, (_, i) => i) },
  });
  const { p: last } = await program.read(["p"]);
  await backend.close();
  return { seen: seen as Float64Array, last: last as Float64Array };
}

for (const [name, build] of Object.entries(functions)) {
  webgpuTest(`${name} in steps`, async () => {
    const got = await stepsOf(await webgpuBackend(), build);
    const wanted = await stepsOf(referenceBackend(), build);
    close(got.seen, wanted.seen, tolerances.f32, "sums of both steps");
    close(got.last, wanted.last, tolerances.f32, "the parameter after them");
  });
}

test("a move has a place for each number, and equal tables are one", () => {
  const memory = new ProgramMemory();
  const first = printMove("first", [4, -1, 6], [0, 1, 2], memory);
  const second = printMove("second", [0, 1, 2], [4, -1, 6], memory, true);
  assert.equal([first.arguments.count, first.arguments.last, second.arguments.last], [3, 0, 1]);
  assert.is(first.arguments.old_places, second.arguments.new_places);
  const { tables } = memory;
  const at = first.arguments.old_places as number;
  assert.equal([...tables.subarray(at, at + 3)], [4, -1, 6]);
});

test.run();
