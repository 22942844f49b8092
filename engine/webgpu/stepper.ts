/** Steps of a program: parameters, sums and updates stay on the device; the host reads what steps gave back at the end. */
import type { Named, StepPlan } from "../backend.js";
import { evaluate } from "../evaluate.js";
import { sizeOf, type Var } from "../tape.js";
import { Buffers, scratchUsage } from "./buffers.js";
import { type Events, eventsPerChunk, type Split, slotsOf, splitEvents } from "./chunks.js";
import type { Columns } from "./columns.js";
import { type Device, usage } from "./device.js";
import { type PassPlan, printSchedule, type StepsPlan } from "./plan.js";
import type { PrintedKernel } from "./printed-kernel.js";
import { type Groups, Recorder } from "./recorder.js";
import type { State } from "./state.js";

/** Steps sent at once: several keep a GPU busy, one at a time lets a processor be interrupted. */
const STEPS_PER_SUBMIT = { gpu: 8, software: 1 };

/** What is the same in all steps of a call. */
interface Replay {
  readonly begin: PrintedKernel | undefined;
  /** Per pass. */
  readonly splits: readonly Split[];
  readonly groups: Groups;
  readonly indices: Named<Int32Array>;
}

const elements = (nodes: readonly Var[]) => nodes.reduce((sum, node) => sum + sizeOf(node.shape), 0);

/** The values of all parameters of a step one after another, then those of the next step. */
function interleaved(labels: readonly string[], schedule: Named<Float64Array>, count: number): Float32Array {
  const sizes = labels.map((label) => (schedule[label] as Float64Array).length / count);
  const whole = new Float32Array(count * sizes.reduce((a, b) => a + b, 0));
  let at = 0;
  for (let step = 0; step < count; step++) {
    labels.forEach((label, i) => {
      const size = sizes[i] as number;
      whole.set((schedule[label] as Float64Array).subarray(step * size, (step + 1) * size), at);
      at += size;
    });
  }
  return whole;
}

export class Stepper {
  private readonly recorder: Recorder;
  private readonly buffers: Buffers;
  private readonly uploaded = new Map<string, number>();
  private readonly passes: readonly PassPlan[];
  private stopped: Error | undefined;
  private readonly beginnings = new Map<string, PrintedKernel | undefined>();
  private hasConstants = false;

  constructor(
    private readonly device: Device,
    private readonly plan: StepsPlan,
    private readonly columns: Columns,
    private readonly state: State,
    private readonly scratch: Buffers,
    /** The most events in a chunk. */
    private readonly limit: number,
  ) {
    this.recorder = new Recorder(device, true);
    this.buffers = new Buffers(device);
    this.passes = plan.parts.flatMap((part) => (part.kind === "pass" ? [part.pass] : []));
  }

  /** Ends what is being done at the next occasion, with this error. */
  stop(reason: Error): void {
    this.stopped ??= reason;
  }

  close(): void {
    this.buffers.close();
    this.recorder.close();
  }

  /** @param bound  events of a set's columns */
  async steps(
    { count, indices, schedule = {}, signal }: StepPlan,
    bound: (set: string) => number,
  ): Promise<Record<string, Float64Array>> {
    const { plan, state } = this;
    const scheduled = Object.keys(schedule).filter((label) => label in plan.parameters);
    const begin = this.beginning(scheduled);
    await this.compile(begin);
    const splits = this.passes.map((pass) => {
      const length = (indices[pass.set] as Int32Array).length / count;
      const events: Events = { start: 0, length, bound: bound(pass.set) };
      return splitEvents(pass, events, eventsPerChunk(pass, this.device, this.limit), true, this.device.largestBinding);
    });
    const history = count * elements(Object.values(plan.outputs));
    this.fill(splits, history, indices, interleaved(scheduled, schedule, count));
    this.upload(splits);
    // What no kernel reads stays with the host.
    for (const [label, values] of Object.entries(schedule)) {
      if (!scheduled.includes(label)) state.write({ [label]: values.slice(-values.length / count) });
    }
    try {
      await this.submitAll(count, { begin, splits, groups: this.groups(), indices }, signal);
    } finally {
      state.leave([...plan.updated, ...scheduled]);
    }
    return this.history(count, history);
  }

