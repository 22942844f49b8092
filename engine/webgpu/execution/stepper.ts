/** Steps of a program: parameters, sums and updates stay on the device; the host reads what steps gave back at the end. */

import { evaluate } from "../../reference/evaluate.js";
import type { Named, StepPlan } from "../../runtime/backend.js";
import { sizeOf, type Var } from "../../tape/tape.js";
import { usage } from "../device/device.js";
import { type PassPlan, printSchedule, type StepsPlan } from "../plan.js";
import type { PrintedKernel } from "../printing/printed-kernel.js";
import type { Split } from "./chunks.js";
import type { Groups } from "./recorder.js";
import type { Session } from "./session.js";
import { Streams } from "./streams.js";

/** Steps sent at once: several keep a GPU busy, one at a time lets a processor be interrupted. */
const STEPS_PER_SUBMIT = { gpu: 8, software: 1 };

/** Bytes that the indices of a set, the schedule or the outputs of steps take at most: every device can bind so many. */
const LARGEST_CALL = 2 ** 24;

/** What is the same in all steps of a call. */
interface Replay {
  readonly begin: PrintedKernel | undefined;
  /** Per pass. */
  readonly splits: readonly Split[];
  readonly indices: Named<Int32Array>;
}

const elements = (nodes: readonly Var[]) => nodes.reduce((sum, node) => sum + sizeOf(node.shape), 0);

