/** Bytes of files and of memory: any range, in buffers of their own, and each way in which a file can fail. */
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type ByteSource, memorySource, readBytes, streamOf, withFile } from "../../io/source.js";
import { asOrdinaryUser, assertRefused, withFolder } from "./support.js";

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) % 251);

/** The same bytes in memory and in a file. */
const withSources = (use: (source: ByteSource) => Promise<void>) =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    await writeFile(path, BYTES);
    await use(memorySource("a.bin", BYTES));
    await withFile(path, use);
  });

test("any range is what lies there, in memory and in a file", () =>
  withSources(async (source) => {
    assert.is(source.size, BYTES.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.nat(1000), async (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const expected = BYTES.slice(from, to);
        assert.equal(await source.read(from, to - from), expected);
        const target = new Uint8Array(to - from);
        await source.fill(from, target);
        assert.equal(target, expected);
      }),
      { seed: 10, numRuns: 50 },
    );
  }));

test("bytes that were read are the reader's own", () =>
  withSources(async (source) => {
    const own = await source.read(0, 10);
    assert.is(own.byteOffset, 0);
    assert.is(own.buffer.byteLength, 10);
    own.fill(255);
    assert.equal(await source.read(0, 10), BYTES.slice(0, 10));
  }));

test("a range beyond the bytes is refused", () =>
  withSources(async (source) => {
    for (const [offset, length] of [
      [990, 11],
      [1001, 0],
      [-1, 2],
      [5, -1],
    ] as const) {
      await assertRefused(
        () => source.read(offset, length),
        new RegExp(`a\\.bin: expected bytes ${offset} to ${offset + length}, got a file of 1000 bytes\\. The file is`),
      );
    }
    await assertRefused(() => source.fill(995, new Uint8Array(6)), /expected bytes 995 to 1001, got a file of 1000/);
  }));

test("a stream gives each byte once, in order, between its ends", () =>
  withSources(async (source) => {
    const stream = streamOf(source, 100, 900);
    assert.is(stream.size, 800);
    const [first, second] = [new Uint8Array(30), new Uint8Array(70)];
    await stream.fill(first);
    await stream.skip(200);
    await stream.fill(second);
    assert.equal(first, BYTES.slice(100, 130));
    assert.equal(second, BYTES.slice(330, 400));
    assert.is(streamOf(source).size, 1000);
  }));

test("the whole of a file, an empty one too", () =>
  withFolder(async (folder) => {
    const [full, empty] = [join(folder, "full"), join(folder, "empty")];
    await writeFile(full, BYTES);
    await writeFile(empty, "");
    assert.equal(await readBytes(full), BYTES);
    assert.equal(await readBytes(empty), new Uint8Array());
  }));

test("a file is closed after its use, whether that ends well or not", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    await writeFile(path, BYTES);
    let kept: ByteSource | undefined;
    const readAfter = () =>
      kept!.read(0, 10).then(
        () => "read",
        (error) => (error as NodeJS.ErrnoException).code,
      );
    assert.is(await withFile(path, async (source) => (kept = source).size), 1000);
    assert.is(await readAfter(), "EBADF");
    const failed = await withFile(path, async (source) => {
      kept = source;
      throw new Error("of the user");
    }).catch((error) => error.message);
    assert.is(failed, "of the user");
    assert.is(await readAfter(), "EBADF");
  }));

test("a file that shrinks while it is read is refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    await writeFile(path, BYTES);
    await assertRefused(
      () =>
        withFile(path, async (source) => {
          await truncate(path, 600);
          return source.read(500, 400);
        }),
      /a\.bin: expected 1000 bytes, got an end after 600\. The file changed while it was read$/,
    );
  }));

test("what is not there, or not to be read, is named", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.bin");
    const missing = /: expected a file, got nothing at this path\. Check the name and the folder it is relative to$/;
    await assertRefused(() => readBytes(path), missing);
    await writeFile(path, BYTES, { mode: 0 });
    await assertRefused(() => readBytes(join(path, "b.bin")), missing);
    await asOrdinaryUser(() =>
      assertRefused(
        () => readBytes(path),
        /a\.bin: expected a readable file, got permission denied\. Check the file's permissions$/,
      ),
    );
  }));

test.run();
