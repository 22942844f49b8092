/** Columns, conditions and weights of a file as a configuration says them: what its texts mean, and what is refused. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../../io/index.js";
import { fileSource, readDerived } from "../../../../workflow/events/derived/read.js";
import { hdf5File } from "../../../io/hdf5/files.js";
import { assertRefused } from "../../../io/support.js";
import { rejects } from "../../../support/rejects.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-derived-"));
const path = join(folder, "events.npz");
const COLUMNS = {
  pt: [10, 20, 30, -40, Number.NaN],
  eta: [0.5, -1.5, 2.5, 0, 1],
  flag: [1, 0, 1, 1, 1],
  w: [1, 2, -0.5, 4, 8],
  "jet.pt": [5, 6, 7, 8, 9],
  pt_up: [11, 22, 33, 44, 55],
};

test.before(async () => {
  const arrays = Object.entries(COLUMNS).map(([name, own]) => [name, { shape: [5], data: Float64Array.from(own) }]);
  const wide = { shape: [5, 2], data: Float64Array.from({ length: 10 }, (_, i) => i) };
  await writeNpz(path, { ...Object.fromEntries(arrays), wide });
});
test.after(() => rmSync(folder, { recursive: true }));

interface Texts {
  readonly columns?: Readonly<Record<string, string>>;
  readonly where?: readonly string[];
  readonly weights?: readonly string[];
  readonly missing?: Readonly<Record<string, number>>;
}

async function read(
  wanted: readonly string[],
  { columns = {}, where = [], weights = [], missing = {} }: Texts,
  head?: number,
  file = path,
) {
  const derivation = {
    missing,
    columns: new Map(Object.entries(columns).map(([name, text]) => [name, { text, at: `c.yaml: columns.${name}` }])),
    where: where.map((text) => ({ text, at: "c.yaml: where" })),
    weights: weights.map((text) => ({ text, at: "c.yaml: weight" })),
  };
  const found = await readDerived(await fileSource(file, head), derivation, wanted);
  return { ...found, values: wanted.map((name) => Array.from(found.column([name], 1))) };
}

test("a text is the column of that name, else an expression; names in it are those of derived columns first", async () => {
  const columns = { pt: "pt_up", jet: "jet.pt", sum: "pt + jet", twice: "2 * sum", eta: "abs(eta)", small: "eta < 1" };
  const { values, rows } = await read(["pt", "jet", "sum", "twice", "eta", "small"], { columns });
  assert.equal(values, [
    [11, 22, 33, 44, 55],
    [5, 6, 7, 8, 9],
    [16, 28, 40, 52, 64],
    [32, 56, 80, 104, 128],
    [0.5, 1.5, 2.5, 0, 1],
    [1, 0, 0, 1, 0],
  ]);
  assert.is(rows, undefined);
});

test("in its own definition a name is that of the file, and a chain that comes back is refused", async () => {
  const { values } = await read(["pt_up"], { columns: { pt_up: "pt_up / 11" } });
  assert.equal(values, [[1, 2, 3, 4, 5]]);
  await rejects(
    read(["a"], { columns: { a: "b + 1", b: "c + 1", c: "2 * b" } }),
    /^c\.yaml: columns\.b: expected columns that are not made of themselves, got b of c of b\. In the expression of a column/,
  );
});

test("conditions are looked at one after another, each with what it leaves and its weights; NaN fulfils no comparison", async () => {
  const where = ["pt > 15 && eta < 2", "flag"];
  const found = await read(["eta"], { where, weights: ["w"] });
  assert.equal(found.values, [[]]);
  assert.equal(
    found.leftOut.map(({ reason, count, sum }) => [reason, count, sum]),
    [
      ["pt > 15", 3, 13],
      ["eta < 2", 1, -0.5],
      ["flag", 1, 2],
    ],
  );
  assert.equal(found.sums, { all: 14.5, selected: 0 });
  const others = await read(["eta"], { where: ["!(pt > 15)"], weights: ["w"] });
  assert.equal([Array.from(others.rows!), others.values], [[0, 3, 4], [[0.5, 0, 1]]]);
  assert.equal(Array.from(others.weights!), [1, 4, 8]);
});

test("all events are read where all fulfil the conditions, and the conditions are listed all the same", async () => {
  const { rows, leftOut } = await read(["eta"], { where: ["pt_up > 0"] });
  assert.is(rows, undefined);
  assert.equal(leftOut, [{ file: path, count: 0, of: 5, sum: 0, reason: "pt_up > 0", isCondition: true }]);
});

test("weights are expressions, and products of their factors", async () => {
  const { weights, sums } = await read(["eta"], { columns: { half: "0.5" }, weights: ["w * half", "pt_up / 11"] });
  assert.equal(Array.from(weights!), [0.5, 2, -0.75, 8, 20]);
  assert.equal(sums, { all: 29.75, selected: 29.75 });
});

test("values that are not finite are refused with row and inputs, unless a condition leaves the event out", async () => {
  const columns = { logpt: "log(pt)" };
  await rejects(
    read(["logpt"], { columns }),
    /events\.npz, column "logpt = log\(pt\)": expected finite values, got 2 values that are not, the first NaN in row 3 \(counted from 0\), where pt = -40\. Leave such events out/,
  );
  await rejects(read(["logpt"], { columns, where: ["eta != 2.5"] }), /the first NaN in row 3 .*where pt = -40/);
  const { values } = await read(["logpt"], { columns, where: ["pt > 0"] });
  assert.equal(values, [[10, 20, 30].map(Math.log)]);
  await rejects(
    read(["pt"], {}),
    /column "pt": expected finite values, got 1 value that is not, the first NaN in row 4/,
  );
  await rejects(read(["pt"], { where: ["eta > 0"] }), /column "pt": expected finite values, .* NaN in row 4/);
  assert.equal((await read(["pt"], { where: ["pt > 0"] })).values, [[10, 20, 30]]);
  await rejects(
    read(["eta"], { weights: ["sqrt(pt)"] }),
    /column "sqrt\(pt\)": expected finite values, got 2 .* row 3 .* where pt = -40/,
  );
});

test("names that are nothing are refused with what was meant", async () => {
  await rejects(
    read(["x"], { columns: { x: "log(ptt)" } }),
    /^c\.yaml: columns\.x: expected names of columns of .*events\.npz, got "ptt" at character 5\. Did you mean pt\?/,
  );
  await rejects(
    read(["x"], { columns: { x: "2 * x" } }),
    /columns\.x: expected names of columns .*, got "x" at character 5/,
  );
  await rejects(read(["eta"], { where: ["etaa < 2"] }), /^c\.yaml: where: .* Did you mean eta\?/);
  await rejects(
    read(["x"], { columns: { x: "jet.p" } }),
    /columns\.x: expected a column of .*, or an expression, got "jet\.p"\. Did you mean "jet\.pt"\?/,
  );
  await rejects(read(["ptt"], {}), /events\.npz: expected a column "ptt", got columns .*Did you mean "pt"\?/);
  await rejects(read(["eta"], { weights: ["ww"] }), /events\.npz: expected a column "ww".*Did you mean "w"\?/);
});

test("what is no condition, no number for each event, or no expression is refused", async () => {
  await rejects(
    read(["eta"], { where: ["pt + 1"] }),
    /^c\.yaml: where: expected conditions, each true or false, got a number, pt \+ 1/,
  );
  await rejects(
    read(["eta"], { where: ["eta < 2 && pt_up"] }),
    /^c\.yaml: where: expected conditions, or columns of 0 and 1, got pt_up = 11 in row 0 .*\. Compare it with a number, as in pt_up > 0/,
  );
  await rejects(
    read(["eta"], { where: ["eta < 2 ? pt_up : pt > 3"] }),
    /^c\.yaml: where: expected conditions, or columns of 0 and 1, got .* = 11 in row 0 /,
  );
  await rejects(
    read(["x"], { columns: { x: "wide + 1" } }),
    /column "wide": expected one number for each event, .* got 2 features/,
  );
  for (const text of [
    "constructor",
    "pt.constructor",
    "prototype",
    "import('fs')",
    "__proto__",
    "pt; 1",
    "a => a",
    "`x`",
  ]) {
    await rejects(
      read(["x"], { columns: { x: text } }),
      /^(c\.yaml: columns\.x: expected|.*events\.npz: expected a column)/,
    );
    await rejects(read(["eta"], { where: [text] }), /: expected/);
  }
  await rejects(read(["x"], { columns: { x: `${"(".repeat(101)}pt${")".repeat(101)}` } }), /at most 100 levels/);
  await rejects(read(["x"], { columns: { x: `pt${" + 1".repeat(5000)}` } }), /at most 10000 characters/);
});

test("the first events only", async () => {
  const { values, total } = await read(["pt"], { where: ["pt > 15"] }, 2);
  assert.equal([values, total], [[[20]], 5]);
});

test("what stands for elements that events do not have, also in conditions and expressions", async () => {
  // ../../../references/hdf5.py: row i has i % 4 elements, i, i + 1, …
  const file = hdf5File("lists.h5");
  const columns = { first: "of_f4[0]", second: "of_f4[1]", n: "of_f4[size]", sum: "first + 10 * second" };
  const missing = { "of_f4[0]": -1, "of_f4[1]": -2 };
  const all = await read(["first", "sum", "n"], { columns, missing }, 6, file);
  assert.equal(all.values, [
    [-1, 1, 2, 3, -1, 5],
    [-21, -19, 32, 43, -21, -15],
    [0, 1, 2, 3, 0, 1],
  ]);
  const selected = await read(["first"], { columns, missing, where: ["second > 0"], weights: ["n"] }, 8, file);
  assert.equal([selected.values, [...selected.weights!]], [[[2, 3, 6, 7]], [2, 3, 2, 3]]);
  await assertRefused(
    () => read(["second"], { columns, missing: { "of_f4[0]": 1 } }, undefined, file),
    /column "of_f4": expected at least 2 elements in every event, got 0 in row 0 .* Say which value stands for \[1\]/,
  );
  // Where nothing is read of the file, its rows are counted.
  assert.equal([(await read([], {}, undefined, file)).count, (await read([], {}, 3, file)).total], [20, 20]);
});

test("a file that memory cannot hold is refused before it is read, with its size", async () => {
  // Holes in a file take no room on the disk.
  const huge = join(folder, "huge.npy");
  const count = 1e11;
  const words = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count},), }`.padEnd(117).concat("\n");
  writeFileSync(huge, Buffer.concat([Buffer.from("\x93NUMPY\x01\x00v\x00", "latin1"), Buffer.from(words)]));
  truncateSync(huge, 128 + 4 * count);
  const source = await fileSource(huge);
  await rejects(
    source.read(["huge"], {}),
    /huge\.npy: expected events that fit into memory, got 100000000000 x 1 numbers, which take 762939 MiB where \d+ MiB are free\. Write the events/,
  );
  assert.is((await (await fileSource(huge, 3)).read(["huge"], {})).count, 3);
});

test.run();
