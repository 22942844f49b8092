/** Columns of files in pieces come as they were written, whatever rows are asked for. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeTable } from "../../../io/columns.js";
import type { CsvColumn } from "../../../io/csv/csv.js";
import { openTable } from "../../../io/events/open-table.js";
import { hardColumns, writeWithHyparquet } from "../parquet/parquet-samples.js";
import { assertRefused, withFolder } from "../support.js";

/** Rows `from` to `to`. */
const part = (column: CsvColumn, from: number, to: number) =>
  "data" in column ? column.data.slice(from, to) : column.slice(from, to);

const values = (column: CsvColumn | undefined) => (column !== undefined && "data" in column ? column.data : column);

test("rows of two files are those of one, each column in its type", () =>
  withFolder(async (folder) => {
    await writeTable(join(folder, "a0.parquet"), hardColumns(7));
    await writeTable(join(folder, "a1.parquet"), hardColumns(40));
    const table = await openTable(join(folder, "a*.parquet"));
    const [first, second] = [hardColumns(7), hardColumns(40)];
    assert.equal(table.names, [...first.keys()]);
    assert.is(table.unread.size, 0);
    for (const [from, to] of [
      [0, 47],
      [2, 5],
      [3, 20],
      [7, 47],
      [30, 30],
    ] as const) {
      const columns = await table.read(from, to);
      for (const name of table.names) {
        const [a, b] = [
          part(first.get(name)!, Math.min(from, 7), Math.min(to, 7)),
          part(second.get(name)!, Math.max(0, from - 7), Math.max(0, to - 7)),
        ];
        const found = values(columns.get(name))!;
        assert.is(found.constructor, a.constructor, name);
        assert.equal([...found], [...a, ...b], `${name}, rows ${from} to ${to}`);
      }
    }
    await table.close();
  }));

test("what is not in every file, not of one type, or of many numbers for an event is named and not read", () =>
  withFolder(async (folder) => {
    const x = { name: "x", type: "DOUBLE", data: [1, 2, 3] } as const;
    writeWithHyparquet(join(folder, "a0.parquet"), [
      x,
      { ...x, name: "only" },
      { name: "y", type: "FLOAT", data: [1, 2, 3] },
      { name: "list", type: "DOUBLE", data: [[1], [], [2, 3]] },
    ]);
    writeWithHyparquet(join(folder, "a1.parquet"), [
      { ...x, name: "y" },
      x,
      { ...x, name: "other" },
      { name: "list", type: "DOUBLE", data: [[1], [], [2, 3]] },
    ]);
    const table = await openTable(join(folder, "a*.parquet"));
    assert.equal(table.names, ["x"]);
    const said = Object.fromEntries(
      [...table.unread].map(([name, { message }]) => [name, message.replaceAll(`${folder}/`, "")]),
    );
    const [list] = [...table.unread.keys()].filter((name) => name.startsWith("list"));
    assert.match(said.only!, /^a1\.parquet: expected a column "only", got none/);
    assert.match(said.other!, /^a0\.parquet: expected a column "other", got none/);
    assert.match(said.y!, /^a1\.parquet, column "y": expected f4, as in a0\.parquet, got f8$/);
    assert.match(said[list!]!, /expected as many numbers in every event/);
    assert.equal([...(values((await table.read(2, 5)).get("x")) as Float64Array)], [3, 1, 2]);
    await table.close();
  }));

test("a null among the rows is refused, and elsewhere it is not", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    writeWithHyparquet(path, [{ name: "x", type: "DOUBLE", data: [1, null, 3, 4] }]);
    const table = await openTable(path);
    assert.equal([...(values((await table.read(2, 4)).get("x")) as Float64Array)], [3, 4]);
    await assertRefused(
      () => table.read(0, 2),
      /a\.parquet, column "x": expected a value in every row, got null in row 1/,
    );
    await table.close();
  }));

test.run();
