/** One GPU device: its buffers, pipelines and failures. */
import { openGpu } from "#webgpu-host";
import { resolveIncludes } from "../../shaders/include.js";
import { closedError } from "../boundary.js";
import { UsageError } from "../errors.js";
import type { Along, PrintedKernel } from "./printed-kernel.js";

/** Bits of the WebGPU specification, which not every host has as globals. */
export const usage = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
const MAP_READ = 1;
const COMPUTE = 4;

/** Bytes between places of a dynamic offset: what WebGPU promises everywhere. */
export const SLOT = 256;

/** What a kernel sees: events of a pass, what is computed once, a column, or one of random numbers. Uniforms have slots. */
export type LayoutName = "events" | "once" | "gather" | "random";

const bindings: { readonly [N in LayoutName]: readonly GPUBufferBindingType[] } = {
  events: ["uniform", "read-only-storage", "read-only-storage", "storage", "storage", "uniform"],
  once: [
    "uniform",
    "storage",
    "read-only-storage",
    "read-only-storage",
    "storage",
    "read-only-storage",
    "storage",
    "uniform",
  ],
  gather: ["uniform", "read-only-storage", "read-only-storage", "storage", "read-only-storage", "uniform"],
  random: ["storage", "uniform"],
};

export const layoutOf = (along: Along): LayoutName => (along === "once" ? "once" : "events");

function refusal(error: GPUError): Error {
  if (error.constructor.name !== "GPUOutOfMemoryError") {
    return new Error(`internal: WebGPU refused something: ${error.message}`);
  }
  return new UsageError("webgpu backend", {
    expected: "enough memory on the device",
    got: error.message,
    hint: "Give `eventsPerChunk`, close programs that are done, or use the backend cpu",
  });
}

export class Device {
  private readonly layouts = new Map<LayoutName, GPUBindGroupLayout>();
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private failure: Error | undefined;

  private constructor(
    readonly gpu: GPUDevice,
    /** Does a processor do the work of a GPU? */
    readonly isSoftware: boolean,
    /** The adapter, for people. */
    readonly description: string,
  ) {
    for (const name of Object.keys(bindings) as LayoutName[]) {
      const entries = bindings[name].map((type, binding) => ({
        binding,
        visibility: COMPUTE,
        buffer: { type, hasDynamicOffset: type === "uniform" },
      }));
      this.layouts.set(name, gpu.createBindGroupLayout({ entries }));
    }
    gpu.addEventListener("uncapturederror", ({ error }) => this.fail(refusal(error)));
    void gpu.lost.then(({ message }) => {
      this.fail(
        new UsageError("webgpu backend", {
          expected: "the device to stay",
          got: `a device that was lost (${message || "no reason given"})`,
          hint: "Open the backend again",
        }),
      );
    });
  }

  static async open(): Promise<Device> {
    const gpu = await openGpu();
    const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter === null) {
      throw new UsageError("webgpu backend", {
        expected: "a WebGPU adapter",
        got: "none",
        hint: "Install the driver of the GPU (on Linux its Vulkan part), or use the backend cpu",
      });
    }
    const { info, limits } = adapter;
    const wanted = [
      "maxBufferSize",
      "maxStorageBufferBindingSize",
      "maxComputeWorkgroupStorageSize",
      "maxComputeInvocationsPerWorkgroup",
    ] as const;
    const device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(wanted.map((name) => [name, limits[name]])),
    });
    const isSoftware = info.isFallbackAdapter || /software|cpu/i.test(info.architecture);
    return new Device(device, isSoftware, `${info.vendor} ${info.description || info.device}`.trim());
  }

  get queue(): GPUQueue {
    return this.gpu.queue;
  }

  /** The most bytes that a kernel can see of a buffer. */
  get largestBinding(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpu.limits;
    return Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  private fail(error: Error): void {
    this.failure ??= error;
  }

  /** Throws what went wrong, if anything did. */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  get isOpen(): boolean {
    return this.failure === undefined;
  }

  close(): void {
    this.fail(closedError("webgpu backend", "backend"));
    this.gpu.destroy();
  }

  /** A buffer of at least so many bytes. */
  buffer(bytes: number, bits: number): GPUBuffer {
    // Kernels may not bind an empty buffer, and copies come in units of four bytes.
    return this.gpu.createBuffer({ size: Math.max(16, 4 * Math.ceil(bytes / 4)), usage: bits });
  }

  /** A buffer that kernels read, with these contents. */
  filled(contents: Float32Array | Int32Array | Uint32Array, bits: number): GPUBuffer {
    const buffer = this.buffer(contents.byteLength, bits | usage.copyTarget);
    this.write(buffer, 0, contents);
    return buffer;
  }

  /** @param offset  in bytes */
  write(buffer: GPUBuffer, offset: number, contents: Float32Array | Int32Array | Uint32Array): void {
    if (contents.length === 0) return;
    const { buffer: memory, byteOffset, byteLength } = contents;
    this.queue.writeBuffer(buffer, offset, memory as ArrayBuffer, byteOffset, byteLength);
  }

  group(name: LayoutName, buffers: readonly GPUBuffer[]): GPUBindGroup {
    return this.gpu.createBindGroup({
      layout: this.layouts.get(name) as GPUBindGroupLayout,
      entries: buffers.map((buffer, binding) => ({
        binding,
        resource: bindings[name][binding] === "uniform" ? { buffer, size: SLOT } : { buffer },
      })),
    });
  }

  /** Compiled once per text and constants. Any message of the compiler that is an error is ours. */
  pipeline(
    name: LayoutName,
    { code, constants, title }: Pick<PrintedKernel, "code" | "constants" | "title">,
  ): Promise<GPUComputePipeline> {
    const key = `${name} ${JSON.stringify(constants)} ${code}`;
    let pipeline = this.pipelines.get(key);
    if (pipeline === undefined) {
      const module = this.gpu.createShaderModule({ code: resolveIncludes(code), label: title });
      pipeline = this.gpu.createComputePipelineAsync({
        label: title,
        layout: this.gpu.createPipelineLayout({ bindGroupLayouts: [this.layouts.get(name) as GPUBindGroupLayout] }),
        compute: {
          module,
          constants: { ...constants, ...(this.isSoftware && code.includes("turns(") ? { UNROLLED: 0 } : {}) },
        },
      });
      this.pipelines.set(key, pipeline);
    }
    return pipeline;
  }

  /** What lies in the first bytes of a buffer that can be mapped. */
  async read(buffer: GPUBuffer, bytes: number): Promise<Float32Array> {
    this.check();
    try {
      await buffer.mapAsync(MAP_READ, 0, bytes);
    } catch (error) {
      // The reason is the device's, if that has one.
      this.check();
      throw error;
    }
    this.check();
    const numbers = new Float32Array(buffer.getMappedRange(0, bytes).slice(0));
    buffer.unmap();
    return numbers;
  }
}
