/** Rows of text: lines and quotes that join across pieces of a file, and lines beyond all measure. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readCsvFrom } from "../../../io/csv/csv.js";
import { memorySource } from "../../../io/source.js";
import { assertRefused } from "../support.js";

const source = (text: string) => memorySource("a.csv", new TextEncoder().encode(text));

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
