/** How a pass calls the kernels of linear maps and event sums. */
import type { FunctionBuilder, FunctionRef, ModuleBuilder } from "./assembler.js";
import type { Lanes } from "./lanes.js";
import type { Accumulator, Pack } from "./plan.js";

export interface Memory {
  reserve(bytes: number): number;
  table(values: Int32Array): number;
}

export type Call = (f: FunctionBuilder) => void;

export class LinearKernels {
  private sum: FunctionRef | undefined;

  constructor(
    private readonly module: ModuleBuilder,
    private readonly lanes: Lanes,
    readonly tile: number,
    readonly memory: Memory,
  ) {}

  paddedRows(rows: number): number {
    return Math.ceil(rows / 4) * 4;
  }

  /** Adds Σ over the valid events of `size` rows, at offsets given by a table, to f64 numbers of the accumulator. */
  eventSum(table: number, { offset, size }: Accumulator): Call {
    this.sum ??= printEventSum(this.module, this.lanes);
    const target = this.sum;
    return (f) =>
      void f
        .get(f.param(0))
        .get(f.param(1))
        .address(f.param(2), offset)
        .i32(table)
        .i32(table + 4 * size)
        .call(target);
  }

  pack(_map: object, _source: number, _packs: Pack[]): number {
    throw new Error("internal: todo");
  }
  apply(_maps: readonly object[]): Call {
    throw new Error("internal: todo");
  }
  weightGradient(_map: object): Call {
    throw new Error("internal: todo");
  }
}

/** (base, events, accumulator, first entry of the table, its end): f64 accumulator[r] += Σ_(e < events) row_r[e]. */
function printEventSum(module: ModuleBuilder, lanes: Lanes): FunctionRef {
  const f = module.internalFunction("event_sum", ["i32", "i32", "i32", "i32", "i32"], []);
  const [base, events, into, entry, end] = [0, 1, 2, 3, 4].map((i) => f.param(i)) as [
    ReturnType<typeof f.param>,
    ReturnType<typeof f.param>,
    ReturnType<typeof f.param>,
    ReturnType<typeof f.param>,
    ReturnType<typeof f.param>,
  ];
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
