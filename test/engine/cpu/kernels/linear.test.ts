/** Linear maps, their packs and gradients against plain loops in f64, for shapes with tails, prefix masks and empty rows. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FunctionBuilder, type Local, ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { type Lanes, lanesOf } from "../../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../../engine/cpu/assembly/simd.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import { type Epilogue, emitLinear } from "../../../../engine/cpu/kernels/linear.js";
import { BLOCK_ROWS, emitPack, planPack, roundUp } from "../../../../engine/cpu/kernels/linear-pack.js";
import {
  emitUnpackGradient,
  emitWeightGradient,
  panelBytes,
  panelColumns,
  planWeightGradient,
} from "../../../../engine/cpu/kernels/weight-gradient.js";

const isRelaxed = await hasRelaxedSimd();

/** Deterministic numbers in (-1, 1): fractional parts of multiples of the golden ratio. */
function numbers(count: number, seed: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => (((i + 1) * 0.6180339887498949 + seed * 0.7548776662466927) % 1) * 2 - 1,
  );
}

type Kernels = Readonly<Record<string, (...pointers: number[]) => number>>;

/** All kernels of one tile size over one memory. `linear` takes its epilogue; `residual` is the epilogue's other tile. */
function compileKernels(lanes: Lanes, events: number, epilogue?: (residual: Local) => Epilogue) {
  const module = new ModuleBuilder();
  module.importMemory("env", "memory", { min: 32 });
  const define = (name: string, params: number, body: (f: FunctionBuilder, p: Local[]) => void) => {
    const f = module.exportedFunction(name, Array(params).fill("i32"), []);
    body(
      f,
      Array.from({ length: params }, (_, position) => f.param(position)),
    );
  };
  define("linear", 6, (f, [y, x, packed, ranges, blocks, residual]) =>
    emitLinear(f, lanes, events, { y, x, packed, ranges, blocks }, epilogue?.(residual)),
  );
  for (const direction of ["forward", "transposed"] as const) {
    define(direction, 7, (f, [packed, weights, bias, prefix, ranges, rows, columns]) =>
      emitPack(f, lanes, direction, { packed, weights, bias, prefix, ranges, rows, columns }),
    );
  }
  define("weightGradient", 8, (f, [accumulator, g, x, count, columns, blocks, stride, panel]) =>
    emitWeightGradient(f, lanes, events, { accumulator, g, x, events: count, columns, blocks, stride, panel }),
  );
  define("unpack", 6, (f, [target, accumulator, prefix, rows, columns, stride]) =>
    emitUnpackGradient(f, lanes, { target, accumulator, prefix, rows, columns, stride }),
  );
  const memory = new wasm.Memory({ initial: 32 });
  const instance = new wasm.Instance(new wasm.Module(module.build()), { env: { memory } });
  return { kernels: instance.exports as Kernels, heap: new Heap(memory.buffer as ArrayBuffer, lanes) };
}

/** Lays arrays out in memory, filled with NaN first, so that reading what nobody wrote shows. */
class Heap {
  #next = 1024;

  constructor(
    readonly buffer: ArrayBuffer,
    readonly lanes: Lanes,
  ) {}

  reals(count: number, values: ArrayLike<number> = []): { readonly at: number; read(): number[] } {
    const at = this.#allocate(count * this.lanes.bytes);
    const view =
      this.lanes.precision === "f32"
        ? new Float32Array(this.buffer, at, count)
        : new Float64Array(this.buffer, at, count);
    view.fill(Number.NaN);
    view.set(values);
    return { at, read: () => [...view] };
  }

  integers(values: ArrayLike<number>): number {
    const at = this.#allocate(4 * values.length);
    new Int32Array(this.buffer, at, values.length).set(values);
    return at;
  }

  #allocate(bytes: number): number {
    const at = this.#next;
    this.#next = roundUp(at + bytes, 16);
    return at;
  }
}

interface Shape {
  readonly name: string;
  readonly columns: number;
  readonly prefix: readonly number[];
}

const stairs = (rows: number, columns: number, degrees: number) =>
  Array.from({ length: rows }, (_, row) => Math.ceil((columns * Math.floor((degrees * row) / rows)) / degrees));

const shapes: readonly Shape[] = [
  { name: "one weight", columns: 1, prefix: [1] },
  { name: "dense, full blocks", columns: 8, prefix: Array(12).fill(8) },
  { name: "dense, tails of rows and columns", columns: 7, prefix: Array(9).fill(7) },
  { name: "prefix mask with empty first rows", columns: 21, prefix: stairs(22, 21, 4) },
  { name: "rows without inputs in the middle and at the end", columns: 5, prefix: [3, 0, 5, 0, 0, 0, 0, 0, 2, 0] },
  { name: "decreasing prefixes", columns: 10, prefix: [10, 9, 7, 7, 4, 2, 1] },
  { name: "no row has inputs", columns: 6, prefix: [0, 0, 0] },
  { name: "wide prefix mask", columns: 64, prefix: stairs(70, 64, 3) },
];

