/** Text as pandas, R, numpy, awk, gnuplot and Excel write it: taken where it is unambiguous, else refused in a sentence. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readEvents } from "../../../io/columns.js";
import { listCsv, readCsv, readCsvFrom, readCsvTable } from "../../../io/csv/csv.js";
import { namedFields, openCsv } from "../../../io/csv/csv-rows.js";
import { FileError } from "../../../io/errors.js";
import { memorySource } from "../../../io/source.js";
import { assertRefused, withFolder } from "../support.js";

type Content = string | Uint8Array;

const source = (content: Content) =>
  memorySource("a.csv", typeof content === "string" ? new TextEncoder().encode(content) : content);

const utf16 = (text: string, bigEndian = false) => {
  const bytes = Buffer.from(text, "utf16le");
  return bigEndian ? bytes.swap16() : bytes;
};

/** Each holds x = 1.5, 3.5, beside y = 2, 4 where there is a y. */
const WRITTEN: Readonly<Record<string, Content>> = {
  "RFC 4180": "x,y\r\n1.5,2\r\n3.5,4\r\n",
  "pandas to_csv": ",x,y\n0,1.5,2\n1,3.5,4\n",
  "pandas to_csv of a part, by its labels": ",x,y\n17,1.5,2\n4,3.5,4\n",
  "pandas to_csv(sep=';', decimal=',')": ";x;y\n0;1,5;2\n1;3,5;4\n",
  "pandas to_csv(sep='\\t', index=False)": "x\ty\n1.5\t2\n3.5\t4\n",
  "pandas to_csv(encoding='utf-8-sig')": "\ufeffx,y\n1.5,2\n3.5,4\n",
  "R write.csv": '"","x","y"\n"1",1.5,2\n"2",3.5,4\n',
  "R write.csv, row.names=FALSE": '"x","y"\n1.5,2\n3.5,4\n',
  "R write.csv2": '"";"x";"y"\n"1";1,5;2\n"2";3,5;4\n',
  "R write.table": '"x" "y"\n"1" 1.5 2\n"2" 3.5 4\n',
  "R write.table(quote=FALSE)": "x y\n1 1.5 2\n2 3.5 4\n",
  "R write.table(sep=',')": '"x","y"\n"1",1.5,2\n"2",3.5,4\n',
  "R write.table(sep=',') of named rows": '"x","y"\n"Mazda RX4",1.5,2\n"Datsun 710",3.5,4\n',
  "R write.table(sep='\\t', col.names=NA)": '""\t"x"\t"y"\n"1"\t1.5\t2\n"2"\t3.5\t4\n',
  "a separator at the end of every line": "x,y,\n1.5,2,\n3.5,4,\n",
  "a separator at the end of the header": "x,y,\n1.5,2\n3.5,4\n",
  "a separator at the end of the rows": "x,y\n1.5,2,\n3.5,4,\n",
  "a column without a name in the middle": "x,,y\n1.5,a,2\n3.5,b,4\n",
  "several columns without a name": ",,x,y\n0,0,1.5,2\n1,1,3.5,4\n",
  "numpy savetxt(delimiter=',', header='x,y')":
    "# x,y\n1.500000000000000000e+00,2.000000000000000000e+00\n3.500000000000000000e+00,4.000000000000000000e+00\n",
  "numpy savetxt(header='x y')": "# x y\n1.5e+00 2.0e+00\n3.5e+00 4.0e+00\n",
  "numpy savetxt with a header of several lines": "# taken in run 7\n# x,y\n1.5,2\n3.5,4\n",
  "numpy savetxt, units below the names": "# x,y\n# GeV,GeV\n1.5,2\n3.5,4\n",
  "numpy savetxt(comments='#')": "#x,y\n1.5,2\n3.5,4\n",
  "numpy savetxt of one column": "# x\n1.5e+00\n3.5e+00\n",
  "numpy savetxt beside words": "# x,kind\n1.5,a\n3.5,b\n",
  "comments above the names": "# taken in run 7\n# by us, at night\nx,y\n1.5,2\n3.5,4\n",
  "a comment above the names that has as many commas": "# run 7, at night\nx,y\n1.5,2\n3.5,4\n",
  "comments below the names": "x,y\n# taken in run 7\n1.5,2\n3.5,4\n# done, at last\n",
  "rows that are commented out": "x,y\n#0.5,1\n1.5,2\n# 2.5,3\n3.5,4\n",
  "a comment with a quote in it": 'x,y\n# 5" pipe\n1.5,2\n3.5,4\n',
  "blank lines above the names": "\n \nx,y\n1.5,2\n3.5,4\n",
  "gnuplot and awk": "#x y\n1.5   2\n  3.5\t4\n",
  "awk print": "x y\n1.5 2\n3.5 4\n",
  "awk, OFS=\\t": "x\ty\n1.5\t2\n3.5\t4\n",
  "awk printf, in columns": "         x          y\n  1.500000   2.000000\n  3.500000   4.000000\n",
  "Excel with semicolons and decimal commas": "x;y\r\n1,5;2\r\n3,5;4\r\n",
  "Excel with sep=": "sep=;\r\nx;y\r\n1,5;2\r\n3,5;4\r\n",
  "Excel with sep= of another kind": "sep=^\r\nx^y\r\n1.5^2\r\n3.5^4\r\n",
  "Excel, CSV UTF-8": "\ufeffx;y\r\n1,5;2\r\n3,5;4\r\n",
  "Excel, Unicode text": utf16("\ufeffx\ty\r\n1,5\t2\r\n3,5\t4\r\n"),
  "Excel, CSV (Macintosh)": "x,y\r1.5,2\r3.5,4\r",
  "UTF-16, big-endian": utf16("\ufeffx,y\n1.5,2\n3.5,4\n", true),
  "UTF-16 without a mark": utf16("x,y\n1.5,2\n3.5,4\n"),
  "UTF-16, big-endian, without a mark": utf16("x,y\n1.5,2\n3.5,4\n", true),
  "vertical bars": "x|y\n1.5|2\n3.5|4\n",
  "Fortran's doubles": "x,y\n1.5D+00,2\n.35d1,4\n",
  "quoted numbers": '"x","y"\n"1.5","2"\n"3.5","4"\n',
  "names with commas, and words with anything": 'x,"y, GeV","say ""so"""\n1.5,2,"a ""b"", c"\n3.5,4,"two\nlines"\n',
  "a name for two columns, neither asked for": "x,z,z\n1.5,2,3\n3.5,4,5\n",
};

