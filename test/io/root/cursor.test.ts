import { test } from "uvu";
import * as assert from "uvu/assert";
import { Damage } from "../../../io/damage.js";
import { Cursor } from "../../../io/root/cursor.js";

/** Bytes as the platform's own DataView writes them, big-endian. */
function written(length: number, write: (view: DataView) => void): Cursor {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return new Cursor(bytes);
}

test("integers of 64 bits: every one that a double holds, others are damage", () => {
  for (const value of [0, 1, -1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53 - 1)]) {
    assert.is(written(8, (view) => view.setBigInt64(0, BigInt(value))).i8(), value);
  }
  for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]) {
    assert.throws(
      () => written(8, (view) => view.setBigInt64(0, value)).i8(),
      new RegExp(`below 2\\^53, got ${value}`),
    );
  }
});

test("numbers of every width, one after another, and none beyond the end", () => {
  const cursor = written(23, (view) => {
    view.setUint8(0, 200);
    view.setInt16(1, -2);
    view.setUint32(3, 2 ** 32 - 3);
    view.setInt32(7, -4);
    view.setFloat32(11, 1.5);
    view.setFloat64(15, Math.PI);
  });
  assert.equal(
    [cursor.u1(), cursor.i2(), cursor.u4(), cursor.i4(), cursor.f4(), cursor.f8()],
    [200, -2, 2 ** 32 - 3, -4, 1.5, Math.PI],
  );
  assert.throws(
    () => cursor.u1(),
    (error: unknown) => error instanceof Damage,
  );
});

test("texts: short and long, of any letters, read or passed over", () => {
  for (const word of [
    "",
    "px1",
    "π⁺μ⁻",
    "x".repeat(48),
    "x".repeat(49),
    "é".repeat(25),
    "y".repeat(254),
    "z".repeat(70000),
  ]) {
    const body = Buffer.from(word, "utf8");
    const length =
      body.length < 255 ? [body.length] : [255, ...new Uint8Array(Uint32Array.of(body.length).buffer).reverse()];
    const bytes = Uint8Array.from([...length, ...body, 7]);
    const [read, passed] = [new Cursor(bytes), new Cursor(bytes)];
    assert.is(read.text(), word);
    passed.skipText();
    assert.equal([read.u1(), passed.u1()], [7, 7]);
  }
  assert.throws(
    () => new Cursor(Uint8Array.of(5, 97)).text(),
    (error: unknown) => error instanceof Damage,
  );
  assert.throws(
    () => new Cursor(Uint8Array.of(5, 97)).skipText(),
    (error: unknown) => error instanceof Damage,
  );
});

test.run();
