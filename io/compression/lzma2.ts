/** LZMA2, as xz packs it: chunks of LZMA (Igor Pavlov's "LZMA specification", 2015) or of bytes as they are. */
import { Damage } from "../damage.js";

const broken = () => new Damage({ expected: "an unbroken LZMA stream", got: "one that is not" });

const PROBABILITY_BITS = 11;
const HALF = 1 << (PROBABILITY_BITS - 1);
const ADAPTATION = 5;
const TOP = 2 ** 24;
const N_STATES = 12;
/** States below this follow a literal. */
const LITERAL_STATES = 7;
const MIN_MATCH = 2;
const N_LENGTH_STATES = 4;
const FULL_DISTANCES = 128;
const END_SLOT = 14;

const probabilities = (count: number) => new Uint16Array(count).fill(HALF);

/** Bits out of a stream of a range coder. */
class RangeDecoder {
  private range = 0;
  private code = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
  ) {
    if (this.next() !== 0) throw broken();
    for (let i = 0; i < 4; i++) this.code = ((this.code << 8) | this.next()) >>> 0;
    this.range = 0xffffffff;
  }

  get isAtEnd(): boolean {
    return this.at === this.end && this.code === 0;
  }

  private next(): number {
    if (this.at >= this.end) throw broken();
    return this.bytes[this.at++]!;
  }

  private normalise(): void {
    if (this.range >= TOP) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | this.next()) >>> 0;
  }

  bit(table: Uint16Array, index: number): number {
    const probability = table[index]!;
    const bound = (this.range >>> PROBABILITY_BITS) * probability;
    if (this.code < bound) {
      this.range = bound;
      table[index] = probability + ((2 ** PROBABILITY_BITS - probability) >>> ADAPTATION);
      this.normalise();
      return 0;
    }
    this.range -= bound;
    this.code -= bound;
    table[index] = probability - (probability >>> ADAPTATION);
    this.normalise();
    return 1;
  }

  /** Bits of equal probability. */
  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.range >>>= 1;
      const isOne = this.code >= this.range;
      if (isOne) this.code -= this.range;
      value = value * 2 + (isOne ? 1 : 0);
      this.normalise();
    }
    return value;
  }

  /** The highest bit first. */
  tree(table: Uint16Array, start: number, bits: number): number {
    let node = 1;
    for (let i = 0; i < bits; i++) node = node * 2 + this.bit(table, start + node);
    return node - (1 << bits);
  }

  /** The lowest bit first. */
  reverseTree(table: Uint16Array, start: number, bits: number): number {
    let [node, value] = [1, 0];
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(table, start + node);
      node = node * 2 + bit;
      value += bit << i;
    }
    return value;
  }
}

/** Lengths of matches, less the least. */
class LengthDecoder {
  private readonly choice = probabilities(2);
  private readonly low = probabilities(16 << 3);
  private readonly middle = probabilities(16 << 3);
  private readonly high = probabilities(256);

  read(range: RangeDecoder, position: number): number {
    if (range.bit(this.choice, 0) === 0) return range.tree(this.low, position << 3, 3);
    if (range.bit(this.choice, 1) === 0) return 8 + range.tree(this.middle, position << 3, 3);
    return 16 + range.tree(this.high, 0, 8);
  }
}

interface Properties {
  /** Bits of the byte before, and of the position, that choose a literal's probabilities; bits of the position for all else. */
  readonly lc: number;
  readonly lp: number;
  readonly pb: number;
}

/** What adapts from one symbol to the next. */
class LzmaState {
  private state = 0;
  private readonly repeats = [0, 0, 0, 0];
  private readonly literal: Uint16Array;
  private readonly isMatch = probabilities(N_STATES << 4);
  private readonly isRepeat = probabilities(N_STATES);
  private readonly isRepeat0 = probabilities(N_STATES);
  private readonly isRepeat1 = probabilities(N_STATES);
  private readonly isRepeat2 = probabilities(N_STATES);
  private readonly isLong = probabilities(N_STATES << 4);
  private readonly slots = probabilities(N_LENGTH_STATES << 6);
  private readonly distances = probabilities(FULL_DISTANCES);
  private readonly aligned = probabilities(16);
  private readonly lengths = new LengthDecoder();
  private readonly repeatLengths = new LengthDecoder();

  constructor(readonly properties: Properties) {
    this.literal = probabilities(0x300 << (properties.lc + properties.lp));
  }

  /** Fills `out` from `from` to `to`; matches reach back to `begin`. */
  decode(range: RangeDecoder, out: Uint8Array, begin: number, from: number, to: number): void {
    const mask = (1 << this.properties.pb) - 1;
    for (let at = from; at < to; ) {
      const position = (at - begin) & mask;
      if (range.bit(this.isMatch, (this.state << 4) + position) === 0) {
        out[at] = this.readLiteral(range, out, begin, at);
        at++;
        this.state = this.state < 4 ? 0 : this.state < 10 ? this.state - 3 : this.state - 6;
        continue;
      }
      const length = this.readMatch(range, position);
      const back = this.repeats[0]! + 1;
      if (back > at - begin || length > to - at) throw broken();
      for (const end = at + length; at < end; at++) out[at] = out[at - back]!;
    }
  }

