import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents, writeTable } from "../../../io/columns.js";
import { takeColumn, wantedColumns } from "../../../io/events/wanted.js";
import { writeNpz } from "../../../io/numpy/npz.js";
import { hdf5File } from "../hdf5/files.js";
import { assertRefused, withFolder } from "../support.js";

test("a name with an index is a column of that name where there is one", () => {
  const columns = wantedColumns("f", ["x[0]", "y[1]", "y[size]", "x[0]"], ["x", "x[0]", "y"], { "y[1]": -1 });
  assert.equal(columns, [
    { name: "x[0]", column: "x[0]", pick: "all", missing: undefined },
    { name: "y[1]", column: "y", pick: 1, missing: -1 },
    { name: "y[size]", column: "y", pick: "size", missing: undefined },
  ]);
});

const jagged = (name: string, pick: number | "size", missing?: number) => ({ name, column: "pt", pick, missing });
const starts = Float64Array.of(0, 2, 2, 3);

test("elements and sizes of a jagged column", () => {
  const contents = { starts, data: Float32Array.of(1, 2, 3) };
  assert.equal(takeColumn("f", jagged("pt[0]", 0, -9), contents, 0).data, Float32Array.of(1, -9, 3));
  assert.equal(
    takeColumn("f", jagged("pt[1]", 1, Number.POSITIVE_INFINITY), contents, 0).data,
    Float32Array.of(2, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
  );
  assert.equal(takeColumn("f", jagged("pt[size]", "size"), contents, 0).data, Float64Array.of(2, 0, 1));
});

test("types of elements are those of columns, and no integer is rounded", async () => {
  const of = (data: Int16Array | Int32Array | BigInt64Array) =>
    takeColumn("f", jagged("pt[0]", 0, 0.5), { starts, data }, 100).data;
  assert.equal(of(Int16Array.of(1, 2, 3)), Float32Array.of(1, 0.5, 3));
  assert.equal(of(Int32Array.of(2 ** 30 + 1, 2, 3)), Float64Array.of(2 ** 30 + 1, 0.5, 3));
  assert.equal(of(BigInt64Array.of(2n ** 53n, 2n, -3n)), Float64Array.of(2 ** 53, 0.5, -3));
  await assertRefused(
    () => of(BigInt64Array.of(1n, 2n, 2n ** 53n + 1n)),
    /f, column "pt": .* got 9007199254740993 in row 102/,
  );
});

test("words: 1 where a column has the word, in text and in files that know their types", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    writeFileSync(path, 'x,region,note\n1,EB,EB \n2,EE,"a ""b"""\n3,EB,\n4,eb,EB\n');
    const of = async (file: string, name: string, rows?: number) =>
      Array.from((await readEvents(file, [name, ...(rows ? ["x"] : [])], { head: rows ?? 9 })).columns.get(name)!.data);
    assert.equal(await of(path, 'region == "EB"'), [1, 0, 1, 0]);
    assert.equal(await of(path, 'region=="EB"', 3), [1, 0, 1]);
    assert.equal(await of(path, 'note == ""'), [0, 0, 1, 0]);
    assert.equal((await readEvents(path, ['region == "EB"', "x"], { head: 2 })).columns.get("x")!.data.length, 2);
    assert.equal(await of(`${hdf5File("kinds.h5")}:deep`, 'fixed == "w3"'), [0, 0, 0, 1, 0, 0, 0, 0, 0]);
    assert.equal(await of(`${hdf5File("kinds.h5")}:deep`, 'words == "müon1"'), [0, 1, 0, 0, 0, 0, 0, 0, 0]);
    const parquet = join(folder, "a.parquet");
    await writeTable(parquet, new Map([["region", ["EB", "EE"]]]));
    assert.equal(await of(parquet, 'region == "EE"'), [0, 1]);
    const lists = hdf5File("lists.h5");
    await assertRefused(() => readEvents(lists, ['flat == "3"']), /column "flat": expected words, got numbers$/);
    await assertRefused(() => readEvents(path, ['regoin == "EB"']), /expected a column "regoin == /);
    await assertRefused(() => readEvents(path, ["region"]), /column 2 \("region"\)/);
    await assertRefused(
      () => readEvents(path, ['region == "EB"'], { missing: { 'region == "EB"': 1 } }),
      /expected an element of a column whose events have/,
    );
  }));

test("values for what is missing are refused where nothing is, or nothing is read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    await writeNpz(path, { x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) } });
    await assertRefused(
      () => readEvents(path, ["x[0]"], { missing: { "x[0]": 0 } }),
      /"x\[0\]": expected an element of a column whose events have/,
    );
    await assertRefused(
      () => readEvents(path, ["x[0]"], { missing: { "x[1]": 0 } }),
      /missing: expected columns that are read, got "x\[1\]"\. Did you mean "x\[0\]"/,
    );
    await assertRefused(
      () => readEvents(path, ["x[2]"]),
      /column "x": expected an index below 2, its number of elements, got "x\[2\]"/,
    );
    assert.equal((await readEvents(path, ["x[size]"])).columns.get("x[size]")!.data, Float64Array.of(2, 2));
  }));

test.run();
