/**
 * One vocabulary for f32x4 and f64x2, so that a kernel is printed once for both precisions. Instructions are names for
 * `FunctionBuilder.op` and `.memory`; what needs more than one instruction is a function of the builder.
 */
import type { FunctionBuilder, Instruction, LaneInstruction, Local, MemoryInstruction } from "./assembler.js";

export type Precision = "f32" | "f64";

/** Operations of one instruction, on vectors; comparisons leave a mask of all ones or all zeros per lane. */
const VECTOR_OPERATIONS = [
  ...(["splat", "add", "sub", "mul", "div", "min", "max", "pmin", "pmax", "sqrt", "abs", "neg"] as const),
  ...(["ceil", "floor", "trunc", "nearest"] as const),
] as const;

type VectorOperation = (typeof VECTOR_OPERATIONS)[number];

/**
 * `min`, `max` return NaN where either is NaN, and order -0 below +0, as Math.min does, in about seven machine instructions;
 * `pmin(a, b)` is `b < a ? b : a`, `pmax(a, b)` is `a < b ? b : a` in one: NaN in `a` stays, NaN in `b` is dropped.
 */
export interface Lanes extends Readonly<Record<VectorOperation, Instruction>> {
  readonly precision: Precision;
  /** Elements per vector. */
  readonly width: 4 | 2;
  /** Bytes per element. */
  readonly bytes: 4 | 8;
  /** Whether `madd` and `nmadd` are fused relaxed-SIMD instructions. */
  readonly relaxed: boolean;
  /**
   * Adjacent vectors that blocks of the linear kernels take for each of BLOCK_ROWS rows: as many as keep the accumulators, the
   * inputs and a weight within 16 registers, of 128 bits, or of 256 where the engine makes one instruction of two.
   */
  readonly blockVectors: 2 | 4;
  /** Adjacent vectors that fused kernels handle at once: a pair where the engine makes one instruction of two. */
  readonly fusedVectors: 1 | 2;

  readonly equal: Instruction;
  readonly notEqual: Instruction;
  readonly less: Instruction;
  readonly lessEqual: Instruction;
  readonly greater: Instruction;
  readonly greaterEqual: Instruction;
  /** [a, b, mask] -> where(mask, a, b) */
  readonly select: Instruction;
  readonly and: Instruction;
  /** [a, b] -> a & ~b */
  readonly andnot: Instruction;
  readonly or: Instruction;
  readonly xor: Instruction;
  readonly not: Instruction;

  readonly load: MemoryInstruction;
  readonly store: MemoryInstruction;
  /** Loads one element into all lanes. */
  readonly splatLoad: MemoryInstruction;
  readonly scalarLoad: MemoryInstruction;
  readonly scalarStore: MemoryInstruction;
  readonly extract: LaneInstruction;

  /** Pushes `value` in all lanes. */
  constant(f: FunctionBuilder, value: number): void;
  /** Pushes `value` as one scalar. */
  scalarConstant(f: FunctionBuilder, value: number): void;
  /** [a, b, c] -> a b + c, rounded once when relaxed, else twice. */
  madd(f: FunctionBuilder): void;
  /** [a, b, c] -> c - a b, rounded once when relaxed, else twice. */
  nmadd(f: FunctionBuilder): void;
  /** [v] -> []: adds the lanes, as f64, to the two lanes of `accumulator` (f64x2). Low half first, then high half. */
  addIntoF64(f: FunctionBuilder, accumulator: Local): void;
}

function common(prefix: "f32x4" | "f64x2") {
  const operations = Object.fromEntries(VECTOR_OPERATIONS.map((name) => [name, `${prefix}.${name}`]));
  return {
    ...(operations as Record<VectorOperation, Instruction>),
    equal: `${prefix}.eq`,
    notEqual: `${prefix}.ne`,
    less: `${prefix}.lt`,
    lessEqual: `${prefix}.le`,
    greater: `${prefix}.gt`,
    greaterEqual: `${prefix}.ge`,
    and: "v128.and",
    andnot: "v128.andnot",
    or: "v128.or",
    xor: "v128.xor",
    not: "v128.not",
    load: "v128.load",
    store: "v128.store",
    extract: `${prefix}.extract_lane`,
  } as const;
}

/**
 * Which kernels are printed for an engine that makes one 256-bit instruction of two on adjacent vectors. Linear kernels are the same
 * code in every program; fused kernels are as many as there are programs.
 */
export type Wide = "none" | "linear" | "all";

const blocks = (wide: Wide): Pick<Lanes, "blockVectors" | "fusedVectors"> => ({
  blockVectors: wide === "none" ? 2 : 4,
  fusedVectors: wide === "all" ? 2 : 1,
});

function fused(prefix: "f32x4" | "f64x2", relaxed: boolean): Pick<Lanes, "relaxed" | "select" | "madd" | "nmadd"> {
  if (relaxed) {
    return {
      relaxed,
      // One instruction on x64 in place of three; masks are all ones or all zeros, of which it gives the same.
      select: prefix === "f32x4" ? "i32x4.relaxed_laneselect" : "i64x2.relaxed_laneselect",
      madd: (f) => void f.op(`${prefix}.relaxed_madd`),
      nmadd: (f) => void f.op(`${prefix}.relaxed_nmadd`),
    };
  }
  return {
    relaxed,
    select: "v128.bitselect",
    madd(f) {
      const c = f.scratch("v128");
      f.set(c).op(`${prefix}.mul`).get(c).op(`${prefix}.add`);
    },
    nmadd(f) {
      const c = f.scratch("v128");
      const product = f.scratch("v128", "product");
      f.set(c).op(`${prefix}.mul`).set(product).get(c).get(product).op(`${prefix}.sub`);
    },
  };
}

function singleLanes(relaxed: boolean, wide: Wide): Lanes {
  return {
    ...common("f32x4"),
    ...fused("f32x4", relaxed),
    ...blocks(wide),
    precision: "f32",
    width: 4,
    bytes: 4,
    splatLoad: "v128.load32_splat",
    scalarLoad: "f32.load",
    scalarStore: "f32.store",
    constant: (f, value) => void f.sharedV128(new Float32Array(4).fill(value)),
    scalarConstant: (f, value) => void f.f32(value),
    addIntoF64(f, accumulator) {
      const v = f.scratch("v128");
      f.set(v).get(accumulator).get(v).op("f64x2.promote_low_f32x4", "f64x2.add");
      f.get(v).get(v).shuffle([2, 3, 2, 3]).op("f64x2.promote_low_f32x4", "f64x2.add").set(accumulator);
    },
  };
}

function doubleLanes(relaxed: boolean, wide: Wide): Lanes {
  return {
    ...common("f64x2"),
    ...fused("f64x2", relaxed),
    ...blocks(wide),
    precision: "f64",
    width: 2,
    bytes: 8,
    splatLoad: "v128.load64_splat",
    scalarLoad: "f64.load",
    scalarStore: "f64.store",
    constant: (f, value) => void f.sharedV128(new Float64Array(2).fill(value)),
    scalarConstant: (f, value) => void f.f64(value),
    addIntoF64: (f, accumulator) => void f.get(accumulator).op("f64x2.add").set(accumulator),
  };
}

/** What the engine compiles (see `simd.ts`). */
export interface Simd {
  readonly relaxed: boolean;
  readonly wide: Wide;
}

export function lanesOf(precision: Precision, { relaxed, wide }: Simd): Lanes {
  return precision === "f32" ? singleLanes(relaxed, wide) : doubleLanes(relaxed, wide);
}
