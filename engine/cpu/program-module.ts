/** The module of one program: functions for its passes and updates, and the memory that they use. */

import type { PassCosts } from "../passes/kernel-costs.js";
import { itemsMade, itemsRead, type Launch, launchesOf } from "../passes/launches.js";
import type { Item, KernelOperand, LoweredPass, Sum } from "../passes/lowering.js";
import { BLOCK } from "../runtime/blocked-column.js";
import type { KernelCost } from "../runtime/kernel-times.js";
import { type Attributes, sizeOf, type Var } from "../tape/tape.js";
import { Arena, align, Buffers } from "./addresses.js";
import { type FunctionBuilder, type FunctionRef, ModuleBuilder } from "./assembly/assembler.js";
import { type Lanes, lanesOf, type Precision, type Simd } from "./assembly/lanes.js";
import { defineScalarFunction, type ScalarFunction, scalarFunctions } from "./functions/scalar-functions.js";
import { clockBytes } from "./kernel-clock.js";
import { emitFused } from "./kernels/fused-kernel.js";
import { cellBytes } from "./kernels/kernel-sums.js";
import { keptBytes, type Layout } from "./kernels/layout.js";
import { type Call, LinearKernels } from "./kernels/linear-calls.js";
import type { UpdateKernel } from "./kernels/update-stage.js";
import type { Accumulator, Pack, PassPlan, Plan, TimedPass, Upload } from "./plan.js";
import { MOST_PAGES } from "./program-memory.js";

/**
 * Events per tile where there are linear maps: a row is a few cache lines, and all buffers of a tile stay in the second-level cache. Columns
 * may lie in such blocks.
 */
export const TILE = BLOCK;

/** Elsewhere a tile is as many blocks as keep its rows within these bytes, at most these events: what is done for each tile, not for each event, costs less then. */
const RAGGED = { bytes: 2 ** 16, events: 1024 } as const;

/** Whether a pass has a linear map or the gradient of one: their kernels go through whole tiles. */
export const isLinear = ({ kernels, sums }: LoweredPass): boolean =>
  kernels.some(({ kind }) => kind === "linear") || sums.some(({ node }) => node.operation.name === "weightGradient");

/** Events per tile of a program with these passes. */
export function tileOf(passes: readonly LoweredPass[], { bytes }: Lanes): number {
  if (passes.some(isLinear)) return TILE;
  const rowsOf = ({ columns, kernels }: LoweredPass) =>
    [...columns, ...kernels.flatMap((kernel) => (kernel.kind === "fused" ? [...kernel.stored] : []))].reduce(
      (rows, { size }) => rows + size,
      1,
    );
  const rows = Math.max(1, ...passes.map(rowsOf));
  const blocks = Math.floor(RAGGED.bytes / (rows * bytes * BLOCK));
  return BLOCK * Math.min(Math.max(blocks, 2), RAGGED.events / BLOCK);
}

export class ProgramModule {
  readonly module = new ModuleBuilder();
  readonly arena = new Arena();
  readonly lanes: Lanes;
  /** What is timed, of all passes. */
  readonly kernels: KernelCost[] = [];
  readonly rowBytes: number;
  private readonly parameters = new Map<number, Upload>();
  private readonly scalars = new Map<ScalarFunction, FunctionRef>();
  private readonly linear: LinearKernels;
  private readonly zeroParameter: number;
  scratchBytes = 0;
  accumulatorBytes = 0;
  passes = 0;

  /** @param tile  events per tile: TILE where there are linear maps, else more, in whole blocks */
  constructor(
    readonly precision: Precision,
    simd: Simd,
    isSharing: boolean,
    readonly tile: number,
  ) {
    this.lanes = lanesOf(precision, simd);
    // A line more than the events of long rows, so that not all rows meet in the same lines of the cache.
    this.rowBytes = tile * this.lanes.bytes + (tile === TILE ? 0 : 64);
    this.module.importMemory("env", "memory", { min: 1, max: MOST_PAGES, shared: isSharing });
    this.zeroParameter = this.arena.reserve(16);
    this.linear = new LinearKernels(this.module, this.lanes, TILE, this.arena);
  }

