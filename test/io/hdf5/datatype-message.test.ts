/** Messages written byte by byte after the HDF5 File Format Specification 3.0, IV.A.2.d. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { decoded } from "../../../io/damage.js";
import { oddNumbers } from "../../../io/hdf5/datatype-message.js";
import { assertRefused } from "../support.js";

const little = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) % 256);
const message = (version: number, kind: number, flags: number, size: number, ...more: number[]) => [
  version * 16 + kind,
  ...little(flags, 3),
  ...little(size, 4),
  ...more,
];
const integer = (size: number, precision = 8 * size, offset = 0, version = 1) =>
  message(version, 0, 8, size, ...little(offset, 2), ...little(precision, 2));
const float = (size: number, layout: readonly number[], bias: number, flags = 0x20, version = 1) =>
  message(version, 1, flags + 256 * (8 * size - 1), size, 0, 0, ...little(8 * size, 2), ...layout, ...little(bias, 4));
const f4 = float(4, [23, 8, 0, 23], 127);
const name = (text: string, padded: boolean) => {
  const bytes = [...Buffer.from(`${text}\0`)];
  while (padded && bytes.length % 8 !== 0) bytes.push(0);
  return bytes;
};
const odd = (bytes: readonly number[]) => oddNumbers(new DataView(Uint8Array.from(bytes).buffer));

test("numbers of a machine, in both orders", () => {
  for (const bytes of [
    integer(1),
    integer(8),
    f4,
    float(2, [10, 5, 0, 10], 15),
    float(8, [52, 11, 0, 52], 1023, 0x21),
    message(1, 4, 0, 1, 0, 0, 8, 0),
    message(1, 3, 0, 12),
    message(3, 9, 0, 16, ...f4),
  ]) {
    assert.is(odd(bytes), undefined);
  }
});

test("others, wherever they stand", () => {
  const few = integer(2, 12);
  for (const [bytes, what] of [
    [few, /^integers of 12 bits in 2 bytes$/],
    [integer(4, 32, 1), /^integers of 32 bits in 4 bytes$/],
    [float(2, [7, 8, 0, 7], 127), /^floats of 2 bytes that are not those of IEEE 754$/],
    [float(4, [23, 8, 0, 23], 128), /^floats of 4 bytes/],
    // VAX's order of bytes; no implied first bit.
    [float(4, [23, 8, 0, 23], 127, 0x61), /^floats of 4 bytes/],
    [float(4, [23, 8, 0, 23], 127, 0x00), /^floats of 4 bytes/],
    [message(3, 9, 0, 16, ...few), /^integers of 12/],
    [message(3, 10, 0, 6, 1, ...little(3, 4), ...few), /^integers of 12/],
    [message(2, 10, 0, 6, 1, 0, 0, 0, ...little(3, 4), ...little(0, 4), ...few), /^integers of 12/],
    // Records of the three versions: a float, then the integer.
    [
      message(
        1,
        6,
        2,
        6,
        ...name("pt", true),
        ...little(0, 4),
        ...little(0, 28),
        ...f4,
        ...name("adc", true),
        ...little(4, 4),
        ...little(0, 28),
        ...few,
      ),
      /^integers of 12/,
    ],
    [
      message(
        2,
        6,
        2,
        6,
        ...name("pt", true),
        ...little(0, 4),
        ...f4,
        ...name("longer name", true),
        ...little(4, 4),
        ...few,
      ),
      /^integers of 12/,
    ],
    [
      message(
        3,
        6,
        2,
        300,
        ...name("pt", false),
        ...little(0, 2),
        ...f4,
        ...name("adc", false),
        ...little(4, 2),
        ...few,
      ),
      /^integers of 12/,
    ],
    [message(3, 6, 2, 255, ...name("pt", false), 0, ...f4, ...name("adc", false), 4, ...few), /^integers of 12/],
    // Behind an enumeration of two values, behind an opaque tag.
    [
      message(
        3,
        6,
        2,
        6,
        ...name("e", false),
        0,
        ...message(3, 8, 2, 1, ...integer(1), ...name("A", false), ...name("B", false), 0, 1),
        ...name("adc", false),
        1,
        ...few,
      ),
      /^integers of 12/,
    ],
    [
      message(
        3,
        6,
        2,
        6,
        ...name("o", false),
        0,
        ...message(3, 5, 8, 2, ...name("tag", true)),
        ...name("adc", false),
        2,
        ...few,
      ),
      /^integers of 12/,
    ],
  ] as const) {
    assert.match(String(odd(bytes)), what);
  }
});

test("a type that ends before its end, or has no end, is damage", async () => {
  const bytes = message(3, 6, 2, 6, ...name("pt", false), 0, ...f4);
  for (let length = 0; length <= bytes.length; length++) {
    await assertRefused(
      () => decoded("a.h5", () => odd(bytes.slice(0, length))),
      /a\.h5: expected a type, got its first part alone/,
    );
  }
  const deep = Array.from({ length: 40 }, () => message(3, 9, 0, 16)).flat();
  await assertRefused(() => decoded("a.h5", () => odd([...deep, ...f4])), /expected types in types, got more than 32/);
});

test.run();
