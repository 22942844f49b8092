/** What a GPU gives at best: arithmetic and bandwidth. */
import { type Effort, type PassClock, perRepeat } from "./gpu-clock.js";

const WORKGROUP = 256;
const STORAGE = 128;
/** Workgroups along one axis of a dispatch, a fact of WebGPU. */
const LARGEST_AXIS = 65535;

export interface Bench {
  readonly gpu: GPUDevice;
  readonly clock: PassClock | undefined;
  readonly isSoftware: boolean;
}

/** How long to repeat what is measured. Software drivers need short submits, and the user waits for the whole. */
export const effort = ({ isSoftware }: Pick<Bench, "isSoftware">): Effort =>
  isSoftware ? { goal: 60, seconds: 0.5 } : { goal: 20, seconds: 1 };

interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

export async function kernel({ gpu }: Bench, code: string, buffers: readonly GPUBuffer[]): Promise<Kernel> {
  const pipeline = await gpu.createComputePipelineAsync({
    layout: "auto",
    compute: { module: gpu.createShaderModule({ code }) },
  });
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return { pipeline, group: gpu.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }) };
}

/** One submit, and the wait for its end. */
export async function submit(gpu: GPUDevice, record: (pass: GPUComputePassEncoder) => void): Promise<void> {
  const encoder = gpu.createCommandEncoder();
  const pass = encoder.beginComputePass();
  record(pass);
  pass.end();
  gpu.queue.submit([encoder.finish()]);
  await gpu.queue.onSubmittedWorkDone();
}

/** Dispatches the kernel so many times. */
export const dispatching =
  ({ gpu }: Bench, { pipeline, group }: Kernel, workgroups: number) =>
  (repeats: number) =>
    submit(gpu, (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(workgroups);
    });

/**
 * Vectors of four that are multiplied and added in turn: many, for each to be done when its turn comes again, or few, as a
 * processor that plays the GPU has few registers.
 */
const ACCUMULATORS = [2, 4, 8];
const UNROLLED = 4;

function multiplyAddLoop(accumulators: number, rounds: number): string {
  const all = Array.from({ length: accumulators }, (_, i) => `sum${i}`);
  const line = (text: (name: string, i: number) => string) => all.map(text).join("\n");
  return `@group(0) @binding(0) var<storage, read_write> numbers: array<vec4f>;
@compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id: vec3u) {
  let factor = numbers[id.x] + 0.5;
  ${line((name, i) => `var ${name} = factor + ${i}.0;`)}
  for (var round = 0u; round < ${rounds}u; round++) {
    ${Array.from({ length: UNROLLED }, () => line((name) => `${name} = fma(${name}, factor, factor);`)).join("\n")}
  }
  numbers[id.x] = ${all.join(" + ")};
}`;
}

/** Floating-point operations per second of the best loop of nothing but multiply-adds, which count as two. */
export async function peakArithmetic(bench: Bench, spent = effort(bench)): Promise<number> {
  // Many times the invocations that a large GPU holds at once, as the last of them leave it half empty.
  const [workgroups, rounds] = bench.isSoftware ? [64, 64] : [16384, 128];
  const buffer = bench.gpu.createBuffer({ size: 16 * WORKGROUP * workgroups, usage: STORAGE });
  const speeds: number[] = [];
  for (const accumulators of ACCUMULATORS) {
    const code = multiplyAddLoop(accumulators, rounds);
    const call = dispatching(bench, await kernel(bench, code, [buffer]), workgroups);
    const time = await perRepeat(call, bench.clock, spent);
    speeds.push((1000 * 2 * 4 * accumulators * UNROLLED * rounds * WORKGROUP * workgroups) / time);
  }
  buffer.destroy();
  return Math.max(...speeds);
}

/** Bytes per second of a kernel that copies more than caches hold, read and written bytes both counted. */
export async function peakBandwidth(bench: Bench, spent = effort(bench)): Promise<number> {
  const most = Math.floor(bench.gpu.limits.maxStorageBufferBindingSize / (16 * WORKGROUP));
  const workgroups = bench.isSoftware ? 8192 : Math.min(LARGEST_AXIS, most);
  const size = 16 * WORKGROUP * workgroups;
  const [from, to] = [0, 1].map(() => bench.gpu.createBuffer({ size, usage: STORAGE })) as [GPUBuffer, GPUBuffer];
  const code = `@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copy: array<vec4f>;
@compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id: vec3u) { copy[id.x] = source[id.x]; }`;
  const call = dispatching(bench, await kernel(bench, code, [from, to]), workgroups);
  const time = await perRepeat(call, bench.clock, spent);
  from.destroy();
  to.destroy();
  return (1000 * 2 * size) / time;
}