  /** Values of parameters that steps left on the device. */
  async fetch(labels: readonly string[]): Promise<Record<string, Float64Array>> {
    const { buffers, device, plan } = this;
    const nodes = labels.map((label) => plan.parameters[label] as Var);
    const back = buffers.need("back", 4 * elements(nodes), usage.mapRead | usage.copyTarget);
    const encoder = device.gpu.createCommandEncoder();
    let at = 0;
    for (const node of nodes) {
      const bytes = 4 * sizeOf(node.shape);
      encoder.copyBufferToBuffer(buffers.get("parameters"), 4 * plan.memory.parameter(node), back, at, bytes);
      at += bytes;
    }
    device.queue.submit([encoder.finish()]);
    const numbers = await device.read(back, at);
    let start = 0;
    return Object.fromEntries(
      nodes.map((node, i) => {
        const own = numbers.subarray(start, start + sizeOf(node.shape));
        start += own.length;
        return [labels[i] as string, Float64Array.from(own)];
      }),
    );
  }

  private beginning(scheduled: readonly string[]): PrintedKernel | undefined {
    const key = scheduled.join("\n");
    if (!this.beginnings.has(key)) {
      const nodes = scheduled.map((label) => this.plan.parameters[label] as Var);
      this.beginnings.set(key, printSchedule(nodes, this.plan.memory));
    }
    return this.beginnings.get(key);
  }

  private compile(begin: PrintedKernel | undefined): Promise<void> {
    const kernels = this.plan.parts.flatMap((part) =>
      part.kind === "once" ? part.kernels : [...part.pass.kernels, ...part.finish],
    );
    return this.recorder.prepare(
      begin === undefined ? kernels : [begin, ...kernels],
      this.passes.flatMap((pass) => pass.columns),
    );
  }

  /** Everything but parameters: buffers of their sizes, with what all steps read. */
  private fill(
    splits: readonly Split[],
    historySize: number,
    indices: Named<Int32Array>,
    schedule: Float32Array,
  ): void {
    const { device, buffers, plan } = this;
    const { storage, copyTarget, copySource, uniform } = usage;
    const filled = (name: string, contents: Float32Array | Int32Array | Uint32Array, bits: number) =>
      device.write(buffers.need(name, contents.byteLength, bits | copyTarget), 0, contents);
    filled("slots", slotsOf(splits), uniform);
    filled("tables", plan.memory.tables, storage);
    filled("step", Uint32Array.of(0), storage);
    filled("schedule", schedule, storage);
    for (const set of new Set(this.passes.map((pass) => pass.set))) {
      filled(`index ${set}`, indices[set] as Int32Array, storage);
    }
    const largest = (size: (pass: PassPlan, split: Split) => number) =>
      Math.max(0, ...splits.map((split, i) => size(this.passes[i] as PassPlan, split)));
    const rows = largest((pass, { chunks }) => pass.rows * (chunks[0]?.stride ?? 0));
    this.scratch.need("values", 4 * rows, scratchUsage);
    this.scratch.need("partials", 4 * largest((_, split) => split.partials), scratchUsage);
    buffers.need("history", 4 * historySize, storage | copySource);
    buffers.need("parameters", 4 * plan.memory.parameterCount, storage | copyTarget | copySource);
  }

  private groups(): Groups {
    const { device, columns } = this;
    const get = (name: string) => this.buffers.get(name);
    const { recorder, scratch } = this;
    const shared = ["slots", "parameters", "tables"].map(get);
    const gather = new Map<string, GPUBindGroup>();
    for (const pass of this.passes) {
      for (const { label } of pass.columns) {
        const column = columns.resident(label);
        if (column === undefined || gather.has(label)) continue;
        const own = [
          get("slots"),
          column,
          get(`index ${pass.set}`),
          scratch.get("values"),
          get("step"),
          recorder.arguments,
        ];
        gather.set(label, device.group("gather", own));
      }
    }
    return {
      events: device.group("events", [...shared, scratch.get("values"), scratch.get("partials"), recorder.arguments]),
      once: device.group("once", [
        ...shared,
        scratch.get("partials"),
        ...["step", "schedule", "history"].map(get),
        recorder.arguments,
      ]),
      gather,
    };
  }

  /** Sends what the host knows better than the device. */
  private upload(splits: readonly Split[]): void {
    const { device, plan, state } = this;
    const parameters = this.buffers.get("parameters");
    const send = (place: number, value: Float64Array) => device.write(parameters, 4 * place, Float32Array.from(value));
    for (const [label, node] of Object.entries(plan.parameters)) {
      if (state.isOnDevice(label)) continue;
      const held = state.get(label);
      if (held === undefined || held.stamp === this.uploaded.get(label)) continue;
      send(plan.memory.parameter(node), held.value);
      this.uploaded.set(label, held.stamp);
    }
    this.passes.forEach(({ set }, i) => {
      const place = plan.counts.get(set);
      if (place !== undefined) send(place, Float64Array.of((splits[i] as Split).events.length));
    });
    if (this.hasConstants) return;
    this.hasConstants = true;
    const values = new Map<Var, Float64Array>();
    const numbersOf = (node: Var): Float64Array => {
      const value = values.get(node) ?? evaluate(node, node.inputs.map(numbersOf), 1);
      values.set(node, value);
      return value;
    };
    for (const node of plan.constants) send(plan.memory.parameter(node), numbersOf(node));
  }

