import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Compression, WriterPropertiesBuilder } from "parquet-wasm";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents, readTable, writeTable } from "../../../io/columns.js";
import { FileError } from "../../../io/errors.js";
import { withFlippedBit } from "../random-bytes.js";
import { assertRefused, withFolder } from "../support.js";
import { hardColumns, rewriteWithRust } from "./parquet-samples.js";

test("every flipped bit in a page with a checksum is found", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const data = Float32Array.from({ length: 500 }, (_, i) => i);
    await writeTable(path, new Map([["x", { shape: [500], data }]]));
    const bytes = readFileSync(path);
    const start = bytes.indexOf(new Uint8Array(data.buffer));
    for (let seed = 0; seed < 200; seed++) {
      writeFileSync(path, withFlippedBit(bytes, seed, start, start + 2000));
      await assertRefused(
        () => readEvents(path),
        /a\.parquet, column "x", row group at row 0: expected checksum \d+ of a page, got/,
      );
    }
    for (let seed = 0; seed < 100; seed++) {
      writeFileSync(path, withFlippedBit(bytes, seed, 0, start));
      const found = await readEvents(path).catch((error) => {
        assert.instance(error, FileError);
        return undefined;
      });
      if (found !== undefined) assert.equal(found.columns.get("x")!.data, data, `seed ${seed}`);
    }
  }));

test("files without checksums: what is cut or flipped ends in an error of one sentence or in a table of the same shape", () =>
  withFolder(async (folder) => {
    const [ours, theirs, path] = ["ours", "theirs", "a"].map((name) => join(folder, `${name}.parquet`)) as [
      string,
      string,
      string,
    ];
    await writeTable(ours, hardColumns(300));
    for (const codec of [
      Compression.SNAPPY,
      Compression.GZIP,
      Compression.ZSTD,
      Compression.LZ4_RAW,
      Compression.BROTLI,
    ]) {
      rewriteWithRust(ours, theirs, new WriterPropertiesBuilder().setCompression(codec));
      const bytes = readFileSync(theirs);
      for (let seed = 0; seed < 150; seed++) {
        writeFileSync(path, withFlippedBit(bytes, seed));
        const table = await readTable(path).catch((error) => {
          assert.instance(error, FileError, `codec ${codec}, seed ${seed}: ${error.stack}`);
          return undefined;
        });
        for (const column of table?.columns.values() ?? [])
          assert.is("data" in column ? column.data.length : column.length, 300);
      }
    }
  }));

test("pages are read in their own encoding: what the footer lists only informs", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const data = Float32Array.of(1, 2, 3);
    await writeTable(path, new Map([["x", { shape: [3], data }]]));
    const bytes = readFileSync(path);
    // Field 2 of the column's metadata, a list of two integers: PLAIN and RLE, in zigzag. PLAIN becomes DELTA_BINARY_PACKED.
    const list = bytes.lastIndexOf(Uint8Array.of(0x19, 0x25, 0, 6));
    assert.ok(list > 0);
    bytes[list + 2] = 10;
    writeFileSync(path, bytes);
    assert.equal((await readEvents(path)).columns.get("x")!.data, data);
  }));

test.run();
