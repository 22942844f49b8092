/** Lines of text files as programs write them: UTF-8 or UTF-16, with or without a byte order mark, any ends of lines. */
import { FileError } from "../errors.js";
import { neighbourFormat, START_BYTES } from "../foreign-formats.js";
import type { ByteSource } from "../source.js";

const CHUNK_BYTES = 2 ** 20;
/** A line of more characters than this is no line of a table. */
export const MAX_LINE = 2 ** 24;

/** Lines in batches, without their ends, in the order of the file. */
export async function* textLines(source: ByteSource): AsyncGenerator<readonly string[], undefined> {
  const decoder = new TextDecoder(await encodingOf(source));
  let newline: string | undefined;
  let rest = "";
  let done = 0;
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    const bytes = await source.read(at, Math.min(CHUNK_BYTES, source.size - at));
    const text = rest + decoder.decode(bytes, { stream: at + CHUNK_BYTES < source.size });
    newline ??= newlineOf(text);
    const lines = text.split(newline);
    checkText(source.name, done, lines);
    rest = lines.pop()!;
    done += lines.length;
    yield lines.map(withoutReturn);
  }
  if (rest !== "") yield [withoutReturn(rest)];
}

/** A lone carriage return ends lines where nothing else does, as in Excel's "CSV (Macintosh)". */
function newlineOf(text: string): string {
  return text.includes("\r") && !text.includes("\n") ? "\r" : "\n";
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

async function encodingOf(source: ByteSource): Promise<string> {
  const start = await source.read(0, Math.min(START_BYTES, source.size));
  const neighbour = neighbourFormat(start);
  if (neighbour !== undefined) {
    throw new FileError(source.name, { expected: "text", got: neighbour, hint: "Give it the extension of its format" });
  }
  const [a = 0, b = 0, c = 0, d = 0] = start;
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) {
    throw new FileError(source.name, {
      expected: "text in UTF-8 or UTF-16",
      got: "UTF-32",
      hint: "Save it as UTF-8",
    });
  }
  if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0 && c !== 0 && d === 0)) return "utf-16le";
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0 && c === 0 && d !== 0)) return "utf-16be";
  return "utf-8";
}

/** @param done  lines before these */
function checkText(name: string, done: number, lines: readonly string[]): void {
  const binary = lines.findIndex((line) => line.includes("\0"));
  if (binary >= 0) {
    throw new FileError(`${name}, line ${done + binary + 1}`, {
      expected: "text",
      got: "a character of code 0",
      hint: "The file is damaged, or of another format than its name says",
    });
  }
  const long = lines.findIndex((line) => line.length > MAX_LINE);
  if (long >= 0) throw tooLong(`${name}, line ${done + long + 1}`);
}

/** The error that a line is longer than any of a table. */
export function tooLong(where: string): FileError {
  return new FileError(where, {
    expected: `at most ${MAX_LINE} characters in a line`,
    got: "more",
    hint: "A quote is not closed, or the file is no table",
  });
}