const relu: Epilogue = (f) => {
  f.v128(new Int32Array(4)).op("f32x4.pmax");
};

/** Fused multiply-adds or not, and for which width the blocks are. */
const forms = [
  [false, "none"],
  [false, "linear"],
  [true, "none"],
  [true, "linear"],
] as const;

for (const precision of ["f32", "f64"] as const) {
  for (const [relaxed, wide] of isRelaxed ? forms : forms.slice(0, 2)) {
    const lanes = lanesOf(precision, { relaxed, wide });
    const label = `${precision}${relaxed ? " fused" : ""}${wide === "none" ? "" : " for 256 bits"}`;
    const exact = precision === "f32" ? Math.fround : (x: number) => x;
    const epsilon = precision === "f32" ? 2 ** -24 : 2 ** -53;

    /** Sums of n products of numbers below 1, rounded at most 2n times. */
    const assertClose = (actual: readonly number[], expected: readonly number[], terms: number, what: string) => {
      assert.is(actual.length, expected.length);
      expected.forEach((value, i) => {
        const tolerance = 2 * (terms + 2) * epsilon * Math.max(1, Math.sqrt(terms));
        assert.ok(Math.abs(actual[i]! - value) <= tolerance, `${what}[${i}] = ${value}, got ${actual[i]}`);
      });
    };

    for (const events of [16, 48, 128]) {
      for (const { name, columns, prefix } of shapes) {
        const rows = prefix.length;
        const paddedRows = roundUp(rows, BLOCK_ROWS);
        const paddedColumns = roundUp(columns, panelColumns(lanes));
        // Beyond the prefixes stands NaN: it must not be read as a number.
        const weights = numbers(rows * columns, 1).map((value, i) =>
          i % columns < prefix[Math.floor(i / columns)]! ? exact(value) : Number.NaN,
        );
        const weight = (o: number, i: number) => (i < prefix[o]! ? weights[o * columns + i]! : 0);
        const bias = numbers(rows, 2).map(exact);
        const x = numbers(columns * events, 3).map(exact);
        const g = numbers(rows * events, 4).map(exact);
        const sum = (count: number, term: (i: number) => number) => {
          let total = 0;
          for (let i = 0; i < count; i++) total += term(i);
          return total;
        };
        const table = (height: number, width: number, value: (row: number, column: number) => number) =>
          Array.from({ length: height * width }, (_, at) => value(Math.floor(at / width), at % width));

        test(`linear ${label}, ${events} events, ${name}`, () => {
          const { kernels, heap } = compileKernels(lanes, events);
          const plan = planPack("forward", prefix, columns);
          const packed = heap.reals(plan.offsets.at(-1)!);
          const ranges = heap.integers(plan.ranges);
          const prefixAt = heap.integers(prefix);
          const [w, b] = [heap.reals(rows * columns, weights), heap.reals(rows, bias)];
          const [input, y] = [heap.reals(columns * events, x), heap.reals(paddedRows * events)];
          const expected = table(
            rows,
            events,
            (o, e) => bias[o]! + sum(columns, (i) => weight(o, i) * x[i * events + e]!),
          );

          kernels.forward!(packed.at, w.at, b.at, prefixAt, ranges, rows, columns);
          kernels.linear!(y.at, input.at, packed.at, ranges, plan.blocks, 0);
          assertClose(y.read().slice(0, rows * events), expected, columns, "y");
          assert.equal(y.read().slice(rows * events), Array((paddedRows - rows) * events).fill(0), "padding rows");

          kernels.forward!(packed.at, w.at, 0, prefixAt, ranges, rows, columns);
          kernels.linear!(y.at, input.at, packed.at, ranges, plan.blocks, 0);
          const withoutBias = expected.map((value, at) => value - bias[Math.floor(at / events)]!);
          assertClose(y.read().slice(0, rows * events), withoutBias, columns, "y without bias");
        });

        test(`gradients of linear ${label}, ${events} events, ${name}`, () => {
          const { kernels, heap } = compileKernels(lanes, events);
          const plan = planPack("transposed", prefix, columns);
          const packed = heap.reals(plan.offsets.at(-1)!);
          const ranges = heap.integers(plan.ranges);
          const prefixAt = heap.integers(prefix);
          const w = heap.reals(rows * columns, weights);
          const cotangent = heap.reals(paddedRows * events, g);
          const gx = heap.reals(paddedColumns * events);
          kernels.transposed!(packed.at, w.at, 0, prefixAt, ranges, rows, columns);
          kernels.linear!(gx.at, cotangent.at, packed.at, ranges, plan.blocks, 0);
          const expected = table(columns, events, (i, e) => sum(rows, (o) => weight(o, i) * g[o * events + e]!));
          assertClose(gx.read().slice(0, columns * events), expected, rows, "gx");

          const gradientPlan = planWeightGradient(lanes, prefix, columns);
          const input = heap.reals(paddedColumns * events, x);
          const accumulator = heap.reals(gradientPlan.elements, Array(gradientPlan.elements).fill(0));
          const dW = heap.reals(rows * columns);
          const columnsAt = heap.integers(gradientPlan.columns);
          const panel = heap.integers(new Int32Array(panelBytes(lanes, events) / 4));
          // A whole tile, then one of which a few events count.
          const few = events - 5;
          for (const count of [events, few]) {
            const { blocks, stride } = gradientPlan;
            const place = [columnsAt, blocks, stride, panel] as const;
            kernels.weightGradient!(accumulator.at, cotangent.at, input.at, count, ...place);
          }
          kernels.unpack!(dW.at, accumulator.at, prefixAt, rows, columns, gradientPlan.stride);
          const expectedW = table(rows, columns, (o, i) => {
            const term = (e: number) => g[o * events + e]! * x[i * events + e]!;
            return i < prefix[o]! ? sum(events, term) + sum(few, term) : 0;
          });
          assertClose(dW.read(), expectedW, 2 * events, "dW");
        });
      }
    }

    test(`epilogues ${label}: ReLU; another tile added at the same place; rows by number`, () => {
      const [rows, columns, events] = [6, 3, 32];
      const prefix = Array(rows).fill(columns);
      const weights = numbers(rows * columns, 5).map(exact);
      const x = numbers(columns * events, 6).map(exact);
      const other = numbers(rows * events, 7).map(exact);
      const epilogue =
        (residual: Local): Epilogue =>
        (f, place) => {
          if (precision === "f32") relu(f, place);
          else f.v128(new Int32Array(4)).op("f64x2.pmax");
          f.get(residual).get(place.position).op("i32.add").memory(lanes.load, place.immediate).op(lanes.add);
          f.get(place.row).i32(place.rowInBlock).op("i32.add");
          f.op(`${precision}.convert_i32_s`, lanes.splat, lanes.add);
        };
      const { kernels, heap } = compileKernels(lanes, events, epilogue);
      const plan = planPack("forward", prefix, columns);
      const packed = heap.reals(plan.offsets.at(-1)!);
      const ranges = heap.integers(plan.ranges);
      const y = heap.reals(roundUp(rows, BLOCK_ROWS) * events);
      const residual = heap.reals(roundUp(rows, BLOCK_ROWS) * events, other);
      const input = heap.reals(columns * events, x);
      const w = heap.reals(rows * columns, weights);
      kernels.forward!(packed.at, w.at, 0, heap.integers(prefix), ranges, rows, columns);
      kernels.linear!(y.at, input.at, packed.at, ranges, plan.blocks, residual.at);
      const expected = Array.from({ length: rows * events }, (_, at) => {
        const [o, e] = [Math.floor(at / events), at % events];
        let total = 0;
        for (let i = 0; i < columns; i++) total += weights[o * columns + i]! * x[i * events + e]!;
        return Math.max(total, 0) + other[at]! + o;
      });
      assertClose(y.read().slice(0, rows * events), expected, 16, "y");
    });
  }
}

test("plans: a prefix mask packs only what lies within it, in both directions", () => {
  // Rows of 0, 2, 4 inputs, four rows each.
  const prefix = [0, 0, 0, 0, 2, 2, 2, 2, 4, 4, 4, 4];
  const forward = planPack("forward", prefix, 4);
  assert.equal([...forward.ranges], [0, 0, 0, 2, 0, 4]);
  assert.equal([...forward.offsets], [0, 4, 16, 36]);
  const transposed = planPack("transposed", prefix, 4);
  assert.equal([...transposed.ranges], [4, 12]);
  const gradient = planWeightGradient(lanesOf("f32", { relaxed: false, wide: "none" }), prefix, 4);
  assert.equal([...gradient.columns], [0, 2, 4]);
  assert.equal([gradient.stride, gradient.elements], [8, 96]);
});

test("a tile of an odd number of events is refused", () => {
  assert.throws(
    () => compileKernels(lanesOf("f32", { relaxed: false, wide: "none" }), 12),
    /internal: tile of 12 events/,
  );
});

test.run();
