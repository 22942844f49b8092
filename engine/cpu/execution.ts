/**
 * What every worker does, in step with the others: the same jobs in the same order, meeting at barriers. Rank 0 also
 * does what has no events; groups of events go to whoever is free. Sums are added in group order, so that the result
 * does not depend on the number of threads.
 */
import type { ColumnData, Named } from "../backend.js";
import { evaluate } from "../evaluate.js";
import type { Var } from "../tape.js";
import type { Accumulator, CompiledProgram, PassPlan, PlainNode, Plan, WeightLayout } from "./plan.js";
import { type WasmInstance, wasm } from "./webassembly.js";

/** Positions in the control block shared by the workers of a backend. */
export const control = { arrived: 0, phase: 1, nextGroup: 2, failed: 3, aborted: 4, length: 8 } as const;

/** Turns of a barrier spent looking before the worker goes to sleep: a step's serial part is often shorter than a wake-up. */
const SPINS = 3000;

export class Team {
  constructor(
    readonly rank: number,
    readonly threads: number,
    readonly shared: Int32Array,
  ) {}

  barrier(): void {
    const { shared, threads } = this;
    if (threads === 1) return;
    const phase = Atomics.load(shared, control.phase);
    if (Atomics.add(shared, control.arrived, 1) === threads - 1) {
      Atomics.store(shared, control.arrived, 0);
      Atomics.add(shared, control.phase, 1);
      Atomics.notify(shared, control.phase);
    } else {
      for (let spin = 0; spin < SPINS && Atomics.load(shared, control.phase) === phase; spin++);
      while (Atomics.load(shared, control.phase) === phase) Atomics.wait(shared, control.phase, phase);
    }
    if (Atomics.load(shared, control.failed) === 1) throw new Error("internal: another worker failed");
  }

  /** Lets everybody out of the barrier, to report failure. */
  fail(): void {
    Atomics.store(this.shared, control.failed, 1);
    Atomics.add(this.shared, control.phase, 1);
    Atomics.notify(this.shared, control.phase);
  }

  get isAborted(): boolean {
    return Atomics.load(this.shared, control.aborted) === 1;
  }
}

/** The events of one run: `index` gives their positions in the columns, else they are `start`, `start + 1`, ... */
export interface Events {
  readonly start: number;
  readonly length: number;
  readonly index: Int32Array | undefined;
}

/** Where per-event outputs go, by node: `[...shape, events]`. */
type OutputArrays = ReadonlyMap<number, Float64Array>;

/** The value of a node without events, with the time it was made. */
interface Held {
  value: Float64Array;
  stamp: number;
}

function gatherRow(
  source: ColumnData,
  from: number,
  target: Float32Array | Float64Array,
  to: number,
  { start, index }: Events,
  first: number,
  n: number,
  tile: number,
): void {
  if (index === undefined) {
    const begin = from + start + first;
    target.set(source.subarray(begin, begin + n), to);
  } else for (let e = 0; e < n; e++) target[to + e] = source[from + (index[start + first + e] as number)] as number;
  // The rest of a tail tile repeats its last event.
  if (n < tile) target.fill(target[to + n - 1] as number, to + n, to + tile);
}

export class Execution {
  private readonly plan: Plan;
  private readonly instance: WasmInstance;
  private readonly numbers: Float32Array | Float64Array;
  private readonly doubles: Float64Array;
  private readonly bytes: number;
  private readonly data = new Map<string, ColumnData>();
  private readonly state = new Map<string, Held>();
  private readonly held = new Map<number, Held>();
  private readonly uploaded = new Map<string, number>();
  private clock = 1;

  constructor(
    program: CompiledProgram,
    private readonly team: Team,
  ) {
    this.plan = program.plan;
    this.instance = new wasm.Instance(program.module, { env: { memory: program.memory } });
    const { buffer } = program.memory;
    this.bytes = this.plan.precision === "f32" ? 4 : 8;
    this.numbers = this.plan.precision === "f32" ? new Float32Array(buffer) : new Float64Array(buffer);
    this.doubles = new Float64Array(buffer);
  }

  bind(columns: Named<ColumnData>): void {
    for (const [label, values] of Object.entries(columns)) this.data.set(label, values);
  }

  write(parameters: Named<Float64Array>): void {
    for (const [label, value] of Object.entries(parameters)) this.state.set(label, { value, stamp: this.clock++ });
  }

  read(label: string): Float64Array | undefined {
    return this.state.get(label)?.value;
  }

  /** Values of the outputs without events, on rank 0. */
  values(): Record<string, Float64Array> {
    const free = Object.entries(this.plan.outputs).filter(([, output]) => !output.isEvents);
    return Object.fromEntries(free.map(([name, { node }]) => [name, this.valueOf(node).slice()]));
  }

  applyUpdates(): void {
    const fresh = Object.entries(this.plan.updates).map(([label, node]) => [label, this.valueOf(node)] as const);
    for (const [label, value] of fresh) this.state.set(label, { value, stamp: this.clock++ });
  }

  /** One evaluation, by all workers together. */
  evaluate(events: (set: string) => Events, outputs: OutputArrays): void {
    for (const level of this.plan.levels) {
      if (this.team.rank === 0) for (const node of level.parameters) this.refresh(node);
      for (const pass of level.passes) this.runPass(pass, events(pass.set), outputs);
    }
  }