const namesIn = async (content: Content) => namedFields(await openCsv(source(content))).map(({ name }) => name);

for (const [name, content] of Object.entries(WRITTEN)) {
  test(`csv of ${name}`, async () => {
    const wanted = (await namesIn(content)).filter((column) => column === "x" || column === "y");
    const { columns, total } = await readCsvFrom(source(content), wanted);
    assert.equal([...columns.get("x")!], [1.5, 3.5]);
    if (wanted.includes("y")) assert.equal([...columns.get("y")!], [2, 4]);
    assert.is(total, 2);
    const head = await readCsvFrom(source(content), ["x"], 1);
    assert.equal([[...head.columns.get("x")!], head.total], [[1.5], 2]);
  });
}

test("csv of no rows has its names", async () => {
  for (const content of [
    "x,y",
    "x,y\r\n",
    ",x,y\n",
    '"","x","y"\n',
    "# x,y\n",
    "# x y\n",
    "x y\n",
    "sep=;\nx;y\n",
    "x;y\n",
  ]) {
    assert.equal(await namesIn(content), ["x", "y"], content);
    assert.is((await readCsvFrom(source(content), ["y"])).total, 0, content);
  }
});

const EMPTY = "\ufeff";

/** Each is refused with this message about a.csv, where x is asked for. */
const REFUSED: readonly (readonly [Content, RegExp])[] = [
  ["", /^a\.csv, line 1: expected column names separated by commas, got an empty file$/],
  [EMPTY, /got an empty file$/],
  ["sep=;\n", /got an empty file$/],
  [";;\n1;2;3\n", /got (no name|one)/],
  ["0,1\n1.5,2\n", /got numbers only\. Put a line with the names of the columns above the numbers$/],
  [",0,1\n0,1.5,2\n", /got numbers only/],
  ["1.5e+00 2.0e+00\n3.5e+00 4.0e+00\n", /got numbers only/],
  ["x,x\n1,2\n", /^a\.csv, line 1: .* got "x" twice$/],
  ["y\n1\n", /^a\.csv: expected a column "x", got columns "y"$/],
  // Integers that no double equals, in whatever way they are written.
  [
    "x\n9007199254740993\n",
    /line 2, column 1 \("x"\): expected integers that a double holds exactly, got "9007199254740993"/,
  ],
  ["x\n+18446744073709551615\n", /expected integers that a double holds exactly/],
  ["x\n-9007199254740993\n", /expected integers that a double holds exactly/],
  [`x\n${"9".repeat(400)}\n`, /expected integers that a double holds exactly/],
  // No numbers, or not clearly.
  ["x\n#DIV/0!\n", /expected a number, got "#DIV\/0!"/],
  ["x\n1_000\n", /expected a number, got "1_000"/],
  ["x\n1 000\n", /expected a number, got "1 000"/],
  ["x\nTrue\n", /expected a number, got "True"/],
  ["x\n1.5.2\n", /expected a number, got "1\.5\.2"/],
  ["x\n0x1p3\n", /expected a number, got "0x1p3"/],
  ['x,y\n"1,5",2\n', /expected a number, got "1,5"\. Write all numbers with decimal points$/],
  ["x\ty\n1,234\t2\n", /expected a number, got "1,234"\. Write all numbers with decimal points$/],
  ["x;y\n1,5;2\n3.5;4\n", /line 3, column 1 .* expected a number with the decimal sign of those before, got "3\.5"/],
  ["x;y\n1.5;2\n3,5;4\n", /line 3, column 1 .* expected a number with the decimal sign of those before, got "3,5"/],
  // Rows that lost a value, or have one too many.
  ["x,y\n1.5,2\n3.5\n", /line 3: expected 2 values, as in the header, got 1$/],
  ["x,y\n7.5,1.5,2\n", /line 2: expected 2 values, as in the header, got 3\. Name every column/],
  ["x,y\n0,1.5,2\n2,3.5,4\n", /line 3: expected the number of the row, 1, in the column without a name, got "2"/],
  ["x,y\n5,1.5,2\n6,3.5,4\n", /line 2: expected 2 values, as in the header, got 3/],
  ["x,y\n1.5,2,\n3.5,4,5\n", /line 3: expected nothing behind the last separator, got "5"/],
  ['x,y\n"1",1.5,\n', /line 2: expected 2 values, as in the header, got 3\. Name every column/],
  ["x,y\n1,1.5,2\n2,3.5\n", /line 3: expected 3 values, as in the first row, got 2/],
  // A row must not be taken for a comment.
  ["word,x\na,1.5\n#b,3.5\n", /line 3: expected a comment or a row, got a line that may be either, "#b,3\.5"\. Put/],
  ["x,y\n#N/A,2\n#NUM!,2\n", /line 3, column 1 \("x"\): expected a number, got "#NUM!"/],
  ['x,y\n1.5,"two\nlines\n3.5,4\n', /line 2: expected quotes that enclose a whole field, got "\\"two/],
  ['x,y\n1.5,say "so"\n', /line 2: expected quotes that enclose a whole field/],
  // No text.
  [Buffer.from([0xff, 0xfe, 0, 0, 0x78, 0, 0, 0]), /expected text in UTF-8 or UTF-16, got UTF-32/],
  ["x,y\n1.5,2\n\0\0\0\0", /line 3: expected text, got a character of code 0\. The file is damaged/],
];

