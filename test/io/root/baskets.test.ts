import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents, readTable } from "../../../io/columns.js";
import { FileError } from "../../../io/errors.js";
import { readMemoryBasket } from "../../../io/root/baskets.js";
import { Cursor } from "../../../io/root/cursor.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { withFlippedBit } from "../random-bytes.js";
import { assertRefused, withFolder } from "../support.js";

const zmumu = (codec: string) => referenceFile(`files/uproot-Zmumu-${codec}.root`);

// px1 is packed in all of these; lz4 leaves branches as they are that it makes no smaller.
for (const codec of ["zlib", "lz4", "lzma"]) {
  referenceTest(`${codec}: a flipped bit gives an error or the right numbers`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.root");
      const bytes = readFileSync(zmumu(codec));
      const right = (await readEvents(zmumu(codec), ["px1", "Run"])).columns;
      let refused = 0;
      for (let seed = 0; seed < 300; seed++) {
        writeFileSync(path, withFlippedBit(bytes, seed));
        const table = await readEvents(`${path}:events`, ["px1", "Run"]).catch((error) => {
          assert.instance(error, FileError, `seed ${seed}: ${error.stack}`);
          assert.match(error.message, /^[^\n]+: expected [^\n]+, got [^\n]+$/);
          refused++;
          return undefined;
        });
        if (table !== undefined) assert.equal(table.columns, right, `seed ${seed}`);
      }
      assert.ok(refused > 5, `${refused}`);
    }),
  );
}

referenceTest(
  "without a checksum (zstd in ROOT, or not packed), a flipped bit gives an error or a table of the same form",
  () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.root");
      for (const codec of ["zstd", "uncompressed"]) {
        const bytes = readFileSync(zmumu(codec));
        for (let seed = 0; seed < 150; seed++) {
          writeFileSync(path, withFlippedBit(bytes, seed));
          const table = await readTable(`${path}:events`).catch((error) => {
            assert.instance(error, FileError, `${codec}, seed ${seed}: ${error.stack}`);
            return undefined;
          });
          for (const column of table?.columns.values() ?? []) assert.is("data" in column && column.data.length, 2304);
        }
      }
    }),
);

referenceTest("a file that is cut anywhere is refused as such", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.root");
    for (const codec of ["zlib", "uncompressed"]) {
      const bytes = readFileSync(zmumu(codec));
      for (let length = 0; length < bytes.length; length += 9973) {
        writeFileSync(path, bytes.subarray(0, length));
        await assertRefused(() => readEvents(path), /a\.root: expected .*, got/);
      }
    }
  }),
);

/** A basket in memory of these entries, with positions of entries where `starts` are given. */
function memoryBasket(data: readonly number[], count: number, starts?: readonly number[]): Cursor {
  const u2 = (value: number) => [value >> 8, value & 255];
  const u4 = (value: number) => [...u2(value >>> 16), ...u2(value & 0xffff)];
  const text = (word: string) => [word.length, ...Buffer.from(word)];
  const names = [...text("TBasket"), ...text("x"), ...text("t")];
  const headBytes = 26 + names.length;
  const head = [...u4(0), ...u2(4), ...u4(0), ...u4(0), ...u2(headBytes), ...u2(1), ...u4(0), ...u4(0), ...names];
  const counts = [...u2(3), ...u4(32000), ...u4(1000), ...u4(count), ...u4(headBytes + data.length), starts ? 11 : 12];
  const positions = starts === undefined ? [] : [...u4(count), ...starts.flatMap((start) => u4(start + headBytes))];
  return new Cursor(Uint8Array.from([...head, ...counts, ...positions, ...new Array(headBytes).fill(0), ...data]));
}

test("baskets in memory, of entries of one size and of different ones", () => {
  const fixed = readMemoryBasket(memoryBasket([1, 2, 3, 4], 2));
  assert.equal([fixed.count, [...fixed.data], fixed.starts], [2, [1, 2, 3, 4], undefined]);
  const jagged = readMemoryBasket(memoryBasket([1, 2, 3, 4], 3, [0, 1, 1]));
  assert.equal([jagged.count, [...jagged.data], jagged.starts], [3, [1, 2, 3, 4], [0, 1, 1, 4]]);
  assert.throws(() => readMemoryBasket(memoryBasket([1, 2], 2, [1, 0])), /positions of entries in ascending order/);
  assert.throws(() => readMemoryBasket(memoryBasket([1, 2], 2, [0, 9])), /positions of entries in ascending order/);
});

test.run();
