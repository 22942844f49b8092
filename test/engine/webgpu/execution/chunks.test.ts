/** Events in chunks, data that does not stay on the device, and what the WebGPU backend alone says. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { Device } from "../../../../engine/webgpu/device/device.js";
import { Scratch } from "../../../../engine/webgpu/device/scratch.js";
import { splitEvents } from "../../../../engine/webgpu/execution/chunks.js";
import { Columns } from "../../../../engine/webgpu/execution/columns.js";
import { Runner } from "../../../../engine/webgpu/execution/runner.js";
import { Session } from "../../../../engine/webgpu/execution/session.js";
import { State } from "../../../../engine/webgpu/execution/state.js";
import { Stepper } from "../../../../engine/webgpu/execution/stepper.js";
import { planRun, planSteps } from "../../../../engine/webgpu/plan.js";
import { close, tolerances } from "../../../support/close.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { rejects } from "../../../support/rejects.js";
import { webgpuTest } from "../../../support/webgpu.js";

const EVENTS = 1000;
/** Wide enough for the tiled kernels, with blocks that are not full: 70 rows with a prefix mask of 21 columns. */
const [WIDE, NARROW] = [70, 21];
const random = randomNumbers(7);
const draw = (n: number) => Float32Array.from({ length: n }, () => 2 * random() - 1);
const prefix = Int32Array.from({ length: WIDE }, (_, row) => Math.floor((row * NARROW) / (WIDE - 1)));
const data = { x: draw(NARROW * EVENTS) };
const start = { w: draw(WIDE * NARROW).map((w) => w / 4), v: draw(WIDE * WIDE).map((w) => w / 8) };

