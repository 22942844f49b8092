import { readFile } from "node:fs/promises";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../../io/errors.js";
import { type ByteSource, memorySource } from "../../../io/source.js";
import { crc32 } from "../../../io/zip/crc32.js";
import { readZipDirectory } from "../../../io/zip/zip.js";
import { readZipMember } from "../../../io/zip/zip-member.js";
import { type ZipEntry, zipBytes } from "../../../io/zip/zip-write.js";
import { assertRefused, fixture } from "../support.js";

async function archive(entries: readonly ZipEntry[], deflate = false): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of zipBytes("a.zip", entries, { deflate })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function readAll(source: ByteSource): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const member of (await readZipDirectory(source)).values())
    contents.set(member.name, await readZipMember(source, member));
  return contents;
}

const text = (words: string) => new TextEncoder().encode(words);
const small = () => archive([{ name: "a", chunks: [text("hello")] }]);

/** The archive with some bytes replaced, counted from where `signature` first is. */
function patched(bytes: Uint8Array, signature: number, offset: number, values: readonly number[]): ByteSource {
  const copy = Buffer.from(bytes);
  const mark = Buffer.alloc(4);
  mark.writeUInt32LE(signature);
  copy.set(values, copy.indexOf(mark) + offset);
  return memorySource("a.zip", copy);
}
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

test("crc32 agrees with the check value of the CRC catalogue, whole and in parts", () => {
  // CRC-32/ISO-HDLC: check("123456789") = 0xcbf43926.
  assert.is(crc32(text("123456789")), 0xcbf43926);
  assert.is(crc32(text("6789"), crc32(text("12345"))), 0xcbf43926);
  // Python: zlib.crc32(bytes(range(256)) * 5 + b"abc") on 2026-11-22.
  assert.is(crc32(Uint8Array.from({ length: 1283 }, (_, i) => (i < 1280 ? i % 256 : 97 + i - 1280))), 0x6ae32228);
});

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

test("a name that is there twice is refused", async () => {
  const bytes = await archive([
    { name: "a", chunks: [] },
    { name: "a", chunks: [] },
  ]);
  await assertRefused(() => readAll(memorySource("a.zip", bytes)), /expected each member once, got two called "a"/);
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
