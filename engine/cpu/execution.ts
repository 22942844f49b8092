/**
 * What every worker does, in step with the others: the same jobs in the same order, meeting at barriers. Rank 0 also
 * does what has no events; groups of events go to whoever is free. Sums are added in group order, so that the result
 * does not depend on the number of threads.
 */

import { evaluate } from "../reference/evaluate.js";
import type { Named } from "../runtime/backend.js";
import { BLOCK } from "../runtime/blocked-column.js";
import type { Var } from "../tape/tape.js";
import { type WasmInstance, wasm } from "./assembly/webassembly.js";
import { clockBytes, KernelClock } from "./kernel-clock.js";
import { ADD_GROUPS, CLEAR, COPY, UNPACK } from "./kernels/linear-calls.js";
import { type ParameterStage, parameterStages } from "./parameter-stage.js";
import type { Accumulator, CompiledProgram, PassPlan, PlainNode, Plan, TimedPass, Upload } from "./plan.js";
import { memoryOf } from "./program-memory.js";
import { StampedValue } from "./stamped-value.js";
import { type BoundColumn, type Events, gather, type OutputColumn, put, type TileEvents } from "./tile-columns.js";

/** Positions in the control block shared by the workers of a backend. */
export const control = { arrived: 0, phase: 1, nextGroup: 2, failed: 3, decisions: 4, length: 8 } as const;

/** Turns of a barrier spent looking before the worker goes to sleep: a step's serial part is often shorter than a wake-up. */
const SPINS = 3000;

/** Bytes that processors move at once, at least what a SIMD load takes: workers write to lines of their own. */
const CACHE_LINE = 64;

export class Team {
  private turn = 0;

  constructor(
    readonly rank: number,
    readonly threads: number,
    readonly shared: Int32Array,
  ) {}

  barrier(): void {
    const { shared, threads } = this;
    if (threads === 1) return;
    const phase = Atomics.load(shared, control.phase);
    // Whoever failed before this phase was read will not come; after, it changes the phase.
    this.checkOthers();
    if (Atomics.add(shared, control.arrived, 1) === threads - 1) {
      Atomics.store(shared, control.arrived, 0);
      Atomics.add(shared, control.phase, 1);
      Atomics.notify(shared, control.phase);
    } else {
      for (let spin = 0; spin < SPINS && Atomics.load(shared, control.phase) === phase; spin++);
      while (Atomics.load(shared, control.phase) === phase) Atomics.wait(shared, control.phase, phase);
    }
    this.checkOthers();
  }

  private checkOthers(): void {
    if (Atomics.load(this.shared, control.failed) === 1) throw new Error("internal: another worker failed");
  }

  /** What rank 0 decides, the same for all. Places alternate, so that no thread reads the decision of another turn. */
  agree(decide: () => boolean): boolean {
    const place = control.decisions + (this.turn++ % 2);
    if (this.rank === 0) Atomics.store(this.shared, place, decide() ? 1 : 0);
    this.barrier();
    return Atomics.load(this.shared, place) === 1;
  }

  /** Lets all threads out of the barrier, to report failure. */
  fail(): void {
    Atomics.store(this.shared, control.failed, 1);
    Atomics.add(this.shared, control.phase, 1);
    Atomics.notify(this.shared, control.phase);
  }
}

/** Some of the events of a pass, in the scratch of a worker. */
interface Tile extends TileEvents {
  /** Address of the scratch. */
  readonly base: number;
}

/** A node with events, and where its values go. */
export interface OutputTarget {
  readonly node: number;
  readonly column: OutputColumn;
}

export class Execution {
  private readonly plan: Plan;
  private readonly instance: WasmInstance;
  private readonly numbers: Float32Array | Float64Array;
  private readonly doubles: Float64Array;
  private readonly bytes: number;
  private readonly data = new Map<string, BoundColumn>();
  private readonly state = new Map<string, StampedValue>();
  private readonly stamped = new Map<number, StampedValue>();
  /** Stamps by address, or by the call that rearranges weights. */
  private readonly uploaded = new Map<number | string, number>();
  private readonly kernelClock: KernelClock | undefined;
  private readonly stages: readonly ParameterStage[];
  private clock = 1;

