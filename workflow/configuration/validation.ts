/** Holds a parsed file against the table of entries, fills in defaults and collects everything that is wrong. */

import { suggestion } from "../../io/edit-distance.js";
import {
  describe,
  type Entry,
  type ListEntry,
  type MapEntry,
  type SectionEntry,
  type ValueOf,
  type VariantEntry,
} from "./entries.js";
import { MAXIMA } from "./limits.js";

export type Path = readonly (string | number)[];

/** One thing wrong with a configuration: where, expected, got, what to do. */
export interface Problem {
  readonly path: Path;
  readonly expected: string;
  readonly got: string;
  readonly hint?: string;
}

/** @param hint  called where the problem is written: a suggestion among a thousand names takes a while */
export type ReportProblem = (path: Path, expected: string, got: string, hint?: string | (() => string)) => void;

/** The search for problems ends here: a file with nothing but problems would take minutes, and the list would not be read. */
export const MOST_PROBLEMS = 100;

/** Names that users choose: they appear in `--set` paths and `--nu name=value`. */
const NAME = new RegExp(`^[A-Za-z_][A-Za-z0-9_-]{0,${MAXIMA.nameLetters - 1}}$`);

/** `processes.A.samples[0].file`. */
export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${shortened(part)}`,
    "",
  );
}

/**
 * The value of an entry with its defaults. Where `problems` grew, the value is unusable.
 *
 * @param raw what the file says, undefined where it says nothing
 */
export function validate<E extends Entry>(entry: E, raw: unknown, problems: Problem[]): ValueOf<E> {
  return visit(entry, raw, [], problems) as ValueOf<E>;
}

/** The value of an entry about which the file says nothing; undefined where there is no default. */
export function defaultOf(entry: Entry): unknown {
  return visit(entry, undefined, [], []);
}

function visit(entry: Entry, raw: unknown, path: Path, problems: Problem[]): unknown {
  if (problems.length >= MOST_PROBLEMS) return undefined;
  // `key:` with nothing behind it reads as null: the user left it empty.
  if (raw === undefined || raw === null) return absent(entry, path, problems);
  const reject = (hint?: string) => {
    problems.push({ path, expected: describe(entry), got: shown(raw), ...(hint === undefined ? {} : { hint }) });
  };
  switch (entry.kind) {
    case "number": {
      const {
        min = Number.NEGATIVE_INFINITY,
        max = Number.POSITIVE_INFINITY,
        above = Number.NEGATIVE_INFINITY,
      } = entry;
      if (entry.words?.includes(raw as string)) return raw;
      if (typeof raw !== "number" || !Number.isFinite(raw)) return reject(meantNumber(raw));
      if ((entry.integer && !Number.isSafeInteger(raw)) || raw < min || raw > max || raw <= above) return reject();
      return raw;
    }
    case "text":
      if (typeof raw !== "string" || raw === "")
        return reject(typeof raw === "number" ? "Put it in quotes" : undefined);
      // No system takes it in the name of a file.
      if (raw.includes("\0")) return reject("Remove its character NUL");
      return raw.length <= MAXIMA.letters ? raw : reject(`Shorten it to at most ${MAXIMA.letters} letters`);
    case "value":
      if (typeof raw === "number" && Number.isFinite(raw)) return raw;
      return typeof raw === "string" && NAME.test(raw) ? raw : reject(meantNumber(raw));
    case "flag":
      return typeof raw === "boolean" ? raw : reject(meantFlag(raw));
    case "choice":
      if (entry.choices.includes(raw as string)) return raw;
      return reject(typeof raw === "string" ? suggestion(raw, entry.choices) : undefined);
    case "list":
      if (Array.isArray(raw)) return visitList(entry, raw, path, problems);
      if (entry.alone === undefined || isPlainMap(raw)) return reject("Write it as [a, b]");
      return [visit(entry.item, raw, path, problems)];
    case "map":
      return isPlainMap(raw) ? visitMap(entry, raw, path, problems) : reject();
    case "section":
      if (isPlainMap(raw)) return visitSection(entry, raw, path, problems);
      return entry.short === undefined ? reject() : visitSection(entry, { [entry.short]: raw }, path, problems);
    case "variant":
      return isPlainMap(raw) ? visitVariant(entry, raw, path, problems) : reject();
  }
}

/** Numbers as other languages write them, and numbers in quotes. */
function meantNumber(raw: unknown): string | undefined {
  const digits = typeof raw === "string" ? raw.replace(/(?<=\d)[_,](?=\d{3}(\D|$))/g, "").trim() : "";
  return digits !== "" && Number.isFinite(Number(digits)) ? `Write ${Number(digits)}` : undefined;
}

/** Truth as YAML 1.1 writes it. */
function meantFlag(raw: unknown): string | undefined {
  if (typeof raw !== "string") return undefined;
  if (/^(y|yes|on|true)$/i.test(raw)) return "Write true";
  return /^(n|no|off|false)$/i.test(raw) ? "Write false" : undefined;
}

function absent(entry: Entry, path: Path, problems: Problem[]): unknown {
  if (entry.optional) return undefined;
  if (entry.default !== undefined) return entry.default;
  if (entry.kind === "map") return {};
  if (entry.kind === "section") return visitSection(entry, {}, path, problems);
  problems.push({ path, expected: describe(entry), got: "nothing", hint: `Add it: ${entry.doc}` });
  return undefined;
}

function visitList(entry: ListEntry, raw: readonly unknown[], path: Path, problems: Problem[]): unknown {
  const { minLength: least = 0, maxLength: most = Number.POSITIVE_INFINITY } = entry;
  if (raw.length < least || raw.length > most) {
    problems.push({ path, expected: describe(entry), got: `${raw.length} (${shown(raw.slice(0, 20))})` });
    // Of one that is too long, no item is looked at.
    if (raw.length > most) return undefined;
  }
  if (entry.unique && new Set(raw).size < raw.length) {
    const seen = new Set<unknown>();
    const twice = raw.find((value) => seen.size === seen.add(value).size);
    problems.push({ path, expected: describe(entry), got: `${shown(twice)} twice`, hint: "Remove one" });
  }
  return raw.map((item, i) => {
    if (item === null) problems.push({ path: [...path, i], expected: describe(entry.item), got: "nothing" });
    return visit(entry.item, item, [...path, i], item === null ? [] : problems);
  });
}

function visitMap(entry: MapEntry, raw: Readonly<Record<string, unknown>>, path: Path, problems: Problem[]): unknown {
  const entries = Object.entries(raw);
  const { maxLength: most = Number.POSITIVE_INFINITY } = entry;
  const hasLabel = entry.item.kind === "section" && "label" in entry.item.keys;
  if (entries.length > most) {
    problems.push({ path, expected: `at most ${most} ${entry.of}`, got: `${entries.length}` });
    return undefined;
  }
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!entry.anyNames && !NAME.test(name) && problems.length < MOST_PROBLEMS) {
        problems.push({
          path,
          expected: `${entry.of} of letters, digits, _ and -, a letter first, at most ${MAXIMA.nameLetters}`,
          got: shown(name),
          hint: name.includes(":")
            ? "Put a space behind the colon"
            : `Rename it${hasLabel ? "; `label` takes any text" : ""}`,
        });
      }
      // A name with nothing behind it (`shift:`) is an entry with all its defaults.
      return [name, visit(entry.item, value, [...path, name], problems)];
    }),
  );
}

function visitSection(
  entry: SectionEntry,
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  problems: Problem[],
): unknown {
  const keys = Object.keys(entry.keys);
  for (const key of Object.keys(raw)) {
    if (keys.includes(key)) continue;
    if (problems.length >= MOST_PROBLEMS) break;
    problems.push({ path: [...path, key], expected: "a known key", got: shown(key), hint: suggestion(key, keys) });
  }
  return Object.fromEntries(
    keys.map((key) => [
      key,
      visit(entry.keys[key]!, Object.hasOwn(raw, key) ? raw[key] : undefined, [...path, key], problems),
    ]),
  );
}

function visitVariant(
  entry: VariantEntry,
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  problems: Problem[],
): unknown {
  const [keys, given] = [Object.keys(entry.of), Object.keys(raw)];
  const unknown = given.find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    problems.push({
      path: [...path, unknown],
      expected: "a known key",
      got: shown(unknown),
      hint: suggestion(unknown, keys),
    });
    return undefined;
  }
  const [key] = given;
  if (key === undefined || given.length > 1) {
    problems.push({ path, expected: describe(entry), got: given.join(" and ") || "none" });
    return undefined;
  }
  return { [key]: visit(entry.of[key]!, raw[key], [...path, key], problems) };
}

export function isPlainMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value as a message shows it, shortened. */
export function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return shortened(text);
}

const shortened = (text: string) => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
