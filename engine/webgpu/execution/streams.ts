/** Passes of a program on the device: kernels compiled, events in chunks, and the buffers that both need. */
import { Buffers } from "../device/buffers.js";
import { usage } from "../device/device.js";
import type { ScratchArrays } from "../device/scratch.js";
import type { ProgramMemory } from "../memory.js";
import type { PassPlan } from "../plan.js";
import type { PrintedKernel } from "../printing/printed-kernel.js";
import { type Events, eventsPerChunk, type Split, slotsOf, splitEvents } from "./chunks.js";
import { type Groups, Recorder } from "./recorder.js";
import type { Session } from "./session.js";

export class Streams {
  readonly recorder: Recorder;
  readonly buffers: Buffers;
  private scratchBytes = { values: 0, partials: 0 };
  private tablesSent = 0;
  private current: { readonly scratch: ScratchArrays; readonly groups: Groups } | undefined;

  constructor(
    private readonly session: Session,
    private readonly memory: ProgramMemory,
    readonly passes: readonly PassPlan[],
    /** Steps have an index of their events, and what the device computes once for all of them. */
    private readonly isStep: boolean,
  ) {
    this.recorder = new Recorder(session.device, isStep);
    this.buffers = new Buffers(session.device);
    session.scratch.enter();
  }

  close(): void {
    this.buffers.close();
    this.recorder.close();
    this.session.scratch.leave();
  }

  /** Compiles what is not compiled yet, with further kernels. */
  prepare(others: readonly PrintedKernel[]): Promise<void> {
    return this.recorder.prepare(
      [...others, ...this.passes.flatMap((pass) => pass.kernels)],
      this.passes.flatMap((pass) => pass.columns),
    );
  }

  /** The chunks of every pass, once the device knows them and has the memory that they take. */
  split(eventsOf: (set: string) => Events): readonly Split[] {
    const { device, limit } = this.session;
    const splits = this.passes.map((pass) =>
      splitEvents(pass, eventsOf(pass.set), eventsPerChunk(pass, device, limit), this.isStep, device.largestBinding),
    );
    const rows = splits.map(({ chunks }, i) => (this.passes[i] as PassPlan).rows * (chunks[0]?.stride ?? 0));
    this.scratchBytes = {
      values: 4 * Math.max(0, ...rows),
      partials: 4 * Math.max(0, ...splits.map(({ partials }) => partials)),
    };
    this.fill("slots", slotsOf(splits), usage.uniform);
    this.buffers.need(
      "parameters",
      4 * this.memory.parameterCount,
      usage.storage | usage.copyTarget | usage.copySource,
    );
    const { tables } = this.memory;
    // Tables only grow.
    if (tables.length !== this.tablesSent || tables.length === 0) this.fill("tables", tables, usage.storage);
    this.tablesSent = tables.length;
    this.current = undefined;
    return splits;
  }

  /** A buffer with these contents, for all chunks. */
  fill(name: string, contents: Float32Array | Int32Array | Uint32Array, bits: number): void {
    const buffer = this.buffers.need(name, contents.byteLength, bits | usage.copyTarget);
    this.session.device.write(buffer, 0, contents);
  }

  /** What the next submission binds; other programs may have made the scratch grow since the last. */
  bind(): { readonly scratch: ScratchArrays; readonly groups: Groups } {
    const { values, partials } = this.scratchBytes;
    const scratch = this.session.scratch.arrays(values, partials);
    const { current } = this;
    if (current?.scratch.values === scratch.values && current.scratch.partials === scratch.partials) return current;
    this.current = { scratch, groups: this.groups(scratch) };
    return this.current;
  }

  private groups({ values, partials }: ScratchArrays): Groups {
    const { device, columns } = this.session;
    const { recorder, isStep } = this;
    const get = (name: string) => this.buffers.get(name);
    const [slots, tables] = [get("slots"), get("tables")];
    const gather = new Map<string, GPUBindGroup>();
    for (const pass of this.passes) {
      // Without an index, nothing of the tables is read in its place.
      const [index, step] = isStep ? [get(`index ${pass.set}`), get("step")] : [tables, tables];
      for (const { label } of pass.columns) {
        const column = columns.resident(label);
        if (column === undefined || gather.has(label)) continue;
        gather.set(label, device.group("gather", [slots, column, index, values, step, recorder.arguments]));
      }
    }
    const shared = [slots, get("parameters"), tables];
    const once = ["step", "schedule", "history"];
    return {
      events: device.group("events", [...shared, values, partials, recorder.arguments]),
      ...(isStep && { once: device.group("once", [...shared, partials, ...once.map(get), recorder.arguments]) }),
      gather,
    };
  }
}
