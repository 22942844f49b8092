/** Device memory: shared by programs, returned by them, and full. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Backend, Program } from "../../../engine/runtime/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { type WebgpuOptions, webgpuBackend } from "../../../engine/webgpu/backend.js";
import { countBytes, watchingDevices } from "../../support/gpu-devices.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { refusal } from "../../support/rejects.js";
import { webgpuTest } from "../../support/webgpu.js";

const EVENTS = 2000;
const random = randomNumbers(3);
const x = Float32Array.from({ length: EVENTS }, () => 2 * random() - 1);

/** Σ tanh(W x): `rows` rows of values per event, so many numbers of scratch; a step moves W by its gradient. */
async function wide(backend: Backend, rows: number): Promise<Program> {
  const tape = new Tape();
  const w = tape.parameter("w", [rows, 1]);
  const y = o.tanh(o.linear(tape.column("x", [1]), w));
  const sums = o.sumEvents(y);
  const program = await backend.compile({
    outputs: { y, sums },
    updates: { w: o.add(w, o.mul(o.reshape(sums, [rows, 1]), 1e-3)) },
  });
  await program.bind({ x });
  await program.write({ w: Float32Array.from({ length: rows }, (_, r) => (r + 1) / rows) });
  return program;
}

const index = Int32Array.from({ length: 3 * EVENTS }, (_, i) => (i * 7) % EVENTS);
const threeSteps = (program: Program) => program.steps({ count: 3, indices: { events: index } });

async function opened(options?: WebgpuOptions): Promise<{ backend: Backend; device: GPUDevice }> {
  let device: GPUDevice | undefined;
  const backend = await watchingDevices({ onDevice: (own) => (device = own) }, () => webgpuBackend(options));
  return { backend, device: device as GPUDevice };
}

webgpuTest(
  "programs that run at the same time on one scratch, which grows meanwhile, give what each gives alone",
  async () => {
    const everyRows = [3, 40, 17];
    const all = async (isTogether: boolean) => {
      // Chunks of 256 events: every run has eight turns in which others can come between.
      const { backend } = await opened({ eventsPerChunk: 256 });
      const programs: Program[] = [];
      for (const rows of everyRows) programs.push(await wide(backend, rows));
      const work = programs.flatMap((program) => [
        () => program.run(),
        () => threeSteps(program),
        () => program.read(["w"]),
        () => program.run(),
      ]);
      const answers: Record<string, Float64Array>[] = [];
      if (isTogether) answers.push(...(await Promise.all(work.map((each) => each()))));
      else for (const each of work) answers.push(await each());
      await backend.close();
      return answers;
    };
    assert.equal(await all(true), await all(false));
  },
);

webgpuTest("a run that is ended early leaves nothing under way: the next one has its numbers", async () => {
  const { backend, device } = await opened({ eventsPerChunk: 256 });
  const bytes = countBytes(device);
  const program = await wide(backend, 5);
  const wanted = await program.run();
  const submit = device.queue.submit.bind(device.queue);
  const endedAt = async (last: number) => {
    const abort = new AbortController();
    let submitted = 0;
    device.queue.submit = (commands) => {
      if (++submitted === last) abort.abort();
      return submit(commands);
    };
    assert.is(await program.run({ signal: abort.signal }).catch((error: Error) => error.name), "AbortError");
    assert.is(submitted, last);
  };
  for (const last of [1, 2, 5]) {
    await endedAt(last);
    assert.equal(await program.run(), wanted);
  }
  await endedAt(2);
  await program.close();
  assert.is(bytes.now, 0);
  await backend.close();
});

