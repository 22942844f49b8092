/** Runs of a program: events on the device, all that has no events on the host in f64. */
import { evaluate } from "../../reference/evaluate.js";
import type { ProgramTimes } from "../../runtime/kernel-times.js";
import { sizeOf, type Var } from "../../tape/tape.js";
import type { PassPlan, Plan } from "../plan.js";
import type { PartialSums } from "../printing/print-sums.js";
import type { Chunk, Events, Split } from "./chunks.js";
import { DispatchClock, type Into, recorded } from "./dispatch-clock.js";
import type { Session } from "./session.js";
import type { StampedValue } from "./state.js";
import { Streams } from "./streams.js";

/** Where per-event outputs go, by node: `[...shape, events]`. */
export type OutputArrays = ReadonlyMap<number, Float64Array>;

export class Runner {
  private readonly streams: Streams;
  private readonly stamped = new Map<number, StampedValue>();
  private readonly uploaded = new Map<number, number>();
  private readonly clock: DispatchClock | undefined;

  constructor(
    private readonly session: Session,
    private readonly plan: Plan,
    isTimed = false,
  ) {
    const passes = plan.levels.flatMap((level) => level.passes);
    this.streams = new Streams(session, plan.memory, passes, false);
    this.clock = isTimed ? new DispatchClock(session.device, passes) : undefined;
  }

  /** @param wallMilliseconds  of all runs */
  times(wallMilliseconds: number): Promise<ProgramTimes> {
    if (this.clock === undefined) throw new Error("internal: nothing is timed");
    return this.clock.times(wallMilliseconds);
  }

  close(): void {
    this.clock?.close();
    this.streams.close();
  }

  /** Fills the outputs with events; `valueOf` then gives the others. */
  async run(events: (set: string) => Events, outputs: OutputArrays, signal: AbortSignal | undefined): Promise<void> {
    const { plan, session, streams } = this;
    await streams.prepare([]);
    const splits = streams.split(events);
    await session.state.bring(this.parameterLabels());
    let [at, slot] = [0, 0];
    for (const level of plan.levels) {
      for (const node of level.parameters) this.refresh(node);
      this.upload();
      for (const pass of level.passes) {
        const split = splits[at++] as Split;
        await this.runPass(pass, split, slot, outputs, signal);
        slot += split.chunks.length + 1;
      }
    }
  }

  valueOf(node: Var): Float64Array {
    const stamped = this.stamped.get(node.id);
    if (stamped === undefined) throw new Error(`internal: node ${node.id} has no value`);
    return stamped.value;
  }

  private parameterLabels(): string[] {
    return this.plan.levels.flatMap((level) =>
      level.parameters.flatMap(({ operation }) => (operation.name === "parameter" ? [operation.label] : [])),
    );
  }

  /** Computes a node without events anew if an input is newer. */
  private refresh(node: Var): void {
    const { operation } = node;
    if (operation.name === "parameter") {
      this.stamped.set(node.id, this.session.state.get(operation.label) as StampedValue);
      return;
    }
    const known = this.stamped.get(node.id);
    const inputs = node.inputs.map((input) => this.stamped.get(input.id) as StampedValue);
    if (known !== undefined && inputs.every((input) => input.stamp <= known.stamp)) return;
    const value = evaluate(
      node,
      inputs.map((input) => input.value),
      1,
    );
    this.stamped.set(node.id, { stamp: this.session.state.tick(), value });
  }

  /** Sends what kernels read and what is newer than on the device. */
  private upload(): void {
    const { streams, session } = this;
    const parameters = streams.buffers.get("parameters");
    for (const node of this.plan.memory.nodes.values()) {
      const stamped = this.stamped.get(node.id);
      if (stamped === undefined || stamped.stamp === this.uploaded.get(node.id)) continue;
      session.device.write(parameters, 4 * this.plan.memory.parameter(node), Float32Array.from(stamped.value));
      this.uploaded.set(node.id, stamped.stamp);
    }
  }

  private async runPass(
    pass: PassPlan,
    split: Split,
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
    try {
      for (const [i, chunk] of split.chunks.entries()) {
        this.session.check(signal);
        const previous = before;
        before = take(chunk, this.runChunk(pass, split, chunk, slot + i), previous);
        // The wait below throws the failure; here it is ignored.
        before.catch(() => {});
        await previous;
      }
    } finally {
      // Who ends early leaves nothing under way.
      await Promise.allSettled([before]);
    }
    await before;
    for (const [node, value] of totals) this.stamped.set(node.id, { stamp: this.session.state.tick(), value });
    for (const { node, operand } of pass.counted) {
      const count = split.events.length;
      const source = operand.from === "parameter" ? this.valueOf(operand.node) : undefined;
      const value = Float64Array.from({ length: sizeOf(node.shape) }, (_, r) => {
        const term = operand.from === "number" ? operand.value : (source?.[operand.rows[r] as number] ?? 0);
        // No events make no sum, whatever the term.
        return count === 0 ? 0 : count * term;
      });
      this.stamped.set(node.id, { stamp: this.session.state.tick(), value });
    }
  }

  /** Partial sums of the chunk, then the rows of its outputs. */
  private async runChunk(pass: PassPlan, split: Split, chunk: Chunk, slot: number): Promise<Float32Array> {
    const { streams } = this;
    const { device, columns, scratch } = this.session;
    const { scratch: arrays, groups } = streams.bind();
    for (const column of pass.columns) {
      if (columns.resident(column.label) !== undefined) continue;
      const start = split.events.start + chunk.first;
      columns.send(column, arrays.values, chunk.stride, { start, length: chunk.events });
    }
    const record = (into: Into) => streams.recorder.pass(into, pass, columns, groups, slot, chunk);
    const { encoder, stamps } = this.clock?.recorded(chunk.events, record) ?? recorded(device, record);
    const rowBytes = 4 * chunk.stride;
    const copies = [
      { from: arrays.partials, start: 0, bytes: 4 * split.partials },
      ...pass.outputs.map(({ first, size }) => ({
        from: arrays.values,
        start: first * rowBytes,
        bytes: size * rowBytes,
      })),
    ].filter(({ bytes }) => bytes > 0);
    const own = copies.reduce((sum, { bytes }) => sum + bytes, 0);
    if (stamps !== undefined) copies.push({ from: stamps.from, start: 0, bytes: stamps.bytes });
    const numbers = await scratch.read(own + (stamps?.bytes ?? 0), (back) => {
      let at = 0;
      for (const { from, start, bytes } of copies) {
        encoder.copyBufferToBuffer(from, start, back, at, bytes);
        at += bytes;
      }
      device.queue.submit([encoder.finish()]);
    });
    stamps?.take(numbers.subarray(own / 4));
    return numbers;
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
