/**
 * Parquet's own test files (apache/parquet-testing). Expected values: the tables that stand beside two of them, what its README
 * says of the others, and hyparquet, another reader.
 */
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents, readTable } from "../../../io/columns.js";
import { FileError } from "../../../io/errors.js";
import { referenceFile, referenceTest } from "../../support/reference.js";
import { rowsOfHyparquet } from "../parquet/parquet-samples.js";
import { assertRefused, withFolder } from "../support.js";

const file = (name: string) => referenceFile(`files/${name}`);

/** Rows of a table that stands beside a file, by the names of its header. */
function expectedRows(name: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(file(name), "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(",").map((field) => field.replaceAll('"', "").trim()));
  return lines.map((line) => Object.fromEntries(header!.map((column, i) => [column, line[i]!])));
}

referenceTest(
  "delta_binary_packed: every integer of every width as delta_binary_packed_expect.csv has it",
  async () => {
    const { columns, unread } = await readTable(file("delta_binary_packed.parquet"));
    const rows = expectedRows("delta_binary_packed_expect.csv");
    assert.equal([columns.size, unread.size, rows.length], [66, 0, 200]);
    for (const [name, column] of columns) {
      assert.ok("data" in column);
      assert.equal(
        [...column.data].map(String),
        rows.map((row) => row[name]),
        name,
      );
    }
  },
);

referenceTest("delta_encoding_optional_column: words and numbers as its table has them, nulls refused", async () => {
  const path = file("delta_encoding_optional_column.parquet");
  const { columns, unread } = await readTable(path);
  const rows = expectedRows("delta_encoding_optional_column_expect.csv");
  for (const [name, column] of columns) {
    const values = "data" in column ? [...column.data].map(String) : column;
    assert.equal(
      values,
      rows.map((row) => row[name]),
      name,
    );
  }
  for (const [name, problem] of unread) {
    const row = rows.findIndex((one) => one[name] === "");
    assert.match(problem.message, new RegExp(`column "${name}": .* got null in row ${row} `));
  }
  assert.is(columns.size + unread.size, 17);
});

referenceTest("encodings side by side hold the same (README: byte_stream_split_extended)", async () => {
  const { columns } = await readTable(file("byte_stream_split_extended.gzip.parquet"));
  for (const name of ["float16", "float", "double", "int32", "int64"]) {
    assert.equal(columns.get(`${name}_byte_stream_split`), columns.get(`${name}_plain`), name);
  }
  const split = await readTable(file("byte_stream_split.zstd.parquet"));
  // README: 300 values of numpy.random.normal with seed 0, first f32; numpy's first draws are 1.764052345967664 and 0.4001572083672233.
  const { columns: two } = await readEvents(file("byte_stream_split.zstd.parquet"));
  assert.equal(two.get("f32")!.data.subarray(0, 2), Float32Array.of(1.764052345967664, 0.4001572083672233));
  assert.is(split.columns.size, 2);
});

referenceTest("a corrupt checksum is found on the pages that have one, and only there", async () => {
  const path = file("datapage_v1-corrupt-checksum.parquet");
  // README: the first page of the first column and the second page of the second are corrupt.
  await assertRefused(
    () => readEvents(path, ["a"], { head: 1 }),
    /column "a", row group at row 0: expected checksum \d+ of a page, got/,
  );
  assert.is((await readEvents(path, ["b"], { head: 1 })).count, 1);
  await assertRefused(
    () => readEvents(path, ["b"]),
    /column "b", row group at row 0: expected checksum \d+ of a page, got/,
  );
});

referenceTest("an encrypted file is called so under both its names", () =>
  withFolder(async (folder) => {
    const path = file("encrypt_columns_and_footer.parquet.encrypted");
    await assertRefused(() => readEvents(path), /expected a file of events: .*, got the extension "\.encrypted"/);
    copyFileSync(path, join(folder, "a.parquet"));
    await assertRefused(
      () => readEvents(join(folder, "a.parquet")),
      /a\.parquet: expected a Parquet file that can be read without a key, got an encrypted one/,
    );
  }),
);

/** Numbers as hyparquet gives them: truth values as such, dates as such. */
const plain = (value: unknown): unknown =>
  typeof value === "boolean" ? Number(value) : value instanceof Date ? value.getTime() : value;

referenceTest(
  "every column of every file is what hyparquet reads, or refused for a reason that hyparquet's values show",
  async () => {
    const names = readdirSync(file("")).filter((name) => name.endsWith(".parquet") && !name.includes("corrupt"));
    assert.ok(names.length >= 14, names.join());
    let compared = 0;
    for (const name of names) {
      const rows = await rowsOfHyparquet(file(name));
      const { columns, unread } = await readTable(file(name));
      for (const [column, contents] of columns) {
        const values = "data" in contents ? [...(contents.data as Iterable<unknown>)] : [...contents];
        assert.equal(
          values.map(String),
          rows.map((row) => String(plain(row[column]))),
          `${name}, ${column}`,
        );
        compared++;
      }
      for (const [column, problem] of unread) {
        assert.instance(problem, FileError);
        const row = /got null in row (\d+)/.exec(problem.message)?.[1];
        if (row === undefined) continue;
        const [outer, inner] = column.split(".");
        const value = rows[Number(row)]![outer!] as Record<string, unknown> | null;
        assert.ok((inner === undefined ? value : (value?.[inner] ?? null)) === null, `${name}, ${column}`);
      }
    }
    assert.ok(compared > 110, `${compared}`);
  },
);

test.run();
