/** LZ4's block format: github.com/lz4/lz4, doc/lz4_Block_format.md. A block has no checksum of its own. */
import { Damage } from "../damage.js";
import { repeat } from "./snappy.js";

const MIN_MATCH = 4;

/** @param length of the unpacked bytes */
export function unpackLz4(packed: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let [from, to] = [0, 0];
  const longer = (size: number): number => {
    if (size < 15) return size;
    let sum = size;
    for (;;) {
      const byte = packed[from++];
      if (byte === undefined) throw broken();
      sum += byte;
      if (byte < 255) return sum;
    }
  };
  while (from < packed.length) {
    const token = packed[from++]!;
    const literals = longer(token >> 4);
    if (from + literals > packed.length || to + literals > length) throw broken();
    if (literals > 16) out.set(packed.subarray(from, from + literals), to);
    else for (let i = 0; i < literals; i++) out[to + i] = packed[from + i]!;
    from += literals;
    to += literals;
    // The last sequence has no match.
    if (from === packed.length) break;
    if (from + 2 > packed.length) throw broken();
    const back = packed[from]! | (packed[from + 1]! << 8);
    from += 2;
    const size = longer(token & 15) + MIN_MATCH;
    if (back === 0 || back > to || to + size > length) throw broken();
    repeat(out, to, back, size);
    to += size;
  }
  if (to !== length) throw broken();
  return out;
}

const broken = () => new Damage({ expected: "an unbroken lz4 block", got: "one that is not" });
