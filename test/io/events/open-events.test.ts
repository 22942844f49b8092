import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArrays } from "../../../io/arrays.js";
import { listColumns, openEvents, readEvents, readTable } from "../../../io/columns.js";
import { requireColumn } from "../../../io/event-table.js";
import { eventFiles } from "../../../io/events/place.js";
import { writeNpy } from "../../../io/numpy/npy.js";
import { writeNpz } from "../../../io/numpy/npz.js";
import { assertRefused, withFolder } from "../support.js";

const f4 = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
const f8 = (...values: number[]) => ({ shape: [values.length], data: Float64Array.from(values) });

/** Files b, a, c of a folder with these columns. */
async function inFiles(
  files: Readonly<Record<string, NamedArrays>>,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    for (const [name, arrays] of Object.entries(files)) await writeNpz(join(folder, name), arrays);
    await use(folder);
  });
}

const SET = {
  "b.npz": { x: f4(3, 4), y: f8(30, 40), only: f4(0, 0) },
  "a.npz": { x: f4(1, 2), y: f4(10, 20) },
  "c.npz": { y: f4(50), x: f4(5) },
};

test("the events of several files follow one another, in the order of the names", () =>
  inFiles(SET, async (folder) => {
    const path = join(folder, "*.npz");
    const table = await readEvents(path);
    assert.equal([table.path, table.count, table.total], [path, 5, 5]);
    assert.equal(
      [...table.columns],
      [
        ["x", { features: ["x"], data: Float32Array.of(1, 2, 3, 4, 5) }],
        // Exact for all files: one of them has doubles.
        ["y", { features: ["y"], data: Float64Array.of(10, 20, 30, 40, 50) }],
      ],
    );
    assert.equal(await listColumns(path), ["x", "y"]);
    assert.equal(
      eventFiles(path),
      ["a", "b", "c"].map((name) => join(folder, `${name}.npz`)),
    );
    const list = [join(folder, "c.npz"), join(folder, "[ab].npz")];
    assert.equal((await readEvents(list, ["x"])).columns.get("x")!.data, Float32Array.of(5, 1, 2, 3, 4));
    const some = await readEvents(path, ["y", "x"], { head: 3 });
    assert.equal([some.count, some.total, [...some.columns.keys()]], [3, 5, ["y", "x"]]);
    assert.equal(some.columns.get("y")!.data, Float64Array.of(10, 20, 30));
  }));

test("any rows of all files, and where each piece begins", () =>
  inFiles(SET, async (folder) => {
    const events = await openEvents(join(folder, "*.npz"), ["x"]);
    assert.equal([events.count, events.pieces], [5, [0, 2, 4]]);
    assert.equal(events.columns.get("x"), { features: ["x"], type: "f4" });
    for (let from = 0; from <= 5; from++) {
      for (let to = from; to <= 5; to++) {
        const { columns, count } = await events.read(from, to);
        assert.is(count, to - from);
        assert.equal([...columns.get("x")!.data], [1, 2, 3, 4, 5].slice(from, to));
      }
    }
    for (const [from, to] of [
      [-1, 2],
      [3, 2],
      [0, 6],
      [0.5, 1],
    ] as const) {
      await assertRefused(() => events.read(from, to), /expected rows from 0 to at most 5, got/);
    }
    await events.close();
  }));

test("columns of several features keep their events together", () =>
  inFiles(
    {
      "a.npz": { x: { shape: [1, 2], data: Float32Array.of(1, 10) } },
      "b.npz": { x: { shape: [2, 2], data: Float32Array.of(2, 20, 3, 30) } },
    },
    async (folder) => {
      const { columns } = await readEvents(join(folder, "?.npz"));
      assert.equal(columns.get("x"), { features: ["x[0]", "x[1]"], data: Float32Array.of(1, 2, 3, 10, 20, 30) });
      const one = await readEvents(join(folder, "?.npz"), ["x[1]"]);
      assert.equal(one.columns.get("x[1]"), { features: ["x[1]"], data: Float32Array.of(10, 20, 30) });
    },
  ));

