/** Kernels of a program as dispatches, compiled once and recorded as often as they run. */
import { shaderSource } from "../../shaders/include.js";
import type { Chunk } from "./chunks.js";
import type { Columns } from "./columns.js";
import { type Device, layoutOf, SLOT } from "./device.js";
import type { ColumnPlan, PassPlan } from "./plan.js";
import type { PrintedKernel } from "./print-pass.js";

/** Workgroups of 64, a fact of the kernels. */
const WORKGROUP = 64;
/** Workgroups along one axis of a dispatch, a fact of WebGPU. */
const LARGEST_AXIS = 65535;

interface Dispatch {
  readonly kernel: PrintedKernel;
  readonly pipeline: GPUComputePipeline;
}

/** Buffers that all kernels of a program share, as bind groups. */
export interface Groups {
  readonly events: GPUBindGroup;
  /** Only programs of steps compute on the device what no event changes. */
  readonly once?: GPUBindGroup;
  /** Per column that is resident. */
  readonly gather: ReadonlyMap<string, GPUBindGroup>;
}

const gatherKernel = ({ rows, to }: ColumnPlan, isIndexed: boolean) => ({
  title: "Events of a column",
  code: shaderSource("gather.wgsl"),
  constants: { INDEXED: isIndexed ? 1 : 0, ROWS: rows, TO: to },
});

export class Recorder {
  private readonly dispatches = new Map<PrintedKernel, Dispatch>();
  private readonly gathers = new Map<ColumnPlan, GPUComputePipeline>();

  constructor(
    private readonly device: Device,
    /** Do events have an index, as those of a step, or do they follow one another? */
    private readonly isIndexed: boolean,
  ) {}

  /** Compiles what is not compiled yet. */
  async prepare(kernels: readonly PrintedKernel[], columns: readonly ColumnPlan[]): Promise<void> {
    await Promise.all([
      ...kernels.map(async (kernel) => {
        if (this.dispatches.has(kernel)) return;
        const pipeline = await this.device.pipeline(layoutOf(kernel.along), kernel);
        this.dispatches.set(kernel, { kernel, pipeline });
      }),
      ...columns.map(async (column) => {
        if (this.gathers.has(column)) return;
        this.gathers.set(column, await this.device.pipeline("gather", gatherKernel(column, this.isIndexed)));
      }),
    ]);
  }

  /** What is computed once. */
  once(into: GPUComputePassEncoder, kernels: readonly PrintedKernel[], groups: Groups, slot: number): void {
    if (groups.once === undefined) throw new Error("internal: nothing to compute once");
    into.setBindGroup(0, groups.once, [slot * SLOT]);
    for (const kernel of kernels) {
      const workgroups = Math.ceil(kernel.groups / WORKGROUP);
      const along = Math.min(workgroups, LARGEST_AXIS);
      into.setPipeline(this.pipelineOf(kernel));
      into.dispatchWorkgroups(along, Math.ceil(workgroups / along));
    }
  }

  /** A pass over the events of one chunk. */
  pass(
    into: GPUComputePassEncoder,
    pass: PassPlan,
    columns: Columns,
    groups: Groups,
    slot: number,
    chunk: Chunk,
  ): void {
    const workgroups = Math.ceil(chunk.events / WORKGROUP);
    for (const column of pass.columns) {
      if (columns.resident(column.label) === undefined) continue;
      into.setPipeline(this.gathers.get(column) as GPUComputePipeline);
      into.setBindGroup(0, groups.gather.get(column.label) as GPUBindGroup, [slot * SLOT]);
      into.dispatchWorkgroups(workgroups, column.rows);
    }
    into.setBindGroup(0, groups.events, [slot * SLOT]);
    const along = { events: workgroups, sumGroups: chunk.sumGroups, weightGroups: chunk.weightGroups, once: 1 };
    for (const kernel of pass.kernels) {
      into.setPipeline(this.pipelineOf(kernel));
      into.dispatchWorkgroups(along[kernel.along], kernel.groups, kernel.batches);
    }
  }

  private pipelineOf(kernel: PrintedKernel): GPUComputePipeline {
    const dispatch = this.dispatches.get(kernel);
    if (dispatch === undefined) throw new Error(`internal: ${kernel.title} is not compiled`);
    return dispatch.pipeline;
  }
}