for (const [content, message] of REFUSED) {
  test(`csv refuses ${JSON.stringify(Buffer.from(content).toString("latin1").slice(0, 40))}`, () =>
    assertRefused(() => readCsvFrom(source(content), ["x"]), message));
}

const columnsOf = async (text: string) => (await readCsvFrom(source(text))).columns;
const csvRefused = (text: string, message: RegExp) => assertRefused(() => columnsOf(text), message);

test("csv: numbers as text writes them, quoted names, Windows line ends, no newline at the end", async () => {
  const columns = await columnsOf(
    '\ufeff"mass, GeV", pt ,"say ""x"""\r\n1,-2.5e-3,.5\r\n+3, 4. ,"6"\r\n1E400,nan,-Inf',
  );
  assert.equal([...columns.keys()], ["mass, GeV", "pt", 'say "x"']);
  assert.equal([...columns.get("mass, GeV")!], [1, 3, Number.POSITIVE_INFINITY]);
  assert.equal([...columns.get("pt")!], [-0.0025, 4, Number.NaN]);
  assert.equal([...columns.get('say "x"')!], [0.5, 6, Number.NEGATIVE_INFINITY]);
});

test("csv: a header alone has no rows; blank lines may end the text", async () => {
  assert.is((await columnsOf("x,y\n")).get("y")!.length, 0);
  assert.is((await columnsOf("x,y")).get("x")!.length, 0);
  assert.is((await columnsOf("x\n1\n2\n\n \n")).get("x")!.length, 2);
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

test("csv: what stands for no number is NaN, and infinities are kept", async () => {
  const words =
    "nan NaN NAN -nan +nan NA N/A #N/A <NA> null NULL None n/a -nan(ind) 1.#QNAN -1.#IND inf -Inf +INF Infinity 1.#INF -1.#INF";
  const infinite = words
    .split(" ")
    .map((word) => (/inf/i.test(word) ? (word.startsWith("-") ? -1 : 1) / 0 : Number.NaN));
  const { columns } = await readCsvFrom(source(`x\n${words.replaceAll(" ", "\n")}\n`));
  assert.equal([...columns.get("x")!], infinite);
});

test("csv: integers of any size that a double equals are numbers", async () => {
  const { columns } = await readCsvFrom(source(`x\n9007199254740994\n-18446744073709551616\n${10n ** 22n}\n`));
  assert.equal([...columns.get("x")!], [2 ** 53 + 2, -(2 ** 64), 1e22]);
});

test("csv: events are read by row, and what is no finite number is refused by name", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await writeFile(path, ",x,y\n0,1.5,2\n1,3.5,4\n");
    assert.equal(await listCsv(path), ["x", "y"]);
    assert.equal([...(await readCsv(path)).keys()], ["x", "y"]);
    const table = await readEvents(path, ["x"], { head: 1 });
    assert.equal([table.count, table.total, [...table.columns.get("x")!.data]], [1, 2, [1.5]]);
    assert.is((await readEvents(path, ["x"], { head: 5 })).count, 2);
  }));

