/** The clock of a device that is opened under watch, and how often calls are repeated. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { milliseconds, perRepeat, timed, watched } from "../../../cli/roofline/gpu-clock.js";
import { Device } from "../../../engine/webgpu/device/device.js";
import { webgpuTest } from "../../support/webgpu.js";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const spreadOf = (median: number) => ({ median, low: median, high: median });

test("the GPU's own time is taken where it has a clock, else that on the wall", () => {
  assert.is(milliseconds({ wall: spreadOf(3), gpu: spreadOf(2) }), 2);
  assert.is(milliseconds({ wall: spreadOf(3), gpu: undefined }), 3);
});

test("short calls are made several to a measurement, of which there are five at least", async () => {
  let calls = 0;
  const call = async () => {
    calls++;
    await wait(2);
  };
  const { wall, gpu } = await timed(call, undefined, { goal: 20, seconds: 0 });
  assert.ok(calls > 10, `${calls} calls`);
  // A timer may be early by a millisecond, and late by any time.
  assert.ok(wall.median >= 1 && wall.low <= wall.median && wall.median <= wall.high);
  assert.is(gpu, undefined);
});

test("repeats within a call grow until it is long enough", async () => {
  const asked: number[] = [];
  await perRepeat(
    async (repeats) => {
      asked.push(repeats);
      // Far longer than a timer is late on a busy machine.
      await wait(Math.min(200, 2 * repeats));
    },
    undefined,
    { goal: 100, seconds: 0 },
  );
  assert.is(asked[0], 1);
  assert.ok(Math.max(...asked) > 4, `${asked}`);
  for (const [i, repeats] of asked.entries()) assert.ok(i === 0 || repeats >= asked[i - 1]!, `${asked}`);
});

webgpuTest("compute passes are timed between start and stop, and at no other time", async () => {
  const { opened: device, gpu, adapter, clock } = await watched(() => Device.open());
  assert.is(gpu, device.gpu);
  assert.is(adapter.largestBinding > 0, true);
  if (clock !== undefined) {
    const pass = async () => {
      const encoder = gpu.createCommandEncoder();
      encoder.beginComputePass().end();
      gpu.queue.submit([encoder.finish()]);
      await gpu.queue.onSubmittedWorkDone();
    };
    clock.start();
    assert.is(await clock.stop(), 0, "no pass");
    await pass();
    clock.start();
    await pass();
    const time = await clock.stop();
    assert.ok(time >= 0 && time < 10_000, `${time} ms`);
  }
  device.close();
});

test.run();
