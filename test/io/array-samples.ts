/** Arrays to write and to read back. */
import fc from "fast-check";
import * as assert from "uvu/assert";
import type { NamedArray, NumberArray } from "../../io/arrays.js";

const kinds = [
  fc.float64Array({ maxLength: 24 }),
  fc.float32Array({ maxLength: 24 }),
  fc.int8Array({ maxLength: 24 }),
  fc.uint8Array({ maxLength: 24 }),
  fc.int16Array({ maxLength: 24 }),
  fc.uint16Array({ maxLength: 24 }),
  fc.int32Array({ maxLength: 24 }),
  fc.uint32Array({ maxLength: 24 }),
  fc.bigInt64Array({ maxLength: 24 }),
  fc.bigUint64Array({ maxLength: 24 }),
] as fc.Arbitrary<NumberArray>[];

/** Arrays of every kind, in ranks 1 to 3. */
const arrays: fc.Arbitrary<NamedArray> = fc.oneof(
  fc.tuple(fc.oneof(...kinds), fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([data, width, deep]) => {
    const rows = Math.floor(data.length / width);
    return { shape: deep ? [rows, 1, width] : [rows, width], data: data.slice(0, rows * width) };
  }),
  fc.oneof(...kinds).map((data) => ({ shape: [data.length], data })),
  fc
    .array(fc.boolean())
    .map((flags) => ({ shape: [flags.length], data: Uint8Array.from(flags, Number), isBool: true as const })),
);

/** Arrays by names of every kind. */
export const named = fc.dictionary(
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }).filter((name) => name !== "__metadata__"),
  arrays,
  { maxKeys: 5 },
);

export function assertSame(read: ReadonlyMap<string, NamedArray>, written: Record<string, NamedArray>): void {
  assert.equal([...read.keys()].sort(), Object.keys(written).sort());
  for (const [name, array] of read) assert.equal(array, written[name], name);
}
