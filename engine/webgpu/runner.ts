/** Runs of a program: events on the device, all that has no events on the host in f64. */
import { evaluate } from "../evaluate.js";
import { sizeOf, type Var } from "../tape.js";
import { Buffers, scratchUsage } from "./buffers.js";
import { type Chunk, type Events, eventsPerChunk, type Split, slotsOf, splitEvents } from "./chunks.js";
import type { Columns } from "./columns.js";
import { type Device, usage } from "./device.js";
import type { PassPlan, Plan } from "./plan.js";
import type { PartialSums } from "./print-sums.js";
import { type Groups, Recorder } from "./recorder.js";
import type { Held, State } from "./state.js";

/** Where per-event outputs go, by node: `[...shape, events]`. */
export type OutputArrays = ReadonlyMap<number, Float64Array>;

export class Runner {
  private readonly recorder: Recorder;
  private readonly buffers: Buffers;
  private readonly held = new Map<number, Held>();
  private readonly uploaded = new Map<number, number>();
  private readonly passes: readonly PassPlan[];
  private stopped: Error | undefined;

  constructor(
    private readonly device: Device,
    private readonly plan: Plan,
    private readonly columns: Columns,
    private readonly state: State,
    private readonly scratch: Buffers,
    /** The most events in a chunk. */
    private readonly limit: number,
  ) {
    this.recorder = new Recorder(device, false);
    this.buffers = new Buffers(device);
    this.passes = plan.levels.flatMap((level) => level.passes);
  }

  /** Ends what is being done at the next occasion, with this error. */
  stop(reason: Error): void {
    this.stopped ??= reason;
  }

  close(): void {
    this.buffers.close();
    this.recorder.close();
  }

  /** Fills the outputs with events; `valueOf` then gives the others. */
  async run(events: (set: string) => Events, outputs: OutputArrays, signal: AbortSignal | undefined): Promise<void> {
    const { plan, device } = this;
    await this.recorder.prepare(
      this.passes.flatMap((pass) => pass.kernels),
      this.passes.flatMap((pass) => pass.columns),
    );
    const splits = this.passes.map((pass) =>
      splitEvents(pass, events(pass.set), eventsPerChunk(pass, device, this.limit), false, device.largestBinding),
    );
    const groups = this.prepareBuffers(splits);
    await this.state.bring(this.parameterLabels());
    let [at, slot] = [0, 0];
    for (const level of plan.levels) {
      for (const node of level.parameters) this.refresh(node);
      this.upload();
      for (const pass of level.passes) {
        const split = splits[at++] as Split;
        await this.runPass(pass, split, groups, slot, outputs, signal);
        slot += split.chunks.length + 1;
      }
    }
  }

  valueOf(node: Var): Float64Array {
    const held = this.held.get(node.id);
    if (held === undefined) throw new Error(`internal: node ${node.id} has no value`);
    return held.value;
  }

  private parameterLabels(): string[] {
    return this.plan.levels.flatMap((level) =>
      level.parameters.flatMap(({ operation }) => (operation.name === "parameter" ? [operation.label] : [])),
    );
  }

  private prepareBuffers(splits: readonly Split[]): Groups {
    const { device, buffers, plan, recorder } = this;
    const { storage, copyTarget, uniform } = usage;
    const words = slotsOf(splits);
    const slots = buffers.need("slots", words.byteLength, uniform | copyTarget);
    device.write(slots, 0, words);
    const largest = (size: (pass: PassPlan, split: Split) => number) =>
      Math.max(0, ...splits.map((split, i) => size(this.passes[i] as PassPlan, split)));
    const rows = largest((pass, { chunks }) => pass.rows * (chunks[0]?.stride ?? 0));
    const isNew = this.uploaded.size === 0;
    const parameters = buffers.need("parameters", 4 * plan.memory.parameterCount, storage | copyTarget);
    const { tables: entries } = plan.memory;
    const tables = buffers.need("tables", entries.byteLength, storage | copyTarget);
    if (isNew) device.write(tables, 0, entries);
    const values = this.scratch.need("values", 4 * rows, scratchUsage);
    const partials = this.scratch.need("partials", 4 * largest((_, split) => split.partials), scratchUsage);
    const gather = new Map<string, GPUBindGroup>();
    for (const { label } of this.passes.flatMap((pass) => pass.columns)) {
      const column = this.columns.resident(label);
      // Without an index, nothing of the tables is read.
      if (column !== undefined)
        gather.set(label, device.group("gather", [slots, column, tables, values, tables, recorder.arguments]));
    }
    return {
      events: device.group("events", [slots, parameters, tables, values, partials, recorder.arguments]),
      gather,
    };
  }

  /** Recomputes a node without events if an input is newer. */
  private refresh(node: Var): void {
    const { operation } = node;
    if (operation.name === "parameter") {
      this.held.set(node.id, this.state.get(operation.label) as Held);
      return;
    }
    const known = this.held.get(node.id);
    const inputs = node.inputs.map((input) => this.held.get(input.id) as Held);
    if (known !== undefined && inputs.every((input) => input.stamp <= known.stamp)) return;
    const value = evaluate(
      node,
      inputs.map((input) => input.value),
      1,
    );
    this.held.set(node.id, { stamp: this.state.tick(), value });
  }

