/** The commented configuration that `unbinned init` writes: every key, with what it means and its default. */
import type { Entry } from "./entries.js";
import { describe } from "./entries.js";
import { configurationTable } from "./table.js";

const HEADER = `# An analysis for unbinned. Every key is shown; a key with a default may be left out.
# Check it with \`unbinned validate\`, run it with \`unbinned run\`.
# nu (the nuisances) is in prior standard deviations. File names are relative to this file.
`;

const COMMENT_WIDTH = 110;

export function configurationText(): string {
  const explained = new Set<string>();
  const lines = Object.entries(configurationTable.keys).flatMap(([key, entry]) => [
    "",
    ...keyLines(key, entry, undefined, explained),
  ]);
  return `${HEADER}${lines.join("\n")}\n`;
}

/**
 * A key with its comment above it.
 *
 * @param shown     value in place of the entry's own example or default
 * @param explained comments already written: what the same key meant before, it means again
 */
function keyLines(key: string, entry: Entry, shown: unknown, explained: Set<string>): string[] {
  const value = shown ?? entry.example ?? entry.default;
  const comment = commentOf(entry);
  const above = explained.has(`${key}: ${comment}`) ? [] : wrap(comment);
  explained.add(`${key}: ${comment}`);
  if (entry.kind === "section") {
    const isShort = entry.short !== undefined && value !== undefined && !isMap(value);
    const given = (isShort ? { [entry.short]: value } : (value ?? {})) as Readonly<Record<string, unknown>>;
    const inner = Object.entries(entry.keys).flatMap(([name, part]) => keyLines(name, part, given[name], explained));
    return [...above, `${key}:`, ...inner.map(indent)];
  }
  if (entry.kind === "map") {
    if (value === undefined) return [...above, `${key}: {}`];
    const [first, ...rest] = Object.entries(value as Readonly<Record<string, unknown>>);
    const inner = [
      ...keyLines(first![0], entry.item, first![1], explained),
      ...rest.flatMap(([name, item]) => bare(name, item)),
    ];
    return [...above, `${key}:`, ...inner.map(indent)];
  }
  if (value === undefined) return [...above, `# ${key}:`];
  return [...above, ...bare(key, value)];
}

/** A key and its value without comments: lists of maps one to a line, all else on the key's line. */
function bare(key: string, value: unknown): string[] {
  if (Array.isArray(value) && value.some(isMap)) return [`${key}:`, ...value.map((item) => indent(`- ${flow(item)}`))];
  if (isMap(value) && Object.values(value).some(Array.isArray)) {
    return [
      `${key}:`,
      ...Object.entries(value)
        .flatMap(([name, inner]) => bare(name, inner))
        .map(indent),
    ];
  }
  return [`${key}: ${flow(value)}`];
}

/** A value in YAML's one-line form. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (isMap(value)) {
    return `{${Object.entries(value)
      .map(([key, inner]) => `${key}: ${flow(inner)}`)
      .join(", ")}}`;
  }
  return String(value);
}

/** What the entry means, then what it accepts and its unit. */
function commentOf(entry: Entry): string {
  const isSelfEvident = entry.kind === "section" || entry.kind === "map" || entry.kind === "text";
  const notes = [...(isSelfEvident ? [] : [describe(entry)]), ...(entry.unit === undefined ? [] : [`[${entry.unit}]`])];
  return notes.length === 0 ? entry.doc : `${entry.doc} (${notes.join(" ")})`;
}

/** Comment lines of limited length. */
function wrap(comment: string): string[] {
  const lines = ["#"];
  for (const word of comment.split(" ")) {
    if (lines.at(-1)!.length + 1 + word.length > COMMENT_WIDTH) lines.push("#");
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}

function indent(line: string): string {
  return `  ${line}`;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
