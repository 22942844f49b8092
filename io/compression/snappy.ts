/** Snappy's raw format: github.com/google/snappy, format_description.txt. It has no checksum. */
import { Damage } from "../damage.js";

/** @param length of the unpacked bytes, which the block must claim, too */
export function unpackSnappy(packed: Uint8Array, length: number): Uint8Array {
  const { value: claimed, end: start } = lengthOf(packed);
  if (claimed !== length) throw new Damage({ expected: `a snappy block of ${length} bytes`, got: `one of ${claimed}` });
  const out = new Uint8Array(length);
  let [from, to] = [start, 0];
  while (from < packed.length) {
    const tag = packed[from++]!;
    if ((tag & 3) === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const bytes = size - 59;
        size = littleEndian(packed, from, bytes);
        from += bytes;
      }
      size++;
      if (from + size > packed.length || to + size > length) throw broken();
      copy(packed, from, out, to, size);
      from += size;
      to += size;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const bytes = isShort ? 1 : (tag & 3) === 2 ? 2 : 4;
    const size = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = littleEndian(packed, from, bytes) + (isShort ? (tag >> 5) * 256 : 0);
    from += bytes;
    if (back === 0 || back > to || to + size > length) throw broken();
    repeat(out, to, back, size);
    to += size;
  }
  if (to !== length) throw broken();
  return out;
}

function lengthOf(packed: Uint8Array): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = packed[i];
    if (byte === undefined) break;
    value += (byte & 127) * 2 ** (7 * i);
    if (byte < 128) return { value, end: i + 1 };
  }
  throw broken();
}

function littleEndian(packed: Uint8Array, from: number, bytes: number): number {
  if (from + bytes > packed.length) throw broken();
  let value = 0;
  for (let i = 0; i < bytes; i++) value += packed[from + i]! * 2 ** (8 * i);
  return value;
}

// Below this, a loop is faster than the call.
const SHORT = 16;

function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, size: number): void {
  if (size > SHORT) target.set(source.subarray(from, from + size), to);
  else for (let i = 0; i < size; i++) target[to + i] = source[from + i]!;
}

/** Appends bytes that begin `back` before the end; they may overlap with what they make. */
export function repeat(out: Uint8Array, to: number, back: number, size: number): void {
  if (size > SHORT && back >= size) out.copyWithin(to, to - back, to - back + size);
  else for (let i = to; i < to + size; i++) out[i] = out[i - back]!;
}

const broken = () => new Damage({ expected: "an unbroken snappy block", got: "one that is not" });
