/** How a pass calls the kernels of linear maps and event sums. */
import type { FunctionBuilder, FunctionRef, Local, ModuleBuilder } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import type { Pack, WeightBlock } from "../plan.js";
import { emitLinear } from "./linear.js";
import { BLOCK_ROWS, emitPack, type PackDirection, planPack, roundUp } from "./linear-pack.js";
import {
  emitUnpackGradient,
  emitWeightGradient,
  panelBytes,
  panelColumns,
  planWeightGradient,
  type WeightGradientPlan,
} from "./weight-gradient.js";

export interface Memory {
  reserve(bytes: number): number;
  table(values: Int32Array): number;
}

/** Names under which a module exports what rank 0 calls after a pass. */
export const UNPACK = "unpack_gradient";
export const ADD_GROUPS = "add_groups";
/** (address, bytes) and (to, from, bytes); the same on typed arrays of shared memory goes byte by byte. */
export const CLEAR = "clear";
export const COPY = "copy";

export type Call = (f: FunctionBuilder) => void;

/** Which weights, and which part of them counts. */
export interface WeightMatrix {
  readonly node: number;
  readonly out: number;
  readonly size: number;
  readonly prefix: Int32Array | undefined;
}

export interface PackedWeights {
  readonly address: number;
  readonly ranges: number;
  readonly blocks: number;
}

const parameters = (f: FunctionBuilder) =>
  f.params.map((_, position) => f.param(position)) as Local[] & [Local, Local, Local, Local, Local, Local];

/** The functions of one module, each written when first called for. */
export class LinearKernels {
  private readonly functions = new Map<string, FunctionRef>();
  private readonly packs = new Map<string, PackedWeights>();

  constructor(
    private readonly module: ModuleBuilder,
    private readonly lanes: Lanes,
    private readonly tile: number,
    private readonly memory: Memory,
  ) {
    const clear = module.exportedFunction(CLEAR, ["i32", "i32"], []);
    clear.get(clear.param(0)).i32(0).get(clear.param(1)).memoryFill();
    const copy = module.exportedFunction(COPY, ["i32", "i32", "i32"], []);
    copy.get(copy.param(0)).get(copy.param(1)).get(copy.param(2)).memoryCopy();
  }

  /**
   * Rows to allocate for a buffer: kernels work in blocks, also from the first row of a later matrix of a batch. They may
   * write up to a block beyond the last row, and read up to a panel of columns.
   */
  paddedRows(rows: number): number {
    return Math.max(roundUp(rows, BLOCK_ROWS) + BLOCK_ROWS, rows + panelColumns(this.lanes));
  }

  private once(name: string, print: () => FunctionRef): FunctionRef {
    let known = this.functions.get(name);
    if (known === undefined) {
      known = print();
      this.functions.set(name, known);
    }
    return known;
  }

  /** Adds Σ over the valid events of `size` rows, at offsets given by a table, to f64 numbers of the accumulator. */
  eventSum(table: number, offset: number, size: number): Call {
    const target = this.once("sum", () => printEventSum(this.module, this.lanes));
    return (f) =>
      void f
        .get(f.param(0))
        .get(f.param(1))
        .address(f.param(2), offset)
        .i32(table)
        .i32(table + 4 * size)
        .call(target);
  }

  /** Plans how weights at `source` are rearranged, once per matrix and direction. */
  pack(
    { node, out, size, prefix }: WeightMatrix,
    source: number,
    direction: PackDirection,
    into: Pack[],
  ): PackedWeights {
    const lengths = prefix ?? new Int32Array(out).fill(size);
    const prefixTable = this.memory.table(lengths);
    const key = `${source} ${prefixTable} ${direction}`;
    let packed = this.packs.get(key);
    if (packed === undefined) {
      const plan = planPack(direction, lengths, size);
      const address = this.memory.reserve((plan.offsets[plan.blocks] as number) * this.lanes.bytes);
      packed = { address, ranges: this.memory.table(plan.ranges), blocks: plan.blocks };
      this.packs.set(key, packed);
    }
    const name = this.once(`pack ${direction}`, () => this.printPack(direction)).name;
    into.push({ node, name, values: [packed.address, source, prefixTable, packed.ranges, out, size] });
    return packed;
  }

  private printPack(direction: PackDirection): FunctionRef {
    const f = this.module.exportedFunction(`pack_${direction}`, ["i32", "i32", "i32", "i32", "i32", "i32"], []);
    const [packed, weights, prefix, ranges, rows, columns] = parameters(f);
    // Biases are added by the fused kernels that follow.
    const bias = f.local("i32");
    emitPack(f, this.lanes, direction, { packed, weights, bias, prefix, ranges, rows, columns });
    return f;
  }

  /** One product per matrix of a batch: x and y are offsets of tile buffers. In order, see `paddedRows`. */
  apply(products: readonly { readonly pack: PackedWeights; readonly x: number; readonly y: number }[]): Call {
    const target = this.once("linear", () => {
      const f = this.module.internalFunction("linear", ["i32", "i32", "i32", "i32", "i32"], []);
      const [y, x, packed, ranges, blocks] = parameters(f);
      emitLinear(f, this.lanes, this.tile, { y, x, packed, ranges, blocks });
      return f;
    });
    return (f) => {
      for (const { pack, x, y } of products) {
        f.address(f.param(0), y).address(f.param(0), x);
        f.i32(pack.address).i32(pack.ranges).i32(pack.blocks).call(target);
      }
    };
  }

