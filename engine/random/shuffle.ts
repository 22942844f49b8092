/** Orders of elements as a pure function of key and epoch: nothing is stored, and any part of an order is made by itself. */
import { UsageError } from "../errors.js";
import { valueText } from "../options.js";
import { checkInteger, checkKey, MULTIPLIER_0, MULTIPLIER_1, philoxInto, type RandomKey, WORD } from "./random.js";

/** Where element i of 0 … n-1 goes in the order of this epoch; a permutation for every (key, epoch). n ≤ 2^31. */
export function shuffledIndex(key: RandomKey, epoch: number, n: number, i: number): number {
  const one = new Int32Array(1);
  fillShuffled(key, epoch, n, i, one);
  return one[0]!;
}

/**
 * out[i] = shuffledIndex(key, epoch, n, start + i): the next minibatch of event numbers, nothing stored between calls.
 *
 * A Feistel network on the least 2^bits ≥ n (Luby and Rackoff 1988), walked along its cycles until it is back inside
 * 0 … n-1 (Black and Rogaway 2002, "Ciphers with arbitrary finite domains", section 3): fewer than two steps on average.
 */
export function fillShuffled(
  key: RandomKey,
  epoch: number,
  n: number,
  start: number,
  out: Uint32Array | Int32Array,
): void {
  const request = checked("fillShuffled", key, epoch, n, start, out);
  for (let i = 0; i < out.length; i++) {
    let position = start + i;
    do position = feistel(position, request);
    while (position >= n);
    out[i] = position;
  }
}

/** The inverse: out[i] is where the order of this epoch has element start + i. */
export function fillPositions(
  key: RandomKey,
  epoch: number,
  n: number,
  start: number,
  out: Uint32Array | Int32Array,
): void {
  const request = checked("fillPositions", key, epoch, n, start, out);
  for (let i = 0; i < out.length; i++) {
    let element = start + i;
    do element = feistelInverse(element, request);
    while (element >= n);
    out[i] = element;
  }
}

/** A Feistel network. */
interface Network {
  readonly lowBits: number;
  readonly highBits: number;
  readonly roundKeys: Uint32Array;
}

function checked(
  where: string,
  key: RandomKey,
  epoch: number,
  n: number,
  start: number,
  out: ArrayLike<number>,
): Network {
  checkKey(where, key);
  checkInteger(where, "epoch", epoch, WORD);
  if (!Number.isInteger(n) || n < 1 || n > 2 ** 31) {
    throw new UsageError(where, { expected: "n to be an integer in [1, 2^31]", got: `n = ${valueText(n)}` });
  }
  if (!Number.isInteger(start) || start < 0 || start + out.length > n) {
    throw new UsageError(where, {
      expected: `start to be an integer with 0 <= start and start + ${out.length} <= n = ${n}`,
      got: `start = ${valueText(start)}`,
      hint: "Begin the next epoch at 0 instead of reading past the end",
    });
  }
  const bits = Math.max(LEAST_FEISTEL_BITS, 32 - Math.clz32(n - 1));
  const lowBits = bits >>> 1;
  return { lowBits, highBits: bits - lowBits, roundKeys: shuffleKeys(key, epoch) };
}

/** With halves of one and two bits the 120 orders of 5 elements are not equally likely (χ² = 1916 in 10^5 epochs); with four they are. */
const LEAST_FEISTEL_BITS = 8;

/** An even number, so that halves of unequal width end where they began. */
const FEISTEL_ROUNDS = 8;

/** Words of the counter (block, SHUFFLE_TAG, replica, epoch), which no draw uses. */
function shuffleKeys(key: RandomKey, epoch: number): Uint32Array {
  const words = new Uint32Array(FEISTEL_ROUNDS);
  for (let i = 0; i < FEISTEL_ROUNDS; i += 4) {
    philoxInto(words, i, key.keyWord0, key.keyWord1, i, SHUFFLE_TAG, key.replica, epoch);
  }
  return words;
}

/** Second counter word of round keys. That of draws is index / 2^34, below 2^19. */
const SHUFFLE_TAG = 0xffffffff;

/** What a round adds to one half, from the other. */
function mixed(low: number, roundKey: number, width: number): number {
  // The upper bits of a product depend on all bits of the factor: two multiplications with a fold between them.
  const once = Math.imul(low + roundKey, MULTIPLIER_0);
  return Math.imul(once ^ (once >>> 15), MULTIPLIER_1) >>> (32 - width);
}

/** Bijection of 0 … 2^(lowBits + highBits) - 1. Each round: (high, low) → (low, high ^ F(low)), the widths change places. */
function feistel(value: number, { lowBits, highBits, roundKeys }: Network): number {
  let low = value & ((1 << lowBits) - 1);
  let high = value >>> lowBits;
  let [lowWidth, highWidth] = [lowBits, highBits];
  for (let round = 0; round < FEISTEL_ROUNDS; round++) {
    const next = high ^ mixed(low, roundKeys[round]!, highWidth);
    high = low;
    low = next;
    const width = highWidth;
    highWidth = lowWidth;
    lowWidth = width;
  }
  return ((high << lowWidth) | low) >>> 0;
}

/** Its rounds from the last to the first: (high, low) → (low ^ F(high), high). */
function feistelInverse(value: number, { lowBits, highBits, roundKeys }: Network): number {
  let low = value & ((1 << lowBits) - 1);
  let high = value >>> lowBits;
  let [lowWidth, highWidth] = [lowBits, highBits];
  for (let round = FEISTEL_ROUNDS - 1; round >= 0; round--) {
    const before = low ^ mixed(high, roundKeys[round]!, lowWidth);
    low = high;
    high = before;
    const width = highWidth;
    highWidth = lowWidth;
    lowWidth = width;
  }
  return ((high << lowWidth) | low) >>> 0;
}