webgpuTest("programs share their scratch, and return all memory when they close", async () => {
  const { backend, device } = await opened();
  const bytes = countBytes(device);
  const use = async (rows: number) => {
    const program = await wide(backend, rows);
    await program.run();
    await threeSteps(program);
    await program.read(["w"]);
    return program;
  };
  const first = await use(64);
  const one = bytes.now;
  const second = await use(64);
  // 64 rows of 2048 events in f32.
  assert.ok(bytes.now < 2 * one - 64 * 2048 * 4, `two programs hold ${bytes.now} bytes, one ${one}`);
  await first.close();
  await second.close();
  assert.is(bytes.now, 0);
  const { peak } = bytes;
  for (let again = 0; again < 20; again++) {
    const program = await use(1 + ((again * 13) % 64));
    await program.close();
    assert.is(bytes.now, 0, `after ${again + 1} programs`);
  }
  assert.is(bytes.peak, peak);
  const last = await use(64);
  await backend.close();
  assert.is(bytes.now, 0, "a program that the backend closes");
  await last.close();
});

webgpuTest("indices of many steps are sent in parts, and the steps give what they should", async () => {
  const [batch, count] = [2 ** 20, 9];
  const tape = new Tape();
  const [p, rate] = [tape.parameter("p"), tape.parameter("rate")];
  const { backend, device } = await opened();
  const bytes = countBytes(device);
  const outputs = { sum: o.sumEvents(tape.column("x")), p };
  const program = await backend.compile({ outputs, updates: { p: o.add(p, rate) } });
  const everyStep = Array.from({ length: count }, (_, step) => step);
  await program.bind({ x: Float32Array.from(everyStep) });
  await program.write({ p: [10] });
  // Step s takes event s so many times, and adds s to p: f32 holds the sums exactly.
  const events = Int32Array.from({ length: count * batch }, (_, i) => Math.floor(i / batch));
  const { sum, p: before } = await program.steps({
    count,
    indices: { events },
    schedule: { rate: Float64Array.from(everyStep) },
  });
  assert.equal(
    Array.from(sum as Float64Array),
    everyStep.map((step) => step * batch),
  );
  assert.equal(
    Array.from(before as Float64Array),
    everyStep.map((step) => 10 + (step * (step - 1)) / 2),
  );
  assert.equal(Array.from((await program.read(["p"])).p as Float64Array), [46]);
  assert.ok(bytes.peak < events.byteLength, `${bytes.peak} bytes`);
  await backend.close();
});

/** From here on the device has no memory for buffers of so many bytes and more: they exist, but nothing can use them. */
function fill(device: GPUDevice, bytes: number): { readonly refused: number[] } {
  const refused: number[] = [];
  const [createBuffer, popErrorScope] = [device.createBuffer.bind(device), device.popErrorScope.bind(device)];
  let isRefused = false;
  device.createBuffer = (asked) => {
    isRefused = asked.size >= bytes;
    if (!isRefused) return createBuffer(asked);
    refused.push(asked.size);
    // No usage at all is an error, and gives such a buffer.
    device.pushErrorScope("validation");
    const buffer = createBuffer({ ...asked, usage: 0 });
    void popErrorScope();
    return buffer;
  };
  device.popErrorScope = async () => {
    const answer = isRefused ? ({ message: "no such luck" } as GPUError) : null;
    await popErrorScope();
    return answer;
  };
  return { refused };
}

for (const [what, work] of Object.entries({
  run: (program: Program) => program.run(),
  "a step": threeSteps,
  bind: (program: Program) => program.bind({ x: new Float32Array(2 ** 19) }),
})) {
  webgpuTest(`a device without memory for ${what} says how much was asked for, and what to do`, async () => {
    const { backend, device } = await opened();
    // 200 rows of 2048 events in f32 are 1.6 MiB.
    const program = await wide(backend, 200);
    const { refused } = fill(device, 1_500_000);
    for (let again = 0; again < 2; again++) {
      const message = await refusal(work(program));
      const most = `expected ${Math.ceil((refused[0] as number) / 2 ** 20)} MiB more of the device's memory`;
      const hint =
        "Open the backend again with a smaller `eventsPerChunk`, close programs that are done, or use the backend cpu";
      assert.is(message, `webgpu backend: ${most}, got a device that has no more (no such luck). ${hint}`);
    }
    await backend.close();
  });
}

test.run();