  get weightGradientBytes(): number {
    return panelBytes(this.lanes, this.tile);
  }

  /** How the gradient of a weight matrix lies in the accumulator. */
  gradientPlan({ out, size, prefix }: Omit<WeightMatrix, "node">): WeightGradientPlan {
    return planWeightGradient(this.lanes, prefix ?? new Int32Array(out).fill(size), size);
  }

  /**
   * Adds Σ_e g x over the valid events to the blocks of an accumulator.
   *
   * @param scratch  offset of `weightGradientBytes` that no other code uses during the call
   */
  weightGradient(matrix: Omit<WeightMatrix, "node">, blocks: readonly WeightBlock[], scratch: number): Call {
    const plan = this.gradientPlan(matrix);
    const target = this.once("weight gradient", () => this.printWeightGradient());
    const columns = this.memory.table(plan.columns);
    return (f) => {
      for (const { g, x, into } of blocks) {
        f.address(f.param(2), into).address(f.param(0), g).address(f.param(0), x).get(f.param(1));
        f.i32(columns).i32(plan.blocks).i32(plan.stride).address(f.param(0), scratch).call(target);
      }
    };
  }

  /** Name of an exported function (target, accumulator, prefix, rows, columns, stride), and arguments but the first two. */
  unpackGradient(matrix: Omit<WeightMatrix, "node">): { name: string; values: readonly number[] } {
    const { out, size, prefix } = matrix;
    const { name } = this.once("unpack", () => {
      const f = this.module.exportedFunction(UNPACK, ["i32", "i32", "i32", "i32", "i32", "i32"], []);
      const [target, accumulator, prefixTable, rows, columns, stride] = parameters(f);
      emitUnpackGradient(f, this.lanes, { target, accumulator, prefix: prefixTable, rows, columns, stride });
      this.printAddGroups();
      return f;
    });
    const lengths = this.memory.table(prefix ?? new Int32Array(out).fill(size));
    return { name, values: [lengths, out, size, this.gradientPlan(matrix).stride] };
  }

  /** Exported (first, end, stride, groups): adds `groups` accumulators `stride` bytes apart into the first, in order. */
  private printAddGroups(): void {
    const f = this.module.exportedFunction(ADD_GROUPS, ["i32", "i32", "i32", "i32"], []);
    const [first, end, stride, groups] = parameters(f);
    const at = f.local("i32");
    const source = f.local("i32");
    const group = f.local("i32");
    const total = f.local("v128");
    f.range(at, first, end, 16, () => {
      f.get(at).tee(source).memory(this.lanes.load).set(total);
      f.range(group, 1, groups, 1, () => {
        f.increase(source, stride).get(total).get(source).memory(this.lanes.load).op(this.lanes.add).set(total);
      });
      f.get(at).get(total).memory(this.lanes.store);
    });
  }

  private printWeightGradient(): FunctionRef {
    const f = this.module.internalFunction("weight_gradient", Array(8).fill("i32"), []);
    const [accumulator, g, x, events, columns, blocks] = parameters(f);
    const [stride, panel] = [f.param(6), f.param(7)];
    emitWeightGradient(f, this.lanes, this.tile, { accumulator, g, x, events, columns, blocks, stride, panel });
    return f;
  }
}

/** (base, events, accumulator, first entry of the table, its end): f64 accumulator[r] += Σ_(e < events) row_r[e]. */
function printEventSum(module: ModuleBuilder, lanes: Lanes): FunctionRef {
  const f = module.internalFunction("event_sum", ["i32", "i32", "i32", "i32", "i32"], []);
  const [base, events, into, entry, end] = parameters(f);
  const at = f.local("i32");
  const whole = f.local("i32");
  const last = f.local("i32");
  const total = f.local("v128");
  const scalar = f.local("f64");
  f.loop((again) => {
    f.get(base).get(entry).memory("i32.load").op("i32.add").tee(at);
    // Whole vectors first, then the events of the last, incomplete one.
    f.get(events).i32(-lanes.width).op("i32.and").i32(lanes.bytes).op("i32.mul", "i32.add").set(whole);
    f.get(at).get(events).i32(lanes.bytes).op("i32.mul", "i32.add").set(last);
    f.v128(new Float64Array(2)).set(total);
    f.range(at, at, whole, 16, () => {
      f.get(at).memory(lanes.load);
      lanes.addIntoF64(f, total);
    });
    f.get(total).lane("f64x2.extract_lane", 0).get(total).lane("f64x2.extract_lane", 1).op("f64.add").set(scalar);
    f.range(at, whole, last, lanes.bytes, () => {
      f.get(scalar).get(at).memory(lanes.scalarLoad);
      if (lanes.precision === "f32") f.op("f64.promote_f32");
      f.op("f64.add").set(scalar);
    });
    f.get(into).get(into).memory("f64.load").get(scalar).op("f64.add").memory("f64.store");
    f.increase(into, 8).increase(entry, 4);
    f.get(entry).get(end).op("i32.lt_s").brIf(again);
  });
  return f;
}