  private readLiteral(range: RangeDecoder, out: Uint8Array, begin: number, at: number): number {
    const { lc, lp } = this.properties;
    const before = at > begin ? out[at - 1]! : 0;
    const start = 0x300 * ((((at - begin) & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    let symbol = 1;
    if (this.state >= LITERAL_STATES) {
      const back = this.repeats[0]! + 1;
      if (back > at - begin) throw broken();
      let matched = out[at - back]!;
      while (symbol < 0x100) {
        const expected = (matched >> 7) & 1;
        matched <<= 1;
        const bit = range.bit(this.literal, start + ((1 + expected) << 8) + symbol);
        symbol = symbol * 2 + bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = symbol * 2 + range.bit(this.literal, start + symbol);
    return symbol & 255;
  }

  /** The length of a match; its distance becomes the first of the repeats. */
  private readMatch(range: RangeDecoder, position: number): number {
    const { state, repeats } = this;
    const afterLiteral = state < LITERAL_STATES;
    if (range.bit(this.isRepeat, state) === 0) {
      const length = this.lengths.read(range, position);
      this.state = afterLiteral ? 7 : 10;
      repeats.unshift(this.readDistance(range, Math.min(length, N_LENGTH_STATES - 1)));
      repeats.pop();
      return length + MIN_MATCH;
    }
    if (range.bit(this.isRepeat0, state) === 0) {
      if (range.bit(this.isLong, (state << 4) + position) === 0) {
        this.state = afterLiteral ? 9 : 11;
        return 1;
      }
    } else {
      const which = range.bit(this.isRepeat1, state) === 0 ? 1 : 2 + range.bit(this.isRepeat2, state);
      repeats.unshift(repeats.splice(which, 1)[0]!);
    }
    this.state = afterLiteral ? 8 : 11;
    return this.repeatLengths.read(range, position) + MIN_MATCH;
  }

  private readDistance(range: RangeDecoder, lengthState: number): number {
    const slot = range.tree(this.slots, lengthState << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 + (slot & 1)) * 2 ** bits;
    if (slot < END_SLOT) return base + range.reverseTree(this.distances, base - slot, bits);
    return base + range.direct(bits - 4) * 16 + range.reverseTree(this.aligned, 0, 4);
  }
}

/** @returns the unpacked bytes, and where the chunks end */
export function unpackLzma2(packed: Uint8Array, start: number, length: number): { bytes: Uint8Array; end: number } {
  const out = new Uint8Array(length);
  let state: LzmaState | undefined;
  let [at, done, begin] = [start, 0, 0];
  let hasDictionary = false;
  const two = (where: number) => {
    if (where + 2 > packed.length) throw broken();
    return packed[where]! * 256 + packed[where + 1]!;
  };
  for (;;) {
    const control = packed[at++];
    if (control === undefined) throw broken();
    if (control === 0) break;
    const isPacked = control >= 0x80;
    const reset = isPacked ? (control >> 5) & 3 : control === 1 ? 3 : 0;
    if (!isPacked && control > 2) throw broken();
    if (reset === 3) {
      begin = done;
      hasDictionary = true;
    } else if (!hasDictionary) throw broken();
    const size = (isPacked ? (control & 31) * 65536 : 0) + two(at) + 1;
    at += 2;
    if (size > length - done) throw broken();
    if (!isPacked) {
      if (at + size > packed.length) throw broken();
      out.set(packed.subarray(at, at + size), done);
      at += size;
      done += size;
      continue;
    }
    const bytes = two(at) + 1;
    at += 2;
    if (reset >= 2) state = new LzmaState(propertiesOf(packed[at++]));
    else if (state !== undefined && reset === 1) state = new LzmaState(state.properties);
    if (state === undefined || at + bytes > packed.length) throw broken();
    const range = new RangeDecoder(packed, at, at + bytes);
    state.decode(range, out, begin, done, done + size);
    if (!range.isAtEnd) throw broken();
    at += bytes;
    done += size;
  }
  if (done !== length) throw new Damage({ expected: `${length} bytes out of LZMA`, got: `${done}` });
  return { bytes: out, end: at };
}

function propertiesOf(byte: number | undefined): Properties {
  if (byte === undefined || byte >= 225) throw broken();
  const [lc, lp, pb] = [byte % 9, Math.floor(byte / 9) % 5, Math.floor(byte / 45)];
  if (lc + lp > 4) throw broken();
  return { lc, lp, pb };
}
