/** Bytes that ROOT has packed: blocks of at most 16 MB, each behind a header of nine bytes (ROOT's core/zip). */
import { inflateSync } from "node:zlib";
import { unpackLz4 } from "../compression/lz4.js";
import { xxhash64 } from "../compression/xxhash64.js";
import { unpackXz } from "../compression/xz.js";
import { type Unpack, zstdUnpacker } from "../compression/zstd.js";
import { Damage } from "../damage.js";

const HEADER_BYTES = 9;
const CHECKSUM_BYTES = 8;

const unpackers: Readonly<Record<string, Unpack>> = { ZL: unpackZlib, L4: unpackCheckedLz4, XZ: unpackXz };

function unpackZlib(packed: Uint8Array, length: number): Uint8Array {
  try {
    // In one piece: by default Node unpacks 16 kB at a time and joins them.
    return inflateSync(packed, { maxOutputLength: Math.max(1, length), chunkSize: Math.max(64, length) });
  } catch (error) {
    throw new Damage({ expected: "an unbroken zlib stream", got: `one that is not (${(error as Error).message})` });
  }
}

/** XXH64 of the packed bytes stands before them, the most significant byte first. */
function unpackCheckedLz4(packed: Uint8Array, length: number): Uint8Array {
  if (packed.length < CHECKSUM_BYTES) throw new Damage({ expected: "a checksum", got: `${packed.length} bytes` });
  const expected = new DataView(packed.buffer, packed.byteOffset).getBigUint64(0);
  const body = packed.subarray(CHECKSUM_BYTES);
  const got = xxhash64(body);
  if (expected !== got) throw new Damage({ expected: `checksum ${expected}`, got: `${got}` });
  return unpackLz4(body, length);
}

const little3 = (bytes: Uint8Array, at: number) => bytes[at]! + bytes[at + 1]! * 256 + bytes[at + 2]! * 65536;

/**
 * The unpacked bytes; those of equal length are not packed.
 *
 * @param length of the unpacked bytes
 */
export async function unpackBlocks(where: string, packed: Uint8Array, length: number): Promise<Uint8Array> {
  if (packed.length === length) return packed;
  const zstd = packed[0] === 0x5a && packed[1] === 0x53 ? await zstdUnpacker(where) : undefined;
  // A claim that nothing could be packed so well is damage.
  if (length > packed.length * 2 ** 14)
    throw new Damage({ expected: "packed bytes", got: `a claim of ${length} out of ${packed.length}` });
  let out: Uint8Array | undefined;
  let done = 0;
  for (let at = 0; at < packed.length; ) {
    if (at + HEADER_BYTES > packed.length)
      throw new Damage({ expected: "a block", got: `${packed.length - at} bytes` });
    const name = String.fromCharCode(packed[at]!, packed[at + 1]!);
    const [size, unpackedSize] = [little3(packed, at + 3), little3(packed, at + 6)];
    const unpack = name === "ZS" ? zstd : unpackers[name];
    if (unpack === undefined)
      throw new Damage({ expected: "a block of zlib, lz4, lzma or zstd", got: JSON.stringify(name) });
    const end = at + HEADER_BYTES + size;
    if (end > packed.length || done + unpackedSize > length) {
      throw new Damage({ expected: "blocks that fit", got: `one of ${size} bytes for ${unpackedSize}` });
    }
    const bytes = unpack(packed.subarray(at + HEADER_BYTES, end), unpackedSize);
    if (bytes.length !== unpackedSize) throw new Damage({ expected: `${unpackedSize} bytes`, got: `${bytes.length}` });
    // Nearly always one block is all.
    if (unpackedSize === length && end === packed.length) return bytes;
    out ??= new Uint8Array(length);
    out.set(bytes, done);
    done += unpackedSize;
    at = end;
  }
  if (done !== length) throw new Damage({ expected: `${length} unpacked bytes`, got: `${done}` });
  return out ?? new Uint8Array();
}
