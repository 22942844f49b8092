import { test } from "uvu";
import * as assert from "uvu/assert";
import { Damage } from "../../../io/damage.js";
import { ByteReader, readStruct } from "../../../io/parquet/thrift.js";
import { type Field, structBytes } from "../../../io/parquet/thrift-write.js";
import { randomBytes } from "../random-bytes.js";

test("a struct of every type comes back from its bytes", () => {
  const inner: Field[] = [[40, { i32: -3 }]];
  const bytes = structBytes([
    [1, { i32: 300 }],
    [2, { i64: -(2 ** 40) }],
    [3, { text: "aμ" }],
    [4, { truth: true }],
    [5, { truth: false }],
    [6, { struct: inner }],
    [7, { i32s: Array.from({ length: 20 }, (_, i) => i - 10) }],
    [9, { structs: [inner, []] }],
  ]);
  const found = readStruct(new ByteReader(bytes));
  assert.equal(
    [1, 2, 4, 5].map((id) => found.get(id)),
    [300, -(2 ** 40), true, false],
  );
  assert.equal(found.get(3), new TextEncoder().encode("aμ"));
  assert.equal([...(found.get(6) as Map<number, number>)], [[40, -3]]);
  assert.equal(
    found.get(7),
    Array.from({ length: 20 }, (_, i) => i - 10),
  );
  assert.is((found.get(9) as unknown[]).length, 2);
});

test("bytes as the protocol's description has them", () => {
  // Field 1 of type i32: header 0x15, then zigzag(5) = 10; the stop byte ends it.
  assert.equal([...structBytes([[1, { i32: 5 }]])], [0x15, 10, 0]);
  // Field numbers more than 15 apart are written out: type, then zigzag(20) = 40.
  assert.equal([...structBytes([[20, { truth: true }]])], [0x01, 40, 0]);
});

test("random bytes are damage or a struct, and take no time", () => {
  let damaged = 0;
  for (let seed = 0; seed < 3000; seed++) {
    try {
      readStruct(new ByteReader(randomBytes(seed, 64)));
    } catch (error) {
      assert.instance(error, Damage);
      damaged++;
    }
  }
  assert.ok(damaged > 2000, `${damaged}`);
  assert.throws(() => readStruct(new ByteReader(new Uint8Array(1000).fill(0x1c))), /structs at most 32 deep/);
  // A field that is a list, of one list, of one list, …
  assert.throws(() => readStruct(new ByteReader(new Uint8Array(60_000).fill(0x19))), /lists at most 32 deep/);
});

test.run();
