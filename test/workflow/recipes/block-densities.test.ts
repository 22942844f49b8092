/** Densities of a file in several blocks are those of the file in memory, beside the columns as the file has them. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Columns, readTable } from "../../../io/columns.js";
import type { CsvColumn } from "../../../io/csv/csv.js";
import type { NamedArray } from "../../../io/index.js";
import { readNpz } from "../../../io/index.js";
import { readFooter } from "../../../io/parquet/footer.js";
import { writeParquetPieces } from "../../../io/parquet/write.js";
import { withFile } from "../../../io/source.js";
import { runInProcess } from "../../cli/in-process.js";
import { file, folder, jsonAndCode, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";
import { torchEvents } from "../../inference/torch-mixture.js";
import { hdf5File } from "../../io/hdf5/files.js";
import { randomNumbers } from "../../support/random-numbers.js";

/** Rows of a piece: two are more than one block. */
const PIECE = 140_000;
const PIECES = 3;
const COUNT = PIECE * PIECES;

const random = randomNumbers(11);
/** Near one of the events of the model's sample. */
const near = (column: ArrayLike<number>, feature: number) =>
  Float32Array.from(
    { length: COUNT },
    (_, i) => column[feature * torchEvents.count + (i % torchEvents.count)]! + 0.1 * random(),
  );
const x = near(torchEvents.x, 0);
const y = [near(torchEvents.y!, 0), near(torchEvents.y!, 1)];
/** Few, and none in the first block. */
const kept = Uint8Array.from({ length: COUNT }, (_, i) => (i > PIECE && i % 37 === 0 ? 1 : 0));
/** The sum of those in the last block is below 0. */
const weight = Float64Array.from({ length: COUNT }, (_, i) => (i < 2 * PIECE ? 2 : -1));
const event = BigInt64Array.from({ length: COUNT }, (_, i) => 2n ** 62n + BigInt(i));
const name = Array.from({ length: COUNT }, (_, i) => `event ${i}`);

const columnsOf = (from: number, to: number, others: Columns = new Map()): Columns => {
  const part = (data: NamedArray["data"]) => ({ shape: [to - from], data: data.slice(from, to) });
  return new Map<string, CsvColumn>([
    ["x", part(x)],
    ["y[0]", part(y[0]!)],
    ["y[1]", part(y[1]!)],
    ["kept", { ...part(kept), isBool: true }],
    ["weight", part(weight)],
    ["event", part(event)],
    ["name", name.slice(from, to)],
    ...others,
  ]);
};

const events = join(folder, "many.parquet");
const SETTINGS = ["--set", `data.file=${events}`, "--set", 'observables.y.columns=["y[0]","y[1]"]', "--nu", "0.5,-0.4"];
const WHERE = ["--set", "data.where=kept == 1"];

test.before(async () => {
  await writeAnalyses();
  const pieces = Array.from({ length: PIECES }, (_, i) => columnsOf(i * PIECE, (i + 1) * PIECE));
  await writeParquetPieces(events, pieces);
});
test.after(removeAnalyses);

async function evaluated(out: string, ...words: readonly string[]) {
  const path = join(folder, out);
  const { result, error } = await jsonAndCode(file, "evaluate", ...SETTINGS, "--out", path, ...words);
  return { path, result, error };
}

