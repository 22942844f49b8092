/** Delta encodings: parquet-format, Encodings.md, "Delta Encoding", "Delta-length byte array" and "Delta Strings". */
import { Damage } from "../damage.js";
import { unpackBits } from "./runs.js";
import type { ByteReader } from "./thrift.js";

// Parquet's own writers make blocks of 128.
const MAX_BLOCK = 2 ** 20;

interface DeltaHeader {
  readonly perMiniblock: number;
  readonly miniblocks: number;
  readonly count: number;
}

function readHeader(reader: ByteReader, count: number): DeltaHeader {
  const [block, miniblocks, total] = [reader.varint(), reader.varint(), reader.varint()];
  const perMiniblock = block / miniblocks;
  if (!Number.isInteger(perMiniblock / 32) || perMiniblock === 0 || block > MAX_BLOCK) {
    throw new Damage({ expected: "blocks of 32 integers or a multiple", got: `${block} in ${miniblocks}` });
  }
  if (total !== count) throw new Damage({ expected: `${count} values`, got: `${total}` });
  return { perMiniblock, miniblocks, count: total };
}

/** Deltas block by block: the least of each, what is added to it, and how many bits that has. */
function forEachMiniblock(
  reader: ByteReader,
  { perMiniblock, miniblocks, count }: DeltaHeader,
  readLeast: () => void,
  use: (bytes: Uint8Array, bits: number, start: number, used: number) => void,
): void {
  for (let done = 1; done < count; ) {
    readLeast();
    const widths = reader.take(miniblocks);
    for (let i = 0; i < miniblocks && done < count; i++) {
      const used = Math.min(perMiniblock, count - done);
      use(reader.take((perMiniblock * widths[i]!) / 8), widths[i]!, done, used);
      done += used;
    }
  }
}

/** Integers of 32 bits, which wrap around. */
export function readDelta32(reader: ByteReader, count: number): Int32Array {
  const header = readHeader(reader, count);
  const out = new Int32Array(count);
  const first = reader.zigzag();
  if (count > 0) out[0] = first;
  let least = 0;
  const added = new Uint32Array(header.perMiniblock);
  forEachMiniblock(
    reader,
    header,
    () => {
      // The low 32 bits of up to 33.
      least = (reader.zigzag() % 2 ** 32) | 0;
    },
    (bytes, bits, start, used) => {
      if (bits > 32) throw new Damage({ expected: "deltas of at most 32 bits", got: `${bits}` });
      unpackBits(bytes, bits, added, 0, used);
      for (let i = 0; i < used; i++) out[start + i] = (out[start + i - 1]! + least + added[i]!) | 0;
    },
  );
  return out;
}

/** Integers of 64 bits, which wrap around. */
export function readDelta64(reader: ByteReader, count: number): BigInt64Array {
  const header = readHeader(reader, count);
  const out = new BigInt64Array(count);
  const first = bigZigzag(reader);
  if (count > 0) out[0] = first;
  let least = 0n;
  forEachMiniblock(
    reader,
    header,
    () => {
      least = bigZigzag(reader);
    },
    (bytes, bits, start, used) => {
      if (bits > 64) throw new Damage({ expected: "deltas of at most 64 bits", got: `${bits}` });
      for (let i = 0; i < used; i++) out[start + i] = out[start + i - 1]! + least + bigBits(bytes, i * bits, bits);
    },
  );
  return out;
}

function bigZigzag(reader: ByteReader): bigint {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.byte();
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return (value >> 1n) ^ -(value & 1n);
  }
  throw new Damage({ expected: "an integer of at most 64 bits", got: "a longer one" });
}

function bigBits(bytes: Uint8Array, bit: number, bits: number): bigint {
  let value = 0n;
  const [from, to] = [bit >>> 3, (bit + bits + 7) >>> 3];
  for (let at = to - 1; at >= from; at--) value = (value << 8n) | BigInt(bytes[at]!);
  return (value >> BigInt(bit & 7)) & ((1n << BigInt(bits)) - 1n);
}

/** Byte strings: their lengths, then their bytes. */
export function readDeltaLengths(reader: ByteReader, count: number): Uint8Array[] {
  return Array.from(readDelta32(reader, count), (length) => reader.take(length));
}

/** Byte strings: what each shares with the one before, then the rest of it. */
export function readDeltaStrings(reader: ByteReader, count: number): Uint8Array[] {
  const shared = readDelta32(reader, count);
  const rests = readDeltaLengths(reader, count);
  const out: Uint8Array[] = [];
  for (const [i, rest] of rests.entries()) {
    const before = out[i - 1] ?? new Uint8Array();
    if (shared[i]! < 0 || shared[i]! > before.length) {
      throw new Damage({ expected: `at most ${before.length} bytes of the string before`, got: `${shared[i]}` });
    }
    out.push(shared[i] === 0 ? rest : Buffer.concat([before.subarray(0, shared[i]), rest]));
  }
  return out;
}
