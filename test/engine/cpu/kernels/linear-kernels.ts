/** Linear kernels over one memory, the shapes and forms that they are tested on, and their numbers in f64. */
import * as assert from "uvu/assert";
import { type FunctionBuilder, type Local, ModuleBuilder } from "../../../../engine/cpu/assembly/assembler.js";
import { type Lanes, lanesOf, type Precision } from "../../../../engine/cpu/assembly/lanes.js";
import { hasRelaxedSimd } from "../../../../engine/cpu/assembly/simd.js";
import { wasm } from "../../../../engine/cpu/assembly/webassembly.js";
import { type Epilogue, emitLinear } from "../../../../engine/cpu/kernels/linear.js";
import { BLOCK_ROWS, emitPack, roundUp } from "../../../../engine/cpu/kernels/linear-pack.js";
import {
  emitUnpackGradient,
  emitWeightGradient,
  panelColumns,
} from "../../../../engine/cpu/kernels/weight-gradient.js";

const isRelaxed = await hasRelaxedSimd();

/** Deterministic numbers in (-1, 1): fractional parts of multiples of the golden ratio. */
export function numbers(count: number, seed: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => (((i + 1) * 0.6180339887498949 + seed * 0.7548776662466927) % 1) * 2 - 1,
  );
}

type Kernels = Readonly<Record<string, (...pointers: number[]) => number>>;

/** All kernels of one tile size over one memory. `linear` takes its epilogue; `residual` is the epilogue's other tile. */
export function compileKernels(lanes: Lanes, events: number, epilogue?: (residual: Local) => Epilogue) {
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

export interface Shape {
  readonly name: string;
  readonly columns: number;
  readonly prefix: readonly number[];
}

const stairs = (rows: number, columns: number, degrees: number) =>
  Array.from({ length: rows }, (_, row) => Math.ceil((columns * Math.floor((degrees * row) / rows)) / degrees));

export const shapes: readonly Shape[] = [
  { name: "one weight", columns: 1, prefix: [1] },
  { name: "dense, full blocks", columns: 8, prefix: Array(12).fill(8) },
  { name: "dense, tails of rows and columns", columns: 7, prefix: Array(9).fill(7) },
  { name: "prefix mask with empty first rows", columns: 21, prefix: stairs(22, 21, 4) },
  { name: "rows without inputs in the middle and at the end", columns: 5, prefix: [3, 0, 5, 0, 0, 0, 0, 0, 2, 0] },
  { name: "decreasing prefixes", columns: 10, prefix: [10, 9, 7, 7, 4, 2, 1] },
  { name: "no row has inputs", columns: 6, prefix: [0, 0, 0] },
  { name: "wide prefix mask", columns: 64, prefix: stairs(70, 64, 3) },
];

/** Fused multiply-adds or not, and for which width the blocks are. */
const allForms = [
  [false, "none"],
  [false, "linear"],
  [true, "none"],
  [true, "linear"],
] as const;

/** A precision, and the lanes of a form. */
export interface Form {
  readonly precision: Precision;
  readonly lanes: Lanes;
  readonly label: string;
  /** Rounds to the precision. */
  readonly exact: (x: number) => number;
  /** Of sums of so many products. */
  readonly assertClose: (actual: readonly number[], expected: readonly number[], terms: number, what: string) => void;
}

export const forms: readonly Form[] = (["f32", "f64"] as const).flatMap((precision) =>
  (isRelaxed ? allForms : allForms.slice(0, 2)).map(([relaxed, wide]): Form => {
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

    return { precision, lanes, label, exact, assertClose };
  }),
);

export const EVENTS = [16, 48, 128] as const;

export const sum = (count: number, term: (i: number) => number) => {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
};

export const table = (height: number, width: number, value: (row: number, column: number) => number) =>
  Array.from({ length: height * width }, (_, at) => value(Math.floor(at / width), at % width));

/** Numbers of a linear map of one shape: weights, bias, inputs and cotangents. */
export function numbersOf({ lanes, exact }: Form, { columns, prefix }: Shape, events: number) {
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
  return { rows, paddedRows, paddedColumns, weights, weight, bias, x, g };
}
