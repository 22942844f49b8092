/** Members unpacked and checked: streams, sizes, checksums, and bombs that are not unpacked. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents } from "../../../io/columns.js";
import { readNpz, writeNpz } from "../../../io/numpy/npz.js";
import { type ByteSource, memorySource, readBytes } from "../../../io/source.js";
import { DEFLATED, readZipDirectory, STORED, type ZipMember } from "../../../io/zip/zip.js";
import { checkUnpacked, type MemberStream, readZipMember, withZipMember } from "../../../io/zip/zip-member.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { assertRefused, withFolder } from "../support.js";
import { archive, CENTRAL, LOCAL, patched, readAll, small } from "./archives.js";

// Above 1 MiB, members are unpacked in pieces; the last is no multiple of a piece.
const SIZES = [0, 1000, 2 ** 20 + 12345];

/** Bytes of five bits each, so that there is something to deflate. */
function noise(size: number): Uint8Array {
  const next = randomNumbers(11);
  return Uint8Array.from({ length: size }, () => 32 * next());
}

async function opened(content: Uint8Array, deflate: boolean): Promise<[ByteSource, ZipMember]> {
  const source = memorySource("a.zip", await archive([{ name: "a", chunks: [content] }], deflate));
  return [source, (await readZipDirectory(source)).get("a")!];
}

for (const deflate of [false, true]) {
  test(`a ${deflate ? "deflated" : "stored"} member is the same in parts of any length, and where parts are passed over`, async () => {
    for (const size of SIZES) {
      const content = noise(size);
      const [source, member] = await opened(content, deflate);
      assert.ok(Buffer.from(await readZipMember(source, member)).equals(content));
      await withZipMember(source, member, async (stream) => {
        assert.is(stream.size, size);
        const step = Math.ceil(size / 7);
        for (let at = 0, part = 0; at < size; at += step, part++) {
          const length = Math.min(step, size - at);
          if (part % 3 === 1) {
            await stream.skip(length);
            continue;
          }
          const bytes = Buffer.alloc(length);
          await stream.fill(bytes);
          assert.ok(bytes.equals(content.subarray(at, at + length)), `bytes ${at} to ${at + length} of ${size}`);
        }
        await stream.finish();
      });
    }
  });

  test(`a ${deflate ? "deflated" : "stored"} member has no bytes behind its last, to read or to pass over`, async () => {
    const [source, member] = await opened(noise(1000), deflate);
    const message = /^a\.zip, member "a": expected 1000 bytes, got 1000\. The file is truncated or corrupt/;
    for (const beyond of [
      (stream: MemberStream) => stream.fill(new Uint8Array(1001)),
      (stream: MemberStream) => stream.skip(1001),
    ]) {
      await assertRefused(() => withZipMember(source, member, beyond), message);
    }
  });
}

test("the checksum covers what was passed over, and is asked for at the end", async () => {
  const bytes = await archive([{ name: "a", chunks: [noise(1000)] }]);
  const damaged = patched(bytes, LOCAL, 31 + 999, [77]);
  const member = (await readZipDirectory(damaged)).get("a")!;
  await withZipMember(damaged, member, async (stream) => {
    await stream.fill(new Uint8Array(10));
    await assertRefused(() => stream.finish(), /member "a": expected checksum [0-9a-f]{8}, got [0-9a-f]{8}\. The file/);
  });
});

test("only deflated members count as unpacked: 256 MiB, or 16 times a larger file", async () => {
  const source = (size: number): ByteSource => ({ ...memorySource("a.zip", new Uint8Array()), size });
  const member = (name: string, size: number, method: number): ZipMember => {
    return { name, method, size, compressedSize: size, crc: 0, headerOffset: 0 };
  };
  checkUnpacked(source(1000), [member("a", 2 ** 28, DEFLATED), member("b", 2 ** 40, STORED)]);
  checkUnpacked(source(2 ** 30), [member("a", 2 ** 34, DEFLATED)]);
  await assertRefused(
    () => checkUnpacked(source(1000), [member("a", 2 ** 28, DEFLATED), member("b", 1, DEFLATED)]),
    /^a\.zip: expected at most 268435456 bytes out of 1000, got a claim of 268435457\. A corrupt archive or a zip bomb/,
  );
  await assertRefused(
    () => checkUnpacked(source(2 ** 30), [member("a", 2 ** 34 + 1, DEFLATED)]),
    /^a\.zip, member "a": expected at most 17179869184 bytes/,
  );
});

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