  constructor(
    program: CompiledProgram,
    private readonly team: Team,
  ) {
    this.plan = program.plan;
    const memory = "pages" in program.memory ? memoryOf(program.memory, false) : program.memory;
    this.instance = new wasm.Instance(program.module, { env: { memory } });
    const { buffer } = memory;
    this.bytes = this.plan.precision === "f32" ? 4 : 8;
    this.numbers = this.plan.precision === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.stages = parameterStages(this.plan);
    const { clocks } = this.plan;
    this.kernelClock = clocks && new KernelClock(this.clockCells(clocks, team.rank));
  }

  /** The times that one thread counts. */
  private clockCells({ address, bytes, kernels }: NonNullable<Plan["clocks"]>, rank: number): Float64Array {
    const start = (address + rank * bytes) / 8;
    return this.doubles.subarray(start, start + clockBytes(kernels) / 8);
  }

  /** The times of all threads, one after another. */
  times(): Float64Array {
    const { clocks } = this.plan;
    if (clocks === undefined) throw new Error("internal: nothing is timed");
    const ofThreads = Array.from({ length: this.team.threads }, (_, rank) => [...this.clockCells(clocks, rank)]);
    return Float64Array.from(ofThreads.flat());
  }

  bind(columns: Named<BoundColumn>): void {
    for (const [label, values] of Object.entries(columns)) this.data.set(label, values);
  }

  write(parameters: Named<Float64Array>): void {
    for (const [label, value] of Object.entries(parameters))
      this.state.set(label, new StampedValue(this.clock++, value));
  }

  read(label: string): Float64Array {
    const stamped = this.state.get(label);
    if (stamped === undefined) throw new Error(`internal: parameter ${label} has no value`);
    return stamped.value.slice();
  }

  /** Zeros for the outputs without events of so many steps. */
  emptyHistory(count: number): Record<string, Float64Array> {
    const free = Object.entries(this.plan.outputs).filter(([, output]) => !output.isEvents);
    return Object.fromEntries(free.map(([name, { size }]) => [name, new Float64Array(count * size)]));
  }

  /** Values of the outputs without events, on rank 0. */
  values(): Record<string, Float64Array> {
    const free = Object.entries(this.plan.outputs).filter(([, output]) => !output.isEvents);
    return Object.fromEntries(free.map(([name, { node }]) => [name, this.valueAt(node).slice()]));
  }

  /** Gives parameters their new values, all computed from the old ones. */
  applyUpdates(): void {
    const { plan, instance, bytes } = this;
    for (const upload of plan.updateUploads) this.bringToMemory(upload);
    for (const name of plan.updateKernels) instance.exports[name]?.(0);
    const fresh = plan.updates.map((update) => {
      const { node, size, from } = update;
      return { update, value: from === undefined ? this.valueAt(node).slice() : () => this.copyOut(from, size) };
    });
    for (const { update, value } of fresh) {
      const { label, size, from, to } = update;
      const stamp = this.clock++;
      if (from === undefined || to === undefined) {
        this.state.set(label, new StampedValue(stamp, typeof value === "function" ? value() : value));
        continue;
      }
      instance.exports[COPY]?.(to, from, size * bytes);
      this.uploaded.set(to, stamp);
      // Not read before the memory changes again: a later write or update replaces this entry.
      this.state.set(label, new StampedValue(stamp, () => this.copyOut(to, size)));
    }
  }

  private copyOut(address: number, size: number): Float64Array {
    return Float64Array.from(this.numbers.subarray(address / this.bytes, address / this.bytes + size));
  }

  /**
   * One evaluation, by all workers together.
   *
   * @param abort  1 once nobody wants the values any more: the tiles that are left are not computed, all else is done as ever, so
   *               that every worker comes to every barrier
   */
  evaluate(events: (set: string) => Events, targets: readonly OutputTarget[], abort?: Int32Array): void {
    const isWanted = abort === undefined ? () => true : () => Atomics.load(abort, 0) === 0;
    for (const [at, level] of this.plan.levels.entries()) {
      if (this.team.rank === 0) this.refreshStage(this.stages[at] as ParameterStage);
      for (const pass of level.passes) this.runPass(pass, events(pass.set), targets, isWanted);
    }
  }

