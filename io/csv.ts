/**
 * Columns in text with a header line, as programs write them: RFC 4180; R and pandas with names of rows; numpy.savetxt with
 * a header or comments behind #; Excel with semicolons, decimal commas or `sep=`; awk with blanks or tabs.
 */
import type { NamedArray } from "./arrays.js";
import { isExactNumber, numberReader } from "./csv-number.js";
import { type CsvField, checkOnce, namedFields, type OpenCsv, openCsv, valuesOf } from "./csv-rows.js";
import { FileError, listNames, quote } from "./errors.js";
import { allocate } from "./memory.js";
import { type ByteSource, withFile } from "./source.js";

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
    const fields = wantedFields(await openCsv(source), undefined);
    const words = new Map<string, string[]>();
    await forEachRow(await openCsv(source), (values, { separator }) => {
      for (const { name, at } of fields) {
        if (!words.has(name) && !isExactNumber(values[at]!, separator)) words.set(name, []);
      }
    });
    const numbers = fields.flatMap(({ name }) => (words.has(name) ? [] : [name]));
    const { columns } = await readCsvFrom(source, numbers);
    const ofWords = fields.filter(({ name }) => words.has(name));
    await forEachRow(await openCsv(source), (values) => {
      for (const { name, at } of ofWords) words.get(name)!.push(values[at]!);
    });
    return new Map(
      fields.map(({ name }) => {
        const data = columns.get(name);
        return [name, data === undefined ? words.get(name)! : { shape: [data.length], data }];
      }),
    );
  });
}

async function forEachRow(
  open: OpenCsv,
  visit: (values: readonly string[], layout: OpenCsv["layout"]) => void,
): Promise<void> {
  let row = 0;
  for await (const lines of open.rows) for (const line of lines) visit(valuesOf(open, line, row++), open.layout);
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
  let room = Math.ceil(FIRST_NUMBERS / Math.max(1, fields.length));
  const columns = fields.map(() => allocate(source.name, Float64Array, room));
  let total = 0;
  for await (const lines of open.rows) {
    const kept = lines.slice(0, Math.max(0, head - total));
    if (total + kept.length > room) {
      room = Math.max(2 * room, total + kept.length);
      for (const [i, column] of columns.entries()) {
        columns[i] = allocate(source.name, Float64Array, room);
        columns[i].set(column);
      }
    }
    for (const [i, line] of kept.entries()) {
      const values = valuesOf(open, line, total + i);
      for (const [k, { name, at }] of fields.entries()) {
        const value = numberOf(values[at]!);
        if (typeof value !== "number") {
          const where = `${source.name}, line ${line.number}, column ${at + 1} (${quote(name)})`;
          throw new FileError(where, value);
        }
        columns[k]![total + i] = value;
      }
    }
    total += lines.length;
  }
  const rows = Math.min(total, head);
  return { columns: new Map(fields.map(({ name }, k) => [name, columns[k]!.slice(0, rows)])), total };
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
