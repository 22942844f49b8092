/** The fields of a record of text, by whatever separates them. */
import { FileError, quote } from "../errors.js";

/** Stands for any number of spaces and tabs, as awk separates fields. */
export const BLANKS = " ";

/** The fields of a record, without spaces around them; those in quotes may hold anything, and a doubled quote stands for one. */
export function splitRecord(where: string, record: string, separator: string): string[] {
  const fields = fieldsOf(record, separator);
  if (typeof fields !== "number") return fields;
  throw new FileError(where, {
    expected: "quotes that enclose a whole field",
    got: quote(record.slice(fields)),
    hint: "Within a quoted field, a quote is written twice",
  });
}

/** How many fields a record has; undefined where its quotes are not those of this separator. */
export function countFields(record: string, separator: string): number | undefined {
  const fields = fieldsOf(record, separator);
  return typeof fields === "number" ? undefined : fields.length;
}

/** The fields, or the place of the first that is not well quoted. */
function fieldsOf(record: string, separator: string): string[] | number {
  if (record.includes('"')) return quotedFields(separator === BLANKS ? record.trim() : record, separator);
  if (separator === BLANKS) return record.trim().split(/[ \t]+/);
  const fields = record.split(separator);
  for (let i = 0; i < fields.length; i++) fields[i] = fields[i]!.trim();
  return fields;
}

function quotedFields(record: string, separator: string): string[] | number {
  const fields: string[] = [];
  for (let at = 0; ; ) {
    const start = passSpaces(record, at, separator);
    const isQuoted = record[start] === '"';
    const end = isQuoted ? endOfQuotes(record, start) : endOfField(record, start, separator);
    const text = record.slice(start, end);
    if (end < 0 || (!isQuoted && text.includes('"'))) return at;
    fields.push(isQuoted ? text.slice(1, -1).replaceAll('""', '"') : text.trim());
    const next = isQuoted ? passSpaces(record, end, separator) : end;
    if (next >= record.length) return fields;
    const isSeparated = separator === BLANKS ? next > end || isBlank(record[end]) : record[next] === separator;
    if (!isSeparated) return at;
    at = separator === BLANKS ? next : next + 1;
  }
}

const isBlank = (char: string | undefined) => char === " " || char === "\t";

/** The next place that is no space; a tab counts as one unless it separates fields. */
function passSpaces(record: string, from: number, separator: string): number {
  let at = from;
  while (isBlank(record[at]) && record[at] !== (separator === BLANKS ? undefined : separator)) at++;
  return at;
}

/** The place behind the closing quote; -1 where there is none. */
function endOfQuotes(record: string, start: number): number {
  for (let at = start + 1; ; ) {
    const close = record.indexOf('"', at);
    if (close < 0) return -1;
    if (record[close + 1] !== '"') return close + 1;
    at = close + 2;
  }
}

function endOfField(record: string, start: number, separator: string): number {
  if (separator !== BLANKS) {
    const end = record.indexOf(separator, start);
    return end < 0 ? record.length : end;
  }
  let at = start;
  while (at < record.length && !isBlank(record[at])) at++;
  return at;
}
