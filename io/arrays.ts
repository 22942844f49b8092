/** Arrays as files hold them: a shape and row-major elements. Typed-array views assume a little-endian machine. */
import { FileError } from "./errors.js";
import { allocate } from "./memory.js";
import type { ByteStream } from "./source.js";

export type NumberArray =
  | Float64Array
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Row-major elements of an array of any rank; rank 0 is one element of shape []. */
export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: NumberArray;
  /** The file's type is a truth value: `data` is a Uint8Array of 0 and 1. */
  readonly isBool?: true;
}

/** An array as it lies in the file: column-major (last index slowest) if `fortranOrder`. */
export interface StoredArray extends NamedArray {
  readonly fortranOrder: boolean;
}

/** An array in a file: what it is, and its elements once they are asked for, or why they cannot be read. */
export type ArrayInFile = { readonly shape: readonly number[] } & (
  | { readonly problem: FileError; readonly read?: never }
  | {
      readonly problem?: never;
      /** As the file has them. */
      readonly type: ElementType;
      /** Elements of the first rows (positions along the first axis), by default of all. */
      readonly read: (rows?: number) => Promise<StoredArray>;
    }
);

/** The elements of an array that was asked for by name. */
export function readArray(array: ArrayInFile, rows?: number): Promise<StoredArray> {
  if (array.problem) throw array.problem;
  return array.read(rows);
}

/** numpy's and PyTorch's limit on the rank of an array. */
export const MAX_AXES = 64;

export type NamedArrays = ReadonlyMap<string, NamedArray> | Readonly<Record<string, NamedArray>>;

/** @param where  the file that they are for */
export function namedEntries(where: string, arrays: NamedArrays): [string, NamedArray][] {
  if (arrays instanceof Map) return [...arrays];
  if (Object.prototype.toString.call(arrays) === "[object Object]") return Object.entries(arrays);
  throw new FileError(where, {
    expected: "arrays by name, in an object or a Map",
    got: kindOf(arrays),
    ...((arrays as unknown) instanceof Promise && { hint: "Await it" }),
  });
}

/** What a value is, for messages. */
function kindOf(value: unknown): string {
  return value === null || typeof value !== "object"
    ? String(value)
    : Object.prototype.toString.call(value).slice(8, -1);
}

const isNumberArray = (data: unknown): data is NumberArray =>
  Object.values(layouts).some(({ array }) => data instanceof array);

/** Kind and bytes of an element as numpy writes them, and bf2 for bfloat16. f2 and bf2 are read as f4. */
export type ElementType = "f2" | "bf2" | "f4" | "f8" | "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "u8" | "b1";

interface NumberArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): NumberArray;
}

interface Layout {
  /** Bytes of an element in a file. */
  readonly bytes: number;
  /** What its elements become. */
  readonly array: NumberArrayType;
}

const layouts: Record<ElementType, Layout> = {
  f2: { bytes: 2, array: Float32Array },
  bf2: { bytes: 2, array: Float32Array },
  f4: { bytes: 4, array: Float32Array },
  f8: { bytes: 8, array: Float64Array },
  i1: { bytes: 1, array: Int8Array },
  i2: { bytes: 2, array: Int16Array },
  i4: { bytes: 4, array: Int32Array },
  i8: { bytes: 8, array: BigInt64Array },
  u1: { bytes: 1, array: Uint8Array },
  u2: { bytes: 2, array: Uint16Array },
  u4: { bytes: 4, array: Uint32Array },
  u8: { bytes: 8, array: BigUint64Array },
  b1: { bytes: 1, array: Uint8Array },
};

export function isElementType(text: string): text is ElementType {
  return Object.hasOwn(layouts, text);
}

/** Zeros of a type. */
export function numbersOf(where: string, type: ElementType, length: number): NumberArray {
  return allocate(where, layouts[type].array, length);
}

export function elementBytes(type: ElementType): number {
  return layouts[type].bytes;
}

/** The type that holds the array's elements in a file. */
export function elementType(array: NamedArray): ElementType {
  if (array.isBool) return "b1";
  const { data } = array;
  const kind =
    data instanceof Float32Array || data instanceof Float64Array
      ? "f"
      : /^(Big)?U/.test(data.constructor.name)
        ? "u"
        : "i";
  return `${kind}${data.BYTES_PER_ELEMENT}` as ElementType;
}

export function bytesOf(data: NumberArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Product of the sizes; Infinity where it is beyond exact integers. */
export function elementCount(shape: readonly number[]): number {
  if (shape.includes(0)) return 0;
  const count = shape.reduce((product, size) => product * size, 1);
  return Number.isSafeInteger(count) ? count : Number.POSITIVE_INFINITY;
}

/** Refuses what is no array, or one whose shape and data do not agree, before it is written. */
export function checkArray(where: string, array: NamedArray): void {
  const { shape, data } = (array ?? {}) as Partial<NamedArray>;
  if (!Array.isArray(shape) || !isNumberArray(data)) {
    const got = Array.isArray(shape) ? `data of kind ${kindOf(data)}` : kindOf(array);
    throw new FileError(where, { expected: "{ shape, data } with a list of sizes and a typed array", got });
  }
  const isShape = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape || elementCount(shape) !== data.length) {
    throw new FileError(where, { expected: `${data.length} elements to fill the shape`, got: `[${shape.join(", ")}]` });
  }
}

// Elements are read in pieces of this many: no array of bytes is longer than Node 20 can make one, 2^32.
const ELEMENTS_AT_ONCE = 2 ** 22;

const widened: Partial<Record<ElementType, (halves: Uint16Array) => Float32Array>> = {
  f2: halfToFloat32,
  bf2: bfloatToFloat32,
};

