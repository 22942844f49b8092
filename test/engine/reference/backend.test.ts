import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../engine/reference/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { rejects } from "../../support/rejects.js";
import { simple } from "../runtime/simple-program.js";

test("the reference backend heeds signals and its end in the middle of a run, and does all else in turn", async () => {
  const backend = referenceBackend();
  const { y, sum } = simple();
  const program = await backend.compile({ outputs: { spread: o.sumEvents(o.square(o.exp(o.neg(y)))), sum } });
  const events = 400_000;
  await program.bind({ x: new Float64Array(2 * events).fill(0.5) });
  await program.write({ p: [1] });
  const begin = performance.now();
  const whole = program.run();
  // Of the run after it.
  const write = program.write({ p: [2] });
  assert.is((await whole).sum![0], events);
  const milliseconds = performance.now() - begin;
  await write;
  assert.is((await program.run({ range: { events: [0, 10] } })).sum![0], 20);
  for (const [stop, message] of [
    [(abort: AbortController) => abort.abort(new Error("no longer wanted")), /^no longer wanted$/],
    [() => void backend.close(), /expected an open program, got one that was closed$/],
  ] as const) {
    const abort = new AbortController();
    setTimeout(() => stop(abort), 1);
    const start = performance.now();
    await rejects(() => program.run({ signal: abort.signal }), message);
    assert.ok(performance.now() - start < 0.6 * milliseconds + 100);
  }
});

test.run();
