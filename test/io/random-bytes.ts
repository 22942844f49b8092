/** Bytes of a seed, and files with flipped bits: what tests of damage run on. */

/** Mulberry32: a generator of 32-bit integers with a state of 32 bits. */
export function randomIntegers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

export function randomBytes(seed: number, length: number): Uint8Array {
  const next = randomIntegers(seed);
  return Uint8Array.from({ length }, () => next() & 255);
}

/** The bytes with one bit of a seeded place turned over. */
export function withFlippedBit(bytes: Uint8Array, seed: number, from = 0, to = bytes.length): Uint8Array {
  const next = randomIntegers(seed);
  const out = bytes.slice();
  const at = from + (next() % (to - from));
  out[at]! ^= 1 << (next() & 7);
  return out;
}
