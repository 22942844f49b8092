/**
 * Named tensors in the safetensors format (github.com/huggingface/safetensors, README "Format"): the length of a JSON header
 * as u64, the header, then the row-major little-endian elements of all tensors without gaps.
 */
import {
  type ArrayInFile,
  bytesOf,
  checkArray,
  type ElementType,
  elementBytes,
  elementCount,
  elementType,
  MAX_AXES,
  type NamedArray,
  type NamedArrays,
  namedEntries,
  readArray,
  readElements,
} from "./arrays.js";
import { FileError, listNames, quote } from "./errors.js";
import { neighbourFormat, START_BYTES } from "./foreign-formats.js";
import { type ByteSource, streamOf, withFile } from "./source.js";
import { writeAtomic } from "./write-atomic.js";

const METADATA = "__metadata__";
// Room for 300 000 tensors. The format's own implementation takes 100 MB, which may describe gigabytes of objects.
const MAX_HEADER_BYTES = 2 ** 25;
// Of the header, its tensors, their shapes: all else is deeper for no good reason.
const MAX_DEPTH = 3;
const HEADER_ALIGNMENT = 8;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPENING, CLOSING] = [
  [0x5b, 0x7b],
  [0x5d, 0x7d],
];

const typeNames = {
  F16: "f2",
  BF16: "bf2",
  F32: "f4",
  F64: "f8",
  I8: "i1",
  I16: "i2",
  I32: "i4",
  I64: "i8",
  U8: "u1",
  U16: "u2",
  U32: "u4",
  U64: "u8",
  BOOL: "b1",
} as const satisfies Record<string, ElementType>;

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: Map<string, NamedArray>;
}

interface TensorPlace {
  readonly name: string;
  /** As the file calls it: of a name that is not among `typeNames`, the elements are not read. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  readonly places: readonly TensorPlace[];
  readonly dataStart: number;
}

/**
 * Reads a safetensors file, by default all its tensors of numbers.
 *
 * @param names read these only; one that is missing, or of a type that is not read, is an error
 */
export function readSafetensors(path: string, names?: readonly string[]): Promise<SafetensorsFile> {
  return withFile(path, (source) => readSafetensorsFrom(source, names));
}

/** Names of the tensors in a safetensors file; reads no data. */
export function listSafetensors(path: string): Promise<string[]> {
  return withFile(path, async (source) => [...(await openSafetensors(source)).tensors.keys()]);
}

/** As `readSafetensors`, from bytes anywhere. */
export async function readSafetensorsFrom(source: ByteSource, names?: readonly string[]): Promise<SafetensorsFile> {
  const { metadata, tensors: all } = await openSafetensors(source);
  const tensors = new Map<string, NamedArray>();
  for (const name of names ?? all.keys()) {
    const tensor = all.get(name);
    if (!tensor) throw new FileError(source.name, { expected: `a tensor ${quote(name)}`, got: listNames(all.keys()) });
    if (names === undefined && tensor.problem) continue;
    const { fortranOrder: _, ...array } = await readArray(tensor);
    tensors.set(name, array);
  }
  return { metadata, tensors };
}

interface OpenedSafetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, ArrayInFile>;
}

/** What a safetensors file holds, its elements still to be read. */
export async function openSafetensors(source: ByteSource): Promise<OpenedSafetensors> {
  const { metadata, places, dataStart } = await readHeader(source);
  return { metadata, tensors: new Map(places.map((place) => [place.name, openTensor(source, place, dataStart)])) };
}

function openTensor(source: ByteSource, place: TensorPlace, dataStart: number): ArrayInFile {
  const { name, dtype, shape, begin, end } = place;
  const where = tensorIn(source.name, name);
  const type = typeOf(dtype);
  if (type === undefined) {
    const problem = new FileError(where, {
      expected: `a dtype among ${Object.keys(typeNames).join(" ")}`,
      got: quote(dtype),
      hint: "Convert the tensor before it is saved",
    });
    return { shape, problem };
  }
  const read = async (rows = shape[0]) => {
    const kept = rows === undefined ? shape : [rows, ...shape.slice(1)];
    const runs = { count: 1, length: elementCount(shape), wanted: elementCount(kept) };
    const stream = streamOf(source, dataStart + begin, dataStart + end);
    const data = await readElements(where, stream, type, runs);
    return { shape: kept, data, fortranOrder: false, ...(type === "b1" && { isBool: true as const }) };
  };
  return { shape, type, read };
}

function typeOf(dtype: string): ElementType | undefined {
  return Object.hasOwn(typeNames, dtype) ? typeNames[dtype as keyof typeof typeNames] : undefined;
}