  private get isRagged(): boolean {
    return this.tile !== TILE;
  }

  private bufferBytes(item: Item): number {
    return (this.isRagged ? item.size : this.linear.paddedRows(item.size)) * this.rowBytes;
  }

  private upload(node: Var): Upload {
    let upload = this.parameters.get(node.id);
    if (upload === undefined) {
      const size = sizeOf(node.shape);
      upload = { node: node.id, address: this.arena.reserve(size * this.lanes.bytes), size };
      this.parameters.set(node.id, upload);
    }
    return upload;
  }

  private emitScalar(f: FunctionBuilder, name: ScalarFunction, x: Parameters<Layout["scalar"]>[2]): void {
    // The spline's work is exp and log: worth inlining. The others are long and rare, but a call would keep what is before and
    // after it from being paired (V8 14.6 even ends the process over two calls with results side by side).
    if (name === "exp" || name === "log" || this.lanes.fusedVectors > 1) {
      scalarFunctions[name].emit(f, this.lanes, x);
      return;
    }
    let target = this.scalars.get(name);
    if (target === undefined) {
      target = defineScalarFunction(this.module, this.lanes, name);
      this.scalars.set(name, target);
    }
    f.get(x).call(target);
  }

  /** @param costs  of its parts, where these are timed */
  pass(pass: LoweredPass, costs: PassCosts | undefined): PassPlan {
    const launches = launchesOf(pass);
    const used = new Map<number, Upload>();
    const packs: Pack[] = [];
    const zeroRow = 0;
    const buffers = this.allocate(pass, launches, this.rowBytes);
    const kept = align(buffers.size);
    const fused = pass.kernels.filter((kernel) => kernel.kind === "fused");
    const ofKernels = fused.map((kernel) => keptBytes(kernel, this.lanes) + cellBytes(kernel));
    const scratch = Math.max(this.isRagged ? 0 : this.linear.weightGradientBytes, ...ofKernels);
    this.scratchBytes = Math.max(this.scratchBytes, align(kept + scratch));
    const layout: Layout = {
      lanes: this.lanes,
      rowBytes: this.rowBytes,
      isRagged: this.isRagged,
      zeroRow,
      kept,
      sum: (node) => sums.find((own) => own.node === node.id)?.offset as number,
      zeroParameter: this.zeroParameter,
      buffer: (item) => buffers.offset(item),
      parameter: (node) => {
        const upload = this.upload(node);
        used.set(node.id, upload);
        return upload.address;
      },
      table: (values) => this.arena.table(values),
      scalar: (f, name, x) => this.emitScalar(f, name, x),
    };
    const index = this.passes++;
    const calls: Call[] = [];
    const inKernels = fused.flatMap((kernel) => kernel.sums ?? []);
    const { sums, weightBytes } = this.accumulate([...pass.sums, ...inKernels]);
    launches.forEach((launch, at) => {
      if (launch.kind === "sums") {
        const own = launch.sums.map((sum) => {
          const accumulator = sums.find(({ node }) => node === sum.node.id) as Accumulator;
          return this.sumCall(sum, accumulator, buffers, kept);
        });
        calls.push((caller) => {
          for (const call of own) call(caller);
        });
      } else if (launch.kernel.kind === "fused") {
        const f = this.module.internalFunction(`pass${index}_kernel${at}`, ["i32", "i32", "i32"], []);
        emitFused(f, launch.kernel, layout);
        calls.push((caller) => void caller.get(caller.param(0)).get(caller.param(1)).get(caller.param(2)).call(f));
      } else calls.push(this.linearCall(launch.kernel.item, layout, packs));
    });
    const name = `pass${index}`;
    if (costs === undefined) this.passFunction(name, calls);
    return {
      set: pass.set,
      name,
      timed: costs && this.timedPass(name, calls, costs),
      columns: pass.columns.map((item) => {
        const { operation } = item.node;
        if (operation.name !== "column") throw new Error("internal: not a column");
        return { label: operation.label, rows: item.size, offset: buffers.offset(item) };
      }),
      outputs: pass.outputs.map(({ node, operand }) => {
        if (operand.from !== "item") throw new Error("internal: output without a buffer");
        const start = buffers.offset(operand.item);
        const rows = operand.rows.map((row) => (row < 0 ? zeroRow : start + row * this.rowBytes));
        return { node: node.id, rows };
      }),
      uploads: [...used.values()],
      packs,
      sums,
      weightBytes,
    };
  }

