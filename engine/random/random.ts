/**
 * Random numbers as a pure function of where they are used: key = (seed, purpose), counter = (index, replica, epoch).
 *
 * The generator is Philox-4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3",
 * SC'11, section 3.3, doi:10.1145/2063384.2063405. No state: number i of a key never depends on what was drawn before,
 * so any stretch can be made again, by any worker, in any order. The integers are bit-equal everywhere.
 */
import { UsageError } from "../errors.js";
import { exp, log } from "../exact-functions.js";
import { anObject, aText, checkArgument, numberArray, valueText } from "../options.js";

/** Two words of Philox key and the replica, the third word of its counter. Made by `randomKey`. */
export interface RandomKey {
  readonly seed: number;
  readonly purpose: string;
  readonly replica: number;
  readonly keyWord0: number;
  readonly keyWord1: number;
}

export const WORD = 2 ** 32;

// Multipliers and Weyl increments of Philox-4x32 (Salmon et al. 2011, table 2 and section 3.3).
export const MULTIPLIER_0 = 0xd2511f53;
export const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** Blocks made at once by the bulk fills: 16 kB of words, which stay in the L1 cache. */
const BLOCKS_AT_ONCE = 1024;

/**
 * Names one stream of random numbers.
 *
 * @param seed     integer in [0, 2^32)
 * @param purpose  what the numbers are for, e.g. "toy/data"; streams of different purposes are independent
 * @param replica  bootstrap replica or any other counter of like streams, integer in [0, 2^32)
 */
export function randomKey(seed: number, purpose: string, replica = 0): RandomKey {
  checkInteger("randomKey", "seed", seed, WORD);
  checkInteger("randomKey", "replica", replica, WORD);
  checkArgument("randomKey", "the purpose", purpose, aText);
  return { seed, purpose, replica, keyWord0: seed >>> 0, keyWord1: fnv1a(purpose) };
}

/**
 * Philox-4x32-10 of one counter.
 *
 * @param counter  [4] words
 * @param key      [2] words
 * @returns        [4] words in [0, 2^32)
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>): Uint32Array {
  const out = new Uint32Array(4);
  philoxInto(out, 0, key[0]!, key[1]!, counter[0]!, counter[1]!, counter[2]!, counter[3]!);
  return out;
}

/** Uniform word in [0, 2^32) number `index` of the stream; `index` in [0, 2^53). */
export function word(key: RandomKey, index: number): number {
  const one = new Uint32Array(1);
  fillWords(key, index, one);
  return one[0]!;
}

/** Uniform in (0, 1), on the grid (word + 1/2) / 2^32. */
export function uniform(key: RandomKey, index: number): number {
  return uniformOfWord(word(key, index));
}

/** Standard normal; |value| stays below 6.34, beyond which lies a probability of 2^-32. */
export function normal(key: RandomKey, index: number): number {
  return normalQuantile(uniform(key, index));
}

/** Poisson of mean 1: the bootstrap weight of event `index` in replica `key.replica`. */
export function poissonOne(key: RandomKey, index: number): number {
  return poissonOneOfWord(word(key, index));
}

/** out[i] = word(key, start + i). */
export function fillWords(key: RandomKey, start: number, out: Uint32Array | Int32Array): void {
  checkArgument("fillWords", "the words", out, numberArray);
  forEachRun(key, start, out.length, (words, from, to, at) => out.set(words.subarray(from, to), at));
}

/** out[i] = uniform(key, start + i); in f32 the top 23 bits only, so that 1 is never reached by rounding. */
export function fillUniform(key: RandomKey, start: number, out: Float64Array | Float32Array): void {
  checkArgument("fillUniform", "the numbers", out, numberArray);
  if (out instanceof Float32Array) {
    forEachRun(key, start, out.length, (words, from, to, at) => {
      for (let i = from; i < to; i++) out[at + i - from] = ((words[i]! >>> 9) + 0.5) * 2 ** -23;
    });
  } else {
    forEachRun(key, start, out.length, (words, from, to, at) => {
      for (let i = from; i < to; i++) out[at + i - from] = uniformOfWord(words[i]!);
    });
  }
}

/** out[i] = normal(key, start + i), rounded to the array's precision. */
export function fillNormal(key: RandomKey, start: number, out: Float64Array | Float32Array): void {
  checkArgument("fillNormal", "the numbers", out, numberArray);
  forEachRun(key, start, out.length, (words, from, to, at) => {
    for (let i = from; i < to; i++) out[at + i - from] = normalQuantile(uniformOfWord(words[i]!));
  });
}

/** out[i] = poissonOne(key, start + i). */
export function fillPoissonOne(
  key: RandomKey,
  start: number,
  out: Float64Array | Float32Array | Int32Array | Uint8Array,
): void {
  checkArgument("fillPoissonOne", "the numbers", out, numberArray);
  forEachRun(key, start, out.length, (words, from, to, at) => {
    for (let i = from; i < to; i++) out[at + i - from] = poissonOneOfWord(words[i]!);
  });
}

/** Words of the blocks that cover [start, start + count), some blocks at a time: use(words, from, to, offset in output). */
function forEachRun(
  key: RandomKey,
  start: number,
  count: number,
  use: (words: Uint32Array, from: number, to: number, at: number) => void,
): void {
  checkKey("random", key);
  checkInteger("random", "start", start, 2 ** 53 - count);
  const blocksNeeded = Math.ceil(((start % 4) + count) / 4);
  const words = new Uint32Array(4 * Math.min(BLOCKS_AT_ONCE, blocksNeeded));
  let done = 0;
  while (done < count) {
    const from = (start + done) % 4;
    const firstBlock = (start + done - from) / 4;
    const take = Math.min(count - done, words.length - from);
    const nBlocks = Math.ceil((from + take) / 4);
    for (let i = 0; i < nBlocks; i++) {
      const block = firstBlock + i;
      philoxInto(words, 4 * i, key.keyWord0, key.keyWord1, block >>> 0, Math.floor(block / WORD), key.replica, 0);
    }
    use(words, from, from + take, done);
    done += take;
  }
}

