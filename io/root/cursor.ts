/** Big-endian values one after another, as ROOT writes them (root.cern, "TFile: the physical layout"). */
import { Damage } from "../damage.js";

export const BYTE_COUNT = 0x40000000;

export class Cursor {
  at = 0;
  private readonly view: DataView;

  /** @param origin what positions written in the bytes count from, before their start */
  constructor(
    readonly bytes: Uint8Array,
    readonly origin = 0,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private step(length: number): number {
    const at = this.at;
    if (length < 0 || at + length > this.bytes.length) {
      throw new Damage({ expected: `${length} bytes`, got: `${this.bytes.length - at}` });
    }
    this.at = at + length;
    return at;
  }

  // Methods, not arrow functions: a cursor is made for every record, and these are not.
  u1(): number {
    return this.view.getUint8(this.step(1));
  }
  i1(): number {
    return this.view.getInt8(this.step(1));
  }
  u2(): number {
    return this.view.getUint16(this.step(2));
  }
  i2(): number {
    return this.view.getInt16(this.step(2));
  }
  u4(): number {
    return this.view.getUint32(this.step(4));
  }
  i4(): number {
    return this.view.getInt32(this.step(4));
  }
  f4(): number {
    return this.view.getFloat32(this.step(4));
  }
  f8(): number {
    return this.view.getFloat64(this.step(8));
  }

  /** Positions and numbers of entries, which fit a double. */
  i8(): number {
    const at = this.step(8);
    const value = this.view.getInt32(at) * 2 ** 32 + this.view.getUint32(at + 4);
    if (Number.isSafeInteger(value)) return value;
    throw new Damage({ expected: "a position or a count below 2^53", got: `${this.view.getBigInt64(at)}` });
  }

  skip(length: number): void {
    this.step(length);
  }

  /** Goes to the end of an object, which says itself how long it is: what was read of it lies before, or it would be read again without end. */
  leaveAt(end: number): void {
    if (end < this.at)
      throw new Damage({
        expected: "an object as long as its members",
        got: `one that ends ${this.at - end} bytes before them`,
      });
    this.at = end;
  }

  take(length: number): Uint8Array {
    const at = this.step(length);
    return this.bytes.subarray(at, at + length);
  }

  /** A TString: its length in a byte, or behind 255 in four. */
  text(): string {
    return utf8(this.take(this.textBytes()));
  }

  skipText(): void {
    this.skip(this.textBytes());
  }

  private textBytes(): number {
    const short = this.u1();
    return short === 255 ? this.u4() : short;
  }

  /** A text that ends with a zero. */
  cText(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new Damage({ expected: "the end of a name", got: "none" });
    const text = Buffer.from(this.bytes.subarray(this.at, end)).toString("latin1");
    this.at = end + 1;
    return text;
  }

  /** Version of an object, and where the object ends if it says how long it is. */
  version(): { readonly version: number; readonly end: number | undefined } {
    const start = this.at;
    const count = this.u4();
    if ((count & BYTE_COUNT) === 0) {
      this.at = start;
      return { version: this.i2(), end: undefined };
    }
    return { version: this.i2(), end: this.endOf(start, count) };
  }

  /** Where an object ends that begins with how many bytes follow. */
  endOf(start: number, count: number): number {
    const end = start + 4 + ((count & ~BYTE_COUNT) >>> 0);
    if (end > this.bytes.length) throw new Damage({ expected: "an object within its bytes", got: "a longer one" });
    return end;
  }
}

const SHORT_TEXT = 48;

/** Names are short and plain: a call of the decoder takes longer than they do. */
function utf8(bytes: Uint8Array): string {
  let text = "";
  if (bytes.length <= SHORT_TEXT) {
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i]! >= 0x80) return Buffer.from(bytes).toString("utf8");
      text += String.fromCharCode(bytes[i]!);
    }
    return text;
  }
  return Buffer.from(bytes).toString("utf8");
}
