import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Leaf } from "../../../io/parquet/schema.js";
import { readValues } from "../../../io/parquet/values.js";

const leaf = (physical: Leaf["physical"], type: Leaf["type"], length = 0): Leaf => ({
  ...{ name: "x", physical, type, length, what: "", maxRepetition: 0, maxDefinition: 0, elementDefinition: 0 },
});
const [PLAIN, RLE, DICTIONARY, SPLIT] = [0, 3, 8, 9];
const bytes = (...values: number[]) => Uint8Array.from(values);

test("plain numbers of every width, from bytes that begin anywhere", () => {
  const shifted = (data: ArrayBufferView) => {
    const all = new Uint8Array(data.byteLength + 1);
    all.set(new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength), 1);
    return all.subarray(1);
  };
  const floats = Float32Array.of(1.5, -0, Number.NEGATIVE_INFINITY);
  assert.equal(readValues(shifted(floats), PLAIN, leaf("FLOAT", "f4"), 3, undefined), floats);
  const big = BigInt64Array.of(-1n, 2n ** 62n);
  assert.equal(readValues(shifted(big), PLAIN, leaf("INT64", "i8"), 2, undefined), big);
  assert.equal(
    readValues(shifted(big), PLAIN, leaf("INT64", "u8"), 2, undefined),
    BigUint64Array.of(2n ** 64n - 1n, 2n ** 62n),
  );
  const small = Int32Array.of(-128, 127);
  assert.equal(readValues(shifted(small), PLAIN, leaf("INT32", "i1"), 2, undefined), Int8Array.of(-128, 127));
  // IEEE 754 binary16: 1 = 0x3c00, -2 = 0xc000.
  assert.equal(
    readValues(bytes(0, 0x3c, 0, 0xc0), PLAIN, leaf("FIXED_LEN_BYTE_ARRAY", "f2", 2), 2, undefined),
    Float32Array.of(1, -2),
  );
  assert.equal(
    readValues(bytes(0b1101, 1), PLAIN, leaf("BOOLEAN", "b1"), 9, undefined),
    bytes(1, 0, 1, 1, 0, 0, 0, 0, 1),
  );
  assert.equal(readValues(bytes(1, 0, 0, 0, 97, 0, 0, 0, 0), PLAIN, leaf("BYTE_ARRAY", "words"), 2, undefined), [
    "a",
    "",
  ]);
});

// Encodings.md, "Byte Stream Split": AA BB CC DD, 00 11 22 33, A3 B4 C5 D6 becomes AA 00 A3 BB 11 B4 CC 22 C5 DD 33 D6.
test("the example of split streams of the format's description", () => {
  const split = bytes(0xaa, 0x00, 0xa3, 0xbb, 0x11, 0xb4, 0xcc, 0x22, 0xc5, 0xdd, 0x33, 0xd6);
  const found = readValues(split, SPLIT, leaf("INT32", "u4"), 3, undefined);
  assert.equal(found, Uint32Array.of(0xddccbbaa, 0x33221100, 0xd6c5b4a3));
});

test("positions in a dictionary: packed and in runs", () => {
  const table = Float64Array.of(0.5, 1.5, 2.5, 3.5);
  // Encodings.md, "RLE / Bit-Packing Hybrid": 0 to 7 in 3 bits are 88 C6 FA; here 2 bits: 0 1 2 3 0 1 2 3 = E4 E4, then a run of 5 threes.
  const packed = bytes(2, 0b11, 0xe4, 0xe4, 10, 3);
  const found = readValues(packed, DICTIONARY, leaf("DOUBLE", "f8"), 13, table);
  assert.equal(found, Float64Array.of(0.5, 1.5, 2.5, 3.5, 0.5, 1.5, 2.5, 3.5, 3.5, 3.5, 3.5, 3.5, 3.5));
  assert.throws(
    () => readValues(packed, DICTIONARY, leaf("DOUBLE", "f8"), 13, table.subarray(0, 3)),
    /positions below 3 in the dictionary, got 3/,
  );
  assert.throws(
    () => readValues(packed, DICTIONARY, leaf("DOUBLE", "f8"), 13, undefined),
    /a dictionary before its use, got none/,
  );
  assert.throws(() => readValues(packed, DICTIONARY, leaf("DOUBLE", "f8"), 14, table), /expected more bytes/);
  assert.throws(
    () => readValues(packed, DICTIONARY, leaf("DOUBLE", "f8"), 12, table),
    /a run of at most 4 values, got one of 5/,
  );
  // The description's own example of bit packing.
  const eight = readValues(
    bytes(3, 0b11, 0x88, 0xc6, 0xfa),
    DICTIONARY,
    leaf("INT32", "i4"),
    8,
    Int32Array.from({ length: 8 }, (_, i) => i),
  );
  assert.equal(eight, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7));
});

test("truth values in runs behind their length", () => {
  assert.equal(readValues(bytes(2, 0, 0, 0, 6, 1), RLE, leaf("BOOLEAN", "b1"), 3, undefined), bytes(1, 1, 1));
});

test("values that are too few, too many or do not fit are damage", () => {
  assert.throws(
    () => readValues(bytes(0, 0, 0, 0), PLAIN, leaf("FLOAT", "f4"), 2, undefined),
    /expected 8 bytes of values, got 4/,
  );
  assert.throws(
    () => readValues(bytes(0, 0, 0, 0), PLAIN, leaf("FLOAT", "f4"), 0, undefined),
    /expected 0 bytes of values, got 4/,
  );
  assert.throws(
    () => readValues(bytes(0, 1, 0, 0), PLAIN, leaf("INT32", "u1"), 1, undefined),
    /integers that fit u1, got 256/,
  );
  assert.throws(
    () => readValues(bytes(9, 0, 0, 0), PLAIN, leaf("BYTE_ARRAY", "words"), 1, undefined),
    /expected 9 bytes, got 0/,
  );
  assert.throws(
    () => readValues(bytes(1, 0, 0, 0, 0xff), PLAIN, leaf("BYTE_ARRAY", "words"), 1, undefined),
    /text in UTF-8/,
  );
  assert.throws(
    () => readValues(bytes(), 4, leaf("FLOAT", "f4"), 0, undefined),
    /an encoding of FLOAT, got BIT_PACKED/,
  );
  assert.throws(
    () => readValues(bytes(33), DICTIONARY, leaf("INT32", "i4"), 1, Int32Array.of(1)),
    /at most 32 bits, got 33/,
  );
});

test.run();