  /** Sends what kernels read and what is newer than on the device. */
  private upload(): void {
    const parameters = this.buffers.get("parameters");
    for (const node of this.plan.memory.nodes.values()) {
      const held = this.held.get(node.id);
      if (held === undefined || held.stamp === this.uploaded.get(node.id)) continue;
      this.device.write(parameters, 4 * this.plan.memory.parameter(node), Float32Array.from(held.value));
      this.uploaded.set(node.id, held.stamp);
    }
  }

  private async runPass(
    pass: PassPlan,
    split: Split,
    groups: Groups,
    slot: number,
    outputs: OutputArrays,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const totals = new Map<Var, Float64Array>(
      [...pass.sums.sums, ...pass.weights.sums].map(({ node, size }) => [node, new Float64Array(size)]),
    );
    const take = async (chunk: Chunk, numbers: Promise<Float32Array>, previous: Promise<void> | undefined) => {
      const own = await numbers;
      await previous;
      this.take(pass, split, chunk, own, totals, outputs);
    };
    // While the host takes the numbers of one chunk, the device computes the next.
    let before: Promise<void> | undefined;
    for (const [i, chunk] of split.chunks.entries()) {
      signal?.throwIfAborted();
      if (this.stopped !== undefined) throw this.stopped;
      const own = take(chunk, this.runChunk(pass, split, chunk, groups, slot + i, i % 2), before);
      // Whoever waits below hears of a failure; nobody else does.
      own.catch(() => {});
      await before;
      before = own;
    }
    await before;
    for (const [node, value] of totals) this.held.set(node.id, { stamp: this.state.tick(), value });
    for (const { node, operand } of pass.counted) {
      const count = split.events.length;
      const source = operand.from === "parameter" ? this.valueOf(operand.node) : undefined;
      const value = Float64Array.from({ length: sizeOf(node.shape) }, (_, r) => {
        const term = operand.from === "number" ? operand.value : (source?.[operand.rows[r] as number] ?? 0);
        // No events make no sum, whatever the term.
        return count === 0 ? 0 : count * term;
      });
      this.held.set(node.id, { stamp: this.state.tick(), value });
    }
  }

  /** Partial sums of the chunk, then the rows of its outputs. */
  private async runChunk(
    pass: PassPlan,
    split: Split,
    chunk: Chunk,
    groups: Groups,
    slot: number,
    turn: number,
  ): Promise<Float32Array> {
    const { device, buffers, columns } = this;
    const values = this.scratch.get("values");
    for (const column of pass.columns) {
      if (columns.resident(column.label) !== undefined) continue;
      const start = split.events.start + chunk.first;
      columns.send(column, values, chunk.stride, { start, length: chunk.events });
    }
    const encoder = device.gpu.createCommandEncoder();
    const compute = encoder.beginComputePass();
    this.recorder.pass(compute, pass, columns, groups, slot, chunk);
    compute.end();
    const sizes = [split.partials, ...pass.outputs.map(({ size }) => size * chunk.stride)];
    const bytes = 4 * sizes.reduce((a, b) => a + b, 0);
    if (bytes === 0) {
      device.queue.submit([encoder.finish()]);
      return new Float32Array();
    }
    const back = buffers.need(`back ${turn}`, bytes, usage.mapRead | usage.copyTarget);
    let at = 0;
    if (split.partials > 0) {
      encoder.copyBufferToBuffer(this.scratch.get("partials"), 0, back, 0, 4 * split.partials);
      at = 4 * split.partials;
    }
    for (const { first, size } of pass.outputs) {
      const length = 4 * size * chunk.stride;
      encoder.copyBufferToBuffer(values, 4 * first * chunk.stride, back, at, length);
      at += length;
    }
    device.queue.submit([encoder.finish()]);
    return device.read(back, bytes);
  }

  private take(
    pass: PassPlan,
    split: Split,
    chunk: Chunk,
    numbers: Float32Array,
    totals: ReadonlyMap<Var, Float64Array>,
    outputs: OutputArrays,
  ): void {
    addGroups(pass.sums, numbers, 0, chunk.sumGroups, totals);
    addGroups(pass.weights, numbers, split.weights, chunk.weightGroups, totals);
    let start = split.partials;
    for (const { node, rows, size } of pass.outputs) {
      const whole = outputs.get(node.id);
      rows.forEach((row, r) => {
        if (row < 0) return;
        const from = start + row * chunk.stride;
        whole?.set(numbers.subarray(from, from + chunk.events), r * split.events.length + chunk.first);
      });
      start += size * chunk.stride;
    }
  }
}

/** In f64, in the order of the groups. */
function addGroups(
  { sums, size }: PartialSums,
  numbers: Float32Array,
  start: number,
  groups: number,
  totals: ReadonlyMap<Var, Float64Array>,
): void {
  for (const { node, offset, size: own } of sums) {
    const total = totals.get(node) as Float64Array;
    for (let group = 0; group < groups; group++) {
      const from = start + group * size + offset;
      for (let r = 0; r < own; r++) total[r] = (total[r] as number) + (numbers[from + r] as number);
    }
  }
}
