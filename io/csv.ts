/** Columns in comma-separated text with a header line (RFC 4180, one line per record). */
import type { NamedArray } from "./arrays.js";
import { FileError, quote } from "./errors.js";
import { readBytes, withFile } from "./source.js";

const NEWLINE = 10;
const MAX_HEADER_BYTES = 2 ** 20;
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const NOT_FINITE: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

/**
 * Columns [rows] by the names of the header line.
 *
 * @param wanted read these only, in whatever columns the others hold; by default all
 */
export async function readCsv(path: string, wanted?: readonly string[]): Promise<Map<string, Float64Array>> {
  return parseCsv(path, await readBytes(path), wanted);
}

/** The names of the header line; reads no further. */
export async function listCsv(path: string): Promise<string[]> {
  const start = await withFile(path, (source) => source.read(0, Math.min(source.size, MAX_HEADER_BYTES)));
  return parseHeader(path, textLines(start));
}

/** What a table of text can hold: arrays [rows] or [rows, features], or words. */
export type CsvColumn = NamedArray | readonly string[];

/** All columns: numbers where a double holds every value of the column, else the words as they stand. */
export async function readCsvTable(path: string): Promise<Map<string, CsvColumn>> {
  const bytes = await readBytes(path);
  const names = parseHeader(path, textLines(bytes));
  const words = new Map<number, string[]>();
  for (const { fields } of records(path, bytes)) {
    for (const [i, field] of fields.entries()) if (!words.has(i) && !isExactNumber(field)) words.set(i, []);
  }
  const numbers = parseCsv(
    path,
    bytes,
    names.filter((_, i) => !words.has(i)),
  );
  for (const { fields } of records(path, bytes)) for (const [i, column] of words) column.push(fields[i]!);
  return new Map(
    names.map((name, i) => {
      const data = numbers.get(name);
      return [name, data === undefined ? words.get(i)! : { shape: [data.length], data }];
    }),
  );
}

/** An integer that a double rounds is an identifier, not a measurement. */
function isExactNumber(field: string): boolean {
  const value = parseNumber(field);
  return value !== undefined && (Number.isSafeInteger(value) || !/^\s*[+-]?\d+\s*$/.test(field));
}

/** As `readCsv`, from the bytes of the text (UTF-8). */
export function parseCsv(where: string, bytes: Uint8Array, wanted?: readonly string[]): Map<string, Float64Array> {
  const names = parseHeader(where, textLines(bytes));
  const maxRows = countNewlines(bytes);
  const columns = names.map((name) =>
    wanted === undefined || wanted.includes(name) ? new Float64Array(maxRows) : undefined,
  );
  let rows = 0;
  for (const record of records(where, bytes)) parseRow(record, names, columns, rows++);
  return new Map(names.flatMap((name, i) => (columns[i] ? [[name, columns[i].slice(0, rows)]] : [])));
}

interface CsvRecord {
  /** File and line, for messages. */
  readonly where: string;
  readonly fields: readonly string[];
}

/** The lines below the header, each with as many fields. */
function* records(where: string, bytes: Uint8Array): Generator<CsvRecord> {
  const lines = textLines(bytes);
  const { length } = parseHeader(where, lines);
  let lineNumber = 1;
  let blankLine = 0;
  for (const line of lines) {
    lineNumber++;
    if (line.trim() === "") {
      blankLine ||= lineNumber;
      continue;
    }
    // Blank lines may end the text, not interrupt it: a row that lost its values must not vanish.
    if (blankLine > 0) {
      throw new FileError(`${where}, line ${blankLine}`, { expected: `${length} values`, got: "an empty line" });
    }
    const at = `${where}, line ${lineNumber}`;
    const fields = splitRecord(at, line);
    if (fields.length !== length) {
      throw new FileError(at, { expected: `${length} values, as in the header`, got: `${fields.length}` });
    }
    yield { where: at, fields };
  }
}

function* textLines(bytes: Uint8Array): Generator<string, undefined> {
  const decoder = new TextDecoder();
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    yield decoder.decode(bytes.subarray(start, end));
    start = end + 1;
  }
}

/** An upper bound on the rows: one line is the header, the last may lack its newline. */
function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}

function parseHeader(where: string, lines: Iterator<string, undefined>): string[] {
  const first = lines.next();
  const names = first.done ? [] : splitRecord(`${where}, line 1`, first.value);
  checkNames(where, names);
  return names;
}

/** Refuses names that a header line cannot give. */
export function checkNames(where: string, names: readonly string[]): void {
  const problem = headerProblem(names);
  if (problem) throw new FileError(`${where}, line 1`, { expected: "column names separated by commas", got: problem });
}

function headerProblem(names: readonly string[]): string | undefined {
  if (names.length === 0) return "an empty file";
  if (names.includes("")) return `no name in column ${names.indexOf("") + 1}`;
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined) return `${quote(repeated)} twice`;
  if (names.every((name) => parseNumber(name) !== undefined)) return "numbers only";
  if (names.length === 1 && /[;\t]/.test(names[0]!)) return `one name ${quote(names[0]!)}`;
  return undefined;
}

function parseRow(
  { where, fields }: CsvRecord,
  names: readonly string[],
  columns: readonly (Float64Array | undefined)[],
  row: number,
): void {
  for (const [column, values] of columns.entries()) {
    if (!values) continue;
    const value = parseNumber(fields[column]!);
    if (value === undefined) {
      const got = fields[column]!.trim() === "" ? "an empty value" : quote(fields[column]!.trim());
      throw new FileError(`${where}, column ${column + 1} (${quote(names[column]!)})`, { expected: "a number", got });
    }
    values[row] = value;
  }
}

function parseNumber(text: string): number | undefined {
  return NUMBER.test(text) ? Number(text) : NOT_FINITE.get(text.trim().toLowerCase());
}

/** Fields of one record; quotes may hold commas, and a doubled quote stands for one. */
function splitRecord(where: string, line: string): string[] {
  if (!line.includes('"')) return line.split(",").map((field) => field.trim());
  const fields: string[] = [];
  const text = line.replace(/\r$/, "");
  const pattern = /\s*"((?:[^"]|"")*)"\s*(,|$)|([^",]*)(,|$)/y;
  for (;;) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match)
      throw new FileError(where, { expected: "quotes that enclose a whole field", got: quote(text.slice(at)) });
    fields.push(match[1]?.replaceAll('""', '"') ?? match[3]!.trim());
    if ((match[2] ?? match[4]) === "") return fields;
  }
}
