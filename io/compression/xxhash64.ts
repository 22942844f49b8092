/** XXH64 with seed 0: github.com/Cyan4973/xxHash, doc/xxhash_spec.md; the checksum of lz4 blocks in ROOT files and of zstd frames. */

/** A 64-bit word in two halves: JavaScript has no fast integers of 64 bits. */
class Word {
  constructor(
    public low: number,
    public high: number,
  ) {}
}

const word = (value: bigint) => new Word(Number(value & 0xffffffffn) | 0, Number(value >> 32n) | 0);

const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
].map(word) as [Word, Word, Word, Word, Word];

/** a ← a b mod 2^64. */
function multiply(a: Word, b: Word): void {
  const [a0, a1, b0, b1] = [a.low & 0xffff, a.low >>> 16, b.low & 0xffff, b.low >>> 16];
  const p00 = Math.imul(a0, b0) >>> 0;
  const middle = a1 * b0 + (p00 >>> 16);
  const cross = a0 * b1 + (middle % 65536);
  const carry = a1 * b1 + Math.floor(middle / 65536) + Math.floor(cross / 65536);
  a.high = (carry + Math.imul(a.high, b.low) + Math.imul(a.low, b.high)) | 0;
  a.low = (p00 & 0xffff) | ((cross & 0xffff) << 16);
}

function add(a: Word, low: number, high: number): void {
  const sum = (a.low >>> 0) + (low >>> 0);
  a.high = (a.high + high + (sum > 0xffffffff ? 1 : 0)) | 0;
  a.low = sum | 0;
}

/** Rotates by 1 to 31 bits to the left. */
function rotate(a: Word, bits: number): void {
  const low = (a.low << bits) | (a.high >>> (32 - bits));
  a.high = (a.high << bits) | (a.low >>> (32 - bits));
  a.low = low;
}

/** a ← a xor (a >> bits). */
function shiftXor(a: Word, bits: number): void {
  if (bits >= 32) a.low ^= a.high >>> (bits - 32);
  else {
    a.low ^= (a.low >>> bits) | (a.high << (32 - bits));
    a.high ^= a.high >>> bits;
  }
}

function round(accumulator: Word, low: number, high: number): void {
  const input = new Word(low, high);
  multiply(input, P2);
  add(accumulator, input.low, input.high);
  rotate(accumulator, 31);
  multiply(accumulator, P1);
}

function merge(hash: Word, { low, high }: Word): void {
  const accumulator = new Word(0, 0);
  round(accumulator, low, high);
  hash.low ^= accumulator.low;
  hash.high ^= accumulator.high;
  multiply(hash, P1);
  add(hash, P4.low, P4.high);
}

export function xxhash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const hash = new Word(P5.low, P5.high);
  if (bytes.length >= 32) {
    const lanes = [P1, P2, new Word(0, 0), new Word(0, 0)].map(({ low, high }) => new Word(low, high));
    add(lanes[0]!, P2.low, P2.high);
    // 0 - P1
    add(lanes[3]!, -P1.low | 0, ~P1.high + (P1.low === 0 ? 1 : 0));
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        round(lanes[lane]!, view.getInt32(at + 8 * lane, true), view.getInt32(at + 8 * lane + 4, true));
      }
    }
    hash.low = hash.high = 0;
    for (const [lane, bits] of [1, 7, 12, 18].entries()) {
      const turned = new Word(lanes[lane]!.low, lanes[lane]!.high);
      rotate(turned, bits);
      add(hash, turned.low, turned.high);
    }
    for (const lane of lanes) merge(hash, lane);
  }
  add(hash, bytes.length | 0, Math.floor(bytes.length / 2 ** 32));
  return finish(hash, view, at);
}

/** The last bytes, fewer than 32, and the final mixing. */
function finish(hash: Word, view: DataView, start: number): bigint {
  let at = start;
  for (; at + 8 <= view.byteLength; at += 8) {
    const accumulator = new Word(0, 0);
    round(accumulator, view.getInt32(at, true), view.getInt32(at + 4, true));
    hash.low ^= accumulator.low;
    hash.high ^= accumulator.high;
    rotate(hash, 27);
    multiply(hash, P1);
    add(hash, P4.low, P4.high);
  }
  if (at + 4 <= view.byteLength) {
    const input = new Word(view.getInt32(at, true), 0);
    multiply(input, P1);
    hash.low ^= input.low;
    hash.high ^= input.high;
    rotate(hash, 23);
    multiply(hash, P2);
    add(hash, P3.low, P3.high);
    at += 4;
  }
  for (; at < view.byteLength; at++) {
    const input = new Word(view.getUint8(at), 0);
    multiply(input, P5);
    hash.low ^= input.low;
    hash.high ^= input.high;
    rotate(hash, 11);
    multiply(hash, P1);
  }
  shiftXor(hash, 33);
  multiply(hash, P2);
  shiftXor(hash, 29);
  multiply(hash, P3);
  shiftXor(hash, 32);
  return (BigInt(hash.high >>> 0) << 32n) | BigInt(hash.low >>> 0);
}
