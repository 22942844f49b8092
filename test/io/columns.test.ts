import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArray, NamedArrays } from "../../io/arrays.js";
import { type EventTable, listColumns, readEvents, requireColumn } from "../../io/columns.js";
import { type CsvColumn, readCsvFrom, readCsvTable } from "../../io/csv/csv.js";
import { writeCsv } from "../../io/csv/csv-write.js";
import { writeNpz } from "../../io/numpy/npz.js";
import { writeSafetensors } from "../../io/safetensors.js";
import { memorySource } from "../../io/source.js";
import { assertRefused, fixture, linesAbout, withFolder } from "./support.js";

const csv = async (text: string) => (await readCsvFrom(memorySource("a.csv", new TextEncoder().encode(text)))).columns;
const csvRefused = (text: string, message: RegExp) => assertRefused(() => csv(text), message);

test("csv: numbers as text writes them, quoted names, Windows line ends, no newline at the end", async () => {
  const columns = await csv('\ufeff"mass, GeV", pt ,"say ""x"""\r\n1,-2.5e-3,.5\r\n+3, 4. ,"6"\r\n1E400,nan,-Inf');
  assert.equal([...columns.keys()], ["mass, GeV", "pt", 'say "x"']);
  assert.equal([...columns.get("mass, GeV")!], [1, 3, Number.POSITIVE_INFINITY]);
  assert.equal([...columns.get("pt")!], [-0.0025, 4, Number.NaN]);
  assert.equal([...columns.get('say "x"')!], [0.5, 6, Number.NEGATIVE_INFINITY]);
});

test("csv: a header alone has no rows; blank lines may end the text", async () => {
  assert.is((await csv("x,y\n")).get("y")!.length, 0);
  assert.is((await csv("x,y")).get("x")!.length, 0);
  assert.is((await csv("x\n1\n2\n\n \n")).get("x")!.length, 2);
});

test("csv: mistakes are named with line and column", async () => {
  await csvRefused("x,y\n1,2\n3\n", /^a\.csv, line 3: expected 2 values, as in the header, got 1$/);
  await csvRefused("x,y\n1,2\n3,4,5\n", /line 3: expected 2 values, as in the header, got 3/);
  await csvRefused("x,y\n1,2\n3,abc\n", /^a\.csv, line 3, column 2 \("y"\): expected a number, got "abc"$/);
  await csvRefused("x,y\n,2\n", /line 2, column 1 \("x"\): expected a number, got an empty value/);
  await csvRefused("x\n1\n\n2\n", /line 3: expected 1 values, got an empty line/);
  await csvRefused("x\nconstructor\n", /expected a number, got "constructor"/);
  await csvRefused("x\n0x10\n", /expected a number, got "0x10"/);
  await csvRefused('x,y\n"1,2\n', /line 2: expected quotes that enclose a whole field, got "\\"1,2"/);
  await csvRefused("", /line 1: expected column names separated by commas, got an empty file/);
  await csvRefused(",,\n", /expected column names separated by commas, got no name$/);
  await csvRefused("x,y,x\n", /got "x" twice/);
  await csvRefused("1.5,2\n3,4\n", /got numbers only\. Put a line with the names of the columns above the numbers$/);
});

test("csv: a table keeps words, and integers that no double holds, as they stand", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await writeFile(path, 'id,process,x,"a, b",note\n9007199254740993, A,1e30,-0,\n7,"say ""B""",.5,nan,3\n');
    const found = await readCsvTable(path);
    assert.equal(
      [...found].map(([name, column]) => [name, "data" in column ? [...column.data] : column]),
      [
        ["id", ["9007199254740993", "7"]],
        ["process", ["A", 'say "B"']],
        ["x", [1e30, 0.5]],
        ["a, b", [-0, Number.NaN]],
        ["note", ["", "3"]],
      ],
    );
    await writeFile(path, "a,b\nA,1\nB\n");
    await assertRefused(() => readCsvTable(path), /a\.csv, line 3: expected 2 values, as in the header, got 1/);
  }));

// Digits: those of Python 3.11's repr of the same doubles, the shortest that round to them.
const WRITTEN = `v,"pair, of[0]","pair, of[1]",single,word,id
0.3333333333333333,0.1,0.2,0.10000000149011612,plain,1152921504606846976
-0,0.30000000000000004,1.1,0.5,"a,b",1152921504606846977
5e-324,2.2,3.3,1,"say ""x""",1152921504606846978
1.7976931348623157e+308,0,-1,2,,1152921504606846979
9.007199254740994e+15,1,-2,3," é ",1152921504606846980
NaN,1e-7,1e+21,NaN,1,1152921504606846981
`;

