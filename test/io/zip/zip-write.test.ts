/** What is written comes back; what the records of a zip archive cannot count is refused. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { memorySource } from "../../../io/source.js";
import { readZipDirectory } from "../../../io/zip/zip.js";
import { assertRefused } from "../support.js";
import { archive, readAll, text } from "./archives.js";

test("members come back as written, stored and deflated", async () => {
  const member = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 3 });
  const entries = fc.dictionary(fc.string({ unit: "grapheme", maxLength: 20 }), member, { maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(entries, fc.boolean(), async (record, deflate) => {
      const written = Object.entries(record).map(([name, chunks]) => ({ name, chunks }));
      const read = await readAll(memorySource("a.zip", await archive(written, deflate)));
      assert.equal(
        [...read.keys()],
        written.map(({ name }) => name),
      );
      for (const { name, chunks } of written) assert.ok(Buffer.concat(chunks).equals(read.get(name)!), name);
    }),
    { seed: 1, numRuns: 50 },
  );
});

// Python 3.11.7 on 2026-11-29: zipfile.ZipFile with ZIP_STORED of the members é = b"hello" and ν = b"", each with the date
// (1980, 1, 1, 0, 0, 0) and create_system and external_attr 0.
const OF_PYTHON =
  "504b03041400000800000000210086a61036050000000500000002000000c3a968656c6c6f" +
  "504b03041400000800000000210000000000000000000000000002000000cebd" +
  "504b0102140014000008000000002100" +
  "86a610360500000005000000020000000000000000000000000000000000c3a9" +
  "504b0102140014000008000000002100" +
  "00000000000000000000000002000000" +
  "0000000000000000000025000000cebd" +
  "504b0506000000000200020060000000450000000000";

test("the very bytes that Python's zipfile writes, however a member is cut into chunks", async () => {
  const empty = { name: "ν", chunks: [] };
  for (const chunks of [[text("hello")], [text("he"), text(""), text("llo")]]) {
    assert.is((await archive([{ name: "é", chunks }, empty])).toString("hex"), OF_PYTHON);
  }
});

test("deflated members are smaller where there is something to save, and the archive counts both sizes", async () => {
  const words = { name: "a", chunks: [text("hello ".repeat(1000))] };
  const member = (await readZipDirectory(memorySource("a.zip", await archive([words], true)))).get("a")!;
  assert.is(member.size, 6000);
  assert.ok(member.compressedSize < 100, `${member.compressedSize} bytes`);
});

test("an archive beyond 4 GiB is refused rather than written wrong", async () => {
  const chunks = new Array<Uint8Array>(4096).fill(new Uint8Array(2 ** 20));
  await assertRefused(
    () => archive([{ name: "a", chunks }]),
    /expected an archive below 4 GiB, got 4294967296 bytes up to member "a"/,
  );
});

test("an archive of more members than its end record can count is refused", async () => {
  const entries = Array.from({ length: 65536 }, (_, i) => ({ name: `${i}`, chunks: [] }));
  await assertRefused(() => archive(entries), /expected at most 65535 members in an archive, got 65536/);
});

test.run();
