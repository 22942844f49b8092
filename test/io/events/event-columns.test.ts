import { test } from "uvu";
import * as assert from "uvu/assert";
import { isSingle, rowsOf, toColumn } from "../../../io/events/event-columns.js";
import { assertRefused } from "../support.js";

test("f32 holds floats of 32 bits and integers of 16, and no more", () => {
  const single = ["f2", "bf2", "f4", "i1", "u1", "i2", "u2", "b1"] as const;
  const double = ["f8", "i4", "u4", "i8", "u8"] as const;
  assert.ok(single.every(isSingle));
  assert.not.ok(double.some(isSingle));
});

test("rows of an array in either order of memory", () => {
  const rowMajor = { shape: [3, 2], data: Int32Array.of(1, 2, 3, 4, 5, 6), fortranOrder: false };
  const columnMajor = { shape: [3, 2], data: Int32Array.of(1, 3, 5, 2, 4, 6), fortranOrder: true };
  for (const [from, to] of [
    [0, 3],
    [1, 3],
    [0, 1],
    [2, 2],
  ] as const) {
    const expected = [...[1, 3, 5].slice(from, to), ...[2, 4, 6].slice(from, to)];
    for (const array of [rowMajor, columnMajor]) {
      const some = rowsOf(array, from, to);
      assert.equal(some.shape, [to - from, 2]);
      assert.equal(toColumn("f", "x", some), { features: ["x[0]", "x[1]"], data: Float64Array.from(expected) });
    }
  }
});

test("integers beyond 2^53 are refused by their row, of either sign and kind", async () => {
  const column = (data: BigInt64Array | BigUint64Array) =>
    toColumn("f", "id", { shape: [data.length], data, fortranOrder: false }, 40);
  const exact = [0n, 2n ** 53n, 2n ** 60n, 2n ** 32n - 1n, 2n ** 32n];
  assert.equal(column(BigUint64Array.from(exact)).data, Float64Array.from(exact, Number));
  const signed = exact.flatMap((value) => [value, -value]);
  assert.equal(
    column(BigInt64Array.from(signed)).data.map((value) => value + 0),
    Float64Array.from(signed, Number),
  );
  const message = (value: bigint) => new RegExp(`f, column "id": .* got ${value} in row 41 `);
  for (const value of [2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n]) {
    await assertRefused(() => column(BigInt64Array.of(0n, value)), message(value));
  }
  await assertRefused(() => column(BigUint64Array.of(0n, 2n ** 64n - 1n)), message(2n ** 64n - 1n));
});

test.run();