  private valueOf(node: number): Float64Array {
    const held = this.held.get(node);
    if (held === undefined) throw new Error(`internal: node ${node} has no value`);
    return held.value;
  }

  /** Recomputes a node without events if an input is newer. */
  private refresh(node: PlainNode): void {
    const { operation } = node;
    if (operation.name === "parameter") {
      const held = this.state.get(operation.label);
      if (held === undefined) throw new Error(`internal: parameter ${operation.label} has no value`);
      this.held.set(node.id, held);
      return;
    }
    const known = this.held.get(node.id);
    const inputs = node.inputs.map((input) => this.held.get(input.id) as Held);
    if (known !== undefined && inputs.every((input) => input.stamp <= known.stamp)) return;
    const value = evaluate(
      node as unknown as Var,
      inputs.map((input) => input.value),
      1,
    );
    this.held.set(node.id, { value, stamp: this.clock++ });
  }

  private runPass(pass: PassPlan, events: Events, outputs: OutputArrays): void {
    const { team, plan } = this;
    if (team.rank === 0) {
      this.uploadParameters(pass);
      Atomics.store(team.shared, control.nextGroup, 0);
    }
    team.barrier();
    const tiles = Math.ceil(events.length / plan.tile);
    for (;;) {
      const group = Atomics.add(team.shared, control.nextGroup, 1);
      if (group >= plan.groups) break;
      const accumulator = plan.accumulators + group * plan.accumulatorBytes;
      new Uint8Array(this.numbers.buffer, accumulator, plan.accumulatorBytes).fill(0);
      const last = Math.floor(((group + 1) * tiles) / plan.groups);
      for (let tile = Math.floor((group * tiles) / plan.groups); tile < last; tile++) {
        this.runTile(pass, events, tile * plan.tile, accumulator, outputs);
      }
    }
    team.barrier();
    if (team.rank === 0) for (const sum of pass.sums) this.finishSum(sum, events.length);
  }

  private runTile(pass: PassPlan, events: Events, first: number, accumulator: number, outputs: OutputArrays): void {
    const { plan, bytes, numbers } = this;
    const base = plan.scratch + this.team.rank * plan.scratchBytes;
    const n = Math.min(plan.tile, events.length - first);
    for (const { label, rows, offset } of pass.columns) {
      const source = this.data.get(label) as ColumnData;
      const stride = source.length / rows;
      for (let r = 0; r < rows; r++) {
        gatherRow(source, r * stride, numbers, (base + offset) / bytes + r * plan.tile, events, first, n, plan.tile);
      }
    }
    this.instance.exports[pass.name]?.(base, n, accumulator);
    for (const { node, rows } of pass.outputs) {
      const target = outputs.get(node) as Float64Array;
      rows.forEach((offset, r) => {
        const from = (base + offset) / bytes;
        target.set(numbers.subarray(from, from + n), r * events.length + first);
      });
    }
  }

  private uploadParameters(pass: PassPlan): void {
    for (const { node, address, size } of pass.uploads) {
      const { value, stamp } = this.held.get(node) as Held;
      const key = `${address}`;
      if ((this.uploaded.get(key) ?? 0) >= stamp) continue;
      if (value.length !== size) throw new Error(`internal: node ${node} has ${value.length} numbers, not ${size}`);
      this.numbers.set(value, address / this.bytes);
      this.uploaded.set(key, stamp);
    }
    for (const { node, name, values } of pass.packs) {
      const { stamp } = this.held.get(node) as Held;
      const key = `${name} ${values.join()}`;
      if ((this.uploaded.get(key) ?? 0) >= stamp) continue;
      this.instance.exports[name]?.(...values);
      this.uploaded.set(key, stamp);
    }
  }

  /** Adds the groups in order. */
  private finishSum({ node, weights, offset, size, perEvent }: Accumulator, count: number): void {
    const total = new Float64Array(size);
    if (perEvent !== undefined) {
      const value = "value" in perEvent ? undefined : this.valueOf(perEvent.node);
      for (let r = 0; r < size; r++) {
        const term = "value" in perEvent ? perEvent.value : (value?.[perEvent.rows[r] as number] ?? 0);
        total[r] = count * term;
      }
    } else if (weights !== undefined) this.addWeights(total, weights, offset);
    else {
      for (let group = 0; group < this.plan.groups; group++) {
        const from = (this.plan.accumulators + group * this.plan.accumulatorBytes + offset) / 8;
        for (let r = 0; r < size; r++) total[r] = (total[r] as number) + (this.doubles[from + r] as number);
      }
    }
    this.held.set(node, { value: total, stamp: this.clock++ });
  }

  private addWeights(total: Float64Array, { out, columns, stride, prefix, matrixBytes }: WeightLayout, offset: number) {
    const { plan, bytes, numbers } = this;
    for (let start = 0; start < total.length; start += out * columns) {
      const matrix = offset + (start / (out * columns)) * matrixBytes;
      for (let group = 0; group < plan.groups; group++) {
        const from = (plan.accumulators + group * plan.accumulatorBytes + matrix) / bytes;
        for (let o = 0; o < out; o++) {
          const to = start + o * columns;
          const length = prefix[o] as number;
          for (let i = 0; i < length; i++) {
            total[to + i] = (total[to + i] as number) + (numbers[from + o * stride + i] as number);
          }
        }
      }
    }
  }
}
