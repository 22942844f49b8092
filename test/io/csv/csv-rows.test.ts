/** Rows of text: their lines and fields, quotes that join across pieces of a file, and lines beyond all measure. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readCsvFrom } from "../../../io/csv/csv.js";
import { checkOnce, namedFields, openCsv, valuesOf } from "../../../io/csv/csv-rows.js";
import { memorySource } from "../../../io/source.js";
import { assertRefused } from "../support.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const source = (text: string) => memorySource("a.csv", bytes(text));

/** Fields of all rows, with the lines at which they begin. */
async function rowsOf(text: string): Promise<(readonly [number, readonly string[]])[]> {
  const open = await openCsv(source(text));
  const rows: (readonly [number, readonly string[]])[] = [];
  for await (const lines of open.rows) {
    for (const line of lines) rows.push([line.number, valuesOf(open, line, rows.length)]);
  }
  return rows;
}

test("csv: rows keep the numbers of their lines, behind comments and quotes of several lines", async () => {
  assert.equal(await rowsOf('x,word\n# first\n1,"two\nlines"\n#N/A,a\n\n\n'), [
    [3, ["1", "two\nlines"]],
    [5, ["#N/A", "a"]],
  ]);
  assert.equal(await rowsOf('\nx,y\n0,1.5,"2"\n1,3.5,"4"'), [
    [3, ["0", "1.5", "2"]],
    [4, ["1", "3.5", "4"]],
  ]);
});

test("csv: a row that is short, runs on or is counted wrongly is refused", async () => {
  const refused = (text: string, message: RegExp) => assertRefused(() => rowsOf(text), message);
  await refused("x,y\n1,2\n\n3,4\n", /^a\.csv, line 3: expected 2 values, got an empty line$/);
  await refused("x,y\n1,2\n3\n", /^a\.csv, line 3: expected 2 values, as in the header, got 1$/);
  await refused("x\n0,1.5\n1\n", /^a\.csv, line 3: expected 2 values, as in the first row, got 1$/);
  await refused("x,y\n1,2,\n3,4,5\n", /line 3: expected nothing behind the last separator, got "5"$/);
  await refused(
    "x,y\n1,a,2\n3,b,4\n",
    /line 3: expected the number of the row, 2, in the column without a name, got "3"/,
  );
  await refused("word,x\na,1\n#b,2\n", /line 3: expected a comment or a row, got a line that may be either, "#b,2"/);
});

test("csv: the columns with a name know their field, and a name twice is refused where it is asked for", async () => {
  const open = await openCsv(source("x,,y,x\nlabel,1,2,3,4\n"));
  assert.equal(namedFields(open), [
    { name: "x", at: 1 },
    { name: "y", at: 3 },
    { name: "x", at: 4 },
  ]);
  checkOnce(open, ["x", "y"]);
  await assertRefused(
    () => checkOnce(open, ["x", "y", "x"]),
    /^a\.csv, line 1: expected column names separated by commas, got "x" twice$/,
  );
});

test("csv: a file is opened without a look at what lies behind its first megabytes", async () => {
  const whole = bytes(`x,y\n${"1,2\n".repeat(2 ** 20)}`);
  const read: number[] = [];
  const { name, size, read: take, fill } = memorySource("a.csv", whole);
  const counted = {
    name,
    size,
    fill,
    read: (offset: number, length: number) => {
      read.push(offset + length);
      return take(offset, length);
    },
  };
  const open = await openCsv(counted);
  assert.equal(open.layout.names, ["x", "y"]);
  assert.ok(Math.max(...read) <= 2 ** 20 && size > 2 ** 22, `${read} of ${size} bytes`);
});

test("csv: pieces of a file join wherever they are cut", async () => {
  // Lines of 37 bytes, so that pieces of 2^20 bytes end inside numbers, quotes and ends of lines.
  const rows = 60_000;
  const line = (i: number) => `${String(i).padStart(8)},"${"é".repeat(10)}, ""b""",${i % 10}\r\n`;
  const text = `x,word,y\r\n${Array.from({ length: rows }, (_, i) => line(i)).join("")}`;
  const { columns, total } = await readCsvFrom(source(text), ["y", "x"]);
  assert.is(total, rows);
  assert.equal(
    columns.get("x")!,
    Float64Array.from({ length: rows }, (_, i) => i),
  );
  assert.equal(
    columns.get("y")!,
    Float64Array.from({ length: rows }, (_, i) => i % 10),
  );
});

test("csv: lines and headers beyond all measure are refused", async () => {
  await assertRefused(
    () => readCsvFrom(source(`x\n${"1".repeat(2 ** 24 + 1)}`)),
    /line 2: expected at most 16777216 characters in a line, got more\. A quote is not closed/,
  );
  await assertRefused(
    () => readCsvFrom(source(`x\n"${`${"1".repeat(1023)}\n`.repeat(2 ** 14 + 1)}`)),
    /line 2: expected at most 16777216 characters in a line/,
  );
  await assertRefused(
    () => readCsvFrom(source("#\n".repeat(2 ** 16 + 2))),
    /expected names of columns and a row among the first 65536 lines, got comments and empty lines/,
  );
  await assertRefused(
    () => readCsvFrom(source(Array.from({ length: 2 ** 18 + 1 }, (_, i) => `c${i}`).join())),
    /line 1: expected column names separated by commas, got 262145 of them/,
  );
});

test.run();