  private valueAt(node: number): Float64Array {
    const stamped = this.stamped.get(node);
    if (stamped === undefined) throw new Error(`internal: node ${node} has no value`);
    return stamped.value;
  }

  /** Computes the nodes without events of a level, where what they read has changed. */
  private refreshStage({ before, small, kept, after }: ParameterStage): void {
    for (const node of before) this.refresh(node);
    if (small.run((id) => this.valueAt(id))) {
      for (const { id, at } of kept) {
        if (this.stamped.has(id) && !small.hasChanged(at)) continue;
        // The numbers are those of the next run then: whoever keeps them for longer copies them.
        this.stamped.set(id, new StampedValue(this.clock++, at.numbers));
      }
    }
    for (const node of after) this.refresh(node);
  }

  /** Computes a node without events anew if an input is newer. */
  private refresh(node: PlainNode): void {
    const { operation } = node;
    if (operation.name === "parameter") {
      const stamped = this.state.get(operation.label);
      if (stamped === undefined) throw new Error(`internal: parameter ${operation.label} has no value`);
      this.stamped.set(node.id, stamped);
      return;
    }
    const known = this.stamped.get(node.id);
    const inputs = node.inputs.map((input) => this.stamped.get(input.id) as StampedValue);
    if (known !== undefined && inputs.every((input) => input.stamp <= known.stamp)) return;
    const value = evaluate(
      node as unknown as Var,
      inputs.map((input) => input.value),
      1,
    );
    this.stamped.set(node.id, new StampedValue(this.clock++, value));
  }

  private runPass(pass: PassPlan, events: Events, targets: readonly OutputTarget[], isWanted: () => boolean): void {
    const { team, plan } = this;
    if (team.rank === 0) {
      this.uploadParameters(pass);
      Atomics.store(team.shared, control.nextGroup, 0);
    }
    team.barrier();
    const blocks = Math.ceil(events.length / BLOCK);
    const groups = this.groupsFor(events.length);
    for (;;) {
      const group = Atomics.add(team.shared, control.nextGroup, 1);
      if (group >= groups) break;
      const accumulator = plan.accumulators + group * plan.accumulatorBytes;
      this.instance.exports[CLEAR]?.(accumulator, plan.accumulatorBytes);
      const end = Math.min(events.length, BLOCK * Math.floor(((group + 1) * blocks) / groups));
      for (let at = BLOCK * Math.floor((group * blocks) / groups); at < end && isWanted(); at += plan.tile) {
        this.runTile(pass, { events, first: at, n: Math.min(plan.tile, end - at) }, accumulator, targets);
      }
    }
    team.barrier();
    if (pass.weightBytes > 0) {
      this.addWeightGradients(pass, groups);
      team.barrier();
    }
    if (team.rank === 0) this.finishSums(pass, events.length);
  }

  /** This worker's part of the weight gradients: brings the groups' sums, in order, to the first group's accumulator. */
  private addWeightGradients({ weightBytes }: PassPlan, groups: number): void {
    const { team, plan, instance } = this;
    const { accumulators, accumulatorBytes } = plan;
    const lines = Math.ceil(weightBytes / CACHE_LINE);
    const [first, end] = [team.rank, team.rank + 1].map((rank) => {
      return accumulators + Math.min(weightBytes, CACHE_LINE * Math.floor((lines * rank) / team.threads));
    });
    instance.exports[ADD_GROUPS]?.(first as number, end as number, accumulatorBytes, groups);
  }

  /** Groups that so many events fall into, whatever the number of threads. */
  private groupsFor(length: number): number {
    return Math.max(1, Math.min(this.plan.groups, Math.ceil(length / this.plan.leastGroup)));
  }

  private runTile(pass: PassPlan, part: TileEvents, accumulator: number, targets: readonly OutputTarget[]): void {
    const { plan } = this;
    const tile: Tile = { ...part, base: plan.scratch + this.team.rank * plan.scratchBytes };
    if (pass.timed !== undefined) {
      this.timeTile(pass, pass.timed, tile, accumulator, targets);
      return;
    }
    this.gather(pass, tile);
    this.instance.exports[pass.name]?.(tile.base, tile.n, accumulator);
    this.takeOutputs(pass, tile, targets);
  }

