/** Numbers in comma-separated text with a header line (RFC 4180, one line per record). */
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

/** As `readCsv`, from the bytes of the text (UTF-8). */
export function parseCsv(where: string, bytes: Uint8Array, wanted?: readonly string[]): Map<string, Float64Array> {
  const lines = textLines(bytes);
  const names = parseHeader(where, lines);
  const maxRows = countNewlines(bytes);
  const columns = names.map((name) =>
    wanted === undefined || wanted.includes(name) ? new Float64Array(maxRows) : undefined,
  );
  let rows = 0;
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
      throw new FileError(`${where}, line ${blankLine}`, { expected: `${names.length} values`, got: "an empty line" });
    }
    parseRow(`${where}, line ${lineNumber}`, line, names, columns, rows++);
  }
  return new Map(names.flatMap((name, i) => (columns[i] ? [[name, columns[i].slice(0, rows)]] : [])));
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

function checkNames(where: string, names: readonly string[]): void {
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
  where: string,
  line: string,
  names: readonly string[],
  columns: readonly (Float64Array | undefined)[],
  row: number,
): void {
  const fields = line.includes('"') ? splitRecord(where, line) : line.split(",");
  if (fields.length !== names.length) {
    throw new FileError(where, { expected: `${names.length} values, as in the header`, got: `${fields.length}` });
  }
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