test("csv: what is written has all digits of a double, and reads back to the same bits", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const rows = 6;
    const values = Float64Array.of(1 / 3, -0, 5e-324, Number.MAX_VALUE, 2 ** 53 + 2, Number.NaN);
    const pairs = Float64Array.of(0.1, 0.2, 0.1 + 0.2, 1.1, 2.2, 3.3, 0, -1, 1, -2, 1e-7, 1e21);
    const single = Float32Array.of(0.1, 0.5, 1, 2, 3, Number.NaN);
    const words = ["plain", "a,b", 'say "x"', "", " é ", "1"];
    const columns = new Map<string, CsvColumn>([
      ["v", { shape: [rows], data: values }],
      ["pair, of", { shape: [rows, 2], data: pairs }],
      ["single", { shape: [rows, 1], data: single }],
      ["word", words],
      ["id", { shape: [rows], data: BigInt64Array.from(words, (_, i) => 2n ** 60n + BigInt(i)) }],
    ]);
    await writeCsv(path, columns);
    assert.is(await readFile(path, "utf8"), WRITTEN);
    const found = await readCsvTable(path);
    for (const [row, value] of (found.get("v") as NamedArray).data.entries()) assert.ok(Object.is(value, values[row]));
    assert.equal(
      (found.get("pair, of[1]") as NamedArray).data,
      pairs.filter((_, i) => i % 2 === 1),
    );
    assert.equal([...(found.get("single") as NamedArray).data], [...single]);
    assert.equal(found.get("word"), words);
  }));

test("csv: more rows than go into one piece of text", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const data = Float64Array.from({ length: 10_000 }, (_, i) => i);
    await writeCsv(path, new Map([["n", { shape: [10_000], data }]]));
    assert.equal((await readEvents(path)).columns.get("n")!.data, data);
  }));

test("csv: what a table of text cannot hold is refused and leaves no file", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const refused = (columns: Record<string, CsvColumn>, message: RegExp) =>
      assertRefused(() => writeCsv(path, new Map(Object.entries(columns))), message);
    const x = vector(1, 2);
    await refused(
      { x, y: vector(1, 2, 3) },
      /a\.csv, column "y": expected 2 rows, .* got shape \[3\]\. Write it into another/,
    );
    await refused(
      { x, y: { shape: [2, 1, 1], data: x.data } },
      /column "y": expected 2 rows, .* got shape \[2, 1, 1\]/,
    );
    await refused({ x, y: ["a"] }, /column "y": expected 2 rows, .* got shape \[1\]/);
    await refused({ x, y: ["a", "b\rc"] }, /column "y": expected names and words without carriage returns, got one/);
    await refused({ x, "": x }, /expected column names .*, got no name in column 2/);
    await refused(
      { x: { shape: [1, 2], data: x.data }, "x[1]": vector(1) },
      /expected column names .*, got "x\[1\]" twice/,
    );
    await refused({}, /expected column names .*, got an empty file/);
    assert.equal(await readdir(folder), []);
  }));

function valuesOf(name: string): number[] {
  return linesAbout<{ values: number[] }>("numpy", "events.npz").find((line) => line.name === name)!.values;
}

/** What [features, events] should hold, from numpy's row-major [events, features]. */
function transposed(values: readonly number[], events: number): number[] {
  const width = values.length / events;
  return Array.from({ length: values.length }, (_, i) => values[(i % events) * width + Math.floor(i / events)]!);
}

test("npz: columns come with events contiguous, from both memory orders", async () => {
  const table = await readEvents(fixture("events.npz"));
  assert.is(table.count, 7);
  for (const name of ["x", "y", "label", "weight"]) {
    assert.equal([...table.columns.get(name)!.data], transposed(valuesOf(name), 7), name);
  }
  assert.equal(table.columns.get("x")!.features, ["x[0]", "x[1]"]);
  assert.equal(table.columns.get("label")!.features, ["label"]);
  assert.equal(table.columns.get("weight")!.features, ["weight[0]"]);
  assert.instance(table.columns.get("x")!.data, Float32Array);
  assert.instance(table.columns.get("y")!.data, Float64Array);
  assert.instance(table.columns.get("label")!.data, Float64Array);
});

test("npz, safetensors and csv give the same table", () =>
  withFolder(async (folder) => {
    const arrays = {
      x: { shape: [3], data: Float64Array.of(1, 2.5, -3) },
      y: { shape: [3], data: Float64Array.of(4, 5, 6) },
    };
    await writeNpz(join(folder, "a.npz"), arrays);
    await writeSafetensors(join(folder, "a.safetensors"), arrays);
    await writeFile(join(folder, "a.csv"), "x,y,note\n1,4,good\n2.5,5,bad\n-3,6,good\n");
    for (const file of ["a.npz", "a.safetensors", "a.csv"]) {
      const path = join(folder, file);
      const { count, columns } = await readEvents(path, ["y", "x"]);
      assert.is(count, 3);
      assert.equal(
        [...columns],
        [
          ["y", { features: ["y"], data: arrays.y.data }],
          ["x", { features: ["x"], data: arrays.x.data }],
        ],
      );
    }
    assert.equal(await listColumns(join(folder, "a.csv")), ["x", "y", "note"]);
    assert.equal(await listColumns(join(folder, "a.npz")), ["x", "y"]);
  }));