test("messages name the file that differs, and the row in its file", () =>
  inFiles({ ...SET, "d.npz": { x: f4(6, Number.NaN), y: f4(60, 70) } }, async (folder) => {
    const table = await readEvents(join(folder, "*.npz"), ["x"]);
    await assertRefused(
      () => requireColumn(table, "x"),
      /got 1 value that is not, the first NaN in row 1 \(counted from 0\) of \S*d\.npz of "x"/,
    );
    await assertRefused(
      () => readEvents(join(folder, "*.npz"), ["only"]),
      /a\.npz: expected a column "only", got columns "x", "y"/,
    );
    await writeNpz(join(folder, "e.npz"), { x: { shape: [1, 2], data: Float32Array.of(1, 2) }, y: f4(1) });
    await assertRefused(
      () => readEvents(join(folder, "*.npz")),
      /e\.npz, column "x": expected 1 numbers for each event, as in \S*a\.npz, got 2/,
    );
    await writeNpz(join(folder, "e.npz"), { x: { shape: [1], data: BigInt64Array.of(2n ** 53n + 1n) }, y: f4(1) });
    await assertRefused(
      () => readEvents(join(folder, "*.npz")),
      /e\.npz, column "x": .* got 9007199254740993 in row 0 \(counted from 0\)/,
    );
  }));

test("no files, one file twice, and many files for a reader of one are refused", () =>
  inFiles(SET, async (folder) => {
    await assertRefused(
      () => readEvents(join(folder, "z*.npz")),
      /z\*\.npz: expected files that match "\S*z\*\.npz", got none\. Check the pattern/,
    );
    await assertRefused(() => readEvents([]), /expected at least one path, got an empty list/);
    await assertRefused(
      () => readEvents([join(folder, "a.npz"), join(folder, "*.npz")]),
      /expected every file once, got \S*a\.npz twice/,
    );
    mkdirSync(join(folder, "sub"));
    symlinkSync(join(folder, "a.npz"), join(folder, "sub", "link.npz"));
    assert.is((await readEvents([join(folder, "a.npz"), join(folder, "sub", "link.npz")], ["x"])).count, 4);
    for (const way of [`${folder}/./a.npz`, `${folder}/sub/../a.npz`])
      await assertRefused(() => readEvents([join(folder, "a.npz"), way]), /expected every file once, got \S* twice/);
    const tree = join(folder, "x.root");
    await assertRefused(() => readEvents([`${tree}:Events`, tree]), /expected every file once, got \S*x\.root twice/);
    assert.equal(eventFiles([`${tree}:Events`, `${tree}:Runs`]), [tree, tree]);
    await assertRefused(() => readTable(join(folder, "*.npz")), /expected one file, got 3/);
  }));

test("a file whose name looks like a pattern is itself", () =>
  inFiles({ "a[1].npz": { x: f4(1) }, "a1.npz": { x: f4(2) } }, async (folder) => {
    assert.equal((await readEvents(join(folder, "a[1].npz"))).columns.get("x")!.data, Float32Array.of(1));
  }));

test("text and arrays of one file, too, in any rows", () =>
  withFolder(async (folder) => {
    mkdirSync(join(folder, "t"));
    writeFileSync(join(folder, "t/a.csv"), "x,y\n1,2\n3,4\n");
    writeFileSync(join(folder, "t/b.csv"), "y,x\n6,5\n");
    const events = await openEvents(join(folder, "t/*.csv"), ["x"]);
    assert.equal((await events.read(1, 3)).columns.get("x")!.data, Float64Array.of(3, 5));
    await events.close();
    await writeNpy(join(folder, "mass.npy"), f4(7, 8, 9));
    const table = await readEvents(join(folder, "mass.npy"), ["mass"], { head: 2 });
    assert.equal([table.total, table.columns.get("mass")!.data], [3, Float32Array.of(7, 8)]);
    assert.equal(await listColumns(join(folder, "mass.npy")), ["mass"]);
  }));

test("a file that is exchanged while it is open is noticed", () =>
  inFiles(SET, async (folder) => {
    const events = await openEvents(join(folder, "*.npz"), ["x"]);
    writeFileSync(join(folder, "b.npz"), "something else");
    await assertRefused(() => events.read(0, 5), /b\.npz: expected the file that was opened before, got another/);
    await events.close();
  }));

test.run();
