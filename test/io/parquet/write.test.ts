import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Compression, Encoding, WriterPropertiesBuilder, WriterVersion } from "parquet-wasm";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readTable, writeTable } from "../../../io/columns.js";
import { FileError } from "../../../io/errors.js";
import type { Columns } from "../../../io/event-format.js";
import { readFooter } from "../../../io/parquet/footer.js";
import { writeParquetPieces } from "../../../io/parquet/write.js";
import { withFile } from "../../../io/source.js";
import { assertRefused, withFolder } from "../support.js";
import { hardColumns, rewriteWithRust, rowsOfHyparquet } from "./parquet-samples.js";

/** Equal types and equal bits. */
function assertSameColumns(got: Columns, expected: Columns): void {
  assert.equal([...got.keys()], [...expected.keys()]);
  for (const [name, column] of expected) {
    const other = got.get(name)!;
    if (!("data" in column)) assert.equal(other, column, name);
    else {
      assert.ok("data" in other, name);
      assert.is(other.data.constructor, column.data.constructor, name);
      const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
        Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
      assert.is(Buffer.compare(bytes(other.data), bytes(column.data)), 0, name);
      assert.is(other.isBool, column.isBool, name);
    }
  }
}

test("what is written is read back, type by type and bit by bit", () =>
  withFolder(async (folder) => {
    for (const count of [0, 1, 7, 300_000]) {
      const path = join(folder, `${count}.parquet`);
      await writeTable(path, hardColumns(count));
      assertSameColumns((await readTable(path)).columns, hardColumns(count));
    }
  }));

test("Apache's implementation in Rust reads the same bits, and what it writes in all its ways is read back", () =>
  withFolder(async (folder) => {
    const [ours, theirs] = [join(folder, "ours.parquet"), join(folder, "theirs.parquet")];
    await writeTable(ours, hardColumns(10_000));
    const ways: [string, (builder: WriterPropertiesBuilder) => WriterPropertiesBuilder][] = [
      ["snappy", (builder) => builder.setCompression(Compression.SNAPPY)],
      ["gzip", (builder) => builder.setCompression(Compression.GZIP)],
      ["brotli", (builder) => builder.setCompression(Compression.BROTLI)],
      ["zstd", (builder) => builder.setCompression(Compression.ZSTD)],
      ["lz4", (builder) => builder.setCompression(Compression.LZ4_RAW)],
      ["no dictionary", (builder) => builder.setDictionaryEnabled(false)],
      ["version 2", (builder) => builder.setWriterVersion(WriterVersion.V2).setDictionaryEnabled(false)],
      ["version 2, zstd", (builder) => builder.setWriterVersion(WriterVersion.V2).setCompression(Compression.ZSTD)],
      ["groups", (builder) => builder.setMaxRowGroupSize(999).setDataPageSizeLimit(1000).setWriteBatchSize(64)],
      [
        "deltas",
        (builder) =>
          ["i", "u", "i4", "u4", "i2", "u1"].reduce(
            (all, name) => all.setColumnEncoding(name, Encoding.DELTA_BINARY_PACKED),
            builder.setDictionaryEnabled(false).setColumnEncoding("word", Encoding.DELTA_BYTE_ARRAY),
          ),
      ],
      [
        "streams",
        (builder) =>
          ["f", "d", "i", "i4"].reduce(
            (all, name) => all.setColumnEncoding(name, Encoding.BYTE_STREAM_SPLIT),
            builder.setDictionaryEnabled(false).setColumnEncoding("word", Encoding.DELTA_LENGTH_BYTE_ARRAY),
          ),
      ],
    ];
    for (const [way, set] of ways) {
      rewriteWithRust(ours, theirs, set(new WriterPropertiesBuilder()));
      try {
        assertSameColumns((await readTable(theirs)).columns, hardColumns(10_000));
      } catch (error) {
        throw new Error(`${way}: ${(error as Error).message}`);
      }
    }
  }));

test("hyparquet reads the same numbers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const columns = hardColumns(50);
    await writeTable(path, columns);
    const rows = await rowsOfHyparquet(path);
    assert.is(rows.length, 50);
    for (const [name, column] of columns) {
      const values = "data" in column ? [...(column.data as Iterable<unknown>)] : [...column];
      const expected = name === "flag" ? values.map(Boolean) : values;
      assert.equal(
        rows.map((row) => row[name]),
        expected,
        name,
      );
    }
  }));