test("events that a condition leaves have the bits of the file in memory, with their columns in their types", async () => {
  const [whole, blocks] = [await evaluated("whole.npz", ...WHERE), await evaluated("blocks.parquet", ...WHERE)];
  const arrays = await readNpz(whole.path);
  const rows = [...(arrays.get("row")!.data as Float64Array)];
  assert.equal(
    rows,
    [...kept.keys()].filter((row) => kept[row] === 1),
  );
  const { columns } = await readTable(blocks.path);
  assert.equal([...columns.keys()], [...columnsOf(0, 0).keys(), "log_prob"]);
  assert.equal((columns.get("log_prob") as NamedArray).data, arrays.get("log_prob")!.data);
  for (const [own, column] of columnsOf(0, COUNT)) {
    const found = columns.get(own)!;
    if (!("data" in column))
      assert.equal(
        found,
        rows.map((row) => column[row]!),
      );
    else {
      const { data, isBool } = found as NamedArray;
      assert.is(data.constructor, column.data.constructor, own);
      assert.is(isBool, column.isBool, own);
      assert.equal(
        [...data],
        rows.map((row) => column.data[row]!),
        own,
      );
    }
  }
  assert.is(blocks.result.events, rows.length);
  // Of sums in another order.
  assert.ok(Math.abs(blocks.result.sum - whole.result.sum) < 1e-9 * Math.abs(whole.result.sum));
  assert.equal({ ...blocks.result, file: "", sum: 0 }, { ...whole.result, file: "", sum: 0 });
  const cutFlow = /events \(sums of weights\) read: 420000 \(\d+\), kept = 1: (\d+) \((\d+)\)/;
  assert.equal(cutFlow.exec(blocks.error)?.slice(1), cutFlow.exec(whole.error)?.slice(1));
});

