/** The values of a page: parquet-format, Encodings.md. */
import { halfToFloat32, type NumberArray } from "../arrays.js";
import { Damage } from "../damage.js";
import { readDelta32, readDelta64, readDeltaLengths, readDeltaStrings } from "./delta.js";
import { readRuns, unpackBits } from "./runs.js";
import type { Leaf } from "./schema.js";
import { ByteReader } from "./thrift.js";

/** Numbers, or words. */
export type Values = NumberArray | readonly string[];

const ENCODINGS = [
  "PLAIN",
  undefined,
  "PLAIN_DICTIONARY",
  "RLE",
  "BIT_PACKED",
  "DELTA_BINARY_PACKED",
  "DELTA_LENGTH_BYTE_ARRAY",
  "DELTA_BYTE_ARRAY",
  "RLE_DICTIONARY",
  "BYTE_STREAM_SPLIT",
] as const;

const WIDTHS: Readonly<Partial<Record<Leaf["physical"], number>>> = { INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };

/** @param dictionary the values of the chunk's dictionary page */
export function readValues(
  bytes: Uint8Array,
  encoding: number,
  leaf: Leaf,
  count: number,
  dictionary: Values | undefined,
): Values {
  const reader = new ByteReader(bytes);
  const name = ENCODINGS[encoding];
  switch (name) {
    case "PLAIN":
      return readPlain(reader, leaf, count);
    case "RLE_DICTIONARY":
    case "PLAIN_DICTIONARY":
      return lookUp(reader, count, dictionary);
    case "BYTE_STREAM_SPLIT":
      return ofBytes(joinStreams(bytes, widthOf(leaf), count), leaf);
    default:
      return ofOtherEncoding(reader, name ?? `number ${encoding}`, leaf, count);
  }
}

function ofOtherEncoding(reader: ByteReader, name: string, leaf: Leaf, count: number): Values {
  const { physical } = leaf;
  if (name === "RLE" && physical === "BOOLEAN") return readTruthRuns(reader, count);
  if (name === "DELTA_BINARY_PACKED" && physical === "INT32") return asType(readDelta32(reader, count), leaf);
  if (name === "DELTA_BINARY_PACKED" && physical === "INT64") return asType(readDelta64(reader, count), leaf);
  if (name === "DELTA_LENGTH_BYTE_ARRAY" && physical === "BYTE_ARRAY") return toWords(readDeltaLengths(reader, count));
  if (name === "DELTA_BYTE_ARRAY" && physical === "BYTE_ARRAY") return toWords(readDeltaStrings(reader, count));
  throw new Damage({ expected: `an encoding of ${physical}`, got: name });
}

export function readPlain(reader: ByteReader, leaf: Leaf, count: number): Values {
  const { physical } = leaf;
  if (physical === "BYTE_ARRAY") return toWords(Array.from({ length: count }, () => reader.take(readLength(reader))));
  const rest = reader.bytes.subarray(reader.at);
  if (physical !== "BOOLEAN") return ofBytes(exactly(rest, widthOf(leaf) * count), leaf);
  const out = new Uint8Array(count);
  unpackBits(exactly(rest, Math.ceil(count / 8)), 1, out, 0, count);
  return out;
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length === length) return bytes;
  throw new Damage({ expected: `${length} bytes of values`, got: `${bytes.length}` });
}

function readLength(reader: ByteReader): number {
  const [a, b, c, d] = reader.take(4) as unknown as [number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

const DECODER = new TextDecoder("utf-8", { fatal: true });

function toWords(strings: readonly Uint8Array[]): string[] {
  return strings.map((bytes) => {
    try {
      return DECODER.decode(bytes);
    } catch {
      throw new Damage({ expected: "text in UTF-8", got: "bytes that are not" });
    }
  });
}

function widthOf({ physical, length }: Leaf): number {
  return physical === "FIXED_LEN_BYTE_ARRAY" ? length : WIDTHS[physical]!;
}

/** Little-endian values of fixed width as an array of the column's type. */
function ofBytes(bytes: Uint8Array, leaf: Leaf): NumberArray {
  const { physical } = leaf;
  // Views begin at multiples of their width only.
  const { buffer, byteOffset } = bytes.byteOffset % widthOf(leaf) === 0 ? bytes : new Uint8Array(bytes);
  const count = bytes.length / widthOf(leaf);
  if (physical === "FLOAT") return new Float32Array(buffer, byteOffset, count);
  if (physical === "DOUBLE") return new Float64Array(buffer, byteOffset, count);
  if (physical === "INT64") return asType(new BigInt64Array(buffer, byteOffset, count), leaf);
  if (physical === "INT32") return asType(new Int32Array(buffer, byteOffset, count), leaf);
  // Raw bytes of other lengths are no column that is read.
  return halfToFloat32(new Uint16Array(buffer, byteOffset, count));
}

const SMALL = { i1: Int8Array, u1: Uint8Array, i2: Int16Array, u2: Uint16Array } as const;

/** Stored integers as those of the column's type, which all of them must fit. */
function asType(stored: Int32Array | BigInt64Array, { type }: Leaf): NumberArray {
  const { buffer, byteOffset, length } = stored;
  if (type === "u8") return new BigUint64Array(buffer, byteOffset, length);
  if (type === "u4") return new Uint32Array(buffer, byteOffset, length);
  const Small = SMALL[type as keyof typeof SMALL];
  if (Small === undefined) return stored;
  const out = Small.from(stored as Int32Array);
  const wrong = out.findIndex((value, i) => value !== stored[i]);
  if (wrong >= 0) throw new Damage({ expected: `integers that fit ${type}`, got: `${stored[wrong]}` });
  return out;
}

/** Byte k of every value stands in stream k. */
function joinStreams(bytes: Uint8Array, width: number, count: number): Uint8Array {
  const streams = exactly(bytes, width * count);
  const out = new Uint8Array(width * count);
  for (let k = 0; k < width; k++) {
    for (let i = 0, from = k * count, to = k; i < count; i++, from++, to += width) out[to] = streams[from]!;
  }
  return out;
}

function readTruthRuns(reader: ByteReader, count: number): Uint8Array {
  const out = new Uint8Array(count);
  readRuns(new ByteReader(reader.take(readLength(reader))), 1, out);
  return out;
}

function lookUp(reader: ByteReader, count: number, dictionary: Values | undefined): Values {
  if (dictionary === undefined) throw new Damage({ expected: "a dictionary before its use", got: "none" });
  const positions = new Uint32Array(count);
  // An empty page may lack even the number of bits.
  if (count > 0) readRuns(reader, reader.byte(), positions);
  const size = dictionary.length;
  for (let i = 0; i < count; i++) {
    if (positions[i]! >= size)
      throw new Damage({ expected: `positions below ${size} in the dictionary`, got: `${positions[i]}` });
  }
  if (!ArrayBuffer.isView(dictionary))
    return Array.from(positions, (position) => (dictionary as readonly string[])[position]!);
  const out = new (dictionary.constructor as { new (length: number): Float64Array })(count);
  const table = dictionary as Float64Array;
  for (let i = 0; i < count; i++) out[i] = table[positions[i]!]!;
  return out;
}
