import { test } from "uvu";
import * as assert from "uvu/assert";
import { readDelta32, readDelta64, readDeltaStrings } from "../../../io/parquet/delta.js";
import { ByteReader } from "../../../io/parquet/thrift.js";

const reader = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes));

// parquet-format, Encodings.md, "Delta Encoding", example 1: 1, 2, 3, 4, 5 in a block of 8; here blocks are multiples of 32 as
// the text demands. Header: block 128 (0x80 0x01), 4 miniblocks, 5 values, first value zigzag(1) = 2; least delta zigzag(1) = 2, widths 0.
test("the first example of the format's description", () => {
  const bytes = [0x80, 0x01, 4, 5, 2, 2, 0, 0, 0, 0];
  assert.equal(readDelta32(reader(...bytes), 5), Int32Array.of(1, 2, 3, 4, 5));
  assert.equal(readDelta64(reader(...bytes), 5), BigInt64Array.of(1n, 2n, 3n, 4n, 5n));
});

// Example 2: 7, 5, 3, 1, 2, 3, 4, 5; deltas -2 -2 -2 1 1 1 1, least -2, relative 0 0 0 3 3 3 3 in 2 bits: 0b11000000, 0b00111111.
test("the second example of the format's description", () => {
  const bytes = [0x80, 0x01, 4, 8, 14, 3, 2, 0, 0, 0, 0b11000000, 0b00111111, 0, 0, 0, 0, 0, 0];
  assert.equal(readDelta32(reader(...bytes), 8), Int32Array.of(7, 5, 3, 1, 2, 3, 4, 5));
  assert.equal(readDelta64(reader(...bytes), 8), BigInt64Array.of(7n, 5n, 3n, 1n, 2n, 3n, 4n, 5n));
});

// Encodings.md, "Delta Strings": axis, axle, babble, babyhood share 0, 2, 0, 3 bytes with the one before.
test("the strings of the format's description", () => {
  const lengths = (first: number, ...deltas: number[]) => {
    const least = Math.min(...deltas);
    const packed = new Uint8Array(32 / 2);
    for (const [i, delta] of deltas.entries()) packed[i >> 1]! |= (delta - least) << (4 * (i & 1));
    const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);
    return [0x80, 0x01, 4, 4, zigzag(first), zigzag(least), 4, 0, 0, 0, ...packed];
  };
  const text = [...new TextEncoder().encode("axislebabbleyhood")];
  const shared = lengths(0, 2, -2, 3);
  const rests = lengths(4, -2, 4, -1);
  const found = readDeltaStrings(reader(...shared, ...rests, ...text), 4);
  assert.equal(
    found.map((bytes) => new TextDecoder().decode(bytes)),
    ["axis", "axle", "babble", "babyhood"],
  );
});

test("another number of values, and strange blocks, are damage", () => {
  assert.throws(() => readDelta32(reader(0x80, 0x01, 4, 5, 2, 2, 0, 0, 0, 0), 6), /expected 6 values, got 5/);
  assert.throws(() => readDelta32(reader(0x08, 1, 5, 2), 5), /blocks of 32 integers or a multiple, got 8 in 1/);
  assert.throws(() => readDelta32(reader(0x80, 0x01, 0, 5, 2), 5), /got 128 in 0/);
  assert.throws(() => readDelta32(reader(0x80, 0x01, 4, 5, 2, 2, 60, 0, 0, 0), 5), /expected 240 bytes, got 0/);
});

test.run();