test("the file says what made it", async () => {
  const { path } = await evaluated("made.parquet", ...WHERE);
  const { texts } = await withFile(path, readFooter);
  const text = (key: string) => texts.get(`unbinned.${key}`)!;
  assert.match(text("version"), /^\d+\.\d+\.\d+/);
  assert.is(text("configuration"), "analysis.yaml");
  assert.equal(JSON.parse(text("nu")), { nu1: 0.5, nu2: -0.4 });
  assert.is(text("nuFrom"), "--nu");
  assert.match(text("model"), /^\{"[^"]+":"[0-9a-f]{64}"\}$/);
});

test("--head looks at no rows beyond, and refuses more than there are", async () => {
  const { path, result } = await evaluated("head.parquet", "--head", "150000", ...WHERE);
  assert.is(result.events, [...kept.slice(0, 150_000)].filter((one) => one === 1).length);
  const { columns } = await readTable(path);
  assert.is((columns.get("event") as NamedArray).data.at(-1), 2n ** 62n + 149_998n);
  const out = ["--out", join(folder, "never.parquet")];
  const { code, error } = await runInProcess(["evaluate", file, ...SETTINGS, ...out, "--head", "420001"]);
  assert.is(code, 2);
  assert.match(error, /--head: expected at most 420000, the events of .*many\.parquet, got 420001/);
});

const few = (from: number, to: number, name: string, change: number) => {
  const column = Float32Array.from(x.subarray(from, to));
  column[8] = change;
  return columnsOf(from, to, new Map([[name, { shape: [to - from], data: column }]]));
};

/** Refused with this, and nothing is written. */
async function refused(pieces: Columns[], message: RegExp, ...words: readonly string[]) {
  const [path, out] = [join(folder, "refused.parquet"), join(folder, "never.parquet")];
  await writeParquetPieces(path, pieces);
  const { code, error } = await runInProcess([
    "evaluate",
    file,
    ...SETTINGS,
    "--set",
    `data.file=${path}`,
    "--out",
    out,
    ...words,
  ]);
  assert.ok(code === 1 || code === 2);
  assert.match(error, message);
  assert.is(existsSync(out), false);
}

test("a column of the name that evaluate gives is refused, and says how to go on", () =>
  refused(
    [few(0, 40, "log_prob", 1)],
    /expected no column "log_prob", which evaluate adds, got one\. Rename it where the file is made, .* or write \.npz/,
  ));

test("a value that is not finite is refused by its row, in whatever block it is", () =>
  refused(
    [columnsOf(0, PIECE), columnsOf(0, PIECE), few(PIECE, PIECE + 40, "x", Number.NaN)],
    /refused\.parquet, column "x": expected finite values, got .*NaN in row 280008 /,
    ...WHERE,
  ));

test("events without a finite density are counted in all blocks, and the first is named by its row", async () => {
  const far = (from: number, to: number, rows: readonly number[]) => {
    const data = Float64Array.from(x.subarray(from, to));
    // Its square is infinite.
    for (const row of rows) data[row - from] = 1e200;
    return columnsOf(from, to, new Map([["x", { shape: [to - from], data }]]));
  };
  const path = join(folder, "far.parquet");
  const rows = [140_008, 140_045, 280_016] as const;
  const pieces = [far(0, PIECE, []), far(PIECE, 2 * PIECE, rows.slice(0, 2)), far(2 * PIECE, COUNT, rows.slice(2))];
  await writeParquetPieces(path, pieces);
  const { result, error } = await evaluated("far-out.parquet", ...WHERE, "--set", `data.file=${path}`);
  const [verdict] = result.verdicts.filter(({ check }: { readonly check: string }) => check === "finite");
  assert.is(verdict.count, 3);
  assert.equal(verdict.rows, rows);
  assert.match(
    error,
    new RegExp(
      `far\\.parquet: row 140008 \\(counted from 0\\): x = 1e\\+200, .* with log p = -infinity; 3 such events of ${result.events}`,
    ),
  );
});

test("no selected event is refused where events are needed; else there are columns without rows", async () => {
  const none = ["--set", "data.where=kept > 1"];
  await refused([columnsOf(0, 40)], /expected at least one event, as T is fitted to them/, ...none);
  const { path, result } = await evaluated("none.parquet", ...none, "--set", 'likelihood.observables=["x"]');
  assert.is(result.events, 0);
  const { columns } = await readTable(path);
  assert.equal([...columns.keys()], [...columnsOf(0, 0).keys(), "log_prob"]);
  for (const [name, column] of columns) assert.is("data" in column ? column.data.length : column.length, 0, name);
});

test("HDF5 with lists of different lengths: the events and bits of a table with the same numbers", async () => {
  // ../../references/hdf5.py: row i has i % 4 elements, i, i + 1, …; flat is i.
  const rows = Array.from({ length: 20 }, (_, i) => i);
  const table = rows.map((i) => [i % 4 > 0 ? i : 7, i % 4 > 1 ? i + 1 : -1, i % 4, i].join());
  writeFileSync(join(folder, "lists.csv"), `first,second,n,flat\n${table.join("\n")}\n`);
  const settings = (path: string, columns: string) => [
    ...["--set", `data.file=${path}`, "--set", "observables.y.columns=[a, b]", "--set", "data.where=n > 0 || flat < 9"],
    ...["--set", "data.weight=flat + 1"],
    ...["--set", `data.columns={x: first / 9, a: second / 9, b: flat / 9${columns}}`],
  ];
  const lists = settings(hdf5File("lists.h5"), ", first: 'of_f4[0]', second: 'of_f4[1]', n: 'of_f4[size]'");
  const missing = ["--set", "observables.missing={'of_f4[0]': 7, 'of_f4[1]': -1}"];
  const plain = await evaluated("lists.npz", ...settings(join(folder, "lists.csv"), ""));
  const [npz, parquet] = [
    await evaluated("of-lists.npz", ...lists, ...missing),
    await evaluated("of-lists.parquet", ...lists, ...missing),
  ];
  const expected = await readNpz(plain.path);
  assert.equal(
    [...(expected.get("row")!.data as Float64Array)],
    rows.filter((i) => i % 4 > 0 || i < 9),
  );
  assert.equal(await readNpz(npz.path), expected);
  const { columns } = await readTable(parquet.path);
  assert.equal([...columns.keys()], ["flat", "log_prob"]);
  assert.equal((columns.get("log_prob") as NamedArray).data, expected.get("log_prob")!.data);
  assert.match(parquet.error, /"?of_f4"?.*"?of_u8"?/);
  const { code, error } = await runInProcess(["evaluate", file, ...SETTINGS, ...lists, "--out", join(folder, "n.npz")]);
  assert.is(code, 2);
  assert.match(error, /column "of_f4": expected at least \d elements in every event, got 0 in row 0 /);
});

test.run();
