/** IEEE 754 formats as the scalar functions take numbers apart and put them together: by integer operations on their bits. */
import type { FunctionBuilder, Instruction, Local } from "../assembly/assembler.js";
import type { Lanes, Precision } from "../assembly/lanes.js";

export interface FloatFormat {
  /** Explicit bits of the fraction. */
  readonly fractionBits: number;
  readonly bias: number;
  /** Least positive normal number. */
  readonly minNormal: number;
  /** Adding this rounds |x| < 2^(fractionBits - 2) to an integer, which then stands in the low bits. */
  readonly roundingShift: number;
  readonly addBits: Instruction;
  readonly subBits: Instruction;
  readonly equalBits: Instruction;
  readonly shiftLeft: Instruction;
  readonly shiftRight: Instruction;
}

export const floatFormats: Readonly<Record<Precision, FloatFormat>> = {
  f32: {
    fractionBits: 23,
    bias: 127,
    minNormal: 2 ** -126,
    roundingShift: 1.5 * 2 ** 23,
    addBits: "i32x4.add",
    subBits: "i32x4.sub",
    equalBits: "i32x4.eq",
    shiftLeft: "i32x4.shl",
    shiftRight: "i32x4.shr_u",
  },
  f64: {
    fractionBits: 52,
    bias: 1023,
    minNormal: 2 ** -1022,
    roundingShift: 1.5 * 2 ** 52,
    addBits: "i64x2.add",
    subBits: "i64x2.sub",
    equalBits: "i64x2.eq",
    shiftLeft: "i64x2.shl",
    shiftRight: "i64x2.shr_u",
  },
};

/** Pushes the integer in all lanes, as wide as the lanes' elements. */
export function bitsConstant(f: FunctionBuilder, lanes: Lanes, value: bigint): void {
  if (lanes.precision === "f32") f.sharedV128(new Int32Array(4).fill(Number(BigInt.asIntN(32, value))));
  else f.sharedV128(new BigInt64Array(2).fill(BigInt.asIntN(64, value)));
}

/** Pushes the sign bit alone in all lanes. */
export function signBit(f: FunctionBuilder, lanes: Lanes): void {
  bitsConstant(f, lanes, 1n << BigInt(8 * lanes.bytes - 1));
}

/** [v] -> v with the sign bit of x set where x has it: for v >= 0 or of x's sign already, so that -0 gives -0. */
export function takeSign(f: FunctionBuilder, lanes: Lanes, x: Local): void {
  f.get(x);
  signBit(f, lanes);
  f.op("v128.and", "v128.or");
}

/** [] -> c0 + c1 x + c2 x^2 + ... by Horner's rule. */
export function polynomial(f: FunctionBuilder, lanes: Lanes, x: Local, coefficients: readonly number[]): void {
  lanes.constant(f, coefficients.at(-1)!);
  for (let power = coefficients.length - 2; power >= 0; power--) {
    f.get(x);
    lanes.constant(f, coefficients[power]!);
    lanes.madd(f);
  }
}

/**
 * [] -> the same by Estrin's scheme: every second coefficient joins the one before, then pairs join pairs. A polynomial of degree 10 then waits
 * for four multiply-adds one after the other in place of ten, for three multiplications more.
 */
export function wholePolynomial(f: FunctionBuilder, lanes: Lanes, x: Local, coefficients: readonly number[]): void {
  const powers = [x];
  for (let degree = 2; degree < coefficients.length; degree *= 2) {
    const last = powers.at(-1)!;
    const next = f.scratch("v128", `polynomial power ${degree}`);
    f.get(last).get(last).op(lanes.mul).set(next);
    powers.push(next);
  }
  const part = (from: number, count: number, level: number): void => {
    if (count === 1) {
      lanes.constant(f, coefficients[from]!);
      return;
    }
    const half = 2 ** level;
    if (count <= half) {
      part(from, count, level - 1);
      return;
    }
    part(from + half, count - half, level - 1);
    f.get(powers[level]!);
    part(from, half, level - 1);
    lanes.madd(f);
  };
  part(0, coefficients.length, powers.length - 1);
}

/**
 * [] -> the same, for more coefficients than a few: even and odd powers by themselves, because every step of Horner's rule waits for
 * the one before.
 */
export function longPolynomial(f: FunctionBuilder, lanes: Lanes, x: Local, coefficients: readonly number[]): void {
  const square = f.scratch("v128", "polynomial square");
  f.get(x).get(x).op(lanes.mul).set(square);
  const ofPowers = (parity: number) =>
    polynomial(
      f,
      lanes,
      square,
      coefficients.filter((_, i) => i % 2 === parity),
    );
  ofPowers(1);
  f.get(x);
  ofPowers(0);
  lanes.madd(f);
}
