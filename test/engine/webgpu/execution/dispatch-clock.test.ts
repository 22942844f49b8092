/** Times of dispatches, by a GPU's clock or by the ends of submissions. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { KernelTimes } from "../../../../engine/runtime/kernel-times.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { openGpu } from "../../../../engine/webgpu/host-node.js";
import { webgpuTest } from "../../../support/webgpu.js";
import { columnOf, described, EVENTS, find, network, networkValues, ranOnce } from "../../runtime/timed-programs.js";

webgpuTest(
  "every kernel of the description is there once on webgpu, with flops and bytes counted by hand",
  async () => {
    const backend = await webgpuBackend();
    const program = await ranOnce(backend, network(), networkValues);
    const times = await program.times();
    assert.equal(
      times.kernels.map((kernel) => kernel.name).filter((own) => own.startsWith("kernel")),
      described(program),
    );
    const linear = times.kernels.find((kernel) => kernel.name.includes("linear 4 rows")) as KernelTimes;
    assert.is(linear.calls, 1, "all events are one chunk");
    assert.ok(linear.flops >= 2 * 9 * EVENTS);
    assert.is(find(times, /^columns$/).bytesRead, 4 * 3 * EVENTS);
    await backend.close();
  },
);

webgpuTest("steps of a timed program are refused on webgpu", async () => {
  const tape = new Tape();
  const [x, p] = [tape.column("x", []), tape.parameter("p")];
  const loss = o.sumEvents(o.mul(x, p));
  const backend = await webgpuBackend();
  const program = await backend.compile({ outputs: { loss }, updates: { p: o.add(p, 1) }, timed: true });
  await program.bind({ x: columnOf(1) });
  await program.write({ p: [1] });
  let message = "";
  try {
    await program.steps({ count: 1, indices: { events: Int32Array.of(0) } });
  } catch (error) {
    ({ message } = error as Error);
  }
  assert.match(
    message,
    /^steps: expected a program without `timed`, as the backend webgpu measures runs only, got one with it/,
  );
  await backend.close();
});

webgpuTest("a GPU without a clock is timed by the ends of submissions", async () => {
  const entry = await openGpu();
  const { requestAdapter } = entry;
  entry.requestAdapter = async (options) => {
    const adapter = (await requestAdapter.call(entry, options)) as GPUAdapter;
    const features = new Set([...adapter.features].filter((name) => name !== "timestamp-query"));
    return {
      features,
      limits: adapter.limits,
      info: adapter.info,
      requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
    } as unknown as GPUAdapter;
  };
  try {
    const backend = await webgpuBackend();
    const program = await ranOnce(backend, network(), networkValues);
    const times = await program.times();
    assert.is(times.timing, "submissions");
    const sum = times.kernels.reduce((total, { milliseconds }) => total + milliseconds, 0);
    assert.ok(sum > 0 && sum <= times.wallMilliseconds);
    for (const { calls, name } of times.kernels) assert.is(calls, 1, name);
    await backend.close();
  } finally {
    entry.requestAdapter = requestAdapter;
  }
});

test.run();
