/** Arrays as files hold them: a shape and row-major elements. Typed-array views assume a little-endian machine. */
import { FileError } from "./errors.js";

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

/** numpy's and PyTorch's limit on the rank of an array. */
export const MAX_AXES = 64;

export type NamedArrays = ReadonlyMap<string, NamedArray> | Readonly<Record<string, NamedArray>>;

export function namedEntries(arrays: NamedArrays): [string, NamedArray][] {
  return arrays instanceof Map ? [...arrays] : Object.entries(arrays);
}

/** Kind and bytes of an element as numpy writes them, and bf2 for bfloat16. f2 and bf2 are read as f4. */
export type ElementType = "f2" | "bf2" | "f4" | "f8" | "i1" | "i2" | "i4" | "i8" | "u1" | "u2" | "u4" | "u8" | "b1";

type View = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberArray;

const layouts: Record<ElementType, { readonly bytes: number; readonly view: View }> = {
  f2: { bytes: 2, view: Uint16Array },
  bf2: { bytes: 2, view: Uint16Array },
  f4: { bytes: 4, view: Float32Array },
  f8: { bytes: 8, view: Float64Array },
  i1: { bytes: 1, view: Int8Array },
  i2: { bytes: 2, view: Int16Array },
  i4: { bytes: 4, view: Int32Array },
  i8: { bytes: 8, view: BigInt64Array },
  u1: { bytes: 1, view: Uint8Array },
  u2: { bytes: 2, view: Uint16Array },
  u4: { bytes: 4, view: Uint32Array },
  u8: { bytes: 8, view: BigUint64Array },
  b1: { bytes: 1, view: Uint8Array },
};

export function isElementType(text: string): text is ElementType {
  return Object.hasOwn(layouts, text);
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

/** Refuses an array whose shape and data do not agree, before it is written. */
export function checkShape(where: string, { shape, data }: NamedArray): void {
  const isShape = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isShape || elementCount(shape) !== data.length) {
    throw new FileError(where, { expected: `${data.length} elements to fill the shape`, got: `[${shape.join(", ")}]` });
  }
}

/** Elements out of bytes: a view on them where order and alignment allow, a copy elsewhere. */
export function decodeElements(where: string, bytes: Uint8Array, type: ElementType, bigEndian = false): NumberArray {
  const { bytes: width, view } = layouts[type];
  const swaps = bigEndian && width > 1;
  const own = swaps || bytes.byteOffset % width !== 0 ? Uint8Array.from(bytes) : bytes;
  if (swaps) swapBytes(own, width);
  const data = new view(own.buffer, own.byteOffset, own.byteLength / width);
  if (type === "f2") return Float32Array.from(data as Uint16Array, halfToNumber);
  if (type === "bf2") return bfloatToFloat32(data as Uint16Array);
  if (type === "b1") checkBool(where, own);
  return data;
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width) bytes.subarray(start, start + width).reverse();
}

function checkBool(where: string, bytes: Uint8Array): void {
  const bad = bytes.findIndex((byte) => byte > 1);
  if (bad >= 0)
    throw new FileError(where, { expected: "truth values stored as 0 or 1", got: `${bytes[bad]} at element ${bad}` });
}

/** IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 bits of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16 is the upper half of a binary32. */
function bfloatToFloat32(halves: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(halves, (bits) => bits << 16).buffer);
}

/**
 * Row-major elements of a strided array, a view where they already are.
 *
 * @param strides steps in elements, one per axis; the caller has checked that all elements lie inside `data`
 */
export function gatherStrided(
  data: NumberArray,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
): NumberArray {
  const count = elementCount(shape);
  if (count === 0) return data.subarray(0, 0);
  if (strides.every((stride, axis) => shape[axis]! <= 1 || stride === elementCount(shape.slice(axis + 1)))) {
    return data.subarray(offset, offset + count);
  }
  const gathered = new (data.constructor as new (length: number) => NumberArray)(count);
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
 */
export function toFloat64(where: string, data: NumberArray): Float64Array {
  if (data instanceof Float64Array) return data;
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return Float64Array.from(data);
  const numbers = new Float64Array(data.length);
  data.forEach((value: bigint, i: number) => {
    numbers[i] = Number(value);
    if (BigInt(numbers[i]!) !== value) {
      throw new FileError(where, {
        expected: "integers that a double holds exactly",
        got: `${value} at element ${i}`,
        hint: "Store the column as floating point, or as a smaller integer",
      });
    }
  });
  return numbers;
}
