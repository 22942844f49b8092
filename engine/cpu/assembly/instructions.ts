/**
 * WebAssembly instructions by their text-format names, so that a generator reads like WAT and a misspelt instruction is a
 * compile error. Opcodes: WebAssembly Core Specification 2.0 (appendix "Index of Instructions"), threads proposal for
 * `atomic`, relaxed-SIMD proposal for `relaxed_*`.
 */

export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";

const SIMD = 0xfd00;
const ATOMIC = 0xfe00;

/** Consecutive opcodes from `first`; "-" leaves one out. */
function numbered<const Names extends readonly string[]>(first: number, names: Names): Record<Names[number], number> {
  return Object.fromEntries(
    names.map((name, offset) => [name, first + offset] as const).filter(([name]) => name !== "-"),
  ) as Record<Names[number], number>;
}

/** Instructions without immediates. A value of 0xfdNN… is prefix 0xfd and then the number NN. */
const plain = {
  unreachable: 0x00,
  return: 0x0f,
  drop: 0x1a,
  select: 0x1b,
  ...numbered(0x45, ["i32.eqz", "i32.eq", "i32.ne", "i32.lt_s", "i32.lt_u", "i32.gt_s", "i32.gt_u", "i32.le_s"]),
  ...numbered(0x4d, ["i32.le_u", "i32.ge_s", "i32.ge_u", "i64.eqz", "i64.eq", "i64.ne"]),
  ...numbered(0x5b, ["f32.eq", "f32.ne", "f32.lt", "f32.gt", "f32.le", "f32.ge"]),
  ...numbered(0x61, ["f64.eq", "f64.ne", "f64.lt", "f64.gt", "f64.le", "f64.ge"]),
  ...numbered(0x67, ["i32.clz", "i32.ctz", "i32.popcnt", "i32.add", "i32.sub", "i32.mul", "i32.div_s", "i32.div_u"]),
  ...numbered(0x6f, ["i32.rem_s", "i32.rem_u", "i32.and", "i32.or", "i32.xor", "i32.shl", "i32.shr_s", "i32.shr_u"]),
  ...numbered(0x7c, ["i64.add", "i64.sub", "i64.mul"]),
  ...numbered(0x83, ["i64.and", "i64.or", "i64.xor", "i64.shl", "i64.shr_s", "i64.shr_u"]),
  ...numbered(0x8b, ["f32.abs", "f32.neg", "f32.ceil", "f32.floor", "f32.trunc", "f32.nearest", "f32.sqrt"]),
  ...numbered(0x92, ["f32.add", "f32.sub", "f32.mul", "f32.div", "f32.min", "f32.max", "f32.copysign"]),
  ...numbered(0x99, ["f64.abs", "f64.neg", "f64.ceil", "f64.floor", "f64.trunc", "f64.nearest", "f64.sqrt"]),
  ...numbered(0xa0, ["f64.add", "f64.sub", "f64.mul", "f64.div", "f64.min", "f64.max", "f64.copysign"]),
  "i32.wrap_i64": 0xa7,
  ...numbered(0xac, ["i64.extend_i32_s", "i64.extend_i32_u"]),
  ...numbered(0xb2, ["f32.convert_i32_s", "f32.convert_i32_u", "-", "-", "f32.demote_f64"]),
  ...numbered(0xb7, ["f64.convert_i32_s", "f64.convert_i32_u", "-", "-", "f64.promote_f32"]),
  ...numbered(0xbc, ["i32.reinterpret_f32", "i64.reinterpret_f64", "f32.reinterpret_i32", "f64.reinterpret_i64"]),

  ...numbered(SIMD + 14, ["i8x16.swizzle", "i8x16.splat", "i16x8.splat", "i32x4.splat", "i64x2.splat"]),
  ...numbered(SIMD + 19, ["f32x4.splat", "f64x2.splat"]),
  ...numbered(SIMD + 55, ["i32x4.eq", "i32x4.ne", "i32x4.lt_s", "i32x4.lt_u", "i32x4.gt_s", "i32x4.gt_u"]),
  ...numbered(SIMD + 61, ["i32x4.le_s", "i32x4.le_u", "i32x4.ge_s", "i32x4.ge_u"]),
  ...numbered(SIMD + 65, ["f32x4.eq", "f32x4.ne", "f32x4.lt", "f32x4.gt", "f32x4.le", "f32x4.ge"]),
  ...numbered(SIMD + 71, ["f64x2.eq", "f64x2.ne", "f64x2.lt", "f64x2.gt", "f64x2.le", "f64x2.ge"]),
  ...numbered(SIMD + 77, ["v128.not", "v128.and", "v128.andnot", "v128.or", "v128.xor", "v128.bitselect"]),
  ...numbered(SIMD + 83, ["v128.any_true"]),
  ...numbered(SIMD + 94, ["f32x4.demote_f64x2_zero", "f64x2.promote_low_f32x4"]),
  ...numbered(SIMD + 103, ["f32x4.ceil", "f32x4.floor", "f32x4.trunc", "f32x4.nearest"]),
  ...numbered(SIMD + 116, ["f64x2.ceil", "f64x2.floor", "-", "-", "-", "-", "f64x2.trunc"]),
  "f64x2.nearest": SIMD + 148,
  ...numbered(SIMD + 160, ["i32x4.abs", "i32x4.neg", "-", "i32x4.all_true", "i32x4.bitmask"]),
  ...numbered(SIMD + 171, ["i32x4.shl", "i32x4.shr_s", "i32x4.shr_u", "i32x4.add", "-", "-", "i32x4.sub"]),
  ...numbered(SIMD + 181, ["i32x4.mul", "i32x4.min_s", "i32x4.min_u", "i32x4.max_s", "i32x4.max_u"]),
  ...numbered(SIMD + 192, ["i64x2.abs", "i64x2.neg", "-", "i64x2.all_true", "i64x2.bitmask"]),
  ...numbered(SIMD + 199, ["i64x2.extend_low_i32x4_s", "i64x2.extend_high_i32x4_s"]),
  ...numbered(SIMD + 201, ["i64x2.extend_low_i32x4_u", "i64x2.extend_high_i32x4_u"]),
  ...numbered(SIMD + 203, ["i64x2.shl", "i64x2.shr_s", "i64x2.shr_u", "i64x2.add", "-", "-", "i64x2.sub"]),
  ...numbered(SIMD + 213, ["i64x2.mul", "i64x2.eq", "i64x2.ne", "i64x2.lt_s", "i64x2.gt_s", "i64x2.le_s"]),
  "i64x2.ge_s": SIMD + 219,
  ...numbered(SIMD + 222, ["i64x2.extmul_low_i32x4_u", "i64x2.extmul_high_i32x4_u"]),
  ...numbered(SIMD + 224, ["f32x4.abs", "f32x4.neg", "-", "f32x4.sqrt", "f32x4.add", "f32x4.sub", "f32x4.mul"]),
  ...numbered(SIMD + 231, ["f32x4.div", "f32x4.min", "f32x4.max", "f32x4.pmin", "f32x4.pmax"]),
  ...numbered(SIMD + 236, ["f64x2.abs", "f64x2.neg", "-", "f64x2.sqrt", "f64x2.add", "f64x2.sub", "f64x2.mul"]),
  ...numbered(SIMD + 243, ["f64x2.div", "f64x2.min", "f64x2.max", "f64x2.pmin", "f64x2.pmax"]),
  ...numbered(SIMD + 248, ["i32x4.trunc_sat_f32x4_s", "i32x4.trunc_sat_f32x4_u"]),
  ...numbered(SIMD + 250, ["f32x4.convert_i32x4_s", "f32x4.convert_i32x4_u"]),
  ...numbered(SIMD + 252, ["i32x4.trunc_sat_f64x2_s_zero", "i32x4.trunc_sat_f64x2_u_zero"]),
  ...numbered(SIMD + 254, ["f64x2.convert_low_i32x4_s", "f64x2.convert_low_i32x4_u"]),
} as const;

