/** Two sections of a YAML file in one, with all that is written in and above them. */
import { isAlias, isMap, isScalar, type Pair, type Scalar, type YAMLMap, type Node as YamlNode } from "yaml";
import {
  type Comment,
  dedented,
  type Edit,
  indented,
  lineBreak,
  lineEnd,
  lineStart,
  linesBetween,
} from "./source-text.js";

export type KeyPair = Pair<Scalar, YamlNode | null>;

/** A file of which sections are joined. */
export interface JoinText {
  readonly source: string;
  readonly comments: readonly Comment[];
  /** The map that holds the sections. */
  readonly root: YAMLMap;
  /** Names behind a `*` somewhere. */
  readonly aliases: ReadonlySet<string>;
}

/** A section and the lines that belong to it. */
interface Section {
  readonly pair: KeyPair;
  /** Begin of the comments directly above the key. */
  readonly top: number;
  /** Begin of the line of the key. */
  readonly head: number;
  /** End of its last line. */
  readonly end: number;
  /** Column of the key. */
  readonly column: number;
}

/**
 * The edits that move the entries of the second section to the end of the first, and name that; undefined where it takes a
 * person. The caller checks what they make of the text.
 */
export function joinedSections(text: JoinText, name: string, first: KeyPair, second: KeyPair): Edit[] | undefined {
  const naming = keyEdit(text.source, first.key, name);
  if (text.root.flow) return joinedInFlow(text, naming, first, second);
  const [into, from] = [sectionOf(text, first), sectionOf(text, second)];
  if (into === undefined || from === undefined) return undefined;
  const removal = { ...withBlankLines(text.source, from), text: "" };
  const inner = isFlow(first) && isFlow(second) ? flowInsertion(text, into, from) : undefined;
  if (inner !== undefined) return [naming, ...inner, removal];
  return [...blockInsertion(text, naming, into, from), removal];
}

