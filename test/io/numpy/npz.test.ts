/** Archives of arrays: against files of numpy, there and back, and with arrays of other types or beyond measure among them. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { eventsOf, listColumns, readEvents, readTable } from "../../../io/columns.js";
import { npyChunks } from "../../../io/numpy/npy.js";
import { readNpz, writeNpz } from "../../../io/numpy/npz.js";
import { assertSame, named } from "../array-samples.js";
import { assertHolds, assertRefused, fixture, withFolder } from "../support.js";
import { archive, member } from "../zip/archives.js";

for (const file of ["kinds.npz", "kinds_deflated.npz", "zip64.npz", "commented.npz"]) {
  test(`numpy's ${file} holds what numpy says: kinds, byte orders, memory orders`, async () => {
    assertHolds(await readNpz(fixture(file)), "numpy", file);
  });
}

test("element types are kept: half precision widens to f32, 64-bit integers stay exact", async () => {
  const kinds = await readNpz(fixture("kinds.npz"));
  const typeOf = (name: string) => kinds.get(name)!.data.constructor.name;
  assert.is(typeOf("little_f2"), "Float32Array");
  assert.is(typeOf("big_f8"), "Float64Array");
  assert.is(typeOf("little_i8"), "BigInt64Array");
  assert.is(typeOf("big_u2"), "Uint16Array");
  assert.is(kinds.get("bool")!.isBool, true);
  assert.is(kinds.get("little_u1")!.isBool, undefined);
});

test("npz: what is written is read back, stored and deflated", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    await fc.assert(
      fc.asyncProperty(named, fc.boolean(), async (record, deflate) => {
        await writeNpz(path, record, { deflate });
        assertSame(await readNpz(path), record);
      }),
      { seed: 3, numRuns: 40 },
    );
  }));

test("equal arrays give equal bytes, whatever the day", () =>
  withFolder(async (folder) => {
    for (const name of ["a.npz", "b.npz"])
      await writeNpz(join(folder, name), new Map([["x", { shape: [2], data: Float32Array.of(1, 2) }]]));
    assert.equal(await readFile(join(folder, "a.npz")), await readFile(join(folder, "b.npz")));
  }));

const OTHER_TYPES: readonly (readonly [descr: string, message: RegExp])[] = [
  ["'|O'", /got Python objects \(a pickle, never read\)\. Save plain numeric columns: a\.astype/],
  ["'|O8'", /got Python objects \(a pickle, never read\)/],
  ["'<U14'", /got "<U14" \(words\)\. Save plain numeric columns: numbers in their place, or words in a csv file/],
  ["'|S3'", /got "\|S3" \(words\)/],
  ["'<c16'", /got "<c16" \(complex numbers\)\. Save plain numeric columns: a\.real and a\.imag/],
  ["'<M8[ns]'", /got "<M8\[ns\]" \(dates\)\. .*: a\.astype\("i8"\)/],
  ["'<m8[s]'", /got "<m8\[s\]" \(spans of time\)/],
  ["'<f16'", /got "<f16" \(floats of extended precision\)/],
  ["'|V8'", /got "\|V8" \(raw bytes\)/],
  ["[('a', '<f8'), ('b', '<i4')]", /got a structured array\. Save plain numeric columns: one array for each/],
  ["'<q9'", /got "<q9"\. Save plain numeric columns$/],
];

for (const [descr, message] of OTHER_TYPES) {
  test(`npz: an array of ${descr} is passed over, and refused by name where it is asked for`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.npz");
      const numbers = { name: "x.npy", chunks: npyChunks("x", { shape: [2], data: Float64Array.of(1.5, 3.5) }) };
      await writeFile(path, await archive([member("other", descr), numbers]));
      assert.equal([...(await readNpz(path)).keys()], ["x"]);
      assert.equal(await listColumns(path), ["other", "x"]);
      assert.equal([...(await readEvents(path)).columns.keys()], ["x"]);
      const contents = await readTable(path);
      assert.equal([[...contents.columns.keys()], [...contents.unread.keys()]], [["x"], ["other"]]);
      assert.is(eventsOf(path, contents, ["x"]).count, 2);
      for (const ask of [() => readNpz(path, ["other"]), () => readEvents(path, ["x", "other"])]) {
        await assertRefused(ask, message);
      }
      await assertRefused(() => eventsOf(path, contents, ["other"]), /a\.npz, array "other": expected numbers of type/);
    }));
}

test("zip bombs of many members are refused by what they hold together, where that is asked for", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    const zeros = { name: "x.npy", chunks: npyChunks("x", { shape: [2 ** 23], data: new Float32Array(2 ** 23) }) };
    const others = Array.from({ length: 8 }, (_, i) => ({ ...zeros, name: `x${i}.npy` }));
    await writeFile(path, await archive([zeros, ...others], true));
    assert.is((await readEvents(path, ["x"])).count, 2 ** 23);
    const message =
      /a\.npz: expected at most 268435456 bytes out of \d+, got a claim of 301991040\. A corrupt archive or/;
    await assertRefused(() => readNpz(path), message);
    await assertRefused(() => readTable(path), message);
  }));

test.run();
