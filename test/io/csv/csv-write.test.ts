/** What is written as text: all digits, every name and word, and no file where the text could not hold it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArray } from "../../../io/arrays.js";
import { readEvents } from "../../../io/columns.js";
import { type CsvColumn, readCsvTable } from "../../../io/csv/csv.js";
import { writeCsv } from "../../../io/csv/csv-write.js";
import { assertRefused, withFolder } from "../support.js";

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

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

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

test("csv: names and words come back as written, whatever is in them", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const awkward = fc.constantFrom(
      "#",
      "# a",
      "a b",
      "a;b",
      "a\tb",
      "sep=;",
      'say "x"',
      "a,b",
      "a|b",
      "x[0]",
      " a ",
      "two\nlines",
      "é",
    );
    const name = fc.oneof(
      awkward,
      fc.string({ minLength: 1, maxLength: 8 }).filter((text) => text.trim() === text),
    );
    const isWord = (text: string) =>
      !text.includes("\r") && Number.isNaN(Number(text)) && !/^\W*(na|n.a|nan|none|null|inf)/i.test(text);
    const words = fc.array(fc.tuple(awkward, awkward), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(name.filter(isWord), { minLength: 2, maxLength: 2 }),
        words,
        async (names, rows) => {
          const columns = new Map<string, CsvColumn>([
            [names[0]!, rows.map(([word]) => word)],
            [names[1]!, rows.map(([, word]) => word)],
          ]);
          await writeCsv(path, columns);
          const found = await readCsvTable(path);
          assert.equal([...found.keys()], names);
          for (const [key, column] of found) if (rows.length > 0) assert.equal(column, columns.get(key), key);
          const alone = new Map<string, CsvColumn>([[names[0]!, { shape: [2], data: Float64Array.of(1, 2) }]]);
          await writeCsv(path, alone);
          assert.equal(await readCsvTable(path), alone);
        },
      ),
      { seed: 8, numRuns: 150 },
    );
  }));

test.run();
