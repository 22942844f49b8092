/** zstd: Node has it from 22.15 on; below, the package fzstd is asked for. */
import * as zlib from "node:zlib";
import { Damage } from "../damage.js";
import { FileError } from "../errors.js";
import { xxhash64 } from "./xxhash64.js";

/** Unpacks bytes of a known length. */
export type Unpack = (packed: Uint8Array, length: number) => Uint8Array;

export const FZSTD = "fzstd@0.1.1";

const native = (zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: object) => Uint8Array }).zstdDecompressSync;

/** What unpacks zstd here; undefined where nothing does. */
export async function zstdProvider(): Promise<"Node" | "fzstd" | undefined> {
  if (native !== undefined) return "Node";
  return import("fzstd").then(
    () => "fzstd",
    () => undefined,
  );
}

/** How zstd is unpacked here; refuses where nothing can. */
export async function zstdUnpacker(where: string): Promise<Unpack> {
  if (native !== undefined) {
    return (packed, length) => checked(packed, length, () => native(packed, { maxOutputLength: Math.max(1, length) }));
  }
  const { decompress } = await import("fzstd").catch(() => {
    throw new FileError(where, {
      expected: "Node 22.15 or newer, or the package fzstd, as it is packed with zstd",
      got: `Node ${process.versions.node} without it`,
      hint: `Run \`npm install ${FZSTD}\``,
    });
  });
  return (packed, length) =>
    checked(packed, length, () => {
      const out = decompress(packed, new Uint8Array(length));
      checkFrame(packed, out);
      return out;
    });
}

function checked(packed: Uint8Array, length: number, unpack: () => Uint8Array): Uint8Array {
  let out: Uint8Array;
  try {
    out = unpack();
  } catch (error) {
    if (error instanceof Damage) throw error;
    throw new Damage({ expected: "an unbroken zstd frame", got: `one that is not (${(error as Error).message})` });
  }
  if (out.length === length) return out;
  throw new Damage({ expected: `${length} bytes out of ${packed.length}`, got: `${out.length}` });
}

/** fzstd passes over the checksum (RFC 8878, section 3.1.1): the lower half of XXH64, behind the last block. */
function checkFrame(packed: Uint8Array, out: Uint8Array): void {
  const hasChecksum = ((packed[4] ?? 0) & 4) !== 0;
  if (!hasChecksum) return;
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const expected = view.getUint32(packed.length - 4, true);
  const got = Number(xxhash64(out) & 0xffffffffn);
  if (expected !== got) throw new Damage({ expected: `checksum ${expected}`, got: `${got}` });
}