/** Relaxed-SIMD instructions: number above 0xff behind the prefix 0xfd. */
const relaxed = numbered(0x105, [
  "f32x4.relaxed_madd",
  "f32x4.relaxed_nmadd",
  "f64x2.relaxed_madd",
  "f64x2.relaxed_nmadd",
  "i8x16.relaxed_laneselect",
  "i16x8.relaxed_laneselect",
  "i32x4.relaxed_laneselect",
  "i64x2.relaxed_laneselect",
]);

/** [opcode, log2 of the natural alignment in bytes] */
const memory = {
  "i32.load": [0x28, 2],
  "i64.load": [0x29, 3],
  "f32.load": [0x2a, 2],
  "f64.load": [0x2b, 3],
  "i32.load8_u": [0x2d, 0],
  "i32.load16_u": [0x2f, 1],
  "i32.store": [0x36, 2],
  "i64.store": [0x37, 3],
  "f32.store": [0x38, 2],
  "f64.store": [0x39, 3],
  "i32.store8": [0x3a, 0],
  "i32.store16": [0x3b, 1],
  "v128.load": [SIMD + 0, 4],
  "v128.load8_splat": [SIMD + 7, 0],
  "v128.load16_splat": [SIMD + 8, 1],
  "v128.load32_splat": [SIMD + 9, 2],
  "v128.load64_splat": [SIMD + 10, 3],
  "v128.store": [SIMD + 11, 4],
  "v128.load32_zero": [SIMD + 92, 2],
  "v128.load64_zero": [SIMD + 93, 3],
  "memory.atomic.notify": [ATOMIC + 0x00, 2],
  "memory.atomic.wait32": [ATOMIC + 0x01, 2],
  "i32.atomic.load": [ATOMIC + 0x10, 2],
  "i32.atomic.store": [ATOMIC + 0x17, 2],
  "i32.atomic.rmw.add": [ATOMIC + 0x1e, 2],
  "i32.atomic.rmw.sub": [ATOMIC + 0x25, 2],
  "i32.atomic.rmw.xchg": [ATOMIC + 0x41, 2],
  "i32.atomic.rmw.cmpxchg": [ATOMIC + 0x48, 2],
} as const;

