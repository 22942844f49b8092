/** The text of a YAML file as it was written: its lines, its comments, and changes that leave all else alone. */
import { type CST, Parser } from "yaml";

export interface Comment {
  readonly offset: number;
  /** With its `#`. */
  readonly text: string;
}

/** All comments, in the order of the text. */
export function commentsOf(source: string): readonly Comment[] {
  const found: Comment[] = [];
  const visit = (part: unknown) => {
    if (Array.isArray(part)) for (const inner of part) visit(inner);
    else if (typeof part === "object" && part !== null) {
      const { type, offset, source: text } = part as CST.SourceToken;
      if (type === "comment") found.push({ offset, text: text.trimEnd() });
      for (const inner of Object.values(part)) visit(inner);
    }
  };
  visit([...new Parser().parse(source)]);
  return found.sort((a, b) => a.offset - b.offset);
}

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text after all edits, of which no two overlap; one may insert where another begins to remove. */
export function edited(source: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start || b.end - a.end)
    .reduce((text, { start, end, text: own }) => text.slice(0, start) + own + text.slice(end), source);
}

/** Begin of the line that holds an offset. A negative second argument of `lastIndexOf` would count as 0. */
export const lineStart = (source: string, offset: number) =>
  offset === 0 ? 0 : source.lastIndexOf("\n", offset - 1) + 1;

/** End of the line that holds an offset, its break included. */
export function lineEnd(source: string, offset: number): number {
  const at = source.indexOf("\n", offset);
  return at < 0 ? source.length : at + 1;
}

/** Lines between two offsets that begin lines, without their breaks. */
export function linesBetween(source: string, start: number, end: number): readonly string[] {
  const lines = source.slice(start, end).split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

/** The break of lines that a text has. */
export const lineBreak = (source: string) => (source.includes("\r\n") ? "\r\n" : "\n");

export const indented = (lines: readonly string[], columns: number) =>
  lines.map((line) => (line === "" ? "" : " ".repeat(columns) + line));

/** Lines moved to the left by so many columns; what begins before that column begins the line then. */
export const dedented = (lines: readonly string[], columns: number) =>
  lines.map((line) => (line.slice(0, columns).trim() === "" ? line.slice(columns) : line.trimStart()));
