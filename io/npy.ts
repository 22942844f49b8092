/** One array in numpy's format: numpy/lib/format.py (NEP 1), versions 1.0 to 3.0. */
import {
  bytesOf,
  checkShape,
  decodeElements,
  type ElementType,
  elementBytes,
  elementCount,
  elementType,
  fortranStrides,
  gatherStrided,
  isElementType,
  MAX_AXES,
  type NamedArray,
} from "./arrays.js";
import { FileError, quote } from "./errors.js";
import { readBytes } from "./source.js";
import { writeAtomic } from "./write-atomic.js";

const MAGIC = "\x93NUMPY";
// numpy pads the header so that data begin at a multiple of this.
const ALIGNMENT = 64;

/** An array as it lies in the file: column-major (last index slowest) if `fortranOrder`. */
export interface StoredArray extends NamedArray {
  readonly fortranOrder: boolean;
}

/** Reads one `.npy` file. */
export async function readNpy(path: string): Promise<NamedArray> {
  return toRowMajor(parseNpy(path, await readBytes(path)));
}

/** Writes one `.npy` file. */
export async function writeNpy(path: string, array: NamedArray): Promise<void> {
  await writeAtomic(path, npyChunks(path, array));
}

/** Interprets the bytes of a `.npy` file; the data are a view on them where order and alignment allow. */
export function parseNpy(where: string, bytes: Uint8Array): StoredArray {
  const { header, dataStart } = splitHeader(where, bytes);
  const { type, bigEndian } = parseDescr(where, header);
  const shape = parseShape(where, header);
  const fortranOrder = field(where, header, "fortran_order", /True|False/) === "True";
  const expected = elementCount(shape) * elementBytes(type);
  const data = bytes.subarray(dataStart);
  if (data.length !== expected) {
    throw new FileError(where, {
      expected: `${expected} bytes of data for shape [${shape.join(", ")}] of ${type}`,
      got: `${data.length}`,
      hint: "The file is truncated or corrupt: copy or make it again",
    });
  }
  const elements = decodeElements(where, data, type, bigEndian);
  return { shape, data: elements, fortranOrder, ...(type === "b1" && { isBool: true }) };
}

/** The same array, last index fastest. */
export function toRowMajor({ fortranOrder, ...array }: StoredArray): NamedArray {
  if (!fortranOrder) return array;
  return { ...array, data: gatherStrided(array.data, 0, array.shape, fortranStrides(array.shape)) };
}

/** Header and data of a `.npy` file. */
export function npyChunks(where: string, array: NamedArray): [Uint8Array, Uint8Array] {
  checkShape(where, array);
  const shape = `(${array.shape.join(", ")}${array.shape.length === 1 ? "," : ""})`;
  const fields = `{'descr': '${descrOf(array)}', 'fortran_order': False, 'shape': ${shape}, }`;
  const prefix = MAGIC.length + 4;
  const padded = Math.ceil((prefix + fields.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = Buffer.from(`${MAGIC}\x01\x00\x00\x00${fields.padEnd(padded - prefix - 1)}\n`, "latin1");
  header.writeUInt16LE(padded - prefix, MAGIC.length + 2);
  return [header, bytesOf(array.data)];
}

function descrOf(array: NamedArray): string {
  const type = elementType(array);
  return `${elementBytes(type) === 1 ? "|" : "<"}${type}`;
}

function splitHeader(where: string, bytes: Uint8Array): { header: string; dataStart: number } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12 || buffer.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw new FileError(where, {
      expected: "an array in numpy's .npy format",
      got: `${bytes.length} bytes that are not`,
    });
  }
  const version = buffer[6]!;
  if (version < 1 || version > 3) throw new FileError(where, { expected: "npy version 1, 2 or 3", got: `${version}` });
  const start = version === 1 ? 10 : 12;
  const dataStart = start + (version === 1 ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8));
  if (dataStart > buffer.length) {
    throw new FileError(where, {
      expected: `a header of ${dataStart} bytes`,
      got: `${buffer.length} bytes in all`,
      hint: "The file is truncated",
    });
  }
  return { header: buffer.toString("latin1", start, dataStart), dataStart };
}

/** The value of one key of the header, a Python dict literal that numpy writes with sorted, single-quoted keys. */
function field(where: string, header: string, key: string, pattern: RegExp): string {
  const match = new RegExp(`['"]${key}['"]\\s*:\\s*(${pattern.source})`).exec(header);
  if (!match)
    throw new FileError(where, { expected: `a readable '${key}' in the npy header`, got: quote(header.trim()) });
  return match[1]!;
}

function parseDescr(where: string, header: string): { type: ElementType; bigEndian: boolean } {
  const descr = field(where, header, "descr", /'[^']*'|"[^"]*"|\[/).slice(1, -1);
  const type = descr.replace(/^[<>|=]/, "");
  if (isElementType(type) && type !== "bf2") return { type, bigEndian: descr.startsWith(">") };
  const got =
    descr === "" ? "a structured array" : type === "O" ? "Python objects (a pickle, never read)" : quote(descr);
  throw new FileError(where, {
    expected: "numbers of type f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 or b1",
    got,
    hint: "Save plain numeric columns",
  });
}

function parseShape(where: string, header: string): number[] {
  const sizes = field(where, header, "shape", /\([\d\s,L]*\)/).match(/\d+/g) ?? [];
  if (sizes.length > MAX_AXES)
    throw new FileError(where, { expected: `at most ${MAX_AXES} axes`, got: `${sizes.length}` });
  return sizes.map(Number);
}
