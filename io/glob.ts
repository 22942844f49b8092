/** Names of files with wildcards, as a shell has them: `*`, `?` and `[a-z]` within a name, `**` for folders of any depth. */
import { type Dirent, readdirSync, statSync } from "node:fs";
import nodePath from "node:path";
import { systemCode } from "./errors.js";

const WILDCARDS = /[*?[]/;

export const isPattern = (path: string): boolean => WILDCARDS.test(path);

/** The paths that match, sorted by their UTF-16 code units; a name that begins with a dot only where the pattern does. */
export function matchesOf(pattern: string): string[] {
  const { root, parts } = partsOf(pattern);
  const found = new Set<string>();
  visit(root, parts, found, new Set());
  return [...found].sort();
}

/** How a system writes paths. */
interface PathRules {
  readonly sep: string;
  parse(path: string): { readonly root: string };
}

/** Where a pattern begins, and its names. A backslash is between names on Windows, and a letter of a name elsewhere. */
export function partsOf(pattern: string, { parse, sep }: PathRules = nodePath): { root: string; parts: string[] } {
  const { root } = parse(pattern);
  return { root, parts: pattern.slice(root.length).split(sep === "\\" ? /[\\/]/ : "/") };
}

/** What is at a path; undefined where nothing is, nor can be. */
export function statsAt(path: string): { isFile(): boolean } | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    // A pattern may be longer than a name can be; a folder in the way may be none, may not be looked into, or lead back to itself.
    if (["ENAMETOOLONG", "ENOTDIR", "EACCES", "ELOOP"].includes(systemCode(error) ?? "")) return undefined;
    throw error;
  }
}

/**
 * Adds to `found` what lies in the folder and matches the parts.
 *
 * @param visited  folders by the number of parts that are left: several `**` lead to one in many ways
 */
function visit(folder: string, parts: readonly string[], found: Set<string>, visited: Set<string>): void {
  const place = `${parts.length} ${folder}`;
  if (visited.has(place)) return;
  visited.add(place);
  const [part, ...rest] = parts;
  const pathOf = (name: string) => (folder === "" ? name : nodePath.join(folder, name));
  if (part === undefined) return;
  if (part === "**") {
    visit(folder, rest, found, visited);
    for (const entry of entriesIn(folder)) {
      if (entry.isDirectory() && !entry.name.startsWith(".")) visit(pathOf(entry.name), parts, found, visited);
    }
    return;
  }
  // "." and ".." are no entries of a folder.
  const names = isPattern(part) ? namesThatMatch(folder, part) : [part];
  for (const name of names) {
    const path = pathOf(name === "" ? "." : name);
    if (rest.length > 0) visit(path, rest, found, visited);
    else if (isFile(path)) found.add(path);
  }
}

function namesThatMatch(folder: string, part: string): string[] {
  const matches = matcherOf(part);
  return entriesIn(folder)
    .map(({ name }) => name)
    .filter((name) => matches(name) && (part.startsWith(".") || !name.startsWith(".")));
}

function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder === "" ? "." : folder, { withFileTypes: true });
  } catch {
    // No folder, or one that may not be read: nothing in it matches.
    return [];
  }
}

function isFile(path: string): boolean {
  return statsAt(path)?.isFile() === true;
}

/** One character of a pattern: any run of characters, any one, or those that a test accepts. */
type Token = "run" | ((character: string) => boolean);

function tokensOf(part: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < part.length; i++) {
    const character = part[i]!;
    // The first in brackets may be a bracket itself.
    const end = character === "[" ? part.indexOf("]", i + (/[!^]/.test(part[i + 1] ?? "") ? 3 : 2)) : -1;
    if (character === "*") tokens.push("run");
    else if (character === "?") tokens.push(() => true);
    else if (end < 0) tokens.push((other) => other === character);
    else {
      tokens.push(classOf(part.slice(i + 1, end)));
      i = end;
    }
  }
  return tokens;
}

/** The characters of a class, `a-z0-9` or `!x`. */
function classOf(text: string): (character: string) => boolean {
  const isNot = /^[!^]/.test(text);
  const members = isNot ? text.slice(1) : text;
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gsu)].map(
    ([, low, high, one]) => [low ?? one!, high ?? one!] as const,
  );
  return (character) => ranges.some(([low, high]) => low <= character && character <= high) !== isNot;
}

/** Whether a name matches; steps back to the last run alone, so that no pattern takes more than (name × pattern) steps. */
export function matcherOf(part: string): (name: string) => boolean {
  const tokens = tokensOf(part);
  return (name) => {
    let [at, token, lastRun, restart] = [0, 0, -1, 0];
    while (at < name.length) {
      const current = tokens[token];
      if (current === "run") [lastRun, restart, token] = [token, at, token + 1];
      else if (current?.(name[at]!)) [at, token] = [at + 1, token + 1];
      else if (lastRun < 0) return false;
      else [restart, at, token] = [restart + 1, restart + 1, lastRun + 1];
    }
    while (tokens[token] === "run") token++;
    return token === tokens.length;
  };
}