  /** Several steps at a time; while the device computes some, the host records the next. */
  private async submitAll(count: number, replay: Replay, signal: AbortSignal | undefined): Promise<void> {
    const { device } = this;
    const together = device.isSoftware ? STEPS_PER_SUBMIT.software : STEPS_PER_SUBMIT.gpu;
    let before: Promise<undefined> | undefined;
    for (let first = 0; first < count; first += together) {
      signal?.throwIfAborted();
      if (this.stopped !== undefined) throw this.stopped;
      device.check();
      const last = Math.min(count, first + together);
      if (this.isStreamed()) for (let step = first; step < last; step++) this.streamStep(step, replay);
      else this.submitResident(last - first, replay);
      const own = device.queue.onSubmittedWorkDone();
      await before;
      before = own;
    }
    await before;
    device.check();
  }

  private isStreamed(): boolean {
    return this.passes.some((pass) => pass.columns.some(({ label }) => this.columns.resident(label) === undefined));
  }

  private submitResident(steps: number, replay: Replay): void {
    const encoder = this.device.gpu.createCommandEncoder();
    const compute = encoder.beginComputePass();
    for (let step = 0; step < steps; step++) this.recordStep(compute, replay, () => compute);
    compute.end();
    this.device.queue.submit([encoder.finish()]);
  }

  /** Chunk after chunk, as the columns of each are sent before it. */
  private streamStep(step: number, replay: Replay): void {
    const { device, columns } = this;
    const open = () => {
      const encoder = device.gpu.createCommandEncoder();
      return { encoder, compute: encoder.beginComputePass() };
    };
    let current = open();
    const submit = () => {
      current.compute.end();
      device.queue.submit([current.encoder.finish()]);
    };
    this.recordStep(current.compute, replay, (pass, split, at) => {
      submit();
      const chunk = split.chunks[at];
      const index = replay.indices[pass.set] as Int32Array;
      if (chunk !== undefined) {
        const from = step * split.events.length + chunk.first;
        for (const column of pass.columns) {
          if (columns.resident(column.label) !== undefined) continue;
          const pick = { index: index.subarray(from, from + chunk.events) };
          columns.send(column, this.scratch.get("values"), chunk.stride, pick);
        }
      }
      current = open();
      return current.compute;
    });
    submit();
  }

  /** @param beforeChunk  where to record a chunk, asked before each */
  private recordStep(
    start: GPUComputePassEncoder,
    { begin, splits, groups }: Replay,
    beforeChunk: (pass: PassPlan, split: Split, chunk: number) => GPUComputePassEncoder,
  ): void {
    const { recorder, columns } = this;
    let into = start;
    let [at, slot] = [0, 0];
    if (begin !== undefined) recorder.once(into, [begin], groups, 0);
    for (const part of this.plan.parts) {
      if (part.kind === "once") {
        recorder.once(into, part.kernels, groups, 0);
        continue;
      }
      const split = splits[at++] as Split;
      for (const [i, chunk] of split.chunks.entries()) {
        into = beforeChunk(part.pass, split, i);
        recorder.pass(into, part.pass, columns, groups, slot + i, chunk);
      }
      slot += split.chunks.length;
      recorder.once(into, part.finish, groups, slot++);
    }
  }

  private async history(count: number, size: number): Promise<Record<string, Float64Array>> {
    const { buffers, device, plan } = this;
    const outputs = Object.entries(plan.outputs);
    const result = Object.fromEntries(
      outputs.map(([name, node]) => [name, new Float64Array(count * sizeOf(node.shape))]),
    );
    if (size === 0) return result;
    const back = buffers.need("back", 4 * size, usage.mapRead | usage.copyTarget);
    const encoder = device.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffers.get("history"), 0, back, 0, 4 * size);
    device.queue.submit([encoder.finish()]);
    const numbers = await device.read(back, 4 * size);
    let at = 0;
    for (let step = 0; step < count; step++) {
      for (const [name, node] of outputs) {
        const own = sizeOf(node.shape);
        result[name]?.set(numbers.subarray(at, at + own), step * own);
        at += own;
      }
    }
    return result;
  }
}
