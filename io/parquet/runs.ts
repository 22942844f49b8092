/** Small integers in runs, as levels and positions in dictionaries are stored: parquet-format, Encodings.md, "RLE / Bit-Packing Hybrid". */
import { Damage } from "../damage.js";
import type { ByteReader } from "./thrift.js";

/** Bits that the numbers up to `max` take. */
export const bitsOf = (max: number): number => 32 - Math.clz32(max);

/** Fills `out` with integers of some bits each. */
export function readRuns(reader: ByteReader, bits: number, out: Uint8Array | Uint32Array): void {
  if (bits > 32) throw new Damage({ expected: "integers of at most 32 bits", got: `${bits}` });
  for (let done = 0; done < out.length; ) {
    const head = reader.varint();
    const isPacked = head % 2 === 1;
    const count = isPacked ? 8 * ((head - 1) / 2) : head / 2;
    const used = Math.min(count, out.length - done);
    // What fills a group of eight up may be left out at the end.
    if (isPacked) unpackBits(takeUpTo(reader, (count / 8) * bits), bits, out, done, used);
    else {
      // Groups are rounded up to eight, runs of one value are not.
      if (count > used) throw new Damage({ expected: `a run of at most ${used} values`, got: `one of ${count}` });
      out.fill(littleEndian(reader.take(Math.ceil(bits / 8))), done, done + used);
    }
    done += used;
  }
}

function takeUpTo(reader: ByteReader, length: number): Uint8Array {
  return reader.take(Math.min(length, reader.bytes.length - reader.at));
}

function littleEndian(bytes: Uint8Array): number {
  return bytes.reduceRight((value, byte) => value * 256 + byte, 0);
}

/** Integers of at most 32 bits, the lowest bit of the first byte first. */
export function unpackBits(
  bytes: Uint8Array,
  bits: number,
  out: Uint8Array | Uint32Array,
  start: number,
  count: number,
): void {
  if (count * bits > 8 * bytes.length) {
    throw new Damage({ expected: `${count} integers of ${bits} bits`, got: `${bytes.length} bytes` });
  }
  const mask = 2 ** bits - 1;
  // The position is a byte and a bit of it: pages can have more than 2^32 bits, which a shift of their number would lose.
  for (let i = 0, at = 0, shift = 0; i < count; i++) {
    const low = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> shift;
    // Of a value that begins in the middle of a byte, the fifth may have the last bits.
    const high = shift + bits > 32 ? bytes[at + 4]! << (32 - shift) : 0;
    out[start + i] = ((low | high) & mask) >>> 0;
    at += (shift + bits) >>> 3;
    shift = (shift + bits) & 7;
  }
}
