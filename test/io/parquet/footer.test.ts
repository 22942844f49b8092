import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTable, writeTable } from "../../../io/columns.js";
import { FileError } from "../../../io/errors.js";
import { readFooter } from "../../../io/parquet/footer.js";
import { memorySource } from "../../../io/source.js";
import { withFlippedBit } from "../random-bytes.js";
import { assertRefused, withFolder } from "../support.js";
import { hardColumns } from "./parquet-samples.js";

test("a file that is cut anywhere is refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    await writeTable(path, hardColumns(20));
    const bytes = readFileSync(path);
    for (let length = 0; length < bytes.length; length += 7) {
      await assertRefused(
        () => readFooter(memorySource("a", bytes.subarray(0, length))),
        /^a(, footer)?: expected .*(copy or make it again)$/,
      );
    }
  }));

test("a flipped bit in the footer gives an error or names of other columns, never other numbers under a name", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const columns = hardColumns(20);
    await writeTable(path, columns);
    const bytes = readFileSync(path);
    const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
    let refused = 0;
    for (let seed = 0; seed < 400; seed++) {
      writeFileSync(path, withFlippedBit(bytes, seed, footer));
      const table = await readTable(path).catch((error) => {
        assert.instance(error, FileError, `${error.stack}`);
        refused++;
        return undefined;
      });
      for (const [name, column] of table?.columns ?? []) {
        const expected = columns.get(name);
        if (expected === undefined || !("data" in expected) || !("data" in column)) continue;
        // A meaning of integers has no second copy: a sign may be lost, in a type that says so.
        if (column.data.constructor !== expected.data.constructor) continue;
        assert.equal(column.data, expected.data, `seed ${seed}, ${name}`);
      }
    }
    assert.ok(refused > 150, `${refused} of 400`);
  }));

test("an encrypted file, and one that is none, are called so", async () => {
  const encrypted = Buffer.from("PARE....PARE", "latin1");
  await assertRefused(
    () => readFooter(memorySource("a", encrypted)),
    /without a key, got an encrypted one\. Write it without/,
  );
  await assertRefused(
    () => readFooter(memorySource("a", Buffer.from("hello world, hello"))),
    /PAR1 at the end of a Parquet file, got "ello"/,
  );
  const huge = Buffer.from("PAR1........\xff\xff\xff\x7fPAR1", "latin1");
  await assertRefused(
    () => readFooter(memorySource("a", huge)),
    /a footer that fits into the file, got one of 2147483647/,
  );
});

test.run();
