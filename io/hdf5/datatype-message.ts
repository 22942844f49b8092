/**
 * Numbers whose bits are not those of a machine: integers with fewer bits than their bytes have, floats that are not IEEE 754's.
 * HDF5 File Format Specification 3.0, IV.A.2.d: the datatype message.
 */
import { Damage } from "../damage.js";
import { CLASSES } from "./library.js";

/** Exponent and mantissa of floats: where and how long they are, and the bias; by bytes. */
const IEEE: Readonly<Record<number, readonly number[]>> = {
  2: [10, 5, 0, 10, 15],
  4: [23, 8, 0, 23, 127],
  8: [52, 11, 0, 52, 1023],
};

/** How deep types stand in types at most. */
const MOST_DEPTH = 32;

/** What of the type would be read wrong; undefined where nothing would. */
export function oddNumbers(message: DataView): string | undefined {
  const reader = new TypeReader(message);
  reader.read(0);
  return reader.odd;
}

class TypeReader {
  odd: string | undefined;
  private at = 0;

  constructor(private readonly view: DataView) {}

  /** Reads a type; gives the bytes of its elements. */
  read(depth: number): number {
    if (depth > MOST_DEPTH) throw new Damage({ expected: "types in types", got: `more than ${MOST_DEPTH} of them` });
    const [head, low, second] = [this.uint(1), this.uint(1), this.uint(1)];
    this.uint(1);
    const size = this.uint(4);
    const [kind, version] = [head & 15, head >> 4];
    if (kind === CLASSES.integer || kind === CLASSES.bitField) this.checkBits(size);
    else if (kind === CLASSES.float) this.checkFloat(size, low, second);
    else if (kind === CLASSES.time) this.uint(2);
    else if (kind === CLASSES.opaque) this.skip(low);
    else if (kind === CLASSES.compound) this.readMembers(low + 256 * second, version, size, depth);
    else if (kind === CLASSES.enumeration) this.readEnumeration(low + 256 * second, version, depth);
    else if (kind === CLASSES.list || kind === CLASSES.complex) this.read(depth + 1);
    else if (kind === CLASSES.array) {
      const rank = this.uint(1);
      this.skip(version < 3 ? 3 + 8 * rank : 4 * rank);
      this.read(depth + 1);
    }
    return size;
  }

  private checkBits(size: number): void {
    const [offset, precision] = [this.uint(2), this.uint(2)];
    if (offset !== 0 || precision !== 8 * size) this.odd ??= `integers of ${precision} bits in ${size} bytes`;
  }

  private checkFloat(size: number, low: number, sign: number): void {
    const [offset, precision] = [this.uint(2), this.uint(2)];
    const layout = [this.uint(1), this.uint(1), this.uint(1), this.uint(1), this.uint(4)];
    const expected = IEEE[size];
    // Others are refused by their size. Bit 6 of the flags is VAX's order of bytes, bits 4 and 5 say that the first bit is implied.
    if (expected === undefined) return;
    const isIeee =
      offset === 0 &&
      precision === 8 * size &&
      sign === 8 * size - 1 &&
      (low & 0x70) === 0x20 &&
      layout.every((value, i) => value === expected[i]);
    if (!isIeee) this.odd ??= `floats of ${size} bytes that are not those of IEEE 754`;
  }

  private readMembers(count: number, version: number, size: number, depth: number): void {
    for (let i = 0; i < count; i++) {
      this.skipName(version);
      this.skip(version < 3 ? 4 : bytesFor(size));
      // An array of up to four axes: its rank, an order of them, and their lengths.
      if (version === 1) this.skip(28);
      this.read(depth + 1);
    }
  }

  private readEnumeration(count: number, version: number, depth: number): void {
    const size = this.read(depth + 1);
    for (let i = 0; i < count; i++) this.skipName(version);
    this.skip(count * size);
  }

  /** Ends with a zero byte, and, before version 3, at a multiple of 8. */
  private skipName(version: number): void {
    const start = this.at;
    while (this.uint(1) !== 0);
    if (version < 3) this.at = start + 8 * Math.ceil((this.at - start) / 8);
  }

  private skip(bytes: number): void {
    this.at += bytes;
  }

  private uint(bytes: 1 | 2 | 4): number {
    if (this.at + bytes > this.view.byteLength) throw new Damage({ expected: "a type", got: "its first part alone" });
    const at = this.at;
    this.at += bytes;
    if (bytes === 1) return this.view.getUint8(at);
    return bytes === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }
}

/** Bytes that hold offsets in a record of so many bytes. */
const bytesFor = (size: number): number => Math.max(1, Math.ceil(Math.log2(size + 1) / 8));
