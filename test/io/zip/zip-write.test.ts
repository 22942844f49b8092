/** What is written comes back; what the records of a zip archive cannot count is refused. */
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { memorySource } from "../../../io/source.js";
import { assertRefused } from "../support.js";
import { archive, readAll } from "./archives.js";

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
