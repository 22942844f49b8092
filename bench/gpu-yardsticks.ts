/** What a GPU gives at best: arithmetic, bandwidth, and how soon it begins. */
import { type Effort, type PassClock, perRepeat } from "./gpu-clock.js";
import { elapsed, rounded, type Spread, significant, spread } from "./statistics.js";

const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const;
const MAP_READ = 1;
const WORKGROUP = 256;
/** Workgroups along one axis of a dispatch, a fact of WebGPU. */
const LARGEST_AXIS = 65535;

export interface Bench {
  readonly gpu: GPUDevice;
  readonly clock: PassClock | undefined;
  readonly isSoftware: boolean;
}

/** How long to repeat what is measured: software drivers want short submits, and somebody waits for the whole. */
export const effort = ({ isSoftware }: Pick<Bench, "isSoftware">): Effort =>
  isSoftware ? { goal: 60, seconds: 0.5 } : { goal: 20, seconds: 1 };

interface Kernel {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

async function kernel({ gpu }: Bench, code: string, buffers: readonly GPUBuffer[]): Promise<Kernel> {
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
const dispatching =
  ({ gpu }: Bench, { pipeline, group }: Kernel, workgroups: number) =>
  (repeats: number) =>
    submit(gpu, (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(workgroups);
    });

const median = async (call: () => Promise<unknown>, rounds: number): Promise<Spread> => {
  await call();
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await elapsed(call));
  return spread(times);
};

/** Dispatches of one submit; the difference between few and many is what one adds. */
const [FEW, MANY] = [1, 1001];

/** Microseconds of host and device together that a dispatch adds, each waiting for the one before; of a submit and map. */
export async function dispatchOverhead(bench: Bench) {
  const { gpu, clock } = bench;
  const buffer = gpu.createBuffer({ size: 16, usage: usage.storage | usage.copySource });
  const back = gpu.createBuffer({ size: 16, usage: usage.mapRead | usage.copyTarget });
  const code = `@group(0) @binding(0) var<storage, read_write> count: array<u32>;
@compute @workgroup_size(1) fn main() { count[0] += 1u; }`;
  const dispatch = dispatching(bench, await kernel(bench, code, [buffer]), 1);
  const [few, many] = [await median(() => dispatch(FEW), 50), await median(() => dispatch(MANY), 15)];
  let onDevice: number | undefined;
  if (clock !== undefined) {
    clock.start();
    await dispatch(MANY);
    onDevice = (1000 * (await clock.stop())) / MANY;
  }
  const roundTrip = await median(async () => {
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, back, 0, 16);
    gpu.queue.submit([encoder.finish()]);
    await back.mapAsync(MAP_READ);
    back.unmap();
  }, 100);
  buffer.destroy();
  back.destroy();
  const microseconds = ({ median, low, high }: Spread) =>
    rounded({ median: 1e3 * median, low: 1e3 * low, high: 1e3 * high });
  return {
    dispatchMicroseconds: significant((1000 * (many.median - few.median)) / (MANY - FEW)),
    dispatchOnDeviceMicroseconds: onDevice === undefined ? undefined : significant(onDevice),
    submitAndWaitMicroseconds: microseconds(few),
    submitAndMapMicroseconds: microseconds(roundTrip),
  };
}

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
export async function peakArithmetic(bench: Bench): Promise<number> {
  // Many times the invocations that a large GPU holds at once, as the last of them leave it half empty.
  const [workgroups, rounds] = bench.isSoftware ? [64, 64] : [16384, 128];
  const buffer = bench.gpu.createBuffer({ size: 16 * WORKGROUP * workgroups, usage: usage.storage });
  const speeds: number[] = [];
  for (const accumulators of ACCUMULATORS) {
    const code = multiplyAddLoop(accumulators, rounds);
    const call = dispatching(bench, await kernel(bench, code, [buffer]), workgroups);
    const time = await perRepeat(call, bench.clock, effort(bench));
    speeds.push((1000 * 2 * 4 * accumulators * UNROLLED * rounds * WORKGROUP * workgroups) / time);
  }
  buffer.destroy();
  return Math.max(...speeds);
}

/** Bytes per second of a kernel that copies more than caches hold, read and written bytes both counted. */
export async function peakBandwidth(bench: Bench): Promise<number> {
  const most = Math.floor(bench.gpu.limits.maxStorageBufferBindingSize / (16 * WORKGROUP));
  const workgroups = bench.isSoftware ? 8192 : Math.min(LARGEST_AXIS, most);
  const size = 16 * WORKGROUP * workgroups;
  const [from, to] = [0, 1].map(() => bench.gpu.createBuffer({ size, usage: usage.storage })) as [GPUBuffer, GPUBuffer];
  const code = `@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> copy: array<vec4f>;
@compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id: vec3u) { copy[id.x] = source[id.x]; }`;
  const call = dispatching(bench, await kernel(bench, code, [from, to]), workgroups);
  const time = await perRepeat(call, bench.clock, effort(bench));
  from.destroy();
  to.destroy();
  return (1000 * 2 * size) / time;
}
