import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { listColumns, openEvents, readEvents, readTable } from "../../../io/columns.js";
import { assertRefused, withFolder } from "../support.js";
import { writeWithHyparquet } from "./parquet-samples.js";

test("any rows of any row groups are those of all", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const count = 95;
    const x = Float32Array.from({ length: count }, (_, i) => i / 3);
    const pt = Array.from({ length: count }, (_, i) => Array.from({ length: i % 4 }, (_, k) => 10 * i + k));
    writeWithHyparquet(
      path,
      [
        { name: "x", data: x, type: "FLOAT" },
        { name: "pt", data: pt, type: "FLOAT" },
      ],
      20,
    );
    const events = await openEvents(path, ["x", "pt[0]", "pt[2]", "pt[size]"], {
      missing: { "pt[0]": -1, "pt[2]": -2 },
    });
    assert.equal([events.count, events.pieces], [95, [0, 20, 40, 60, 80]]);
    for (const [from, to] of [
      [0, 95],
      [0, 20],
      [19, 21],
      [40, 60],
      [7, 88],
      [94, 95],
      [30, 30],
      [95, 95],
    ] as const) {
      const { columns, total } = await events.read(from, to);
      assert.is(total, 95);
      const rows = pt.slice(from, to);
      assert.equal(columns.get("x")!.data, x.slice(from, to), `${from} to ${to}`);
      assert.equal(
        [...columns.get("pt[0]")!.data],
        rows.map(([first]) => first ?? -1),
      );
      assert.equal(
        [...columns.get("pt[2]")!.data],
        rows.map(([, , third]) => third ?? -2),
      );
      assert.equal(
        [...columns.get("pt[size]")!.data],
        rows.map((row) => row.length),
      );
    }
    await events.close();
  }));

test("a null is an error that names row and column, where the row is read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    const data = Array.from({ length: 50 }, (_, i) => (i === 33 ? null : i));
    writeWithHyparquet(
      path,
      [
        { name: "x", data, type: "DOUBLE" },
        { name: "y", data: Array.from({ length: 50 }, (_, i) => i), type: "DOUBLE" },
      ],
      20,
    );
    const message =
      /a\.parquet, column "x": expected a value in every row, got null in row 33 \(counted from 0\)\. Fill or drop/;
    await assertRefused(() => readEvents(path), message);
    assert.equal([...(await readEvents(path, ["y"])).columns.keys()], ["y"]);
    assert.is((await readEvents(path, ["x"], { head: 33 })).count, 33);
    await assertRefused(() => readEvents(path, ["x"], { head: 34 }), message);
    const events = await openEvents(path, ["x"]);
    assert.equal([...(await events.read(34, 50)).columns.get("x")!.data], data.slice(34));
    await events.close();
    assert.equal([...(await readTable(path)).unread.keys()], ["x"]);
  }));

test("elements that are missing or null in a list are said, and a list by itself is no column of numbers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.parquet");
    writeWithHyparquet(path, [
      { name: "pt", data: [[1, 2], [3], [], [4]], type: "FLOAT" },
      { name: "n", data: [1, 2, 3, 4], type: "INT32" },
    ]);
    assert.equal(await listColumns(path), ["pt", "n"]);
    assert.equal([...(await readEvents(path)).columns.keys()], ["n"]);
    await assertRefused(
      () => readEvents(path, ["pt"]),
      /column "pt": expected as many numbers in every event, got different .*"pt\[0\]".*"pt\[size\]"/,
    );
    await assertRefused(
      () => readEvents(path, ["pt[0]"]),
      /column "pt": expected at least 1 elements in every event, got 0 in row 2 \(counted from 0\)\. Say which/,
    );
    await assertRefused(
      () => readEvents(path, ["pt[1]"]),
      /expected at least 2 elements in every event, got 1 in row 1/,
    );
    await assertRefused(() => readEvents(path, ["mu[0]"]), /expected a column "mu\[0\]", got columns "pt", "n"/);
    writeWithHyparquet(path, [{ name: "pt", data: [[1, 2], [3, null], []], type: "FLOAT" }]);
    await assertRefused(
      () => readEvents(path, ["pt[size]"]),
      /column "pt": expected a value in every row, got null in row 1/,
    );
  }));

test.run();
