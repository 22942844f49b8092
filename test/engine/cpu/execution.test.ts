/** Runs and steps on threads end early where a signal says so, and nothing waits for a thread that failed. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { control, Team } from "../../../engine/cpu/execution.js";
import type { Program } from "../../../engine/runtime/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { rejects } from "../../support/rejects.js";
import { simple } from "../runtime/simple-program.js";

for (const threads of [1, 2, 3]) {
  test(`a signal ends steps between two of them, and only those it belongs to, ${threads} threads`, async () => {
    const backend = await cpuBackend({ threads });
    const program = await backend.compile(simple().request);
    const other = await backend.compile(simple().request);
    for (const each of [program, other]) {
      await each.bind({ x: new Float32Array(200) });
      await each.write({ p: [0], rate: [1] });
    }
    const steps = (each: Program, count: number, signal?: AbortSignal) =>
      each.steps({ count, indices: { events: new Int32Array(count) }, signal });
    for (let round = 0; round < 5; round++) {
      await program.write({ p: [0] });
      await other.write({ p: [0] });
      const abort = new AbortController();
      const first = steps(other, 300);
      const long = steps(program, 1_000_000, abort.signal);
      setTimeout(() => abort.abort(), 5 * round);
      await rejects(() => long, /abort/);
      assert.is((await first).sum?.length, 300);
      const [done] = (await program.read(["p"])).p as Float64Array;
      assert.ok(Number.isInteger(done) && (done as number) < 1_000_000, `${done} whole steps`);
      assert.equal([...((await other.read(["p"])).p as Float64Array)], [300]);
      await steps(program, 10);
      assert.equal([...((await program.read(["p"])).p as Float64Array)], [(done as number) + 10]);
    }
    await backend.close();
  });

  test(`a signal ends a run long before its end, and leaves the program as it was, ${threads} threads`, async () => {
    const backend = await cpuBackend({ threads });
    const tape = new Tape();
    const x = tape.column("x");
    const w = tape.parameter("w", [2, 2]);
    let y = o.sumTo(o.linear(o.concatenate([o.reshape(x, [1]), o.reshape(o.square(x), [1])]), w), []);
    for (let i = 0; i < 8; i++) y = o.exp(o.neg(o.exp(y)));
    const sum = o.sumEvents(y);
    // A second pass over the events needs what the first gives.
    const outputs = { sum, spread: o.sumEvents(o.square(o.sub(y, sum))) };
    const program = await backend.compile({ outputs });
    const events = 1_500_000;
    await program.bind({ x: Float32Array.from({ length: events }, (_, e) => Math.sin(e)) });
    await program.write({ w: [0.1, 0.2, 0.3, 0.4] });
    const timed = async (run: () => Promise<unknown>) => {
      const start = performance.now();
      const result = await run();
      return { result, milliseconds: performance.now() - start };
    };
    const whole = await timed(() => program.run());
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("no longer wanted")), 0.05 * whole.milliseconds);
    const cut = await timed(() => rejects(() => program.run({ signal: abort.signal }), /^no longer wanted$/));
    assert.ok(cut.milliseconds < 0.6 * whole.milliseconds, `${cut.milliseconds} of ${whole.milliseconds} ms`);
    assert.equal(await program.run(), whole.result);
    await backend.close();
  });
}

test("a barrier reached after another worker's failure does not wait", () => {
  const shared = new Int32Array(new SharedArrayBuffer(control.length * 4));
  new Team(0, 2, shared).fail();
  assert.throws(() => new Team(1, 2, shared).barrier(), /internal: another worker failed/);
});

test.run();
