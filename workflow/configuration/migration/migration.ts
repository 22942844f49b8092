/** A configuration of an earlier version as this one reads it: keys by their new names, all else as it was written. */
import { isDeepStrictEqual } from "node:util";
import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument, visit, type YAMLMap } from "yaml";
import { UsageError } from "../../errors.js";
import { rawMap, readText } from "../read-entries.js";
import { newName, type Renamed, renamedKeys } from "../renames.js";
import { isPlainMap } from "../validation.js";
import { readYaml, YamlError } from "../yaml.js";
import { joinedSections, type KeyPair, keyEdit } from "./join-sections.js";
import { commentsOf, type Edit, edited } from "./source-text.js";

export interface Migration {
  readonly text: string;
  /** Keys that have new names; none where there is nothing to do, and the text is the same. */
  readonly renamed: readonly Renamed[];
}

/**
 * The new text of a configuration. Comments, order, anchors, quotes and blank lines are kept; of sections that became one, the entries
 * of the second move to the first, with their comments. The text is read again: it says what the old one said, or this throws.
 *
 * @param file  how messages name the text
 */
export function migrated(source: string, file: string): Migration {
  const { value } = readText(source, file);
  const raw = rawMap(value, file);
  checkConfiguration(raw, file);
  const renamed = renamedKeys(raw);
  if (renamed.length === 0) return { text: source, renamed };
  const expected = renamedValue(raw, [], file);
  const text = edited(source, editsOf(source, file));
  if (!isSame(text, expected) || !hasSameComments(source, text)) throw byHand(file, renamed);
  return { text, renamed };
}

function byHand(file: string, renamed: readonly Renamed[]): UsageError {
  const names = renamed.map(({ path, to }) => `${path.join(".")} to ${to.join(".")}`);
  return new UsageError(file, {
    expected: "keys that can be renamed without a change of anything else",
    got: "a file that would say something else afterwards",
    hint: `Rename by hand: ${names.join(", ")}`,
  });
}

/** What every configuration declares, of this version and of earlier ones. */
const DECLARED = ["observables", "processes", "nuisances"];

function checkConfiguration(raw: unknown, file: string): void {
  const names = Object.keys(raw as object);
  if (DECLARED.some((name) => names.includes(name))) return;
  throw new UsageError(file, {
    expected: `a configuration of unbinned, with ${DECLARED.join(", ")}`,
    got: names.length === 0 ? "an empty file" : "a map without any of them",
    hint: "Is it the file you meant?",
  });
}

/** A value with its keys by their new names; two that have one name now are joined. */
function renamedValue(value: unknown, path: readonly string[], file: string): unknown {
  if (!isPlainMap(value)) return value;
  const found: Record<string, unknown> = Object.create(null);
  const old = new Map<string, string>();
  for (const [name, inner] of Object.entries(value)) {
    const to = newName(path, name) ?? name;
    const own = renamedValue(inner, [...path, to], file);
    found[to] = old.has(to) ? joinedValues(found[to], own, [...path, old.get(to)!], [...path, name], file) : own;
    old.set(to, name);
  }
  return found;
}

function joinedValues(
  first: unknown,
  second: unknown,
  ofFirst: readonly string[],
  ofSecond: readonly string[],
  file: string,
): unknown {
  const refuse = (inner: readonly string[]): never => {
    const names = [ofFirst, ofSecond].map((path) => [...path, ...inner].join("."));
    throw new UsageError(file, { expected: `one of ${names.join(" and ")}`, got: "both", hint: "Remove one" });
  };
  const [one, other] = [first ?? {}, second ?? {}];
  if (ofFirst.length > 1 || !isPlainMap(one) || !isPlainMap(other)) return refuse([]);
  for (const name of Object.keys(one)) if (Object.hasOwn(other, name)) refuse([name]);
  return Object.assign(Object.create(null), one, other);
}

/** What is to be changed in the text. */
function editsOf(source: string, file: string): readonly Edit[] {
  const document = parseDocument(source, { uniqueKeys: false, keepSourceTokens: true, logLevel: "silent" });
  const edits = new Map<number, Edit>();
  const joins: Edit[] = [];
  const rename = (map: YAMLMap, path: readonly string[]) => {
    const pairs = new Map<string, KeyPair>();
    for (const pair of map.items as KeyPair[]) {
      const name = nameOf(document, pair);
      const to = newName(path, name) ?? name;
      const other = pairs.get(to);
      if (other !== undefined) {
        const joined = joinedSections(joinText(document, source, map), to, other, pair);
        if (joined === undefined) throw cannotJoin(file, nameOf(document, other), name);
        edits.delete(other.key.range![0]);
        joins.push(...joined);
        continue;
      }
      pairs.set(to, pair);
      if (to !== name) edits.set(pair.key.range![0], keyEdit(source, pair.key, to));
      for (const inner of mapsOf(document, pair.value)) rename(inner, [...path, to]);
    }
  };
  for (const root of mapsOf(document, document.contents)) rename(root, []);
  return [...edits.values(), ...joins];
}

function cannotJoin(file: string, first: string, second: string): UsageError {
  return new UsageError(file, {
    expected: `sections ${first} and ${second} that begin lines of their own`,
    got: "others",
    hint: `Move the entries of ${second} into ${first} by hand, and migrate again`,
  });
}

function joinText(document: Document.Parsed, source: string, root: YAMLMap) {
  const aliases = new Set<string>();
  visit(document, { Alias: (_, { source: name }) => void aliases.add(name) });
  return { source, comments: commentsOf(source), root, aliases };
}

/** A key as `readYaml` reads it. */
function nameOf(document: Document.Parsed, { key }: KeyPair): string {
  const node = isAlias(key) ? key.resolve(document) : key;
  if (!isScalar(node)) return "";
  return node.type === "PLAIN" ? node.source! : `${node.value ?? ""}`;
}

/** The maps that give a node its entries: itself, the target of an alias, what is behind its merge keys. */
function mapsOf(document: Document.Parsed, node: unknown): YAMLMap[] {
  const found = isAlias(node) ? node.resolve(document) : node;
  if (!isMap(found)) return [];
  const merged = (found.items as KeyPair[]).filter((pair) => nameOf(document, pair) === "<<");
  const sources = merged.flatMap(({ value }) => (isSeq(value) ? value.items : [value]));
  return [found as YAMLMap, ...sources.flatMap((source) => mapsOf(document, source))];
}

function isSame(text: string, expected: unknown): boolean {
  // A section with nothing behind it is an empty one.
  const filled = (value: unknown) =>
    new Map(Object.entries(value as object).map(([name, inner]) => [name, inner ?? Object.create(null)]));
  try {
    return isDeepStrictEqual(filled(readYaml(text).value), filled(expected));
  } catch (error) {
    if (error instanceof YamlError) return false;
    throw error;
  }
}

function hasSameComments(before: string, after: string): boolean {
  const [old, now] = [before, after].map((text) =>
    commentsOf(text)
      .map((comment) => comment.text)
      .sort(),
  );
  return isDeepStrictEqual(old, now);
}
