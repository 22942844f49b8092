/**
 * Columns in text with a header line, as programs write them: RFC 4180; R and pandas with names of rows; numpy.savetxt with
 * a header or comments behind #; Excel with semicolons, decimal commas or `sep=`; awk with blanks or tabs.
 */
import type { NamedArray } from "../arrays.js";
import { FileError, listNames, quote } from "../errors.js";
import { allocate } from "../memory.js";
import { type ByteSource, withFile } from "../source.js";
import { isIdentifier, numberReader } from "./csv-number.js";
import { type CsvField, checkOnce, namedFields, type OpenCsv, openCsv, valuesOf } from "./csv-rows.js";

// Numbers for which there is room before any is read.
const FIRST_NUMBERS = 2 ** 20;

/** What a table of text can hold: arrays [rows] or [rows, features], or words. */
export type CsvColumn = NamedArray | readonly string[];

/**
 * Columns [rows] by the names of the header line; a column without a name is passed over. NA, N/A, null and their like
 * become NaN; an empty value, or an integer that no double equals, is refused.
 *
 * @param wanted read these only, in whatever columns the others hold; by default all
 */
export function readCsv(path: string, wanted?: readonly string[]): Promise<Map<string, Float64Array>> {
  return withFile(path, async (source) => (await readCsvFrom(source, wanted)).columns);
}

/** The names of the columns; reads no further than the first row. */
export function listCsv(path: string): Promise<string[]> {
  return withFile(path, async (source) => {
    const names = namedFields(await openCsv(source)).map(({ name }) => name);
    return [...new Set(names)];
  });
}

/** All columns: numbers where a double holds every value of the column, else the words as they stand. */
export function readCsvTable(path: string): Promise<Map<string, CsvColumn>> {
  return withFile(path, async (source) => {
    const open = await openCsv(source);
    const fields = wantedFields(open, undefined);
    const words = new Map<CsvField, string[]>();
    const numberOf = numberReader(open.layout.separator);
    const numbers = await readNumbers(open, fields, Number.POSITIVE_INFINITY, (text, field) => {
      if (words.has(field)) return Number.NaN;
      const value = isIdentifier(text) ? undefined : numberOf(text);
      if (typeof value === "number") return value;
      words.set(field, []);
      return Number.NaN;
    });
    if (words.size > 0) await readWords(await openCsv(source), words);
    return new Map(
      fields.map((field, k) => {
        const data = numbers.columns[k]!;
        return [field.name, words.get(field) ?? { shape: [data.length], data }];
      }),
    );
  });
}

/** The words of some columns, as they stand. */
export async function readWordsFrom(
  source: ByteSource,
  wanted: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const open = await openCsv(source);
  const words = new Map(wantedFields(open, wanted).map((field): [CsvField, string[]] => [field, []]));
  await readWords(open, words);
  return new Map([...words].map(([{ name }, column]) => [name, column]));
}

async function readWords(open: OpenCsv, words: ReadonlyMap<CsvField, string[]>): Promise<void> {
  let row = 0;
  for await (const lines of open.rows) {
    for (const line of lines) {
      const values = valuesOf(open, line, row++);
      for (const [{ at }, column] of words) column.push(values[at]!);
    }
  }
}

/**
 * As `readCsv`, from bytes anywhere.
 *
 * @param head rows to keep; by default all
 */
export async function readCsvFrom(
  source: ByteSource,
  wanted?: readonly string[],
  head = Number.POSITIVE_INFINITY,
): Promise<{ columns: Map<string, Float64Array>; total: number }> {
  const open = await openCsv(source);
  const fields = wantedFields(open, wanted);
  const numberOf = numberReader(open.layout.separator);
  const { columns, total } = await readNumbers(open, fields, head, (text, { name, at }, line) => {
    const value = numberOf(text);
    if (typeof value === "number") return value;
    throw new FileError(`${source.name}, line ${line}, column ${at + 1} (${quote(name)})`, value);
  });
  return { columns: new Map(fields.map(({ name }, k) => [name, columns[k]!])), total };
}

/** The first rows of some fields [fields][rows], and the number of all rows. */
async function readNumbers(
  open: OpenCsv,
  fields: readonly CsvField[],
  head: number,
  numberOf: (text: string, field: CsvField, line: number) => number,
): Promise<{ columns: Float64Array[]; total: number }> {
  let room = Math.ceil(FIRST_NUMBERS / Math.max(1, fields.length));
  const columns: Float64Array[] = fields.map(() => new Float64Array(room));
  let total = 0;
  for await (const lines of open.rows) {
    const kept = Math.max(0, Math.min(lines.length, head - total));
    if (total + kept > room) {
      room = Math.max(2 * room, total + kept);
      for (const [k, column] of columns.entries()) columns[k] = extended(open.path, column, room);
    }
    for (let i = 0; i < kept; i++) {
      const line = lines[i]!;
      const values = valuesOf(open, line, total + i);
      for (const [k, field] of fields.entries())
        columns[k]![total + i] = numberOf(values[field.at]!, field, line.number);
    }
    total += lines.length;
  }
  return { columns: columns.map((column) => column.slice(0, Math.min(total, head))), total };
}

function extended(path: string, column: Float64Array, room: number): Float64Array {
  const longer = allocate(path, Float64Array, room);
  longer.set(column);
  return longer;
}

/** The fields of these names, or all that have one. */
function wantedFields(open: OpenCsv, wanted: readonly string[] | undefined): readonly CsvField[] {
  const all = namedFields(open);
  const asked = new Set(wanted ?? all.map(({ name }) => name));
  const fields = all.filter(({ name }) => asked.has(name));
  checkOnce(
    open,
    fields.map(({ name }) => name),
  );
  const byName = new Map(fields.map((field) => [field.name, field]));
  return [...asked].map((name) => {
    const field = byName.get(name);
    if (field !== undefined) return field;
    throw new FileError(open.path, {
      expected: `a column ${quote(name)}`,
      got: `columns ${listNames(all.map((one) => one.name))}`,
    });
  });
}
