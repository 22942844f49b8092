/** Members unpacked and checked: streams, sizes, checksums, and bombs that are not unpacked. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents } from "../../../io/columns.js";
import { readNpz, writeNpz } from "../../../io/numpy/npz.js";
import { memorySource, readBytes } from "../../../io/source.js";
import { assertRefused, withFolder } from "../support.js";
import { archive, CENTRAL, patched, readAll, small } from "./archives.js";

test("zip bombs are refused before they are unpacked", async () => {
  const bytes = await archive([{ name: "a", chunks: [new Uint8Array(1000)] }], true);
  await assertRefused(
    () => readAll(patched(bytes, CENTRAL, 24, [0, 0, 0, 0x80])),
    /expected at most 268435456 bytes out of \d+, got a claim of 2147483648\. A corrupt archive or a zip bomb/,
  );
  const stored = await small();
  await assertRefused(
    () => readAll(patched(stored, CENTRAL, 24, [6])),
    /expected at most 5 bytes out of 5, got a claim of 6/,
  );
  // Two members that share the same megabyte.
  const twins = await archive([
    { name: "a", chunks: [new Uint8Array(2 ** 20)] },
    { name: "b", chunks: [] },
  ]);
  const size = [0, 0, 16, 0];
  const entry = Buffer.from(twins).lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  twins.set([...size, ...size], entry + 20);
  await assertRefused(
    () => readAll(memorySource("a.zip", twins)),
    /expected members of at most \d+ bytes in all, the size of the file, got 2097152/,
  );
  assert.ok(
    deflateRawSync(new Uint8Array(10 ** 6)).length * 200 < 10 ** 6,
    "constant columns shrink more than 200 times",
  );
});

test("a large deflated member is read in pieces, and refused where it is damaged", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    const data = Float64Array.from({ length: 400_000 }, (_, i) => Math.sqrt(i));
    await writeNpz(path, { x: { shape: [data.length], data } }, { deflate: true });
    assert.equal((await readNpz(path)).get("x")!.data, data);
    assert.equal((await readEvents(path, ["x"], { head: 5 })).columns.get("x")!.data, data.slice(0, 5));
    const bytes = Buffer.from(await readBytes(path));
    bytes.fill(0xff, 500_000, 500_100);
    await writeFile(path, bytes);
    await assertRefused(() => readNpz(path), /member "x\.npy": expected (deflated data|checksum|3200128 bytes)/);
    await assertRefused(() => readEvents(path, ["x"], { head: 5 }), /member "x\.npy": expected/);
  }));

test.run();