/** Philox-4x32-10 of one counter, [4] words from `at` on. */
export function philoxInto(
  out: Uint32Array,
  at: number,
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  counter2: number,
  counter3: number,
): void {
  let [k0, k1] = [key0 | 0, key1 | 0];
  let [c0, c1, c2, c3] = [counter0 | 0, counter1 | 0, counter2 | 0, counter3 | 0];
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(c0, MULTIPLIER_0 & 0xffff, MULTIPLIER_0 >>> 16);
    const high1 = multiplyHigh(c2, MULTIPLIER_1 & 0xffff, MULTIPLIER_1 >>> 16);
    const low0 = Math.imul(c0, MULTIPLIER_0);
    const low1 = Math.imul(c2, MULTIPLIER_1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** Upper 32 bits of a · (high · 2^16 + low), unsigned, by 16-bit halves: no partial sum exceeds 32 bits. */
function multiplyHigh(a: number, low: number, high: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const middle = (Math.imul(aHigh, low) + (Math.imul(aLow, low) >>> 16)) | 0;
  const carry = (Math.imul(aLow, high) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, high) + (middle >>> 16) + (carry >>> 16)) | 0;
}

function uniformOfWord(bits: number): number {
  return (bits + 0.5) * 2 ** -32;
}

/** Poisson(1) by its cumulative distribution: how many of the bounds e^-1 Σ_(j≤k) 1/j! (times 2^32, rounded) do not exceed the word. */
function poissonOneOfWord(bits: number): number {
  let count = 0;
  while (count < POISSON_ONE_BOUNDS.length && bits >= POISSON_ONE_BOUNDS[count]!) count++;
  return count;
}

/** Bounds below 2^32: thirteen or more has probability 6e-11, a quarter of a word. */
const POISSON_ONE_BOUNDS: readonly number[] = (() => {
  const bounds: number[] = [];
  let term = exp(-1);
  let cumulative = term;
  while (Math.round(cumulative * WORD) < WORD) {
    bounds.push(Math.round(cumulative * WORD));
    term /= bounds.length;
    cumulative += term;
  }
  return bounds;
})();

/**
 * Inverse of the normal cumulative distribution, to 1e-15 relative, for p in [2^-33, 1 - 2^-33].
 *
 * Wichura 1988, Algorithm AS 241 (PPND16), Applied Statistics 37, 477: a rational function of 0.425² - (p - ½)² in the
 * middle, one of √(-ln p) - 1.6 in the tails. Its third piece, √(-ln p) > 5, begins below the smallest p here.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * middleNumerator(r)) / middleDenominator(r);
  }
  const r = Math.sqrt(-log(q < 0 ? p : 1 - p)) - 1.6;
  const magnitude = tailNumerator(r) / tailDenominator(r);
  return q < 0 ? -magnitude : magnitude;
}

// biome-ignore-start lint/correctness/noPrecisionLoss: coefficients as published
function middleNumerator(r: number): number {
  return (
    ((((((2.509080928730122672e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r +
      4.5921953931549871457e4) *
      r +
      1.3731693765509461125e4) *
      r +
      1.9715909503065514427e3) *
      r +
      1.3314166789178437745e2) *
      r +
    3.387132872796366608
  );
}

function middleDenominator(r: number): number {
  return (
    ((((((5.226495278852854561e3 * r + 2.8729085735721942674e4) * r + 3.930789580009271061e4) * r +
      2.1213794301586595867e4) *
      r +
      5.3941960214247511077e3) *
      r +
      6.871870074920579083e2) *
      r +
      4.2313330701600911252e1) *
      r +
    1
  );
}

function tailNumerator(r: number): number {
  return (
    ((((((7.7454501427834140764e-4 * r + 2.27238449892691845833e-2) * r + 2.4178072517745061177e-1) * r +
      1.27045825245236838258) *
      r +
      3.64784832476320460504) *
      r +
      5.7694972214606914055) *
      r +
      4.6303378461565452959) *
      r +
    1.42343711074968357734
  );
}

function tailDenominator(r: number): number {
  return (
    ((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 1.51986665636164571966e-2) * r +
      1.4810397642748007459e-1) *
      r +
      6.8976733498510000455e-1) *
      r +
      1.6763848301838038494) *
      r +
      2.05319162663775882187) *
      r +
    1
  );
}
// biome-ignore-end lint/correctness/noPrecisionLoss: coefficients as published

/** FNV-1a, 32 bits, over UTF-16 code units (Fowler, Noll, Vo; offset basis and prime of RFC 9923). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Refuses a bare seed, or whatever else `randomKey` did not make. */
export function checkKey(where: string, key: RandomKey): void {
  if (anObject.accepts(key) && [key.keyWord0, key.keyWord1, key.replica].every(Number.isInteger)) return;
  throw new UsageError(where, {
    expected: "a key of random numbers",
    got: valueText(key),
    hint: "Make one with randomKey(seed, purpose)",
  });
}

export function checkInteger(where: string, name: string, value: number, end: number): void {
  if (Number.isInteger(value) && value >= 0 && value < end) return;
  throw new UsageError(where, {
    expected: `${name} to be an integer in [0, ${end})`,
    got: `${name} = ${valueText(value)}`,
  });
}
