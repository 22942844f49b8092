/** What timed programs say: times that fit into the wall time, of the same kernels that run without. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { gradient } from "../../../engine/derivatives/gradient.js";
import type { Program } from "../../../engine/runtime/backend.js";
import { type KernelTimes, timesBetween } from "../../../engine/runtime/kernel-times.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";
import { rejects } from "../../support/rejects.js";
import { columnOf, EVENTS, network, networkValues, ranOnce } from "./timed-programs.js";

for (const { name, create } of testBackends()) {
  test(`times of ${name} are positive, fit into the wall time and add up from run to run`, async () => {
    const backend = await create();
    const program = await ranOnce(backend, network(), networkValues);
    const first = await program.times();
    await program.run();
    const second = await program.times();
    for (const times of [first, second, timesBetween(first, second)]) {
      let sum = 0;
      for (const kernel of times.kernels) {
        assert.ok(kernel.milliseconds >= 0, kernel.name);
        assert.ok(kernel.calls > 0, kernel.name);
        sum += kernel.milliseconds;
      }
      assert.ok(sum > 0 && sum <= times.threads * times.wallMilliseconds);
      assert.ok(Object.isFrozen(times) && Object.isFrozen(times.kernels) && Object.isFrozen(times.kernels[0]));
    }
    for (const [i, kernel] of timesBetween(first, second).kernels.entries()) {
      const { milliseconds: _, ...counts } = kernel;
      const { milliseconds: __, ...once } = first.kernels[i] as KernelTimes;
      assert.equal(counts, once);
    }
    await backend.close();
  });

  test(`the same numbers with and without timing on ${name}`, async () => {
    const backend = await create();
    const timed = await ranOnce(backend, network(), networkValues);
    const plain = await backend.compile(network());
    await plain.bind({ x: columnOf(3) });
    await plain.write(networkValues);
    assert.equal(await plain.run(), await timed.run());
    await backend.close();
  });

  test(`times are refused where none were asked for, and after the end, on ${name}`, async () => {
    const backend = await create();
    const refused = async (program: Program, message: RegExp) => {
      await rejects(() => program.times(), message);
    };
    const plain = await backend.compile(network());
    await refused(
      plain,
      /^times: expected a program that measures its kernels, got one that does not\. Compile it with `timed: true`$/,
    );
    const closed = await backend.compile({ ...network(), timed: true });
    await closed.close();
    await refused(closed, /^times: expected an open program, got one that was closed$/);
    await backend.close();
  });
}

test("steps are measured on cpu as runs are", async () => {
  const tape = new Tape();
  const [x, p] = [tape.column("x", []), tape.parameter("p")];
  const loss = o.sumEvents(o.square(o.sub(x, p)));
  const request = { outputs: { loss }, updates: { p: o.sub(p, o.mul(gradient(loss, [p])[0] as Var, 1e-3)) } };
  const backend = await cpuBackend({ precision: "f64", threads: 2 });
  const program = await backend.compile({ ...request, timed: true });
  await program.bind({ x: columnOf(1) });
  await program.write({ p: [0] });
  await program.steps({ count: 3, indices: { events: Int32Array.from({ length: 3 * 70 }, (_, i) => i % EVENTS) } });
  const times = await program.times();
  // Without linear maps, all 70 events are one tile.
  for (const { calls } of times.kernels) assert.is(calls, 3);
  assert.ok(times.wallMilliseconds > 0);
  await backend.close();
});

test.run();
