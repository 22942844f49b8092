/** Peaks of a GPU are positive and finite, and kernels are repeated as often as asked for. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { dispatching, effort, kernel, peakArithmetic, peakBandwidth } from "../../../cli/roofline/gpu.js";
import { webgpuTest } from "../../support/webgpu.js";

/** A few milliseconds: whether the number is right is the machine's affair. */
const SHORT = { goal: 2, seconds: 0.05 };
const [STORAGE, COPY_SOURCE, COPY_TARGET, MAP_READ] = [128, 4, 8, 1];

test("what plays a GPU is measured in short submits", () => {
  assert.ok(effort({ isSoftware: true }).seconds < effort({ isSoftware: false }).seconds);
});

webgpuTest("peaks of arithmetic and bandwidth", async ({ gpu, isSoftware }) => {
  const bench = { gpu, clock: undefined, isSoftware };
  for (const peak of [await peakArithmetic(bench, SHORT), await peakBandwidth(bench, SHORT)]) {
    // More than a thousand and less than 10^18 operations or bytes a second.
    assert.ok(peak > 1e3 && peak < 1e18, `${peak}`);
  }
});

webgpuTest("a kernel is dispatched as often as it is asked for", async ({ gpu, isSoftware }) => {
  const bench = { gpu, clock: undefined, isSoftware };
  const counter = gpu.createBuffer({ size: 4, usage: STORAGE | COPY_SOURCE });
  const code = `@group(0) @binding(0) var<storage, read_write> count: atomic<u32>;
@compute @workgroup_size(1) fn main() { atomicAdd(&count, 1u); }`;
  const call = dispatching(bench, await kernel(bench, code, [counter]), 2);
  await call(3);
  await call(4);
  const back = gpu.createBuffer({ size: 4, usage: COPY_TARGET | MAP_READ });
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(counter, 0, back, 0, 4);
  gpu.queue.submit([encoder.finish()]);
  await back.mapAsync(MAP_READ);
  assert.is(new Uint32Array(back.getMappedRange())[0], 2 * (3 + 4));
  for (const buffer of [counter, back]) buffer.destroy();
});

test.run();
