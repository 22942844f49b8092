/** What the WebGPU backend alone says, and how its work ends early. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../engine/webgpu/backend.js";
import { webgpuTest } from "../../support/webgpu.js";

async function rejects(work: Promise<unknown>, message: RegExp): Promise<void> {
  const outcome = await work.then(
    () => "no error",
    (error: Error) => error.message,
  );
  assert.match(outcome, message);
}

test("chunks that are no multiple of a group are refused", async () => {
  for (const eventsPerChunk of [0, -256, 100, Number.NaN]) {
    const message = `^webgpu backend: expected a positive multiple of 256 for eventsPerChunk, got ${eventsPerChunk}$`;
    await rejects(webgpuBackend({ eventsPerChunk }), new RegExp(message));
  }
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
  await program.bind({ x: new Float32Array(10) });
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

webgpuTest("without a driver there is no adapter, and the message says what to do", async () => {
  const script = `
    import { webgpuBackend } from ${JSON.stringify(new URL("../../../engine/webgpu/backend.js", import.meta.url))};
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
