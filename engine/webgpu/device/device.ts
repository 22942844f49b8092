/** One GPU device: its buffers, pipelines and failures. */
import { openGpu } from "#webgpu-host";
import { resolveIncludes, type Twins } from "../../../shaders/include.js";
import { DeviceLostError, UsageError } from "../../errors.js";
import { closedError } from "../../runtime/boundary.js";
import type { Along, PrintedKernel } from "../printing/printed-kernel.js";

/** Bits of the WebGPU specification, which not every host has as globals. */
export const usage = {
  mapRead: 1,
  copySource: 4,
  copyTarget: 8,
  uniform: 64,
  storage: 128,
  queryResolve: 512,
} as const;
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

/** What kernels include on a device that has subgroups. */
const subgroupTwins: Twins = { "shared/workgroup_sum.wgsl": "shared/workgroup_sum_by_subgroups.wgsl" };

export const layoutOf = (along: Along): LayoutName => (along === "once" ? "once" : "events");

/** @param amount  of memory that was asked for */
function outOfMemory(amount: string, { message }: GPUError): Error {
  return new UsageError("webgpu backend", {
    expected: `${amount} of the device's memory`,
    got: `a device that has no more${message && ` (${message})`}`,
    hint: "Open the backend again with a smaller `eventsPerChunk`, close programs that are done, or use the backend cpu",
  });
}

function refusal(error: GPUError): Error {
  if (error.constructor.name === "GPUOutOfMemoryError") return outOfMemory("more", error);
  return new Error(`internal: WebGPU refused something: ${error.message}`);
}

/** What the device is asked for beyond the least that WebGPU promises: nothing that the adapter has not. */
function wishes({ limits, features }: GPUAdapter, { wgslLanguageFeatures }: GPU): GPUDeviceDescriptor {
  const larger = ["maxBufferSize", "maxStorageBufferBindingSize"] as const;
  const hasSubgroups = features.has("subgroups") && wgslLanguageFeatures.has("subgroup_id");
  return {
    requiredLimits: Object.fromEntries(larger.map((name) => [name, limits[name]])),
    requiredFeatures: [
      ...(hasSubgroups ? (["subgroups"] as const) : []),
      ...(features.has("timestamp-query") ? (["timestamp-query"] as const) : []),
    ],
  };
}

export class Device {
  private readonly layouts = new Map<LayoutName, GPUBindGroupLayout>();
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  private failure: Error | undefined;
  /** Resolves when the device has allocated or refused all memory that was asked for. */
  private memory: Promise<unknown> = Promise.resolve();

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
    // What a buffer without memory leads to is no news: that it has none comes first.
    gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      void this.memory.then(() => this.fail(refusal(event.error)));
    });
    void gpu.lost.then(({ message }) => this.fail(new DeviceLostError(message || "no reason given")));
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
    const { info } = adapter;
    const device = await adapter.requestDevice(wishes(adapter, gpu));
    const isSoftware = info.isFallbackAdapter || /software|cpu/i.test(info.architecture);
    return new Device(device, isSoftware, `${info.vendor} ${info.description || info.device}`.trim());
  }

  get queue(): GPUQueue {
    return this.gpu.queue;
  }

  /** Can passes be timed by the device itself? */
  get hasClock(): boolean {
    return this.gpu.features.has("timestamp-query");
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

  /** As `check`, once the device has allocated or refused all memory that it was asked for. */
  async settled(): Promise<void> {
    await this.memory;
    this.check();
  }

  close(): void {
    this.fail(closedError("webgpu backend", "backend"));
    this.gpu.destroy();
  }

  /** A buffer of at least so many bytes. */
  buffer(bytes: number, bits: number): GPUBuffer {
    // Kernels may not bind an empty buffer, and copies come in units of four bytes.
    const size = Math.max(16, 4 * Math.ceil(bytes / 4));
    this.gpu.pushErrorScope("out-of-memory");
    const buffer = this.gpu.createBuffer({ size, usage: bits });
    const answer = this.gpu.popErrorScope().then(
      (error) => {
        if (error !== null) this.fail(outOfMemory(`${Math.ceil(size / 2 ** 20)} MiB more`, error));
      },
      // A device that is lost says so itself.
      () => {},
    );
    this.memory = Promise.all([this.memory, answer]);
    return buffer;
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

  /** The text as this device takes it. */
  wgsl(code: string): string {
    return resolveIncludes(code, this.gpu.features.has("subgroups") ? subgroupTwins : {});
  }

  /** Compiled once per text and constants. Any message of the compiler that is an error is ours. */
  pipeline(
    name: LayoutName,
    { code, constants, title }: Pick<PrintedKernel, "code" | "constants" | "title">,
  ): Promise<GPUComputePipeline> {
    const key = `${name} ${JSON.stringify(constants)} ${code}`;
    let pipeline = this.pipelines.get(key);
    if (pipeline === undefined) {
      const module = this.gpu.createShaderModule({ code: this.wgsl(code), label: title });
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
      // The reason is the device's, if that has one; a lost device may say so later.
      await this.settled();
      const { name, message } = error as Error;
      throw name === "AbortError" ? new DeviceLostError(message) : error;
    }
    await this.settled();
    const numbers = new Float32Array(buffer.getMappedRange(0, bytes).slice(0));
    buffer.unmap();
    return numbers;
  }
}