  private passFunction(name: string, calls: readonly Call[]): void {
    const f = this.module.exportedFunction(name, ["i32", "i32", "i32"], []);
    for (const call of calls) call(f);
  }

  private timedPass(name: string, calls: readonly Call[], { columns, launches, outputs }: PassCosts): TimedPass {
    const timed = (cost: KernelCost) => this.kernels.push(cost) - 1;
    return {
      columns: columns && timed(columns),
      calls: calls.map((call, i) => {
        const own = `${name}_launch${i}`;
        this.passFunction(own, [call]);
        return { name: own, kernel: timed(launches[i] as KernelCost) };
      }),
      outputs: outputs && timed(outputs),
    };
  }

  /** A buffer per stored item, from the launch that makes it to the last that reads it. Row 0 is the row of zeros. */
  private allocate(pass: LoweredPass, launches: readonly Launch[], start: number): Buffers {
    const lastRead = new Map<Item, number>();
    launches.forEach((launch, at) => {
      for (const item of itemsRead(launch)) lastRead.set(item, at);
    });
    for (const { operand } of pass.outputs) if (operand.from === "item") lastRead.set(operand.item, launches.length);
    const buffers = new Buffers(start);
    for (const item of pass.columns) buffers.allocate(item, this.bufferBytes(item));
    launches.forEach((launch, at) => {
      for (const item of itemsMade(launch)) buffers.allocate(item, this.bufferBytes(item));
      const done = new Set([...itemsRead(launch), ...itemsMade(launch)]);
      for (const item of done) if ((lastRead.get(item) ?? at) <= at) buffers.release(item, this.bufferBytes(item));
    });
    return buffers;
  }

  /** Places of the sums in an accumulator: weight gradients first, so that they can be added up together. */
  private accumulate(sums: readonly Sum[]): Pick<PassPlan, "sums" | "weightBytes"> {
    let offset = 0;
    const isWeights = (sum: Sum) => sum.node.operation.name === "weightGradient";
    const weights = sums.filter(isWeights).map((sum): Accumulator => {
      const { out, columns, matrixBytes, size, prefix } = this.weightLayout(sum.node);
      const { address } = this.upload(sum.node);
      const { values } = this.linear.unpackGradient({ out, size: columns, prefix });
      const start = offset;
      const calls = Array.from({ length: size / (out * columns) }, (_, b) => [
        address + b * out * columns * this.lanes.bytes,
        start + b * matrixBytes,
        ...values,
      ]);
      offset += calls.length * matrixBytes;
      return { node: sum.node.id, offset: start, size, weights: { address, calls } };
    });
    const weightBytes = offset;
    const others = sums
      .filter((sum) => !isWeights(sum))
      .map((sum): Accumulator => {
        const size = sizeOf(sum.node.shape);
        const accumulator = { node: sum.node.id, offset, size };
        const operand = sum.operands[0] as KernelOperand;
        if (operand.from === "parameter") {
          return { ...accumulator, perEvent: { node: operand.node.id, rows: operand.rows } };
        }
        if (operand.from === "number") return { ...accumulator, perEvent: { value: operand.value } };
        offset = align(offset + size * 8);
        return accumulator;
      });
    this.accumulatorBytes = Math.max(this.accumulatorBytes, offset);
    return { sums: [...weights, ...others], weightBytes };
  }

  private weightLayout(node: Var) {
    const [out, columns] = node.shape.slice(-2) as [number, number];
    const { prefix } = node.operation as unknown as Attributes["weightGradient"];
    const { elements } = this.linear.gradientPlan({ out, size: columns, prefix });
    return { out, columns, size: sizeOf(node.shape), prefix, matrixBytes: align(elements * this.lanes.bytes) };
  }