/** Reads columns out of an npz file made of these arrays. */
async function tableOf(arrays: NamedArrays, names?: readonly string[]): Promise<EventTable> {
  let table: EventTable | undefined;
  await withFolder(async (folder) => {
    await writeNpz(join(folder, "a.npz"), arrays);
    table = await readEvents(join(folder, "a.npz"), names);
  });
  return table!;
}

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

test("what is no column of events is refused, unless other columns are asked for", async () => {
  const arrays = { x: vector(1, 2), edges: vector(1, 2, 3), seed: { shape: [], data: Int32Array.of(7) } };
  assert.is((await tableOf(arrays, ["x"])).count, 2);
  await assertRefused(
    () => tableOf(arrays),
    /a\.npz, column "seed": expected shape \[events\] or \[events, features\], got \[\]\. Name the columns/,
  );
  await assertRefused(
    () => tableOf(arrays, ["x", "edges"]),
    /a\.npz: expected columns of one length, got 2 events in "x" and 3 in "edges"\. All columns/,
  );
  await assertRefused(
    () => tableOf({ id: { shape: [1], data: BigInt64Array.of(2n ** 53n + 1n) } }),
    /column "id": expected integers that a double holds exactly/,
  );
});

test("a missing column is named with those found and the nearest of them", async () => {
  const arrays = { mass: vector(1), weight: vector(1) };
  await assertRefused(
    () => tableOf(arrays, ["Weigth"]),
    /a\.npz: expected a column "Weigth", got columns "mass", "weight"\. Did you mean "weight"\?$/,
  );
  const table = await tableOf(arrays);
  await assertRefused(
    () => requireColumn(table, "charge"),
    /expected a column "charge", got columns "mass", "weight"$/,
  );
  await assertRefused(() => requireColumn(table, ["mass", "y"]), /expected a column "y"/);
  await assertRefused(async () => requireColumn(await tableOf({}), "x"), /expected a column "x", got no columns$/);
});

test("a missing file and an unknown kind of file are named", async () => {
  await assertRefused(
    () => readEvents("nowhere/a.npz"),
    /^nowhere\/a\.npz: expected a file, got nothing at this path\. Check the name/,
  );
  await assertRefused(
    () => readEvents("a.root"),
    /^a\.root: expected a file of events: \.npz, \.safetensors, \.csv, got the extension "\.root"\. Read it with uproot/,
  );
});

test("NaN and Inf in a column are counted, the first row of any feature named", async () => {
  const data = Float32Array.of(0, Number.NaN, 2, 3, 4, Number.POSITIVE_INFINITY, 6, 7);
  const table = await tableOf({ x: { shape: [4, 2], data } });
  await assertRefused(
    () => requireColumn(table, "x"),
    /a\.npz, column "x": expected finite values, got 2 values that are not, the first NaN in row 0 \(counted from 0\) of "x\[1\]"\. Remove these events/,
  );
  const one = await tableOf({ x: vector(1, Number.NEGATIVE_INFINITY) });
  await assertRefused(
    () => requireColumn(one, "x"),
    /got 1 value that is not, the first -Infinity in row 1 \(counted from 0\) of "x"/,
  );
});

test("wrong width and zero events are refused", async () => {
  const table = await tableOf({ x: { shape: [2, 2], data: new Float32Array(4) } });
  await assertRefused(
    () => requireColumn(table, "x", { features: 1 }),
    /column "x": expected 1 feature, got 2 features\. Name the columns that hold them, or correct/,
  );
  const empty = await tableOf({ x: { shape: [0, 2], data: new Float32Array() } });
  assert.is(empty.count, 0);
  await assertRefused(
    () => requireColumn(empty, "x", { features: 2 }),
    /column "x": expected at least one event, got none/,
  );
});

test("several columns are stacked feature after feature", async () => {
  const table = await tableOf({
    x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    m: vector(5, 6),
    w: { shape: [2], data: Float64Array.of(0.1, 0.2) },
  });
  const stacked = requireColumn(table, ["m", "x"], { features: 3 });
  assert.equal(stacked, { features: ["m", "x[0]", "x[1]"], data: Float32Array.of(5, 6, 1, 3, 2, 4) });
  assert.equal(requireColumn(table, ["m", "w"]).data, Float64Array.of(5, 6, 0.1, 0.2));
  assert.is(requireColumn(table, "w").data, table.columns.get("w")!.data);
});

test.run();