/** Another name for a key, in the quotes that it has. */
export function keyEdit(source: string, { range }: Scalar, name: string): Edit {
  const [start, end] = range!;
  const [quote = ""] = /^["']/.exec(source.slice(start, end)) ?? [];
  return { start, end, text: `${quote}${name}${quote}` };
}

const isFlow = ({ value }: KeyPair) => isMap(value) && value.flow === true;
const isNull = ({ value }: KeyPair) => value === null || (isScalar(value) && value.value === null);
/** Nothing behind the colon. */
const isBlank = ({ value }: KeyPair) => value === null || value.range![0] === value.range![1];

function sectionOf({ source, comments, root }: JoinText, pair: KeyPair): Section | undefined {
  const start = pair.key.range![0];
  const head = lineStart(source, start);
  if (source.slice(head, start).trim() !== "") return undefined;
  const column = start - head;
  const starts = new Set(comments.map(({ offset }) => offset));
  const isOwnLine = (at: number) => starts.has(at + column) && source.slice(at, at + column).trim() === "";
  let top = head;
  while (top > 0 && isOwnLine(lineStart(source, top - 1))) top = lineStart(source, top - 1);
  const following = (root.items as KeyPair[]).find(({ key }) => key.range![0] > start);
  const limit = following === undefined ? source.length : lineStart(source, following.key.range![0]);
  let end = lineEnd(source, head);
  for (let at = end; at < limit; at = lineEnd(source, at)) {
    const line = source.slice(at, lineEnd(source, at));
    if (/^(\.\.\.|---)/.test(line)) break;
    if (line.trim() !== "" && !isOwnLine(at)) end = lineEnd(source, at);
  }
  return { pair, top, head, end, column };
}

/** The lines of a section with the blank ones above it. */
function withBlankLines(source: string, { top, end }: Section): { start: number; end: number } {
  let start = top;
  while (start > 0 && source.slice(lineStart(source, start - 1), start).trim() === "")
    start = lineStart(source, start - 1);
  return { start, end };
}

/** Comments above a section and behind its key; of one in braces, all. */
function outerComments({ source, comments }: JoinText, { pair, top, head, end }: Section): readonly string[] {
  const limit = isFlow(pair) ? end : lineEnd(source, head);
  return comments.flatMap(({ offset, text }) => (offset >= top && offset < limit ? [text] : []));
}

/** `name: value` as a line of a map in block style. */
function entryLine(source: string, { key, value, srcToken }: KeyPair): string {
  const name = source.slice(key.range![0], key.range![1]);
  const colon = srcToken?.sep?.find(({ type }) => type === "map-value-ind");
  if (colon === undefined || value?.range == null) return `${name}:`;
  return `${name}: ${source
    .slice(colon.offset + 1, value.range[1])
    .trim()
    .replace(/\s*\n\s*/g, " ")}`.trimEnd();
}

/** Entries of a section as lines of a map in block style. An anchor that is used elsewhere keeps its map. */
function entryLines(text: JoinText, section: Section): readonly string[] {
  const { source, aliases } = text;
  const { pair, head, end } = section;
  const { value } = pair;
  if (value === null || isNull(pair)) return [];
  if (isAlias(value)) return [`<<: *${value.source}`];
  if (!isMap(value)) return [];
  const items = value.items as KeyPair[];
  const isShared = value.anchor !== undefined && aliases.has(value.anchor);
  if (value.flow) {
    const lines = items.map((item) => entryLine(source, item));
    return isShared ? [`<<: &${value.anchor} { ${lines.join(", ")} }`] : lines;
  }
  const body = dedented(linesBetween(source, lineEnd(source, head), end), innerColumn(source, value));
  return isShared ? [`<<: &${value.anchor}`, ...indented(body, 2)] : body;
}

function innerColumn(source: string, { items }: YAMLMap): number {
  const start = (items[0] as KeyPair).key.range![0];
  return start - lineStart(source, start);
}

/** The first section in block style, with the entries of the second below its own. */
function blockInsertion(text: JoinText, naming: Edit, into: Section, from: Section): readonly Edit[] {
  const { source, aliases } = text;
  const { value } = into.pair;
  const added = [...outerComments(text, from), ...entryLines(text, from)];
  const isShared = isMap(value) && value.anchor !== undefined && aliases.has(value.anchor);
  const isBlock = isMap(value) && !value.flow && !isShared;
  const end = lineBreak(source);
  const block = (lines: readonly string[], columns: number) =>
    indented(lines, columns)
      .map((line) => line + end)
      .join("");
  if (isBlock || isBlank(into.pair)) {
    const columns = isBlock ? innerColumn(source, value) : into.column + 2;
    return [naming, { start: into.end, end: into.end, text: block(added, columns) }];
  }
  const own = outerComments(text, { ...into, top: into.head });
  const lines = [`${naming.text}:`, ...indented([...own, ...entryLines(text, into), ...added], 2)];
  return [{ start: into.head, end: into.end, text: block(lines, into.column) }];
}

/** Both in braces: entries of the second behind those of the first, its comments above. */
function flowInsertion(text: JoinText, into: Section, from: Section): readonly Edit[] | undefined {
  const insertion = behindLast(text, into.pair, from.pair);
  if (insertion === undefined) return undefined;
  const comments = outerComments(text, from);
  if (comments.length === 0) return [insertion];
  const end = lineBreak(text.source);
  const above = indented(comments, into.column)
    .map((line) => line + end)
    .join("");
  return [{ start: into.head, end: into.head, text: above }, insertion];
}

/** Entries of a map in braces behind the last of another; undefined where an anchor would lose its map. */
function behindLast({ source, aliases }: JoinText, first: KeyPair, second: KeyPair): Edit | undefined {
  const [into, from] = [first.value as YAMLMap, second.value as YAMLMap];
  if ([into, from].some(({ anchor }) => anchor !== undefined && aliases.has(anchor))) return undefined;
  const own = (from.items as KeyPair[]).map((item) => entryLine(source, item)).join(", ");
  const last = into.items.at(-1) as KeyPair | undefined;
  if (last === undefined)
    return { start: into.range![0] + 1, end: into.range![1] - 1, text: own === "" ? "" : ` ${own} ` };
  const at = last.value?.range?.[1] ?? last.key.range![1];
  return { start: at, end: at, text: own === "" ? "" : `, ${own}` };
}

/** Of a whole file in braces, JSON for one. */
function joinedInFlow(text: JoinText, naming: Edit, first: KeyPair, second: KeyPair): Edit[] | undefined {
  if (!isFlow(first) || !isFlow(second)) return undefined;
  const insertion = behindLast(text, first, second);
  if (insertion === undefined) return undefined;
  const items = text.root.items as KeyPair[];
  const at = items.indexOf(second);
  const next = items[at + 1];
  // With the comma in front of it, or behind it where something follows.
  const removal =
    next === undefined
      ? {
          start: items[at - 1]!.value?.range?.[1] ?? items[at - 1]!.key.range![1],
          end: second.value!.range![1],
          text: "",
        }
      : { start: second.key.range![0], end: next.key.range![0], text: "" };
  return [naming, insertion, removal];
}
