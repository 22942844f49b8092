/** How pages are packed, by the numbers of parquet.thrift's `CompressionCodec`. */
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { unpackLz4 } from "../compression/lz4.js";
import { unpackSnappy } from "../compression/snappy.js";
import { type Unpack, zstdUnpacker } from "../compression/zstd.js";
import { Damage } from "../damage.js";
import { FileError } from "../errors.js";

const NAMES = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"];

type Native = (packed: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

const viaNode =
  (name: string, unpack: Native): Unpack =>
  (packed, length) => {
    try {
      return unpack(packed, { maxOutputLength: Math.max(1, length) });
    } catch (error) {
      throw new Damage({
        expected: `an unbroken ${name} stream`,
        got: `one that is not (${(error as Error).message})`,
      });
    }
  };

const unpackers: Readonly<Record<string, Unpack>> = {
  UNCOMPRESSED: (packed) => packed,
  SNAPPY: unpackSnappy,
  GZIP: viaNode("gzip", gunzipSync),
  BROTLI: viaNode("brotli", brotliDecompressSync),
  LZ4: unpackFramedLz4,
  LZ4_RAW: unpackLz4,
};

export async function unpackerOf(where: string, codec: number): Promise<Unpack> {
  const name = NAMES[codec];
  const unpack = name === "ZSTD" ? await zstdUnpacker(where) : unpackers[name ?? ""];
  if (unpack === undefined) {
    throw new FileError(where, {
      expected: "a codec among UNCOMPRESSED SNAPPY GZIP BROTLI LZ4 ZSTD",
      got: name ?? `number ${codec}`,
      hint: "Write the file with another, such as zstd",
    });
  }
  return (packed, length) => {
    const bytes = unpack(packed, length);
    // Node's own give a Buffer, whose slice() is no copy.
    if (bytes.length === length) return new Uint8Array(bytes.buffer, bytes.byteOffset, length);
    throw new Damage({ expected: `a page of ${length} bytes`, got: `${bytes.length}` });
  };
}

/** Hadoop's frames around LZ4 blocks (unpacked and packed length, most significant byte first); old Arrow wrote none. */
function unpackFramedLz4(packed: Uint8Array, length: number): Uint8Array {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = 0; at + 8 <= packed.length; ) {
    const [unpacked, bytes] = [view.getUint32(at), view.getUint32(at + 4)];
    if (at + 8 + bytes > packed.length || unpacked > length) return unpackLz4(packed, length);
    parts.push(unpackLz4(packed.subarray(at + 8, at + 8 + bytes), unpacked));
    at += 8 + bytes;
  }
  return Buffer.concat(parts);
}
