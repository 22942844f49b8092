/** Archives of other programs and damaged ones: the directory is found, or refused in a sentence. */
import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../../io/errors.js";
import { memorySource } from "../../../io/source.js";
import { readZipDirectory } from "../../../io/zip/zip.js";
import { assertRefused, fixture } from "../support.js";
import { archive, CENTRAL, LOCAL, patched, readAll, small, text } from "./archives.js";

test("a truncated archive is refused wherever it is cut", async () => {
  const bytes = await archive([{ name: "a", chunks: [text("hello ".repeat(20))] }], true);
  for (let length = 4; length < bytes.length; length++) {
    await assertRefused(
      () => readAll(memorySource("a.zip", bytes.subarray(0, length))),
      /^a\.zip: expected a zip archive that ends with its directory, got \d+ bytes that begin like one but have no directory at the end\. The file is truncated/,
    );
  }
  await assertRefused(
    () => readAll(memorySource("a.zip", text("x,y\n1,2\n"))),
    /got 8 bytes that are no zip archive\. Check that this is the file you meant/,
  );
  await assertRefused(() => readAll(memorySource("a.zip", new Uint8Array())), /got 0 bytes that are no zip archive/);
});

test("damaged archives are refused: checksum, sizes, header, method, encryption", async () => {
  const bytes = await small();
  await assertRefused(
    () => readAll(patched(bytes, LOCAL, 31, [0x48])),
    /^a\.zip, member "a": expected checksum 3610a686, got f7d18982\. The file is truncated or corrupt/,
  );
  await assertRefused(() => readAll(patched(bytes, LOCAL, 0, [0])), /member "a": expected a local header at byte 0/);
  await assertRefused(
    () => readAll(patched(bytes, CENTRAL, 0, [0])),
    /expected a directory entry at byte 0 of the zip directory/,
  );
  await assertRefused(
    () => readAll(patched(bytes, CENTRAL, 28, [200])),
    /expected whole directory entries, got one cut off at byte 0/,
  );
  await assertRefused(
    () => readAll(patched(bytes, CENTRAL, 42, [250])),
    /expected bytes 250 to 280, got a file of \d+ bytes/,
  );
  await assertRefused(
    () => readAll(patched(bytes, CENTRAL, 10, [12])),
    /expected stored or deflated data, got compression method 12/,
  );
  await assertRefused(() => readAll(patched(bytes, CENTRAL, 8, [1])), /got an encrypted member/);
  await assertRefused(
    () => readAll(patched(bytes, CENTRAL, 24, [255, 255, 255, 255])),
    /expected zip64 sizes in a directory entry, got none/,
  );
  const deflated = await archive([{ name: "a", chunks: [text("hello ".repeat(20))] }], true);
  await assertRefused(
    () => readAll(patched(deflated, LOCAL, 31, [0xff, 0xff])),
    /member "a": expected deflated data of 120 bytes, got invalid/,
  );
  await assertRefused(() => readAll(patched(deflated, CENTRAL, 24, [121])), /expected 121 bytes, got 120/);
  await assertRefused(
    () => readAll(patched(deflated, CENTRAL, 24, [100])),
    /expected deflated data of 100 bytes, got Cannot create a Buffer larger than 101 bytes/,
  );
});

test("a name that is there twice is refused", async () => {
  const bytes = await archive([
    { name: "a", chunks: [] },
    { name: "a", chunks: [] },
  ]);
  await assertRefused(() => readAll(memorySource("a.zip", bytes)), /expected each member once, got two called "a"/);
});

test("members that lie inside one another are refused", async () => {
  const bytes = await archive([
    { name: "a", chunks: [new Uint8Array(100)] },
    { name: "b", chunks: [new Uint8Array(1)] },
  ]);
  // The offset of the second member's header, in its entry of the directory.
  bytes.writeUInt32LE(20, bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 42);
  await assertRefused(
    () => readZipDirectory(memorySource("a.zip", bytes)),
    /member "b": expected its own bytes, from byte 130 on, got byte 20, inside another member/,
  );
});

test("random damage never ends otherwise than in a FileError or the right bytes", async () => {
  const original = await readFile(fixture("kinds_deflated.npz"));
  const contents = await readAll(memorySource("a.zip", original));
  const damage = fc.array(fc.tuple(fc.nat(original.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  let [right, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const bytes = Buffer.from(original);
      for (const [at, value] of changes) bytes[at] = value;
      try {
        for (const [name, data] of await readAll(memorySource("a.zip", bytes))) {
          if (!contents.has(name)) continue;
          assert.ok(Buffer.from(data).equals(contents.get(name)!));
          right++;
        }
      } catch (error) {
        assert.instance(error, FileError);
        refused++;
      }
    }),
    { seed: 2, numRuns: 200 },
  );
  assert.ok(right > 0 && refused > 0, `${right} members right, ${refused} archives refused`);
});

test.run();