/**
 * The next elements of a stream, or the first of every run of them.
 *
 * @param runs  of `length` elements each, of which the first `wanted` are kept; by default one run, kept whole
 */
export async function readElements(
  where: string,
  stream: ByteStream,
  type: ElementType,
  runs: { readonly count: number; readonly length: number; readonly wanted: number },
  bigEndian = false,
): Promise<NumberArray> {
  const { bytes: width, array } = layouts[type];
  const data = allocate(where, array, runs.count * runs.wanted);
  for (let run = 0; run < runs.count; run++) {
    for (let done = 0; done < runs.wanted; done += ELEMENTS_AT_ONCE) {
      const count = Math.min(ELEMENTS_AT_ONCE, runs.wanted - done);
      await readSome(where, stream, type, data, run * runs.wanted + done, count, bigEndian);
    }
    await stream.skip((runs.length - runs.wanted) * width);
  }
  return data;
}

/** Puts the next elements of a stream into `data` from `start` on. */
async function readSome(
  where: string,
  stream: ByteStream,
  type: ElementType,
  data: NumberArray,
  start: number,
  count: number,
  bigEndian: boolean,
): Promise<void> {
  const width = layouts[type].bytes;
  const widen = widened[type];
  const bytes = widen
    ? new Uint8Array(count * width)
    : new Uint8Array(data.buffer, data.byteOffset + start * width, count * width);
  await stream.fill(bytes);
  if (bigEndian && width > 1) swapBytes(bytes, width);
  if (widen) (data as Float32Array).set(widen(new Uint16Array(bytes.buffer)), start);
  if (type === "b1") checkBool(where, bytes, start);
}

function swapBytes(bytes: Uint8Array, width: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (width === 2) buffer.swap16();
  else if (width === 4) buffer.swap32();
  else buffer.swap64();
}

function checkBool(where: string, bytes: Uint8Array, start: number): void {
  const bad = bytes.findIndex((byte) => byte > 1);
  if (bad < 0) return;
  throw new FileError(where, {
    expected: "truth values stored as 0 or 1",
    got: `${bytes[bad]} at element ${start + bad}`,
  });
}

/**
 * IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 bits of fraction. In binary32 the bias is 127, and the fraction has
 * 13 more bits; the least and the greatest exponent mean something else.
 */
export function halfToFloat32(halves: Uint16Array): Float32Array {
  const numbers = new Float32Array(halves.length);
  const words = new Uint32Array(numbers.buffer);
  for (let i = 0; i < halves.length; i++) {
    const bits = halves[i]!;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const sign = bits & 0x8000;
    if (exponent > 0 && exponent < 31) words[i] = (sign << 16) | ((exponent + 112) << 23) | (fraction << 13);
    else {
      const size = exponent === 0 ? fraction * 2 ** -24 : fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
      numbers[i] = sign === 0 ? size : -size;
    }
  }
  return numbers;
}

/** bfloat16 is the upper half of a binary32. */
function bfloatToFloat32(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

/** Whether the elements of a strided array lie in row-major order without gaps. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  return strides.every((stride, axis) => shape[axis]! <= 1 || stride === elementCount(shape.slice(axis + 1)));
}

/**
 * Row-major elements of a strided array, a view where they already are.
 *
 * @param strides steps in elements, one per axis; the caller has checked that all elements lie inside `data`
 */
export function gatherStrided(
  where: string,
  data: NumberArray,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): NumberArray {
  const count = elementCount(shape);
  if (count === 0) return data.subarray(0, 0);
  if (isContiguous(shape, strides)) return data.subarray(offset, offset + count);
  const gathered = allocate(where, data.constructor as NumberArrayType, count);
  let next = 0;
  const visit = (axis: number, start: number): void => {
    if (axis === shape.length) gathered[next++] = data[start]!;
    else for (let i = 0; i < shape[axis]!; i++) visit(axis + 1, start + i * strides[axis]!);
  };
  visit(0, offset);
  return gathered;
}

/** Steps in elements of a column-major (Fortran) array. */
export function fortranStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(0, axis)));
}

/**
 * The elements as exact doubles: a view for f64, a copy elsewhere.
 * A 64-bit integer that no double equals is refused rather than rounded.
 *
 * @param placeOf what messages call an element, by its index
 */
export function toFloat64(where: string, data: NumberArray, placeOf = (i: number) => `at element ${i}`): Float64Array {
  if (!ArrayBuffer.isView(data) || data instanceof DataView) {
    throw new FileError(where, { expected: "a typed array of numbers", got: typeof data });
  }
  if (data instanceof Float64Array) return data;
  const numbers = allocate(where, Float64Array, data.length);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) fillExactly(where, numbers, data, placeOf);
  else numbers.set(data);
  return numbers;
}

function fillExactly(
  where: string,
  numbers: Float64Array,
  data: BigInt64Array | BigUint64Array,
  placeOf: (i: number) => string,
): void {
  const words = [data.buffer, data.byteOffset, 2 * data.length] as const;
  const high = data instanceof BigInt64Array ? new Int32Array(...words) : new Uint32Array(...words);
  const low = new Uint32Array(...words);
  for (let i = 0; i < data.length; i++) {
    const value = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
    if (Math.abs(value) <= Number.MAX_SAFE_INTEGER) {
      numbers[i] = value;
      continue;
    }
    numbers[i] = Number(data[i]);
    if (BigInt(numbers[i]!) === data[i]) continue;
    throw new FileError(where, {
      expected: "integers that a double holds exactly",
      got: `${data[i]} ${placeOf(i)}`,
      hint: "Store the column as floating point, or as a smaller integer",
    });
  }
}
