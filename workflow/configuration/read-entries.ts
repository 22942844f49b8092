/** Reads a configuration file against a table of entries: YAML, then `--set`, then the entries; every problem has its place. */
import { suggestion } from "../../io/edit-distance.js";
import { ConfigurationError, UsageError } from "../errors.js";
import type { Entry, SectionEntry } from "./entries.js";
import { newPath } from "./renames.js";
import { isPlainMap, MOST_PROBLEMS, type Path, type Problem, pathText } from "./validation.js";
import { readYaml, YamlError, type YamlText } from "./yaml.js";

export interface Overrides {
  /** `key=value` of each `--set`, in order. */
  readonly set: readonly string[];
  readonly seed?: number | undefined;
  /** File of --events. */
  readonly events?: string | undefined;
}

/** What a file and the options say, before it is held against the table. */
export interface RawFile {
  readonly value: Readonly<Record<string, unknown>>;
  /** The option that a value comes from; undefined where it is of the file. */
  override(path: Path): string | undefined;
  /** Throws with all problems, each with its place, where there are any. */
  refuse(problems: readonly Problem[]): void;
}

/**
 * @param file   how messages name the text
 * @param table  of the keys that `--set` may lead to
 */
export function readRaw(source: string, file: string, overrides: Overrides, table: SectionEntry): RawFile {
  const text = readText(source, file);
  const settings: readonly Setting[] = [
    ...overrides.set.map(parseSetting),
    ...(overrides.seed === undefined ? [] : [{ from: "--seed", path: ["seed"], value: overrides.seed }]),
  ];
  const value = settings.reduce<unknown>(
    (before, setting) => withSetting(table, before, setting),
    rawMap(text.value, file),
  ) as Readonly<Record<string, unknown>>;
  const override = (path: Path) =>
    settings.findLast((setting) => setting.path.every((part, i) => part === String(path[i])))?.from;
  return {
    value,
    override,
    refuse(problems) {
      if (problems.length === 0) return;
      const sentences = problems.map(({ path, expected, got, hint }) => {
        const place = override(path) ?? placeOf(text, path, file);
        return `${place}: ${pathText(path)}: expected ${expected}, got ${got}${hint === undefined ? "" : `. ${hint}`}`;
      });
      throw new ConfigurationError(limited(sentences, file));
    },
  };
}

/** The first hundred problems, and that there are more. */
export function limited(sentences: readonly string[], file: string): readonly string[] {
  if (sentences.length < MOST_PROBLEMS) return sentences;
  return [...sentences.slice(0, MOST_PROBLEMS), `${file}: there may be more problems. Mend these first`];
}

/** A parsed text; throws where it is no YAML. */
export function readText(source: string, file: string): YamlText {
  try {
    return readYaml(source);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const hint = error.hint === undefined ? "" : `. ${error.hint}`;
    throw new ConfigurationError([`${file}:${error.at}: ${error.message}${hint}`]);
  }
}

/** The map of an analysis; throws where the text holds something else. */
export function rawMap(value: unknown, file: string): unknown {
  if (value === null) return {};
  if (isPlainMap(value)) return value;
  const got = Array.isArray(value) ? "a list" : "a single value";
  throw new ConfigurationError([`${file}: expected a map of keys and values, got ${got}`]);
}

interface Setting {
  /** The option it came from. */
  readonly from: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

function parseSetting(setting: string): Setting {
  const equals = setting.indexOf("=");
  if (equals < 1) {
    throw new UsageError("--set", {
      expected: "key=value",
      got: setting,
      hint: "For example --set data.events=100000",
    });
  }
  const path = setting.slice(0, equals).split(".");
  checkNames(path);
  try {
    return { from: "--set", path, value: readYaml(setting.slice(equals + 1)).value };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new UsageError("--set", { expected: "a value in YAML", got: setting, hint: "Quote it for the shell" });
  }
}

function checkNames(path: readonly string[]): void {
  const [old, now] = [path.join("."), newPath(path).join(".")];
  if (old === now) return;
  throw new UsageError("--set", { expected: `the key ${now}, as it is now called`, got: old });
}

/** The parsed file with another value in one place; the path must lead along entries that can exist. Aliases share values: they are not changed. */
function withSetting(table: SectionEntry, raw: unknown, { path, value }: Setting): unknown {
  const put = (entry: Entry, present: unknown, depth: number): unknown => {
    const part = path[depth];
    if (part === undefined) return value;
    const holder = openHolder(present, entry);
    const isLast = depth === path.length - 1;
    const inner = child(entry, holder, part, path.slice(0, depth).join("."), isLast);
    holder[part] = put(inner, holder[part], depth + 1);
    return holder;
  };
  return put(table, raw, 0);
}

type Holder = Record<string, unknown>;

/** A copy of the map or list at a place on the path, or an empty one. Anything else there is about to be overridden. */
function openHolder(present: unknown, entry: Entry): Holder {
  if (Array.isArray(present)) return [...present] as unknown as Holder;
  if (entry.kind === "list") return [] as unknown as Holder;
  const isShort = entry.kind === "section" && entry.short !== undefined && present !== undefined && present !== null;
  if (isShort && !isPlainMap(present)) return Object.assign(Object.create(null), { [entry.short!]: present });
  return Object.assign(Object.create(null), isPlainMap(present) ? present : {});
}

function child(entry: Entry, holder: Holder, part: string, parent: string, isLast: boolean): Entry {
  const unknown = (expected: string, candidates: readonly string[]) =>
    new UsageError("--set", {
      expected: parent === "" ? expected : `${expected} of ${parent}`,
      got: part,
      ...(candidates.length === 0 ? {} : { hint: suggestion(part, candidates) }),
    });
  switch (entry.kind) {
    case "section":
      if (!Object.hasOwn(entry.keys, part)) throw unknown("a known key", Object.keys(entry.keys));
      return entry.keys[part]!;
    case "variant":
      if (!Object.hasOwn(entry.of, part)) throw unknown("a known key", Object.keys(entry.of));
      return entry.of[part]!;
    case "map":
      // Setting a value by a new name may be meant; reaching inside something that is not there is a slip.
      if (!isLast && !Object.hasOwn(holder, part)) throw unknown("one of the names", Object.keys(holder));
      return entry.item;
    case "list": {
      const length = (holder as unknown as readonly unknown[]).length;
      if (!/^\d+$/.test(part) || Number(part) >= length) {
        throw unknown(`an index below ${length}, the length`, []);
      }
      return entry.item;
    }
    default:
      throw unknown("no further key: it is a single value", []);
  }
}

/** `file:line:column` of the deepest part of a path that the file holds. */
function placeOf(text: YamlText, path: Path, file: string): string {
  const place = text.place(path);
  return place === undefined ? file : `${file}:${place}`;
}