  /** The same, one kernel after the other. */
  private timeTile(
    pass: PassPlan,
    { columns, calls, outputs: taken }: TimedPass,
    tile: Tile,
    accumulator: number,
    targets: readonly OutputTarget[],
  ): void {
    const { base, n } = tile;
    const clock = this.kernelClock as KernelClock;
    clock.start();
    this.gather(pass, tile);
    if (columns !== undefined) clock.lap(columns, n);
    for (const { name, kernel } of calls) {
      this.instance.exports[name]?.(base, n, accumulator);
      clock.lap(kernel, n);
    }
    this.takeOutputs(pass, tile, targets);
    if (taken !== undefined) clock.lap(taken, n);
  }

  private gather(pass: PassPlan, tile: Tile): void {
    for (const { label, rows, offset } of pass.columns) {
      const place = { at: (tile.base + offset) / this.bytes, stride: this.plan.rowNumbers };
      gather(this.data.get(label) as BoundColumn, rows, this.numbers, place, tile);
    }
  }

  private takeOutputs(pass: PassPlan, tile: Tile, targets: readonly OutputTarget[]): void {
    for (const { node, column } of targets) {
      const output = pass.outputs.find((own) => own.node === node);
      // That of another pass.
      if (output === undefined) continue;
      const from = output.rows.map((offset) => (tile.base + offset) / this.bytes);
      put(this.numbers, from, column, tile);
    }
  }

  private bringToMemory({ node, address, size }: Upload): void {
    const stamped = this.stamped.get(node) as StampedValue;
    if ((this.uploaded.get(address) ?? 0) >= stamped.stamp) return;
    const { value } = stamped;
    if (value.length !== size) throw new Error(`internal: node ${node} has ${value.length} numbers, not ${size}`);
    // Most are single numbers, for which `set` takes longer.
    if (size === 1) this.numbers[address / this.bytes] = value[0] as number;
    else this.numbers.set(value, address / this.bytes);
    this.uploaded.set(address, stamped.stamp);
  }

  private uploadParameters(pass: PassPlan): void {
    for (const upload of pass.uploads) this.bringToMemory(upload);
    for (const { node, name, values } of pass.packs) {
      const { stamp } = this.stamped.get(node) as StampedValue;
      const key = `${name} ${values[0]}`;
      if ((this.uploaded.get(key) ?? 0) >= stamp) continue;
      this.instance.exports[name]?.(...values);
      this.uploaded.set(key, stamp);
    }
  }

  /** Adds the groups of all other sums in order, and makes values of all sums. */
  private finishSums({ sums }: PassPlan, count: number): void {
    const { plan, instance } = this;
    for (const sum of sums) {
      const { node, weights, size } = sum;
      const stamp = this.clock++;
      if (weights === undefined) {
        this.stamped.set(node, new StampedValue(stamp, this.eventSum(sum, count)));
        continue;
      }
      const { address } = weights;
      for (const [target, offset, ...values] of weights.calls) {
        instance.exports[UNPACK]?.(target as number, plan.accumulators + (offset as number), ...values);
      }
      this.uploaded.set(address, stamp);
      this.stamped.set(node, new StampedValue(stamp, () => this.copyOut(address, size)));
    }
  }

  private eventSum({ offset, size, perEvent }: Accumulator, count: number): Float64Array {
    const total = new Float64Array(size);
    if (perEvent !== undefined) {
      const value = "value" in perEvent ? undefined : this.valueAt(perEvent.node);
      for (let r = 0; r < size; r++) {
        const term = "value" in perEvent ? perEvent.value : (value?.[perEvent.rows[r] as number] ?? 0);
        // No events make no sum, whatever the term.
        total[r] = count === 0 ? 0 : count * term;
      }
      return total;
    }
    for (let group = 0; group < this.groupsFor(count); group++) {
      const from = (this.plan.accumulators + group * this.plan.accumulatorBytes + offset) / 8;
      for (let r = 0; r < size; r++) total[r] = (total[r] as number) + (this.doubles[from + r] as number);
    }
    return total;
  }
}