const lane = {
  "i32x4.extract_lane": SIMD + 27,
  "i32x4.replace_lane": SIMD + 28,
  "i64x2.extract_lane": SIMD + 29,
  "i64x2.replace_lane": SIMD + 30,
  "f32x4.extract_lane": SIMD + 31,
  "f32x4.replace_lane": SIMD + 32,
  "f64x2.extract_lane": SIMD + 33,
  "f64x2.replace_lane": SIMD + 34,
} as const;

export type RelaxedInstruction = keyof typeof relaxed;
export type Instruction = Exclude<keyof typeof plain, "-"> | RelaxedInstruction;
export type MemoryInstruction = keyof typeof memory;
export type LaneInstruction = keyof typeof lane;

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128 of an i32 or i64. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

function encodeOpcode(code: number): number[] {
  return code > 0xff ? [code >> 8, ...unsigned(code & 0xff)] : [code];
}

function encodeAll<Name extends string>(codes: Record<Name, number>): Record<Name, readonly number[]> {
  return Object.fromEntries(
    Object.entries<number>(codes).map(([name, code]) => [name, encodeOpcode(code)]),
  ) as unknown as Record<Name, readonly number[]>;
}

export const plainCode: Record<Instruction, readonly number[]> = {
  ...encodeAll(plain),
  ...(Object.fromEntries(
    Object.entries(relaxed).map(([name, code]) => [name, [0xfd, ...unsigned(code)]]),
  ) as unknown as Record<RelaxedInstruction, readonly number[]>),
};

export const laneCode: Record<LaneInstruction, readonly number[]> = encodeAll(lane);

/** Opcode and natural alignment; the byte offset follows. */
export function memoryCode(name: MemoryInstruction): readonly number[] {
  const [code, alignment] = memory[name];
  return [...encodeOpcode(code), alignment];
}

export const typeCode: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
