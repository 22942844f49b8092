/** Random numbers that the device makes: integers and what becomes of each word. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillUniform, normalQuantile, randomKey } from "../../../../engine/random/random.js";
import { normalColumn, uniformColumn } from "../../../../engine/random/random-column.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../../engine/webgpu/backend.js";
import { type Device, usage } from "../../../../engine/webgpu/device/device.js";
import { DeviceColumns } from "../../../../engine/webgpu/execution/columns.js";
import { resolveIncludes } from "../../../../shaders/include.js";
import { close } from "../../../support/close.js";
import { webgpuTest } from "../../../support/webgpu.js";

async function contentsOf(device: Device, buffer: GPUBuffer): Promise<Float32Array> {
  const back = device.buffer(buffer.size, usage.mapRead | usage.copyTarget);
  const encoder = device.gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, back, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  const contents = await device.read(back, buffer.size);
  back.destroy();
  return contents;
}

/** What `body` leaves in `result` when there is an invocation i for every one of `words`. */
async function onDevice(device: Device, include: string, body: string, words: Uint32Array<ArrayBuffer>) {
  const { gpu } = device;
  const code = resolveIncludes(`
#include "shared/${include}.wgsl"
@group(0) @binding(0) var<storage, read> words: array<u32>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = id.x;
  if (i < arrayLength(&words)) {
    ${body}
  }
}`);
  const module = gpu.createShaderModule({ code });
  const pipeline = await gpu.createComputePipelineAsync({ layout: "auto", compute: { module } });
  const input = device.filled(words, usage.storage);
  const output = device.buffer(words.byteLength, usage.storage | usage.copySource);
  const encoder = gpu.createCommandEncoder();
  const compute = encoder.beginComputePass();
  compute.setPipeline(pipeline);
  const entries = [input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
  compute.setBindGroup(0, gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  compute.dispatchWorkgroups(Math.ceil(words.length / 64));
  compute.end();
  device.queue.submit([encoder.finish()]);
  const result = await contentsOf(device, output);
  for (const buffer of [input, output]) buffer.destroy();
  return new Uint32Array(result.buffer, 0, words.length);
}

webgpuTest("Philox-4x32-10 gives the published known answers on the device", async (device) => {
  // Random123, file kat_vectors, lines "philox4x32 10": counter, key, answer.
  const [counters, keys, answers] = [
    [0, 0, 0, 0, ...Array<number>(4).fill(0xffffffff), 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0, 0, 0xffffffff, 0xffffffff, 0xa4093822, 0x299f31d0],
    [
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const;
  const body = `if (i < 3u) {
      let counter = vec4u(words[4u * i], words[4u * i + 1u], words[4u * i + 2u], words[4u * i + 3u]);
      let answer = philox(counter, vec2u(words[12u + 2u * i], words[13u + 2u * i]));
      for (var j = 0u; j < 4u; j++) {
        result[4u * i + j] = answer[j];
      }
    }`;
  const got = await onDevice(device, "philox", body, Uint32Array.of(...counters, ...keys));
  assert.equal(Array.from(got.subarray(0, 12)), answers.flat());
});

/** Both ends, both sides of 1/2, of the split at 0.425 and of every bound of Poisson weights, powers of two, and a sweep. */
const words = (() => {
  const around = (centre: number) => [-2, -1, 0, 1, 2].map((step) => Math.round(centre) + step);
  let [term, sum] = [Math.exp(-1), 0];
  const poissonBounds = Array.from({ length: 12 }, (_, k) => {
    sum += term;
    term /= k + 1;
    return sum * 2 ** 32;
  });
  const edges = [0, 2 ** 31, 2 ** 32 - 1, 0.075 * 2 ** 32, 0.925 * 2 ** 32, ...poissonBounds].flatMap(around);
  const powers = Array.from({ length: 32 }, (_, bit) => [2 ** bit, 2 ** 32 - 1 - 2 ** bit]).flat();
  const sweep = Array.from({ length: 100_000 }, (_, i) => Math.floor((i + 0.37) * (2 ** 32 / 100_000)));
  return Uint32Array.from([...edges, ...powers, ...sweep].filter((word) => word >= 0 && word < 2 ** 32));
})();

webgpuTest("words become uniforms and Poisson weights without an error", async (device) => {
  const uniforms = await onDevice(
    device,
    "random_numbers",
    "result[i] = bitcast<u32>(uniform_of_word(words[i]));",
    words,
  );
  const expected = Float32Array.from(words, (word) => (Math.floor(word / 512) + 0.5) / 2 ** 23);
  assert.equal(new Float32Array(uniforms.buffer, 0, words.length), expected);
  const counts = await onDevice(device, "random_numbers", "result[i] = u32(poisson_one_of_word(words[i]));", words);
  // Cumulative probabilities times 2^32, rounded, from e^-1 to 60 digits (Python's decimal).
  const bounds = [
    1580030169, 3160060337, 3950075422, 4213413783, 4279248374, 4292415292, 4294609778, 4294923276, 4294962463,
    4294966817, 4294967253, 4294967292,
  ];
  assert.equal(
    counts,
    words.map((word) => bounds.filter((bound) => word >= bound).length),
  );
});

webgpuTest("words become normals to 1e-6 of their value, in the tails and around 0 too", async (device) => {
  const bits = await onDevice(device, "random_numbers", "result[i] = bitcast<u32>(normal_of_word(words[i]));", words);
  const wanted = Float64Array.from(words, (word) => normalQuantile((word + 0.5) / 2 ** 32));
  close(new Float32Array(bits.buffer, 0, words.length), wanted, { absolute: 0, relative: 1e-6 }, "normals");
});

webgpuTest("columns of more numbers than one dispatch makes", async () => {
  const [length, middle] = [2 ** 23 + 1000, 2 ** 23];
  const backend = await webgpuBackend();
  const tape = new Tape();
  const program = await backend.compile({ outputs: { r: tape.column("r") } });
  const key = randomKey(3, "long");
  await program.bind({ r: uniformColumn(key, length, 3) });
  for (const [start, end] of [
    [0, 10],
    [middle - 10, middle + 10],
    [length - 10, length],
  ] as const) {
    const wanted = new Float32Array(end - start);
    fillUniform(key, 3 + start, wanted);
    assert.equal(Float32Array.from((await program.run({ range: { events: [start, end] } })).r!), wanted);
  }
  await backend.close();
});

webgpuTest("random columns that are too large to stay are made chunk by chunk", async (device) => {
  const [events, key] = [1000, randomKey(5, "large")];
  const numbers = new Float32Array(2 * events);
  fillNormal(key, 7, numbers);
  const columns = new DeviceColumns(device, 1000);
  await columns.bind("x", normalColumn(key, numbers.length, 7));
  assert.is(columns.resident("x"), undefined);
  const index = Int32Array.of(999, 0, 500, 0, 3);
  for (const pick of [{ start: 250, length: 5 }, { index }]) {
    const values = device.buffer(4 * 2 * 128, usage.storage | usage.copyTarget | usage.copySource);
    columns.send({ label: "x", rows: 2, to: 0 }, values, 128, pick);
    const sent = await contentsOf(device, values);
    const positions = "index" in pick ? Array.from(index) : [250, 251, 252, 253, 254];
    for (const row of [0, 1]) {
      const wanted = positions.map((at) => numbers[row * events + at]);
      assert.equal(Array.from(sent.subarray(row * 128, row * 128 + 5)), wanted);
    }
    values.destroy();
  }
  columns.close();
});

test.run();
