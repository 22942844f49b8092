/** One worker thread by its messages: programs are opened, filled, run and closed; what fails says so. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileProgram } from "../../../engine/cpu/compile.js";
import { control } from "../../../engine/cpu/execution.js";
import { host } from "../../../engine/cpu/host-node.js";
import type { Reply, Request, WorkerStart } from "../../../engine/cpu/thread.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";

/** A worker alone in its team, and its reply to each call. */
function started() {
  const shared = new Int32Array(new SharedArrayBuffer(4 * control.length));
  const worker = host.startWorker<WorkerStart, Request, Reply>({ rank: 0, threads: 1, shared });
  const waiting = new Map<number, (reply: Reply) => void>();
  worker.onReply((reply) => waiting.get(reply.call)?.(reply));
  worker.hold(true);
  const call = (request: Extract<Request, { call: number }>) =>
    new Promise<Reply>((resolve) => {
      waiting.set(request.call, resolve);
      worker.post(request);
    });
  return { worker, call };
}

const abort = () => new Int32Array(new SharedArrayBuffer(4));

/** p x, its sum; every step adds a rate to p. */
async function opened() {
  const tape = new Tape();
  const [x, p, rate] = [tape.column("x"), tape.parameter("p"), tape.parameter("rate")];
  const sum = o.sumEvents(o.mul(x, p));
  const compiled = await compileProgram(
    { outputs: { sum }, updates: { p: o.add(p, rate) } },
    { precision: "f64", threads: 1, simd: { relaxed: false, wide: "none" }, isSharing: false },
  );
  const { worker, call } = started();
  worker.post({ kind: "open", program: 0, compiled });
  worker.post({ kind: "bind", program: 0, columns: { x: Float64Array.of(1, 2, 4) } });
  worker.post({ kind: "write", program: 0, parameters: { p: Float64Array.of(10), rate: Float64Array.of(1) } });
  return { worker, call };
}

test("runs over all events and over some, then steps, whose values and parameters are read", async () => {
  const { worker, call } = await opened();
  const run = (at: number, start: number, length: number) =>
    call({ kind: "run", program: 0, call: at, events: { events: { start, length } }, targets: [], abort: abort() });
  assert.equal([...(await run(1, 0, 3)).values.sum!], [70]);
  assert.equal([...(await run(2, 1, 2)).values.sum!], [60]);
  const indices = { events: Int32Array.of(0, 1, 2, 2) };
  const plan = { count: 2, indices, schedule: { rate: Float64Array.of(5, 7) }, abort: abort() };
  const steps = await call({ kind: "steps", program: 0, call: 3, ...plan });
  // (1 + 2) 10, then (4 + 4) (10 + 5).
  assert.equal([...steps.values.sum!], [30, 120]);
  assert.is(steps.aborted, false);
  const read = await call({ kind: "read", program: 0, call: 4, parameters: ["p", "rate"] });
  assert.equal([[...read.values.p!], [...read.values.rate!]], [[22], [7]]);
  await worker.terminate();
});

test("steps that are not wanted any more end before the next one", async () => {
  const { worker, call } = await opened();
  const wanted = abort();
  wanted[0] = 1;
  const indices = { events: Int32Array.of(0, 1) };
  const ended = await call({ kind: "steps", program: 0, call: 1, count: 2, indices, schedule: {}, abort: wanted });
  assert.is(ended.aborted, true);
  const read = await call({ kind: "read", program: 0, call: 2, parameters: ["p"] });
  assert.equal([...read.values.p!], [10]);
  await worker.terminate();
});

test("garbage of closed programs is collected, and a call to one of them is answered with what failed", async () => {
  const { worker, call } = await opened();
  worker.post({ kind: "close", program: 0 });
  assert.is((await call({ kind: "collect", call: 1 })).error, undefined);
  const { error, values } = await call({ kind: "read", program: 0, call: 2, parameters: ["p"] });
  assert.match(error!, /TypeError/);
  assert.equal(values, {});
  await worker.terminate();
});

test.run();
