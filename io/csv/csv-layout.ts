/** How a table is written: what separates its fields, which line names them, and which fields have no name. */

import { FileError } from "../errors.js";
import { BLANKS, countFields, splitRecord } from "./csv-fields.js";
import { parseDecimalComma, parseNumber } from "./csv-number.js";

export interface TextLine {
  /** Counted from 1, for messages. */
  readonly number: number;
  readonly text: string;
}

export interface CsvLayout {
  readonly separator: string;
  /** Of the columns in their order; "" where the header has none. */
  readonly names: readonly string[];
  /** Field of a row that the first name belongs to: 1 where the header leaves out that of the names of the rows, as R does. */
  readonly firstField: number;
  /** Fields of a row. */
  readonly width: number;
  /** Every row ends with a separator, which the header lacks. */
  readonly endsEmpty: boolean;
  /** Where the first field of a row is its number, the number of the first row. */
  readonly countFrom: number | undefined;
  /** Whether the first field of the first row is a number. */
  readonly startsWithNumber: boolean;
}

/** The lines before the second row, sorted by what they are. */
export interface FirstLines {
  /** Lines of # before all others. */
  readonly comments: readonly TextLine[];
  /** The first two others. */
  readonly first: TextLine | undefined;
  readonly second: TextLine | undefined;
  /** What Excel's line `sep=` says. */
  readonly separator: string | undefined;
}

/** Columns that a table may have. */
export const MAX_COLUMNS = 2 ** 18;

const SEPARATORS = [",", ";", "\t", "|", BLANKS];
// Comments of which one may be the header; it stands next to the rows.
const MAX_COMMENTS = 8;

export interface FoundLayout {
  readonly layout: CsvLayout;
  /** Lines, counted from 1. */
  readonly headerLine: number;
  readonly firstRow: number;
}

/** Where the first line is a row, the comment above it names the columns, as numpy.savetxt writes them. */
export function findLayout(path: string, lines: FirstLines): FoundLayout {
  const { comments, first, second } = lines;
  const separators = lines.separator === undefined ? SEPARATORS : [lines.separator];
  const above = headerAbove(comments, first, separators);
  const [header, row] = above === undefined ? [first, second] : [above, first];
  if (header === undefined) throw noHeader(path, 1, "an empty file");
  const firstRow = above === undefined || first === undefined ? header.number + 1 : first.number;
  return { layout: layoutOf(path, header, row, separators), headerLine: header.number, firstRow };
}

/** The comment that names the columns, where the first other line is a row of numbers or there is none. */
function headerAbove(
  comments: readonly TextLine[],
  first: TextLine | undefined,
  separators: readonly string[],
): TextLine | undefined {
  const candidates = comments
    .slice(-MAX_COMMENTS)
    .reverse()
    .map(({ number, text }) => ({ number, text: text.replace(/^#+\s*/, "") }));
  if (first === undefined) return candidates[0];
  if (!separators.some((separator) => hasNumber(first.text, separator))) return undefined;
  return (
    candidates.find(({ text }) => separators.some((separator) => namesColumns(text, first.text, separator))) ??
    // One column of numbers.
    (separators.every((separator) => countFields(first.text, separator) === 1) ? candidates[0] : undefined)
  );
}

function namesColumns(header: string, row: string, separator: string): boolean {
  const count = countFields(header, separator);
  if (count === undefined || count === 1 || count !== countFields(row, separator)) return false;
  const names = splitRecord("", header, separator);
  return new Set(names).size === names.length && names.some((name) => parseNumber(name) === undefined);
}

function hasNumber(row: string, separator: string): boolean {
  if (countFields(row, separator) === undefined) return false;
  return splitRecord("", row, separator).some((field) => parseNumber(field) !== undefined);
}

function layoutOf(path: string, header: TextLine, row: TextLine | undefined, separators: readonly string[]): CsvLayout {
  const separator = separators.find((candidate) => isConsistent(header.text, row?.text, candidate)) ?? separators[0]!;
  const at = `${path}, line ${header.number}`;
  const names = splitRecord(at, header.text, separator);
  const problem = headerProblem(names);
  if (problem) throw noHeader(path, header.number, problem);
  const fields = row === undefined ? names : splitRecord(`${path}, line ${row.number}`, row.text, separator);
  const plain = {
    separator,
    names,
    firstField: 0,
    width: names.length,
    endsEmpty: false,
    countFrom: undefined,
    startsWithNumber: row === undefined || isNumber(fields[0]!, separator),
  };
  // A separator at the end of the header alone names nothing.
  if (fields.length === names.length - 1 && names.at(-1) === "") {
    return { ...plain, names: names.slice(0, -1), width: fields.length };
  }
  if (row === undefined || fields.length !== names.length + 1) return plain;
  const isQuoted = row.text.trimStart().startsWith('"');
  if (fields.at(-1) === "" && !isQuoted) return { ...plain, width: fields.length, endsEmpty: true };
  const rowsCount = !isQuoted && isNumber(fields[0]!, separator);
  if (fields.at(-1) === "" || (rowsCount && !/^[01]$/.test(fields[0]!))) {
    throw new FileError(`${path}, line ${row.number}`, {
      expected: `${names.length} values, as in the header`,
      got: `${fields.length}`,
      hint: "Name every column: it is not clear which one has no name",
    });
  }
  return { ...plain, firstField: 1, width: fields.length, countFrom: rowsCount ? Number(fields[0]) : undefined };
}

/** Several names, and as many values in a row, but for a column without a name at either end. */
function isConsistent(header: string, row: string | undefined, separator: string): boolean {
  const names = countFields(header, separator);
  if (names === undefined || names === 1) return false;
  if (row === undefined) return true;
  const values = countFields(row, separator);
  return values === names || values === names + 1 || (values === names - 1 && header.trimEnd().endsWith(separator));
}

function isNumber(field: string, separator: string): boolean {
  return parseNumber(field) !== undefined || (separator !== "," && parseDecimalComma(field) !== undefined);
}

/** Why these cannot be the names of columns; undefined where they can. */
export function headerProblem(names: readonly string[]): string | undefined {
  if (names.length === 0) return "an empty file";
  const given = names.filter((name) => name !== "");
  if (given.length === 0) return "no name";
  return given.every((name) => parseNumber(name) !== undefined) ? "numbers only" : undefined;
}

/** The first name that stands for two columns; undefined where none does. */
export function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.has(name) || !seen.add(name));
}

export function noHeader(path: string, line: number, got: string): FileError {
  return new FileError(`${path}, line ${line}`, {
    expected: "column names separated by commas",
    got,
    ...(got === "numbers only" && { hint: "Put a line with the names of the columns above the numbers" }),
  });
}
