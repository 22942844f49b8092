/** The backend's linear kernels by themselves: a linear map, its input gradient and its weight gradient, checked, then timed. */

import { type Bench, effort, submit } from "../../cli/roofline/gpu.js";
import { perRepeat } from "../../cli/roofline/gpu-clock.js";
import { significant } from "../../cli/roofline/statistics.js";
import { cpuBackend } from "../../engine/cpu/backend.js";
import type { Backend, ProgramRequest } from "../../engine/runtime/backend.js";
import { linear, weightGradient } from "../../engine/tape/operations.js";
import { Tape } from "../../engine/tape/tape.js";
import { webgpuBackend } from "../../engine/webgpu/backend.js";
import { type Device, usage } from "../../engine/webgpu/device/device.js";
import { eventsPerChunk, slotsOf, splitEvents } from "../../engine/webgpu/execution/chunks.js";
import { DeviceColumns } from "../../engine/webgpu/execution/columns.js";
import { Recorder } from "../../engine/webgpu/execution/recorder.js";
import { type PassPlan, planRun } from "../../engine/webgpu/plan.js";
import { dense, prefixMasked, type Shape } from "../linear-peak.js";
import { agree } from "../support/agreement.js";
import { normals } from "../workloads/r1.js";

/** Layers of R1, then one that keeps any GPU busy. */
const shapes: readonly Shape[] = [
  dense(128, 7),
  prefixMasked(128, 128, 4),
  prefixMasked(92, 128, 4),
  dense(1024, 1024),
];
const CHECKED = 300;

type Kernel = PassPlan["kernels"][number];

function request({ columns, prefix: lengths }: Shape): ProgramRequest {
  const tape = new Tape();
  const [x, g] = [tape.column("x", [columns]), tape.column("g", [lengths.length])];
  const weights = tape.parameter("weights", [lengths.length, columns]);
  const prefix = Int32Array.from(lengths);
  return {
    outputs: {
      forward: linear(x, weights, { prefix }),
      input: linear(g, weights, { prefix, transposed: true }),
      weights: weightGradient(g, x, prefix, false),
    },
  };
}

/** Weights of unit output, so that tolerances need not know the size. */
function weightsOf({ columns, prefix }: Shape): Float32Array {
  return normals("weights", prefix.length * columns).map((value) => value / Math.sqrt(columns));
}

async function answers(open: () => Promise<Backend>, shape: Shape) {
  const backend = await open();
  const program = await backend.compile(request(shape));
  await program.bind({ x: normals("x", shape.columns * CHECKED), g: normals("g", shape.prefix.length * CHECKED) });
  await program.write({ weights: weightsOf(shape) });
  const result = await program.run();
  await backend.close();
  return result;
}

/** Which of the three a kernel is. */
function nameOf({ title, constants }: Kernel): string {
  if (title.startsWith("Weight gradient")) return "weights";
  return constants.TRANSPOSED === 1 ? "input" : "forward";
}

async function times(device: Device, bench: Bench, shape: Shape, asked: number) {
  const plan = planRun(Object.values(request(shape).outputs));
  const pass = plan.levels.flatMap((level) => level.passes)[0];
  if (pass === undefined) throw new Error("internal: a linear map without a pass");
  const events = Math.min(asked, eventsPerChunk(pass, device, Number.POSITIVE_INFINITY));
  const split = splitEvents(pass, { start: 0, length: events, bound: events }, events, true, device.largestBinding);
  const [chunk] = split.chunks;
  if (chunk === undefined) throw new Error("internal: no chunk");
  const parameters = device.filled(weightsOf(shape), usage.storage);
  const values = device.filled(normals("values", pass.rows * chunk.stride), usage.storage);
  const slots = device.filled(slotsOf([split]), usage.uniform);
  const tables = device.filled(plan.memory.tables, usage.storage);
  const partials = device.buffer(4 * split.partials, usage.storage);
  const recorder = new Recorder(device, false);
  await recorder.prepare(pass.kernels, []);
  const columns = new DeviceColumns(device, 0);
  const group = device.group("events", [slots, parameters, tables, values, partials, recorder.arguments]);
  const groups = { events: group, gather: new Map() };
  const flops = 2 * events * shape.prefix.reduce((sum, length) => sum + length, 0);
  // In this order.
  const gflops: Record<string, number> = { forward: 0, input: 0, weights: 0 };
  for (const kernel of pass.kernels) {
    const call = (repeats: number) =>
      submit(device.gpu, (into) => {
        const kernels = Array<Kernel>(repeats).fill(kernel);
        recorder.pass(() => into, { ...pass, columns: [], kernels }, columns, groups, 0, chunk);
      });
    gflops[nameOf(kernel)] = significant(flops / (await perRepeat(call, bench.clock, effort(bench))) / 1e6);
  }
  device.check();
  for (const buffer of [parameters, values, slots, tables, partials]) buffer.destroy();
  recorder.close();
  return { events, gflops };
}

/**
 * GFLOP/s by shape and kernel, with a prefix mask only what lies within it.
 *
 * @param events  of one dispatch, fewer where the device cannot take them
 * @param peak    floating-point operations per second
 */
export async function linearKernels(device: Device, bench: Bench, events: number, peak: number) {
  const results: object[] = [];
  for (const shape of shapes) {
    const wanted = await answers(() => cpuBackend({ precision: "f64" }), shape);
    agree(shape.name, await answers(() => webgpuBackend(), shape), wanted, { absolute: 2e-4, relative: 2e-5 });
    const { gflops, events: own } = await times(device, bench, shape, events);
    const text = Object.entries(gflops).map(
      ([name, value]) => `${name} ${value.toFixed(1)} (${((1e11 * value) / peak).toFixed(1)}%)`,
    );
    console.log(`  ${shape.name}, ${own} events: ${text.join("  ")}`);
    results.push({ shape: shape.name, events: own, gflops });
  }
  return results;
}
