/** Thrift's compact protocol: github.com/apache/thrift, doc/specs/thrift-compact-protocol.md. What Parquet's headers are written in. */
import { Damage } from "../damage.js";

/** A struct's fields by their numbers; integers of 64 bits as numbers, which sizes and offsets fit. */
export type Struct = ReadonlyMap<number, ThriftValue>;
export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | Struct;

const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12,
];

// Statistics and types are a few deep; what is deeper is made to overflow the stack.
const MAX_DEPTH = 32;

/** Bytes, read one after another; an end where there should be more is damage. */
export class ByteReader {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Damage({ expected: "more bytes", got: `an end after ${this.bytes.length}` });
    return byte;
  }

  take(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.bytes.length) {
      throw new Damage({ expected: `${length} bytes`, got: `${this.bytes.length - this.at}` });
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** An unsigned integer, seven bits a byte, the low ones first; inexact beyond 2^53. */
  varint(): number {
    let value = 0;
    for (let shift = 1, i = 0; i < 10; i++, shift *= 128) {
      const byte = this.byte();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
    throw new Damage({ expected: "an integer of at most 64 bits", got: "a longer one" });
  }

  /** A signed integer: 0, -1, 1, -2, … */
  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

export function readStruct(reader: ByteReader, depth = 0): Struct {
  if (depth > MAX_DEPTH) throw new Damage({ expected: `structs at most ${MAX_DEPTH} deep`, got: "deeper ones" });
  const fields = new Map<number, ThriftValue>();
  let id = 0;
  for (;;) {
    const head = reader.byte();
    const type = head & 15;
    if (type === STOP) return fields;
    id = head >> 4 === 0 ? reader.zigzag() : id + (head >> 4);
    fields.set(id, type === TRUE || type === FALSE ? type === TRUE : readValue(reader, type, depth));
  }
}

function readValue(reader: ByteReader, type: number, depth: number): ThriftValue {
  switch (type) {
    case TRUE:
    case FALSE:
      // In a list, truth values are bytes.
      return reader.byte() === TRUE;
    case BYTE:
      return (reader.byte() << 24) >> 24;
    case I16:
    case I32:
    case I64:
      return reader.zigzag();
    case DOUBLE:
      return new DataView(reader.take(8).slice().buffer).getFloat64(0, true);
    case BINARY:
      return reader.take(reader.varint());
    case LIST:
    case SET:
      return readList(reader, depth + 1);
    case STRUCT:
      return readStruct(reader, depth + 1);
    default:
      throw new Damage({ expected: "a type of Thrift that Parquet uses", got: `${type}` });
  }
}

function readList(reader: ByteReader, depth: number): ThriftValue[] {
  if (depth > MAX_DEPTH) throw new Damage({ expected: `lists at most ${MAX_DEPTH} deep`, got: "deeper ones" });
  const head = reader.byte();
  const length = head >> 4 === 15 ? reader.varint() : head >> 4;
  // Each takes a byte at least.
  if (length > reader.bytes.length - reader.at)
    throw new Damage({ expected: "a list that fits", got: `one of ${length}` });
  return Array.from({ length }, () => readValue(reader, head & 15, depth));
}

/** A field of a type, undefined where there is none. */
export function numberAt(struct: Struct, id: number): number | undefined {
  const value = struct.get(id);
  return typeof value === "number" ? value : undefined;
}

export function textAt(struct: Struct, id: number): string | undefined {
  const value = struct.get(id);
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : undefined;
}

export function structAt(struct: Struct, id: number): Struct | undefined {
  const value = struct.get(id);
  return value instanceof Map ? value : undefined;
}

export function listAt(struct: Struct, id: number): readonly ThriftValue[] {
  const value = struct.get(id);
  return Array.isArray(value) ? value : [];
}

export const structsAt = (struct: Struct, id: number): Struct[] =>
  listAt(struct, id).filter((value): value is Struct => value instanceof Map);
