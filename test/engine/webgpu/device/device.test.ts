/** The least that WebGPU promises is enough; what an adapter has beyond it is taken, and changes nothing but the speed. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import * as o from "../../../../engine/tape/operations.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { Device } from "../../../../engine/webgpu/device/device.js";
import { resolveIncludes } from "../../../../shaders/include.js";
import { close, tolerances } from "../../../support/close.js";
import { watchingDevices } from "../../../support/gpu-devices.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { subgroupTest, webgpuTest } from "../../../support/webgpu.js";
import { likelihood, weights } from "../programs.js";

/** Runs the body with backends whose devices were asked for nothing, and tells which devices these were. */
async function onTheLeast<T>(body: () => Promise<T>): Promise<{ result: T; device: GPUDevice }> {
  let device: GPUDevice | undefined;
  const result = await watchingDevices({ asking: () => ({}), onDevice: (own) => (device = own) }, body);
  return { result, device: device as GPUDevice };
}

const uniform = (seed: number, size: number, width: number) => {
  const random = randomNumbers(seed);
  return Float32Array.from({ length: size }, () => width * (2 * random() - 1));
};

webgpuTest("a likelihood with gradient and Hessian, and steps, on a device of the default limits", async () => {
  const [EVENTS, BATCH] = [150, 40];
  const data = { y: uniform(1, 2 * EVENTS, 5), x: uniform(2, EVENTS, 2) };
  const index = Int32Array.from({ length: 2 * BATCH }, (_, i) => (7 * i) % EVENTS);
  const answersOf = async (open: typeof webgpuBackend) => {
    const { nll, gradient, hessian } = likelihood();
    const backend = await open();
    const nu = nll.tape.nodes.find(({ operation }) => operation.name === "parameter" && operation.label === "nu");
    if (nu === undefined) throw new Error("a likelihood without nuisances");
    const program = await backend.compile({
      outputs: { nll, gradient, hessian },
      updates: { nu: o.sub(nu, o.mul(gradient, 1e-4)) },
    });
    await program.bind(data);
    await program.write({ ...weights, nu: [0.5, -0.5] });
    const whole = await program.run();
    await program.steps({ count: 2, indices: { events: index } });
    const stepped = await program.read(["nu"]);
    await backend.close();
    return { ...whole, ...stepped };
  };
  const { result, device } = await onTheLeast(() => answersOf(webgpuBackend));
  // WebGPU specification, section "Limits".
  assert.is(device.limits.maxStorageBufferBindingSize, 2 ** 27);
  assert.is(device.limits.maxBufferSize, 2 ** 28);
  assert.is(device.limits.maxComputeInvocationsPerWorkgroup, 256);
  const wanted = await answersOf(async () => referenceBackend());
  for (const [name, values] of Object.entries(wanted))
    close(result[name] as Float64Array, values, tolerances.f32, name);
});

/** Rows of numbers between -1 and 1: more than a group of 256, and not a multiple of one. */
const [ROWS, EVENTS] = [21, 3000];
const columns = { x: uniform(5, ROWS * EVENTS, 1) };

async function sums(): Promise<Record<string, Float64Array>> {
  const tape = new Tape();
  const backend = await webgpuBackend();
  const program = await backend.compile({ outputs: { sums: o.sumEvents(tape.column("x", [ROWS])) } });
  await program.bind(columns);
  const answer = await program.run();
  assert.equal(await program.run(), answer);
  await backend.close();
  return answer;
}

test("the twin for subgroups takes the place of the plain sum, and what it needs comes first", () => {
  const text = '#include "shared/workgroup_sum.wgsl"\n\nfn main() {}\n';
  const [plain, own] = [{}, { "shared/workgroup_sum.wgsl": "shared/workgroup_sum_by_subgroups.wgsl" } as const].map(
    (twins) => resolveIncludes(text, twins),
  );
  assert.not.match(plain as string, /subgroup(Add|_id)|^enable/m);
  assert.match(own as string, /^enable subgroups;\nrequires subgroup_id;\n/);
  assert.match(own as string, /subgroupAdd\(/);
  assert.not.match(own as string, /width \/= 2u/);
});

/** Those of f64, and how far sums in f32 may be from them. */
function exactSums() {
  const wanted = Float64Array.from({ length: ROWS }, (_, row) =>
    columns.x.subarray(row * EVENTS, (row + 1) * EVENTS).reduce((sum, value) => sum + value, 0),
  );
  // Of every 256 events in f32, at most 4 + 6 additions one after another of numbers below 256: 10 * 2^-24 * 256 each.
  const tolerance = { absolute: Math.ceil(EVENTS / 256) * 10 * 2 ** -24 * 256, relative: 0 };
  return { wanted, tolerance };
}

webgpuTest("event sums without subgroups are those of f64 and the same bits every time", async () => {
  const { wanted, tolerance } = exactSums();
  const { result, device } = await onTheLeast(sums);
  assert.not(device.features.has("subgroups"));
  close(result.sums as Float64Array, wanted, tolerance);
});

subgroupTest("event sums by subgroups are those of f64 and the same bits every time", async () => {
  const { wanted, tolerance } = exactSums();
  let own: GPUDevice | undefined;
  const answer = await watchingDevices({ onDevice: (opened) => (own = opened) }, sums);
  assert.ok(own?.features.has("subgroups"));
  close(answer.sums as Float64Array, wanted, tolerance);
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

test.run();