const mapped = <T, U>(values: Named<T>, f: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, f(value)]));

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
  private readonly streams: Streams;
  private readonly uploaded = new Map<string, number>();
  private readonly beginnings = new Map<string, PrintedKernel | undefined>();
  private hasConstants = false;

  constructor(
    private readonly session: Session,
    private readonly plan: StepsPlan,
  ) {
    const passes = plan.parts.flatMap((part) => (part.kind === "pass" ? [part.pass] : []));
    this.streams = new Streams(session, plan.memory, passes, true);
  }

  close(): void {
    this.streams.close();
  }

  /**
   * In as many parts as the memory for what steps read and give back asks for.
   *
   * @param bound  events of a set's columns
   */
  async steps(plan: StepPlan, bound: (set: string) => number): Promise<Record<string, Float64Array>> {
    const { count, indices, schedule = {}, signal } = plan;
    const scheduled = Object.values(schedule).reduce((sum, { length }) => sum + length / count, 0);
    const read = Object.values(indices).map(({ length }) => length / count);
    const recorded = elements(Object.values(this.plan.outputs));
    const most = Math.max(1, Math.floor(LARGEST_CALL / 4 / Math.max(1, scheduled, recorded, ...read)));
    if (count <= most) return this.part(plan, bound);
    const whole = mapped(this.plan.outputs, (node) => new Float64Array(count * sizeOf(node.shape)));
    for (let first = 0; first < count; first += most) {
      const last = Math.min(count, first + most);
      const partOf = <T extends Float64Array | Int32Array>(values: T) =>
        values.subarray((first * values.length) / count, (last * values.length) / count) as T;
      const own = { indices: mapped(indices, partOf), schedule: mapped(schedule, partOf), signal };
      const answers = await this.part({ count: last - first, ...own }, bound);
      for (const [name, values] of Object.entries(answers))
        whole[name]?.set(values, (first * values.length) / (last - first));
    }
    return whole;
  }

  private async part(
    { count, indices, schedule = {}, signal }: StepPlan,
    bound: (set: string) => number,
  ): Promise<Record<string, Float64Array>> {
    const { plan, streams } = this;
    const { state } = this.session;
    const scheduled = Object.keys(schedule).filter((label) => Object.hasOwn(plan.parameters, label));
    const begin = this.beginning(scheduled);
    await this.compile(begin);
    const index = (set: string) => indices[set] as Int32Array;
    const splits = streams.split((set) => ({ start: 0, length: index(set).length / count, bound: bound(set) }));
    for (const set of new Set(streams.passes.map((pass) => pass.set))) {
      streams.fill(`index ${set}`, index(set), usage.storage);
    }
    streams.fill("schedule", interleaved(scheduled, schedule, count), usage.storage);
    streams.fill("step", Uint32Array.of(0), usage.storage);
    const recorded = count * elements(Object.values(plan.outputs));
    streams.buffers.need("history", 4 * recorded, usage.storage | usage.copySource);
    this.upload(splits);
    // What no kernel reads stays with the host.
    for (const [label, values] of Object.entries(schedule)) {
      if (!scheduled.includes(label)) state.write({ [label]: values.slice(-values.length / count) });
    }
    try {
      await this.submitAll(count, { begin, splits, indices }, signal);
    } finally {
      state.leave([...plan.updated, ...scheduled]);
    }
    return this.history(count, recorded);
  }

  /** Values of parameters that steps left on the device. */
  async fetch(labels: readonly string[]): Promise<Record<string, Float64Array>> {
    const { memory, parameters } = this.plan;
    const nodes = labels.map((label) => parameters[label] as Var);
    const numbers = await this.read(
      "parameters",
      nodes.map((node) => ({ start: memory.parameter(node), size: sizeOf(node.shape) })),
    );
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
    const kernels = this.plan.parts.flatMap((part) => (part.kind === "once" ? part.kernels : part.finish));
    return this.streams.prepare(begin === undefined ? kernels : [begin, ...kernels]);
  }

  /** Parts of one of the buffers, one after another. */
  private read(
    name: string,
    parts: readonly { readonly start: number; readonly size: number }[],
  ): Promise<Float32Array> {
    const { device, scratch } = this.session;
    const from = this.streams.buffers.get(name);
    return scratch.read(4 * parts.reduce((sum, { size }) => sum + size, 0), (back) => {
      const encoder = device.gpu.createCommandEncoder();
      let at = 0;
      for (const { start, size } of parts) {
        encoder.copyBufferToBuffer(from, 4 * start, back, 4 * at, 4 * size);
        at += size;
      }
      device.queue.submit([encoder.finish()]);
    });
  }

  /** Sends values that are newer on the host than on the device. */
  private upload(splits: readonly Split[]): void {
    const { plan } = this;
    const { device, state } = this.session;
    const parameters = this.streams.buffers.get("parameters");
    const send = (place: number, value: Float64Array) => device.write(parameters, 4 * place, Float32Array.from(value));
    for (const [label, node] of Object.entries(plan.parameters)) {
      if (state.isOnDevice(label)) continue;
      const stamped = state.get(label);
      if (stamped === undefined || stamped.stamp === this.uploaded.get(label)) continue;
      send(plan.memory.parameter(node), stamped.value);
      this.uploaded.set(label, stamped.stamp);
    }
    this.streams.passes.forEach(({ set }, i) => {
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
    const { session } = this;
    const { device } = session;
    const together = device.isSoftware ? STEPS_PER_SUBMIT.software : STEPS_PER_SUBMIT.gpu;
    let before: Promise<undefined> | undefined;
    for (let first = 0; first < count; first += together) {
      session.check(signal);
      const last = Math.min(count, first + together);
      if (this.isStreamed()) for (let step = first; step < last; step++) this.streamStep(step, replay);
      else this.submitResident(last - first, replay);
      const own = device.queue.onSubmittedWorkDone();
      await before;
      before = own;
    }
    await before;
    await device.settled();
  }

  private isStreamed(): boolean {
    const { columns } = this.session;
    return this.streams.passes.some((pass) => pass.columns.some(({ label }) => columns.resident(label) === undefined));
  }

  private submitResident(steps: number, replay: Replay): void {
    const { device } = this.session;
    const { groups } = this.streams.bind();
    const encoder = device.gpu.createCommandEncoder();
    const compute = encoder.beginComputePass();
    for (let step = 0; step < steps; step++) this.recordStep(compute, replay, groups, () => compute);
    compute.end();
    device.queue.submit([encoder.finish()]);
  }

  /** Chunk after chunk, as the columns of each are sent before it. */
  private streamStep(step: number, replay: Replay): void {
    const { device, columns } = this.session;
    // Without an await in between, so that no other work is submitted meanwhile.
    const { scratch, groups } = this.streams.bind();
    const open = () => {
      const encoder = device.gpu.createCommandEncoder();
      return { encoder, compute: encoder.beginComputePass() };
    };
    let current = open();
    const submit = () => {
      current.compute.end();
      device.queue.submit([current.encoder.finish()]);
    };
    this.recordStep(current.compute, replay, groups, (pass, split, at) => {
      submit();
      const chunk = split.chunks[at];
      const index = replay.indices[pass.set] as Int32Array;
      if (chunk !== undefined) {
        const from = step * split.events.length + chunk.first;
        for (const column of pass.columns) {
          if (columns.resident(column.label) !== undefined) continue;
          const pick = { index: index.subarray(from, from + chunk.events) };
          columns.send(column, scratch.values, chunk.stride, pick);
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
    { begin, splits }: Replay,
    groups: Groups,
    beforeChunk: (pass: PassPlan, split: Split, chunk: number) => GPUComputePassEncoder,
  ): void {
    const { recorder } = this.streams;
    const { columns } = this.session;
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
        const compute = into;
        recorder.pass(() => compute, part.pass, columns, groups, slot + i, chunk);
      }
      slot += split.chunks.length;
      recorder.once(into, part.finish, groups, slot++);
    }
  }

  private async history(count: number, size: number): Promise<Record<string, Float64Array>> {
    const outputs = Object.entries(this.plan.outputs);
    const result = mapped(this.plan.outputs, (node) => new Float64Array(count * sizeOf(node.shape)));
    if (size === 0) return result;
    const numbers = await this.read("history", [{ start: 0, size }]);
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
