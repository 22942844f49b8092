/** One array in numpy's format: numpy/lib/format.py (NEP 1), versions 1.0 to 3.0. */
import {
  type ArrayInFile,
  bytesOf,
  checkArray,
  type ElementType,
  elementBytes,
  elementCount,
  elementType,
  fortranStrides,
  gatherStrided,
  isElementType,
  MAX_AXES,
  type NamedArray,
  readArray,
  readElements,
  type StoredArray,
} from "../arrays.js";
import { FileError, quote } from "../errors.js";
import { neighbourFormat } from "../foreign-formats.js";
import { type ByteStream, streamOf, withFile } from "../source.js";
import { writeAtomic } from "../write-atomic.js";

const MAGIC = "\x93NUMPY";
// numpy pads the header so that data begin at a multiple of this.
const ALIGNMENT = 64;
// Numbers need 128 bytes; what needs more is a structured type, which is not read.
const MAX_HEADER_BYTES = 2 ** 20;

/** Reads one `.npy` file. */
export function readNpy(path: string): Promise<NamedArray> {
  return withFile(path, async (source) => toRowMajor(path, await readArray(await openNpy(path, streamOf(source)))));
}

/** Writes one `.npy` file. */
export async function writeNpy(path: string, array: NamedArray): Promise<void> {
  await writeAtomic(path, npyChunks(path, array));
}

/** The array that a stream in the `.npy` format describes; its elements are still to be read. */
export async function openNpy(where: string, stream: ByteStream): Promise<ArrayInFile> {
  const { header, dataStart } = await readHeader(where, stream);
  const shape = parseShape(where, header);
  const fortranOrder = field(where, header, "fortran_order", /True|False/) === "True";
  const descr = descrIn(where, header);
  const { type, bigEndian } = parseDescr(descr);
  if (type === undefined) return { shape, problem: unreadType(where, descr) };
  const expected = elementCount(shape) * elementBytes(type);
  if (stream.size - dataStart !== expected) {
    throw new FileError(where, {
      expected: `${expected} bytes of data for shape [${shape.join(", ")}] of ${type}`,
      got: `${stream.size - dataStart}`,
      hint: "The file is truncated or corrupt: copy or make it again",
    });
  }
  const read = async (rows = shape[0]): Promise<StoredArray> => {
    const kept = rows === undefined ? shape : [rows, ...shape.slice(1)];
    const data = await readElements(where, stream, type, runsOf(shape, kept, fortranOrder), bigEndian);
    return { shape: kept, data, fortranOrder, ...(type === "b1" && { isBool: true }) };
  };
  return { shape, type, read };
}

/** All rows, or the first of a row-major array, are one run; the first of a column-major one are a run in every column. */
function runsOf(shape: readonly number[], kept: readonly number[], fortranOrder: boolean) {
  const all = elementCount(shape);
  if (!fortranOrder || kept[0] === shape[0]) return { count: 1, length: all, wanted: elementCount(kept) };
  const [length, wanted] = [shape[0]!, kept[0]!];
  return { count: all / length, length, wanted };
}

/** The same array, last index fastest. */
export function toRowMajor(where: string, { fortranOrder, ...array }: StoredArray): NamedArray {
  if (!fortranOrder) return array;
  return { ...array, data: gatherStrided(where, array.data, 0, array.shape, fortranStrides(array.shape)) };
}

/** Header and data of a `.npy` file. */
export function npyChunks(where: string, array: NamedArray): [Uint8Array, Uint8Array] {
  checkArray(where, array);
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

async function readHeader(where: string, stream: ByteStream): Promise<{ header: string; dataStart: number }> {
  const take = async (length: number) => {
    const bytes = Buffer.alloc(length);
    await stream.fill(bytes);
    return bytes;
  };
  const start = stream.size < 12 ? Buffer.alloc(0) : await take(10);
  if (start.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    throw new FileError(where, {
      expected: "an array in numpy's .npy format",
      got: neighbourFormat(start) ?? `${stream.size} bytes that are not`,
    });
  }
  const version = start[6]!;
  if (version < 1 || version > 3) throw new FileError(where, { expected: "npy version 1, 2 or 3", got: `${version}` });
  // From version 2 on, the length has two more bytes.
  const length =
    version === 1 ? start.readUInt16LE(8) : start.readUInt16LE(8) + 65536 * (await take(2)).readUInt16LE(0);
  const dataStart = (version === 1 ? 10 : 12) + length;
  if (dataStart > stream.size) {
    throw new FileError(where, {
      expected: `a header of ${dataStart} bytes`,
      got: `${stream.size} bytes in all`,
      hint: "The file is truncated",
    });
  }
  if (length > MAX_HEADER_BYTES) {
    throw new FileError(where, { expected: `a header of at most ${MAX_HEADER_BYTES} bytes`, got: `${length}` });
  }
  return { header: (await take(length)).toString("latin1"), dataStart };
}

/** The value of one key of the header, a Python dict literal that numpy writes with sorted, single-quoted keys. */
function field(where: string, header: string, key: string, pattern: RegExp): string {
  const match = new RegExp(`['"]${key}['"]\\s*:\\s*(${pattern.source})`).exec(header);
  if (!match)
    throw new FileError(where, { expected: `a readable '${key}' in the npy header`, got: quote(header.trim()) });
  return match[1]!;
}

const STRUCTURED = "[";

function descrIn(where: string, header: string): string {
  const descr = field(where, header, "descr", /'[^']*'|"[^"]*"|\[/);
  return descr === STRUCTURED ? STRUCTURED : descr.slice(1, -1);
}

function parseDescr(descr: string): { type: ElementType | undefined; bigEndian: boolean } {
  const type = descr.replace(/^[<>|=]/, "");
  const isNumber = isElementType(type) && type !== "bf2";
  return { type: isNumber ? type : undefined, bigEndian: descr.startsWith(">") };
}

const named = (what: string) => (descr: string) => `${quote(descr)} (${what})`;

/** Types that are not read, by the letter of numpy's array protocol: what they are, and what to save instead. */
const otherTypes: ReadonlyMap<string, readonly [got: (descr: string) => string, instead: string]> = new Map([
  [STRUCTURED, [() => "a structured array", "one array for each of its fields"]],
  ["O", [() => "Python objects (a pickle, never read)", 'a.astype("f8") where they are numbers']],
  ["U", [named("words"), "numbers in their place, or words in a csv file"]],
  ["S", [named("words"), "numbers in their place, or words in a csv file"]],
  ["V", [named("raw bytes"), "a.view(dtype), with the type of the numbers in them"]],
  ["c", [named("complex numbers"), "a.real and a.imag"]],
  ["M", [named("dates"), 'a.astype("i8")']],
  ["m", [named("spans of time"), 'a.astype("i8")']],
  ["f", [named("floats of extended precision"), 'a.astype("f8")']],
]);

function unreadType(where: string, descr: string): FileError {
  const [got, instead] = otherTypes.get(descr.replace(/^[<>|=]/, "").charAt(0)) ?? [];
  return new FileError(where, {
    expected: "numbers of type f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 or b1",
    got: got?.(descr) ?? quote(descr),
    hint: `Save plain numeric columns${instead === undefined ? "" : `: ${instead}`}`,
  });
}

function parseShape(where: string, header: string): number[] {
  const sizes = field(where, header, "shape", /\([\d\s,L]*\)/).match(/\d+/g) ?? [];
  if (sizes.length > MAX_AXES)
    throw new FileError(where, { expected: `at most ${MAX_AXES} axes`, got: `${sizes.length}` });
  return sizes.map(Number);
}
