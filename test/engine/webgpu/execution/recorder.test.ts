/** Dispatches of more workgroups than one axis holds. */
import { test } from "uvu";
import * as o from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { close, tolerances } from "../../../support/close.js";
import { webgpuTest } from "../../../support/webgpu.js";
import { compareAll } from "../../../support/webgpu-compare.js";

webgpuTest("more rows than one axis of a dispatch holds", async () => {
  const rows = 65_600;
  const tape = new Tape();
  const [x, p] = [tape.column("x"), tape.parameter("p", [rows])];
  const y = o.mul(x, p);
  const backend = await webgpuBackend();
  const program = await backend.compile({ outputs: { sums: o.sumEvents(o.square(y)) } });
  await program.bind({ x: Float32Array.of(1, 2) });
  await program.write({ p: Float32Array.from({ length: rows }, (_, r) => r % 100) });
  const { sums } = await program.run();
  close(
    sums as Float64Array,
    Float64Array.from({ length: rows }, (_, r) => 5 * (r % 100) ** 2),
    tolerances.f32,
  );
  await backend.close();
});

webgpuTest("more linear maps of few outputs than one axis of a dispatch holds", async () => {
  const batches = 65_600;
  const tape = new Tape();
  const x = o.broadcast(tape.column("x", [1, 1]), [batches, 1]);
  const sums = o.sumEvents(o.linear(x, tape.parameter("w", [batches, 1, 1])));
  const w = Float32Array.from({ length: batches }, (_, batch) => batch % 1000);
  await compareAll({ sums }, { x: Float32Array.of(1, 2) }, { w });
});

test.run();