/** Mean square of a network's output, minus its mean over events: two passes. */
function model() {
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

const BATCH = 600;
const index = Int32Array.from({ length: 2 * BATCH }, (_, i) => (i * 37) % EVENTS);

async function answers(backend: Backend): Promise<Record<string, Float64Array>> {
  const { outputs, updates } = model();
  const program = await backend.compile({ outputs, updates });
  await program.bind(data);
  await program.write(start);
  const whole = await program.run();
  const { loss: losses } = await program.steps({ count: 2, indices: { events: index } });
  const result = { ...whole, losses: losses as Float64Array, ...(await program.read(["w", "v"])) };
  await backend.close();
  return result;
}

function agree(got: Record<string, Float64Array>, wanted: Record<string, Float64Array>): void {
  for (const [name, values] of Object.entries(wanted)) close(got[name] as Float64Array, values, tolerances.f32, name);
}

webgpuTest("wide prefix masks, chunks of 256 events, and all events at once give the same", async () => {
  const wanted = await answers(referenceBackend());
  agree(await answers(await webgpuBackend()), wanted);
  agree(await answers(await webgpuBackend({ eventsPerChunk: 256 })), wanted);
});

/** State on the host alone, as after `write`. */
function written(): State {
  const state = new State(async () => ({}));
  state.write(Object.fromEntries(Object.entries(start).map(([name, values]) => [name, Float64Array.from(values)])));
  return state;
}

webgpuTest("columns that are too large to stay are sent chunk by chunk", async (device: Device) => {
  const wanted = await answers(referenceBackend());
  const { outputs, updates, loss } = model();
  const columns = new Columns(device, 1000);
  await columns.bind("x", data.x);
  const scratch = new Scratch(device);
  const session = () => new Session(device, columns, written(), scratch, 256);
  assert.is(columns.resident("x"), undefined);
  const runner = new Runner(session(), planRun([outputs.loss, outputs.gw, outputs.y]));
  const y = new Float64Array(WIDE * EVENTS);
  await runner.run(() => ({ start: 0, length: EVENTS, bound: EVENTS }), new Map([[outputs.y.id, y]]), undefined);
  agree(
    { y, loss: runner.valueOf(outputs.loss), gw: runner.valueOf(outputs.gw) },
    {
      y: wanted.y as Float64Array,
      loss: wanted.loss as Float64Array,
      gw: wanted.gw as Float64Array,
    },
  );
  const stepper = new Stepper(session(), planSteps({ loss }, updates));
  const { loss: losses } = await stepper.steps({ count: 2, indices: { events: index } }, () => EVENTS);
  const state = await stepper.fetch(["w", "v"]);
  agree(
    { losses: losses as Float64Array, ...state },
    { losses: wanted.losses as Float64Array, w: wanted.w as Float64Array, v: wanted.v as Float64Array },
  );
  for (const each of [runner, stepper, columns]) each.close();
});

test("every event is in one chunk and one group", () => {
  const [pass] = planRun([model().loss]).levels.flatMap((level) => level.passes);
  if (pass === undefined) throw new Error("a program without passes");
  for (const isStep of [true, false]) {
    for (const length of [0, 1, 255, 256, 257, 1000, 100_000]) {
      const split = splitEvents(pass, { start: 0, length, bound: length }, 512, isStep, 2 ** 27);
      let next = 0;
      for (const { first, events, stride, sumGroups } of split.chunks) {
        assert.is(first, next);
        assert.ok(events > 0 && stride >= events && stride % 128 === 0);
        assert.is(sumGroups, Math.ceil(events / split.sumEvents));
        next += events;
      }
      assert.is(next, length);
    }
  }
});

test("chunks that are no multiple of a group are refused", async () => {
  for (const eventsPerChunk of [0, -256, 100, Number.NaN]) {
    const message = `^webgpu backend: expected a positive multiple of 256 for eventsPerChunk, got ${eventsPerChunk}$`;
    await rejects(webgpuBackend({ eventsPerChunk }), new RegExp(message));
  }
});

test("sums that a device cannot bind are refused", () => {
  const [pass] = planRun([model().outputs.gv]).levels.flatMap((level) => level.passes);
  if (pass === undefined) throw new Error("a program without passes");
  const events = { start: 0, length: 10_000, bound: 10_000 };
  assert.throws(
    () => splitEvents(pass, events, 256, true, 2 ** 12),
    /^webgpu backend: expected a device that can bind \d+ bytes, for sums over groups of events, got one that can bind 4096/,
  );
});

/** p + 1 at every step. */
function counting() {
  const tape = new Tape();
  const p = tape.parameter("p");
  const sum = o.sumEvents(o.mul(tape.column("x"), p));
  return { outputs: { sum }, updates: { p: o.add(p, 1) } };
}

webgpuTest("a signal ends steps between two of them, closing the backend ends them too", async () => {
  const backend = await webgpuBackend();
  const program = await backend.compile(counting());
  await program.bind({ x: draw(10) });
  await program.write({ p: [0] });
  const steps = (count: number, signal?: AbortSignal) =>
    program.steps({ count, indices: { events: new Int32Array(count) }, signal });
  await steps(1);
  const abort = new AbortController();
  const long = steps(1_000_000, abort.signal);
  setTimeout(() => abort.abort(), 50);
  await rejects(long, /abort/);
  const [done] = (await program.read(["p"])).p as Float64Array;
  assert.ok(Number.isInteger(done) && (done as number) < 1_000_000, `${done} whole steps`);
  await steps(10);
  assert.equal([...((await program.read(["p"])).p as Float64Array)], [(done as number) + 10]);
  const ended = steps(1_000_000);
  setTimeout(() => void backend.close(), 50);
  await rejects(ended, /^webgpu backend: expected an open backend, got one that was closed$/);
});

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

webgpuTest("a device that is lost says so, then and ever after", async () => {
  const device = await Device.open();
  device.gpu.destroy();
  await device.gpu.lost;
  for (let again = 0; again < 2; again++) {
    assert.throws(
      () => device.check(),
      /^webgpu backend: expected the device to stay, got a device that was lost \(.+\)\. Open the backend again$/,
    );
  }
});

webgpuTest("without a driver there is no adapter, and the message says what to do", async () => {
  const script = `
    import { webgpuBackend } from ${JSON.stringify(new URL("../../../../engine/webgpu/backend.js", import.meta.url))};
    await webgpuBackend().then(() => console.log("opened"), (error) => console.log(error.message));
  `;
  const none = { VK_DRIVER_FILES: "/nowhere", VK_ICD_FILENAMES: "/nowhere" };
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    env: { ...process.env, ...none },
    timeout: 60_000,
  });
  assert.match(stdout, /^webgpu backend: expected a WebGPU adapter, got none\. Install the driver of the GPU/);
});

test.run();
