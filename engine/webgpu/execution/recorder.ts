/** Kernels of a program as dispatches, compiled once and recorded as often as they run. */
import { argumentNames, shaderSource } from "../../../shaders/include.js";
import { type Device, type LayoutName, layoutOf, SLOT, usage } from "../device/device.js";
import type { ColumnPlan, PassPlan } from "../plan.js";
import { LARGEST_AXIS, type PrintedKernel } from "../printing/printed-kernel.js";
import type { Chunk } from "./chunks.js";
import type { DeviceColumns } from "./columns.js";
import type { Into } from "./dispatch-clock.js";

/** Invocations of a workgroup, and events that one of a linear map makes: facts of the kernels. */
const WORKGROUP = 64;
const BLOCK = 128;

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  /** Offset of its arguments, in bytes. */
  readonly offset: number;
}

/** Buffers that all kernels of a program share, as bind groups. */
export interface Groups {
  readonly events: GPUBindGroup;
  /** Only programs of steps compute on the device what no event changes. */
  readonly once?: GPUBindGroup;
  /** Per column that is resident. */
  readonly gather: ReadonlyMap<string, GPUBindGroup>;
}

type Kernel = Pick<PrintedKernel, "title" | "code" | "constants" | "arguments">;

/** The numbers of a kernel's structure of arguments, in its order. */
function argumentsOf({ title, code, arguments: own }: Kernel): number[] {
  const names = argumentNames(code);
  if (names.length !== Object.keys(own).length) throw new Error(`internal: arguments of ${title}`);
  return names.map((name) => {
    const value = own[name];
    if (value === undefined) throw new Error(`internal: ${title} has no argument ${name}`);
    return value;
  });
}

export class Recorder {
  private readonly dispatches = new Map<object, Dispatch>();
  private readonly words: number[] = [];
  private buffer: GPUBuffer | undefined;
  /** What was set last, not to set it again: recording is the host's share of a step. */
  private last: (Dispatch & { into: GPUComputePassEncoder; group: GPUBindGroup; slot: number }) | undefined;

  constructor(
    private readonly device: Device,
    /** Do events have an index, as those of a step, or do they follow one another? */
    private readonly isIndexed: boolean,
  ) {}

  /** Compiles what is not compiled yet. */
  async prepare(kernels: readonly PrintedKernel[], columns: readonly ColumnPlan[]): Promise<void> {
    const before = this.words.length;
    await Promise.all([
      ...kernels.map((kernel) => this.add(kernel, layoutOf(kernel.along), kernel)),
      ...columns.map((column) => this.add(column, "gather", this.gatherKernel(column))),
    ]);
    if (this.buffer !== undefined && this.words.length === before) return;
    this.buffer?.destroy();
    const contents = new Uint32Array(Math.max(this.words.length, SLOT / 4));
    contents.set(this.words);
    this.buffer = this.device.filled(contents, usage.uniform);
  }

  private gatherKernel({ rows, to }: ColumnPlan): Kernel {
    return {
      title: "Events of a column",
      code: shaderSource("gather.wgsl"),
      constants: {},
      arguments: { indexed: this.isIndexed ? 1 : 0, rows, first_row: to },
    };
  }

  /** @param key  what the kernel is asked for by */
  private async add(key: object, layout: LayoutName, kernel: Kernel): Promise<void> {
    if (this.dispatches.has(key)) return;
    const own = argumentsOf(kernel);
    // Kernels without arguments may look at those of others.
    const offset = own.length === 0 ? 0 : this.words.length * 4;
    if (own.length > 0) this.words.push(...own, ...Array<number>(SLOT / 4 - own.length).fill(0));
    this.dispatches.set(key, { pipeline: await this.device.pipeline(layout, kernel), offset });
  }

  /** Arguments of all kernels, one slot each. */
  get arguments(): GPUBuffer {
    if (this.buffer === undefined) throw new Error("internal: nothing is prepared");
    return this.buffer;
  }

  close(): void {
    this.buffer?.destroy();
  }

  /** What is computed once. */
  once(into: GPUComputePassEncoder, kernels: readonly PrintedKernel[], groups: Groups, slot: number): void {
    if (groups.once === undefined) throw new Error("internal: nothing to compute once");
    for (const kernel of kernels) {
      const workgroups = Math.ceil(kernel.groups / WORKGROUP);
      const along = Math.min(workgroups, LARGEST_AXIS);
      this.set(into, kernel, groups.once, slot);
      into.dispatchWorkgroups(along, Math.ceil(workgroups / along));
    }
  }

  /** A pass over the events of one chunk. */
  pass(into: Into, pass: PassPlan, columns: DeviceColumns, groups: Groups, slot: number, chunk: Chunk): void {
    const along = {
      events: Math.ceil(chunk.events / WORKGROUP),
      blocks: Math.ceil(chunk.events / BLOCK),
      sumGroups: chunk.sumGroups,
      weightGroups: chunk.weightGroups,
      once: 1,
    };
    for (const column of pass.columns) {
      if (columns.resident(column.label) === undefined) continue;
      const compute = into(column);
      this.set(compute, column, groups.gather.get(column.label) as GPUBindGroup, slot);
      compute.dispatchWorkgroups(along.events, column.rows);
    }
    for (const kernel of pass.kernels) {
      const compute = into(kernel);
      this.set(compute, kernel, groups.events, slot);
      const { groups: rows, batches } = kernel;
      compute.dispatchWorkgroups(
        along[kernel.along],
        Math.min(rows, LARGEST_AXIS),
        batches * Math.ceil(rows / LARGEST_AXIS),
      );
    }
  }

  private set(into: GPUComputePassEncoder, key: object, group: GPUBindGroup, slot: number): void {
    const dispatch = this.dispatches.get(key);
    if (dispatch === undefined) throw new Error("internal: a kernel is not compiled");
    const { pipeline, offset } = dispatch;
    const { last } = this;
    const isNew = last === undefined || last.into !== into;
    if (isNew || last.pipeline !== pipeline) into.setPipeline(pipeline);
    if (isNew || last.group !== group || last.slot !== slot || last.offset !== offset) {
      into.setBindGroup(0, group, [slot * SLOT, offset]);
    }
    this.last = { into, pipeline, group, slot, offset };
  }
}