test("features are columns of their own, texts about the file are kept, row groups have at most 2^19 rows", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const count = 600_000;
    const data = Float32Array.from({ length: 2 * count }, (_, i) => i);
    await writeTable(path, new Map([["x", { shape: [count, 2], data }]]), { "unbinned.model": "a, b" });
    const footer = await withFile(path, readFooter);
    assert.equal(
      footer.groups.map(({ rows }) => rows),
      [2 ** 19, count - 2 ** 19],
    );
    assert.equal([...footer.texts], [["unbinned.model", "a, b"]]);
    const { columns } = await readTable(path);
    const second = columns.get("x[1]")!;
    assert.equal([...columns.keys()], ["x[0]", "x[1]"]);
    assert.ok("data" in second && second.data.every((value, i) => value === 2 * i + 1));
  }));

test("equal columns give equal bytes", () =>
  withFolder(async (folder) => {
    const [a, b] = [join(folder, "a.parquet"), join(folder, "b.parquet")];
    for (const path of [a, b]) await writeTable(path, hardColumns(100));
    assert.equal(readFileSync(a), readFileSync(b));
  }));

test("columns that make no table are refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const x = { shape: [2], data: Float32Array.of(1, 2) };
    await assertRefused(
      () =>
        writeTable(
          path,
          new Map([
            ["x", x],
            ["y", { shape: [1], data: Float32Array.of(1) }],
          ]),
        ),
      /a\.parquet, column "y": expected 2 rows, as in every column, got 1$/,
    );
    await assertRefused(
      () =>
        writeTable(
          path,
          new Map([
            ["x", { shape: [1, 2], data: x.data }],
            ["x[0]", { shape: [1], data: Float32Array.of(1) }],
          ]),
        ),
      /a\.parquet: expected columns of different names, got "x\[0\]" twice$/,
    );
  }));

/** Rows `from` to `to` of the numbers from 0 on, as two types. */
const counted = (from: number, to: number): Columns => {
  const shape = [to - from];
  return new Map([
    ["a", { shape, data: Float32Array.from({ length: to - from }, (_, i) => from + i) }],
    ["b", { shape, data: BigInt64Array.from({ length: to - from }, (_, i) => BigInt(from + i)) }],
  ]);
};

test("pieces are one table: small ones share a row group, large ones are cut, and empty ones say which columns there are", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const ends = [0, 50_000, 140_000, 150_000, 1_400_000, 1_400_001];
    await writeParquetPieces(
      path,
      (async function* () {
        for (const [i, end] of ends.entries()) yield counted(ends[i - 1] ?? 0, end);
      })(),
      { of: "pieces" },
    );
    assertSameColumns((await readTable(path)).columns, counted(0, 1_400_001));
    const { groups, texts } = await withFile(path, readFooter);
    assert.equal([...texts], [["of", "pieces"]]);
    assert.equal(
      groups.map(({ rows }) => rows),
      [140_000, 2 ** 19, 2 ** 19, 1_260_000 - 2 ** 20, 1],
    );
    const rows = await rowsOfHyparquet(path);
    assert.is(rows.length, 1_400_001);
    assert.ok(rows.every(({ a, b }, i) => a === i && b === BigInt(i)));
    const empty = join(folder, "empty.parquet");
    await writeParquetPieces(empty, [counted(0, 0)]);
    assertSameColumns((await readTable(empty)).columns, counted(0, 0));
  }));

test("what fails between two pieces leaves the file that was there, and pieces of other columns are refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    await writeTable(path, counted(0, 3));
    await assertRefused(
      () =>
        writeParquetPieces(
          path,
          (async function* () {
            yield counted(0, 300_000);
            throw new FileError("b.parquet", { expected: "more", got: "no more" });
          })(),
        ),
      /^b\.parquet: expected more, got no more$/,
    );
    const { a, b } = Object.fromEntries(counted(3, 5));
    const others = [
      new Map([["a", a!]]),
      new Map([
        ["b", b!],
        ["a", a!],
      ]),
      new Map([
        ["a", b!],
        ["b", b!],
      ]),
    ];
    for (const other of others) {
      await assertRefused(
        () => writeParquetPieces(path, [counted(0, 3), other]),
        /a\.parquet: expected the same columns, of the same types, in all pieces, got /,
      );
    }
    assert.equal(readdirSync(folder), ["a.parquet"]);
    assertSameColumns((await readTable(path)).columns, counted(0, 3));
  }));

test.run();