  /** Prints the update stage: names of its functions and what they read. */
  updates(kernels: readonly UpdateKernel[]): { names: string[]; uploads: Upload[] } {
    const uploads = new Map<number, Upload>();
    const names = kernels.map((kernel, index) => {
      const name = `update${index}`;
      for (const node of kernel.reads) uploads.set(node.id, this.upload(node));
      const layout: Layout = {
        lanes: this.lanes,
        // Whole pairs of vectors: arrays in the arena are padded to 64 bytes.
        rowBytes: align(kernel.elements * this.lanes.bytes),
        isRagged: false,
        zeroRow: 0,
        kept: 0,
        sum: () => 0,
        zeroParameter: this.zeroParameter,
        buffer: (item) => this.upload(item.node).address,
        parameter: (node) => this.upload(node).address,
        table: (values) => this.arena.table(values),
        scalar: (f, scalar, x) => this.emitScalar(f, scalar, x),
      };
      const f = this.module.exportedFunction(name, ["i32"], []);
      emitFused(f, { kind: "fused", rows: 1, inner: undefined, items: kernel.items, stored: kernel.stored }, layout);
      return name;
    });
    return { names, uploads: [...uploads.values()] };
  }

  /** Where threads count the times of the kernels. */
  clocks(threads: number): Plan["clocks"] {
    const kernels = this.kernels.length;
    const bytes = align(clockBytes(kernels));
    return { address: this.arena.reserve(bytes * threads), bytes, kernels };
  }

  /** Where kernels read a node without events, if they do. */
  addressOf(node: Var): number | undefined {
    return this.parameters.get(node.id)?.address;
  }

  private sumCall(sum: Sum, { weights, offset }: Accumulator, buffers: Buffers, scratch: number): Call {
    const starts = sum.operands.map((operand) => {
      if (operand.from !== "item") throw new Error("internal: event sum of a parameter");
      const start = buffers.offset(operand.item);
      return operand.rows.map((row) => (row < 0 ? 0 : start + row * this.rowBytes));
    }) as [Int32Array, Int32Array];
    if (weights === undefined) return this.linear.eventSum(this.arena.table(starts[0]), offset, starts[0].length);
    const { out, columns, matrixBytes, size, prefix } = this.weightLayout(sum.node);
    const isBatched = size > out * columns;
    const blocks = Array.from({ length: starts[0].length / out }, (_, b) => ({
      g: starts[0][b * out] as number,
      x: starts[1][b * columns] as number,
      into: offset + (isBatched ? b * matrixBytes : 0),
    }));
    return this.linear.weightGradient({ out, size: columns, prefix }, blocks, scratch);
  }

  private linearCall(item: Item, layout: Layout, packs: Pack[]): Call {
    const [x, weights] = item.operands as [KernelOperand, KernelOperand];
    if (x.from !== "item" || weights.from !== "parameter") throw new Error("internal: operands of a linear map");
    const { transposed, prefix } = item.node.operation as unknown as Attributes["linear"];
    const { node } = weights;
    const [out, size] = node.shape.slice(-2) as [number, number];
    const [rowsX, rowsY] = transposed ? [out, size] : [size, out];
    const batches = item.size / rowsY;
    const source = layout.parameter(node);
    const matrices = Array.from({ length: node.shape.length > 2 ? batches : 1 }, (_, b) =>
      this.linear.pack(
        { node: node.id, out, size, prefix },
        source + b * out * size * this.lanes.bytes,
        transposed ? "transposed" : "forward",
        packs,
      ),
    );
    return this.linear.apply(
      Array.from({ length: batches }, (_, b) => ({
        pack: matrices[b % matrices.length] as (typeof matrices)[number],
        x: layout.buffer(x.item) + (x.rows[b * rowsX] as number) * this.rowBytes,
        y: layout.buffer(item) + b * rowsY * this.rowBytes,
      })),
    );
  }
}