/** Writes a safetensors file, whole or not at all; equal input gives equal bytes. */
export async function writeSafetensors(
  path: string,
  tensors: NamedArrays,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries = namedEntries(path, tensors);
  for (const [name, array] of entries) checkArray(tensorIn(path, name), array);
  // Wide elements first, so that every tensor is aligned to its elements.
  entries.sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const header: [string, object][] = Object.keys(metadata).length > 0 ? [[METADATA, metadata]] : [];
  let offset = 0;
  for (const [name, array] of entries) {
    const end = offset + array.data.byteLength;
    header.push([name, { dtype: typeName(array), shape: array.shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  await writeAtomic(path, [...headerChunks(json), ...entries.map(([, { data }]) => bytesOf(data))]);
}

function tensorIn(path: string, name: string): string {
  return `${path}, tensor ${quote(name)}`;
}

function typeName(array: NamedArray): string {
  const type = elementType(array);
  return Object.entries(typeNames).find(([, code]) => code === type)![0];
}

function headerChunks(json: Uint8Array): Uint8Array[] {
  const length = Math.ceil(json.length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(length), true);
  return [prefix, json, new TextEncoder().encode(" ".repeat(length - json.length))];
}

async function readHeader(source: ByteSource): Promise<Header> {
  const prefix = source.size < 8 ? undefined : await source.read(0, 8);
  const length = prefix ? Number(new DataView(prefix.buffer).getBigUint64(0, true)) : 0;
  if (length < 2 || length > Math.min(source.size - 8, MAX_HEADER_BYTES)) {
    throw new FileError(source.name, {
      expected: "a safetensors file, which begins with the length of its header",
      got:
        neighbourFormat(await source.read(0, Math.min(START_BYTES, source.size))) ??
        `${source.size} bytes with a header of ${length}`,
      hint: "The file is truncated or of another format",
    });
  }
  const entries = Object.entries(parseJson(source.name, await source.read(8, length)));
  const metadata = entries.find(([name]) => name === METADATA)?.[1] ?? {};
  const places = entries
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => parsePlace(tensorIn(source.name, name), name, value));
  checkNoGaps(source.name, places, source.size - 8 - length);
  return {
    metadata: parseMetadata(source.name, metadata),
    places,
    dataStart: 8 + length,
  };
}

function parseJson(path: string, bytes: Uint8Array): object {
  const text = new TextDecoder().decode(bytes);
  if (isDeeper(bytes, MAX_DEPTH)) {
    throw new FileError(path, { expected: "names, types and sizes as safetensors header", got: quote(text) });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new FileError(path, { expected: "a JSON object as safetensors header", got: quote(text) });
}

/** Whether brackets outside strings are nested deeper: a parser may take a hundred bytes for every bracket. */
function isDeeper(json: Uint8Array, most: number): boolean {
  let depth = 0;
  let isString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i]!;
    if (char === QUOTE) isString = !isString;
    else if (isString) i += char === BACKSLASH ? 1 : 0;
    else if (OPENING.includes(char) && ++depth > most) return true;
    else if (CLOSING.includes(char)) depth--;
  }
  return false;
}

function parseMetadata(path: string, value: unknown): Record<string, string> {
  const isStrings =
    typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
  if (!isStrings) throw new FileError(path, { expected: `strings in ${METADATA}`, got: quote(JSON.stringify(value)) });
  return value as Record<string, string>;
}

function parsePlace(where: string, name: string, value: unknown): TensorPlace {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (
    typeof dtype !== "string" ||
    !isSizes(shape) ||
    shape.length > MAX_AXES ||
    !isSizes(offsets) ||
    offsets.length !== 2
  ) {
    throw new FileError(where, { expected: "dtype, shape and data_offsets", got: quote(JSON.stringify(value)) });
  }
  const [begin, end] = offsets as [number, number];
  const type = typeOf(dtype);
  const bytes = type === undefined ? end - begin : elementCount(shape) * elementBytes(type);
  if (end - begin !== bytes || begin > end) {
    throw new FileError(where, {
      expected: `${bytes} bytes for shape [${shape.join(", ")}] of ${dtype}`,
      got: `${end - begin}`,
    });
  }
  return { name, dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** The format demands that tensors cover the data exactly: no hidden bytes, no shared ones, nothing cut off. */
function checkNoGaps(path: string, places: readonly TensorPlace[], dataBytes: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      throw new FileError(tensorIn(path, name), { expected: `data from byte ${covered} on`, got: `${begin}` });
    covered = end;
  }
  if (covered !== dataBytes) {
    throw new FileError(path, {
      expected: `${covered} bytes of tensor data`,
      got: `${dataBytes}`,
      hint: "The file is truncated or corrupt",
    });
  }
}
