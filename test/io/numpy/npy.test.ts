/** One array in numpy's format: against files of numpy, there and back, and damaged. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readArray } from "../../../io/arrays.js";
import { npyChunks, openNpy, readNpy, writeNpy } from "../../../io/numpy/npy.js";
import { memorySource, streamOf, withFile } from "../../../io/source.js";
import { readZipDirectory } from "../../../io/zip/zip.js";
import { readZipMember } from "../../../io/zip/zip-member.js";
import { assertHolds, assertRefused, fixture, withFolder } from "../support.js";

/** The array in the bytes of a `.npy` file. */
const parseNpy = async (where: string, bytes: Uint8Array) =>
  readArray(await openNpy(where, streamOf(memorySource(where, bytes))));

for (const file of ["version2.npy", "version3.npy"]) {
  test(`numpy's ${file} holds what numpy says`, async () => {
    assertHolds(new Map([["one", await readNpy(fixture(file))]]), "numpy", file);
  });
}

test("arrays are read wherever they begin, aligned or not", async () => {
  const bytes = new Uint8Array(await readFile(fixture("version2.npy")));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const source = memorySource("a", shifted);
  assert.equal(await readArray(await openNpy("a", streamOf(source, 1))), await parseNpy("a", bytes));
});

test("npy: the very bytes that numpy writes", () =>
  withFile(fixture("kinds.npz"), async (source) => {
    const members = [...(await readZipDirectory(source)).values()];
    const native = members.filter(({ name }) => /^(little_(?!f2)|bool|scalar|empty|int64)/.test(name));
    assert.is(native.length, 14);
    for (const member of native) {
      const bytes = await readZipMember(source, member);
      assert.ok(Buffer.concat(npyChunks("a", await parseNpy("a", bytes))).equals(bytes), member.name);
    }
  }));

test("npy: what is written is read back, rank 0 too", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npy");
    for (const array of [
      { shape: [], data: Float64Array.of(2.5) },
      { shape: [2, 1], data: Int32Array.of(1, -2) },
    ]) {
      await writeNpy(path, array);
      assert.equal(await readNpy(path), array);
    }
  }));

test("npy files that are no plain numbers are refused", async () => {
  await assertRefused(
    () => readNpy(fixture("objects.npy")),
    /expected numbers of type f2 f4 .*, got Python objects \(a pickle, never read\)/,
  );
  await assertRefused(() => readNpy(fixture("structured.npy")), /got a structured array\. Save plain numeric columns/);
  await assertRefused(() => readNpy(fixture("strings.npy")), /got "<U2"/);
  await assertRefused(
    () => readNpy(fixture("make.py")),
    /expected an array in numpy's \.npy format, got \d+ bytes that are not/,
  );
});

test("damaged npy files are refused", async () => {
  const bytes = new Uint8Array(await readFile(fixture("version2.npy")));
  const edited = (from: string, to: string) =>
    Buffer.from(Buffer.from(bytes).toString("latin1").replace(from, to), "latin1");
  await assertRefused(
    () => parseNpy("a", bytes.subarray(0, -1)),
    /^a: expected 32 bytes of data for shape \[2, 2\] of f8, got 31\. The file is truncated/,
  );
  await assertRefused(
    () => parseNpy("a", bytes.subarray(0, 100)),
    /expected a header of 128 bytes, got 100 bytes in all/,
  );
  await assertRefused(() => parseNpy("a", edited("(2, 2)", "(9, 9)")), /expected 648 bytes of data for shape \[9, 9\]/);
  await assertRefused(() => parseNpy("a", edited("shape", "shade")), /expected a readable 'shape' in the npy header/);
  await assertRefused(() => parseNpy("a", edited("False", "Fa1se")), /expected a readable 'fortran_order'/);
  await assertRefused(() => parseNpy("a", edited("\x02\x00", "\x09\x00")), /expected npy version 1, 2 or 3, got 9/);
  const flags = Buffer.from(edited("<f8", "|b1").toString("latin1").replace("(2, 2)", "(32, )"), "latin1");
  await assertRefused(() => parseNpy("a", flags), /expected truth values stored as 0 or 1, got \d+ at element 0/);
});

test.run();
