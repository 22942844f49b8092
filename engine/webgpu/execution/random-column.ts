/** Columns of random numbers, made on the device. */
import { argumentNames, shaderSource } from "../../../shaders/include.js";
import type { Distribution, RandomColumn } from "../../random/random-column.js";
import { type Device, SLOT, usage } from "../device/device.js";

/** What the kernel knows them by. */
const distributions: { readonly [D in Distribution]: number } = { uniform: 0, normal: 1, poissonOne: 2 };

/** Facts of the kernel. */
const WORKGROUP = 64;
const WORDS_PER_BLOCK = 4;

/** Numbers of one dispatch: few enough for one axis, and for a processor that plays a GPU. */
const NUMBERS_AT_ONCE = 2 ** 23;

/** Values of the kernel's arguments for elements [at, at + count) of the column. */
function argumentsOf({ key, start }: RandomColumn, at: number, count: number): Record<string, number> {
  const skip = (start + at) % WORDS_PER_BLOCK;
  const block = (start + at - skip) / WORDS_PER_BLOCK;
  return {
    key_0: key.keyWord0,
    key_1: key.keyWord1,
    block_low: block % 2 ** 32,
    block_high: Math.floor(block / 2 ** 32),
    replica: key.replica,
    skip,
    at,
    count,
  };
}

/** Fills the buffer with the column's numbers. */
export async function fillRandom(device: Device, buffer: GPUBuffer, column: RandomColumn): Promise<void> {
  const code = shaderSource("random_column.wgsl");
  const constants = { DISTRIBUTION: distributions[column.distribution] };
  const pipeline = await device.pipeline("random", { title: "Random numbers of a column", code, constants });
  const names = argumentNames(code);
  const parts = Array.from({ length: Math.ceil(column.length / NUMBERS_AT_ONCE) }, (_, i) => {
    const at = i * NUMBERS_AT_ONCE;
    return argumentsOf(column, at, Math.min(NUMBERS_AT_ONCE, column.length - at));
  });
  if (parts.length === 0) return;
  const words = new Uint32Array((parts.length * SLOT) / 4);
  parts.forEach((part, i) => {
    words.set(
      names.map((name) => part[name] as number),
      (i * SLOT) / 4,
    );
  });
  const slots = device.filled(words, usage.uniform);
  const group = device.group("random", [buffer, slots]);
  const encoder = device.gpu.createCommandEncoder();
  const compute = encoder.beginComputePass();
  compute.setPipeline(pipeline);
  parts.forEach(({ skip, count }, i) => {
    compute.setBindGroup(0, group, [i * SLOT]);
    compute.dispatchWorkgroups(Math.ceil(((skip as number) + (count as number)) / WORDS_PER_BLOCK / WORKGROUP));
  });
  compute.end();
  device.queue.submit([encoder.finish()]);
  slots.destroy();
}
