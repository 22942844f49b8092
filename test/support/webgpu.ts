/** An adapter for tests, where this machine has one, and a plain runner of printed kernels. */
import { test } from "uvu";
import type { ColumnData, Named } from "../../engine/backend.js";
import type { LoweredPass } from "../../engine/lowering.js";
import { referenceBackend } from "../../engine/reference.js";
import type { PrintedKernel, PrintedPass } from "../../engine/webgpu/print-pass.js";
import { resolveIncludes } from "../../shaders/include.js";

async function findDevice() {
  try {
    const { create, globals } = await import("webgpu");
    Object.assign(globalThis, globals);
    // Dawn crashes at exit if this object is collected before its devices.
    const gpu = create([]);
    const adapter = await gpu.requestAdapter();
    if (adapter === null) return { reason: "no adapter" };
    return { gpu, name: `${adapter.info.vendor} ${adapter.info.description}`, device: await adapter.requestDevice() };
  } catch (error) {
    return { reason: String(error) };
  }
}

const found = await findDevice();

/** A test that needs an adapter: skipped aloud without one, failed without one where REQUIRE_WEBGPU=1. */
export function webgpuTest(name: string, body: (device: GPUDevice) => Promise<void>): void {
  const { device } = found;
  if (device !== undefined) test(name, () => body(device));
  else if (process.env.REQUIRE_WEBGPU === "1") {
    test(name, () => {
      throw new Error(`a WebGPU adapter expected (REQUIRE_WEBGPU=1), got: ${found.reason}; install a Vulkan driver`);
    });
  } else {
    console.log(`skip: ${name} (WebGPU: ${found.reason})`);
    test.skip(name, () => {});
  }
}

if (found.device !== undefined) {
  console.log(`backend: WebGPU on ${found.name}`);
  // Dawn wants its devices destroyed before the process ends.
  test.after(() => found.device.destroy());
}

const bindings = [
  { binding: 0, type: "uniform" },
  { binding: 1, type: "read-only-storage" },
  { binding: 2, type: "read-only-storage" },
  { binding: 3, type: "storage" },
] as const;

function layoutOf(device: GPUDevice): GPUBindGroupLayout {
  return device.createBindGroupLayout({
    entries: bindings.map(({ binding, type }) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type },
    })),
  });
}

/** Compiles a kernel; any message of the compiler, a warning too, is an error. */
export async function compileKernel(device: GPUDevice, kernel: PrintedKernel): Promise<GPUComputePipeline> {
  const code = resolveIncludes(kernel.code);
  const module = device.createShaderModule({ code });
  const { messages } = await module.getCompilationInfo();
  if (messages.length > 0) {
    const text = messages.map(({ type, lineNum, message }) => `${type}, line ${lineNum}: ${message}`).join("\n");
    throw new Error(`${kernel.title}:\n${text}\n${code}`);
  }
  return device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layoutOf(device)] }),
    compute: { module, constants: { ...kernel.constants } },
  });
}

function filled(device: GPUDevice, usage: number, data: Float32Array | Int32Array | Uint32Array): GPUBuffer {
  const buffer = device.createBuffer({ size: Math.max(16, data.byteLength), usage, mappedAtCreation: true });
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  new Uint8Array(buffer.getMappedRange()).set(bytes);
  buffer.unmap();
  return buffer;
}

/** Runs the kernels of a pass, one after another on one tile, and gives back its outputs in order, [...shape, events]. */
export async function runPrinted(
  device: GPUDevice,
  pass: LoweredPass,
  { kernels, memory }: PrintedPass,
  data: { columns: Named<ColumnData>; parameters: Named<ArrayLike<number>>; events: number },
): Promise<Float32Array[]> {
  const { events } = data;
  const values = new Float32Array(memory.rows * events);
  for (const item of pass.columns) {
    const { operation } = item.node;
    if (operation.name !== "column") continue;
    values.set(data.columns[operation.label] as ColumnData, memory.firstRow(item) * events);
  }
  const nodes = [...memory.parameters.keys()];
  const program = await referenceBackend().compile({
    outputs: Object.fromEntries(nodes.map((node) => [String(node.id), node])),
  });
  const used = new Set(nodes[0]?.tape.nodes.flatMap(({ operation: o }) => (o.name === "parameter" ? [o.label] : [])));
  await program.write(Object.fromEntries(Object.entries(data.parameters).filter(([name]) => used.has(name))));
  const results = await program.run();
  const placed = Float32Array.from(nodes.flatMap((node) => [...(results[String(node.id)] as Float64Array)]));

  const storage = GPUBufferUsage.STORAGE;
  const arena = filled(device, storage | GPUBufferUsage.COPY_SRC, values);
  const buffers = [
    filled(device, GPUBufferUsage.UNIFORM, Uint32Array.of(events)),
    filled(device, storage, placed),
    filled(device, storage, memory.tables),
    arena,
  ];
  const pipelines = await Promise.all(kernels.map((kernel) => compileKernel(device, kernel)));
  const group = device.createBindGroup({
    layout: layoutOf(device),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const encoder = device.createCommandEncoder();
  const compute = encoder.beginComputePass();
  kernels.forEach((kernel, at) => {
    compute.setPipeline(pipelines[at] as GPUComputePipeline);
    compute.setBindGroup(0, group);
    compute.dispatchWorkgroups(Math.ceil(events / 64), kernel.groups);
  });
  compute.end();
  const back = device.createBuffer({ size: arena.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  encoder.copyBufferToBuffer(arena, 0, back, 0, arena.size);
  device.queue.submit([encoder.finish()]);
  await back.mapAsync(GPUMapMode.READ);
  const final = new Float32Array(back.getMappedRange().slice(0));
  for (const buffer of [...buffers, back]) buffer.destroy();
  return pass.outputs.map(({ operand }) => {
    if (operand.from !== "item") throw new Error("an output without rows");
    const first = memory.firstRow(operand.item);
    const result = new Float32Array(operand.rows.length * events);
    operand.rows.forEach((row, r) => {
      if (row >= 0) result.set(final.subarray((first + row) * events, (first + row + 1) * events), r * events);
    });
    return result;
  });
}