test("csv: a table keeps words of several lines, and leaves out columns without a name", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    await writeFile(path, ',x,note,z,pass\r\n0,1.5,"two\r\nlines",NA,True\r\n1,3.5,,7,False\r\n');
    assert.equal(await tableOf(path), [
      ["x", [1.5, 3.5]],
      ["note", ["two\nlines", ""]],
      ["z", [Number.NaN, 7]],
      ["pass", ["True", "False"]],
    ]);
  }));

async function tableOf(path: string): Promise<(readonly [string, unknown])[]> {
  const table = await readCsvTable(path);
  return [...table].map(([name, column]) => [name, "data" in column ? [...column.data] : column] as const);
}

test("csv: random text never ends otherwise than in columns or a FileError", async () => {
  const part = fc.constantFrom(
    ",",
    ";",
    "\t",
    " ",
    "\n",
    "\r\n",
    '"',
    '""',
    "#",
    "x",
    "y",
    "1.5",
    "2",
    "-",
    "e",
    "é",
    "sep=;",
    "NA",
    "\0",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 40 }), async (parts) => {
      const { columns, total } = await readCsvFrom(source(parts.join(""))).catch((error) => {
        assert.instance(error, FileError, String(error));
        return { columns: new Map<string, Float64Array>(), total: 0 };
      });
      for (const column of columns.values()) assert.is(column.length, total);
    }),
    { seed: 9, numRuns: 2000 },
  );
});

test("csv: a header of 150 000 names is read in seconds, a misspelt name too", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.csv");
    const names = ["mass", ...Array.from({ length: 150_000 }, (_, i) => `${i.toString(16)}z`)];
    await writeFile(path, `${names.join(",")}\n`);
    const start = process.cpuUsage();
    assert.is((await readEvents(path, ["mass"])).total, 0);
    await assertRefused(() => readEvents(path, ["mas"]), /expected a column "mas", .* Did you mean "mass"\?$/);
    assert.is((await readCsvTable(path)).size, names.length);
    // It takes 2 s; by a search for every name among all, over 90 s.
    const { user } = process.cpuUsage(start);
    assert.ok(user < 15e6, `${user / 1e6} s`);
    await writeFile(path, `${names.join(",")},mass\n`);
    assert.is((await readEvents(path, ["0z"])).total, 0);
    await assertRefused(() => readEvents(path, ["mass"]), /line 1: .* got "mass" twice$/);
  }));

test.run();
