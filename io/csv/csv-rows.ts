/** The rows of a table of text: its lines without comments, sorted into fields. */

import { FileError, quote } from "../errors.js";
import type { ByteSource } from "../source.js";
import { countFields, splitRecord } from "./csv-fields.js";
import { type CsvLayout, findLayout, firstRepeated, MAX_COLUMNS, noHeader, type TextLine } from "./csv-layout.js";
import { MAX_LINE, textLines, tooLong } from "./text-lines.js";

// Comments and blank lines above the second row.
const MAX_FIRST_LINES = 2 ** 16;
// What Excel writes where a number cannot be computed begins like a comment.
const SPREADSHEET_ERROR = /^#(?:N\/A|NA\b|NUM!|DIV\/0!|VALUE!|REF!|NAME\?|NULL!)/;
// The first line that says to Excel what separates fields.
const SEPARATOR_LINE = /^sep=(.)$/i;

export interface OpenCsv {
  readonly path: string;
  readonly layout: CsvLayout;
  readonly headerLine: number;
  /** The lines of the rows, in batches. */
  readonly rows: AsyncGenerator<readonly TextLine[], undefined>;
}

/** Reads as far as the first row, and finds out how the table is written. */
export async function openCsv(source: ByteSource): Promise<OpenCsv> {
  const path = source.name;
  const batches = recordLines(source);
  const { lines, others, separator } = await readStart(path, batches);
  const [first, second] = others;
  const comments = lines.filter(({ number, text }) => isComment(text) && number < (first?.number ?? Infinity));
  const { layout, headerLine, firstRow } = findLayout(path, { comments, first, second, separator });
  if (layout.names.length > MAX_COLUMNS) throw noHeader(path, headerLine, `${layout.names.length} of them`);
  const pending = lines.filter(({ number }) => number >= firstRow);
  return { path, layout, headerLine, rows: rowLines(path, layout, pending, batches) };
}

/** The named columns, and the fields of a row that are theirs. */
export interface CsvField {
  readonly name: string;
  readonly at: number;
}

/** All columns that have a name. */
export function namedFields({ layout }: OpenCsv): CsvField[] {
  return layout.names.map((name, i) => ({ name, at: i + layout.firstField })).filter(({ name }) => name !== "");
}

/** Refuses names that stand for two columns. */
export function checkOnce({ path, headerLine }: OpenCsv, names: readonly string[]): void {
  const repeated = firstRepeated(names);
  if (repeated !== undefined) throw noHeader(path, headerLine, `${quote(repeated)} twice`);
}

/**
 * The fields of a row.
 *
 * @param row position of the row, for those that are numbered
 */
export function valuesOf({ path, layout }: OpenCsv, { number, text }: TextLine, row: number): readonly string[] {
  const where = `${path}, line ${number}`;
  const { names, separator, width, countFrom, endsEmpty } = layout;
  const values = splitRecord(where, text, separator);
  if (values.length !== width) {
    const like = width === names.length ? "header" : "first row";
    throw new FileError(where, { expected: `${width} values, as in the ${like}`, got: `${values.length}` });
  }
  if (endsEmpty && values.at(-1) !== "") {
    throw new FileError(where, { expected: "nothing behind the last separator", got: quote(values.at(-1)!) });
  }
  if (countFrom !== undefined && values[0] !== String(countFrom + row)) {
    throw new FileError(where, {
      expected: `the number of the row, ${countFrom + row}, in the column without a name`,
      got: quote(values[0]!),
      hint: "Name every column",
    });
  }
  return values;
}

/** The first lines, as far as it takes to have two that are neither blank nor comments, beside Excel's; and these. */
async function readStart(
  path: string,
  batches: AsyncGenerator<readonly TextLine[], undefined>,
): Promise<{ lines: TextLine[]; others: TextLine[]; separator: string | undefined }> {
  const lines: TextLine[] = [];
  const others: TextLine[] = [];
  let separator: string | undefined;
  while (others.length < 2) {
    const { value } = await batches.next();
    if (value === undefined) break;
    for (const line of value) {
      const found = lines.length === 0 ? SEPARATOR_LINE.exec(line.text)?.[1] : undefined;
      separator ??= found;
      lines.push(line);
      if (found === undefined && !isComment(line.text) && !isBlank(line.text)) others.push(line);
      if (others.length < 2 && lines.length > MAX_FIRST_LINES) {
        throw new FileError(path, {
          expected: `names of columns and a row among the first ${MAX_FIRST_LINES} lines`,
          got: "comments and empty lines",
        });
      }
    }
  }
  return { lines, others, separator };
}

const isBlank = (text: string) => text.trim() === "";

const isComment = (text: string) => text.startsWith("#") && !SPREADSHEET_ERROR.test(text);

/** Lines, but that one with an open quote takes in those up to its end. */
async function* recordLines(source: ByteSource): AsyncGenerator<readonly TextLine[], undefined> {
  let number = 0;
  let open: { number: number; parts: string[]; length: number } | undefined;
  for await (const lines of textLines(source)) {
    const records: TextLine[] = [];
    for (const text of lines) {
      number++;
      if (open === undefined) {
        if (isComment(text) || !hasOpenQuote(text)) records.push({ number, text });
        else open = { number, parts: [text], length: text.length };
        continue;
      }
      open.parts.push(text);
      open.length += 1 + text.length;
      if (open.length > MAX_LINE) throw tooLong(`${source.name}, line ${open.number}`);
      if (!hasOpenQuote(text)) continue;
      records.push({ number: open.number, text: open.parts.join("\n") });
      open = undefined;
    }
    yield records;
  }
  if (open !== undefined) yield [{ number: open.number, text: open.parts.join("\n") }];
}

/** Whether quotes open and close an odd number of times. */
function hasOpenQuote(text: string): boolean {
  let isOpen = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) isOpen = !isOpen;
  return isOpen;
}

/** The lines that are rows: no comments, and no blank lines but at the end. */
async function* rowLines(
  path: string,
  layout: CsvLayout,
  pending: readonly TextLine[],
  batches: AsyncGenerator<readonly TextLine[], undefined>,
): AsyncGenerator<readonly TextLine[], undefined> {
  let blank: number | undefined;
  const isRow = ({ number, text }: TextLine): boolean => {
    if (isComment(text)) {
      checkComment(path, layout, number, text);
      return false;
    }
    if (isBlank(text)) {
      blank ??= number;
      return false;
    }
    if (blank === undefined) return true;
    // Blank lines may end the text, not interrupt it: a row that lost its values must not vanish.
    throw new FileError(`${path}, line ${blank}`, { expected: `${layout.width} values`, got: "an empty line" });
  };
  for (let lines: readonly TextLine[] | undefined = pending; lines; lines = (await batches.next()).value) {
    yield lines.filter(isRow);
  }
}

/** Where the first column holds words, a row may begin with # as well: it must not vanish. */
function checkComment(
  path: string,
  { startsWithNumber, separator, width }: CsvLayout,
  number: number,
  text: string,
): void {
  const where = `${path}, line ${number}`;
  if (startsWithNumber || countFields(text, separator) !== width) return;
  throw new FileError(where, {
    expected: "a comment or a row",
    got: `a line that may be either, ${quote(text)}`,
    hint: "Put the first value of a row into quotes, or remove the comment",
  });
}
