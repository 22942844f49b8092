/** Columns as comma-separated text, so that `readCsv` and `readCsvTable` read them back. */

import { FileError, quote } from "../errors.js";
import { writeAtomic } from "../write-atomic.js";
import type { CsvColumn } from "./csv.js";
import { firstRepeated, headerProblem, MAX_COLUMNS, noHeader } from "./csv-layout.js";

/** Rows that are put into one piece of text before it is written. */
const ROWS_PER_CHUNK = 4096;

/**
 * Writes columns as text, whole or not at all. Numbers are the shortest that read back as the same double. A column
 * [rows, features] becomes `name[0]`, `name[1]`, …, as `readEvents` names its features; one of a single feature keeps its name.
 */
export async function writeCsv(path: string, columns: ReadonlyMap<string, CsvColumn>): Promise<void> {
  if (!(columns instanceof Map)) {
    throw new FileError(path, { expected: "columns in a Map by name", got: `a value of type ${typeof columns}` });
  }
  const [, first] = [...columns][0] ?? [];
  const rows = first === undefined ? 0 : rowsOf(first);
  for (const [name, column] of columns) checkColumn(`${path}, column ${quote(name)}`, name, column, rows);
  const fields = [...columns].flatMap(([name, column]) => fieldsOf(name, column));
  checkNames(
    path,
    fields.map(({ name }) => name),
  );
  await writeAtomic(path, csvText(fields, rows));
}

/** Refuses names that a header line cannot give. */
function checkNames(path: string, names: readonly string[]): void {
  const unnamed = names.indexOf("");
  const repeated = firstRepeated(names);
  const problem =
    unnamed >= 0
      ? `no name in column ${unnamed + 1}`
      : repeated === undefined
        ? headerProblem(names)
        : `${quote(repeated)} twice`;
  if (problem !== undefined) throw noHeader(path, 1, problem);
}

/** One column of text. */
interface CsvField {
  readonly name: string;
  readonly at: (row: number) => string;
}

const isWords = (column: CsvColumn): column is readonly string[] => Array.isArray(column);

const rowsOf = (column: CsvColumn) => (isWords(column) ? column.length : column.shape[0]);

function checkColumn(where: string, name: string, column: CsvColumn, rows: number | undefined): void {
  const shape = isWords(column) ? [column.length] : column.shape;
  if (shape[0] !== rows || (shape.length !== 1 && shape.length !== 2) || (shape[1] ?? 1) > MAX_COLUMNS) {
    throw new FileError(where, {
      expected: `${rows ?? "a number of"} rows, as in every column of a csv file, and at most ${MAX_COLUMNS} features`,
      got: `shape [${shape.join(", ")}]`,
      hint: "Write it into another kind of file",
    });
  }
  if ([name, ...(isWords(column) ? column : [])].some((text) => text.includes("\r"))) {
    throw new FileError(where, { expected: "names and words without carriage returns", got: "one" });
  }
}

function fieldsOf(name: string, column: CsvColumn): CsvField[] {
  if (isWords(column)) return [{ name, at: (row) => quoted(column[row]!, SPECIAL_WORD) }];
  const { data, shape } = column;
  const width = shape[1] ?? 1;
  return Array.from({ length: width }, (_, i) => ({
    name: width === 1 ? name : `${name}[${i}]`,
    at: (row) => written(data[row * width + i]!),
  }));
}

/** Digits without an exponent would claim an integer that rounding may have changed, and `readCsvTable` takes them for words. */
function written(value: number | bigint): string {
  if (typeof value === "bigint" || !Number.isInteger(value)) return String(value);
  if (Object.is(value, -0)) return "-0";
  return Number.isSafeInteger(value) ? String(value) : value.toExponential();
}

// What would be taken for several words, or for a comment.
const SPECIAL_WORD = /[",;|\t\n]|^\s|\s$|^#/;
// Names tell how the table is written: of a single one, blanks would separate two. A first one could be Excel's `sep=`.
const SPECIAL_NAME = /[",;|\s]|^#|^sep=/i;

function quoted(text: string, special: RegExp): string {
  return special.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* csvText(fields: readonly CsvField[], rows: number): Generator<string> {
  yield `${fields.map(({ name }) => quoted(name, SPECIAL_NAME)).join(",")}\n`;
  for (let start = 0; start < rows; start += ROWS_PER_CHUNK) {
    const lines = Array.from({ length: Math.min(ROWS_PER_CHUNK, rows - start) }, (_, i) =>
      fields.map(({ at }) => at(start + i)).join(","),
    );
    yield `${lines.join("\n")}\n`;
  }
}
