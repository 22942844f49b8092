/** Reads the configuration file: YAML, then `--set`, then the table of entries, then the checks across entries. */
import { existsSync, readFileSync } from "node:fs";
import { type Document, isMap, isScalar, isSeq, LineCounter, parse, parseDocument, type Node as YamlNode } from "yaml";
import { type Analysis, pathOf } from "./analysis.js";
import { crossCheck } from "./configuration-checks.js";
import type { Entry } from "./configuration-entries.js";
import { type Configuration, configurationTable } from "./configuration-table.js";
import { type Path, type Problem, pathText, validate } from "./configuration-validation.js";
import { ConfigurationError, UsageError } from "./messages.js";
import { suggestion } from "./suggestion.js";

export interface Overrides {
  /** `key=value` of each `--set`, in order. */
  readonly set: readonly string[];
  readonly seed?: number | undefined;
  /** File of --events. */
  readonly events?: string | undefined;
}

/** The analysis that a file describes, every default filled in and every name checked; data files are not touched. */
export function loadAnalysis(file: string, overrides: Overrides = { set: [] }): Analysis {
  return { file, configuration: readConfiguration(readText(file), file, overrides) };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const got = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "a folder" : String(code);
    throw new UsageError(file, {
      expected: "a configuration file",
      got,
      hint: "`unbinned init` writes one to start from",
    });
  }
}

/**
 * The configuration in a YAML text.
 *
 * @param file how messages name the text
 */
export function readConfiguration(source: string, file: string, overrides: Overrides = { set: [] }): Configuration {
  const lines = new LineCounter();
  // Errors are worded here: yaml's own carry the source text over several lines.
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const { line, col } = lines.linePos(syntax.pos[0]);
    throw new ConfigurationError([`${file}:${line}:${col}: expected YAML, got a syntax error: ${syntax.message}`]);
  }
  const raw = toMap(document, file);
  const settings: readonly Setting[] = [
    ...overrides.set.map(parseSetting),
    ...(overrides.seed === undefined ? [] : [{ from: "--seed", path: ["seed"], value: overrides.seed }]),
  ];
  for (const { path, value } of settings) applySetting(raw, path, value);

  const problems: Problem[] = [];
  const configuration = validate(configurationTable, raw, problems);
  if (problems.length === 0) problems.push(...crossCheck(configuration, { events: overrides.events !== undefined }));
  if (problems.length > 0) {
    const override = ({ path }: Problem) =>
      settings.findLast((setting) => setting.path.every((part, i) => part === String(path[i])))?.from;
    throw new ConfigurationError(
      problems.map((problem) => {
        const place = override(problem) ?? position(document, problem.path, lines, file);
        const hint = problem.hint === undefined ? "" : `. ${problem.hint}`;
        return `${place}: ${pathText(problem.path)}: expected ${problem.expected}, got ${problem.got}${hint}`;
      }),
    );
  }
  return configuration;
}

/**
 * Throws unless every file that the configuration names is there.
 *
 * @param needs.samples  whether simulation is looked at: what is trained is used without it
 */
export function checkFiles(analysis: Analysis, needs: { readonly samples: boolean } = { samples: true }): void {
  const { configuration } = analysis;
  const processes = needs.samples ? Object.entries(configuration.processes) : [];
  const named = [
    { key: "model.file", ...configuration.model },
    { key: "events.file", ...configuration.events },
    ...processes.flatMap(([name, { samples }]) =>
      samples.map(({ file }, i) => ({ key: `processes.${name}.samples[${i}].file`, file, source: undefined })),
    ),
  ];
  const missing = named.flatMap(({ key, file, source }) => {
    if (file === undefined || existsSync(pathOf(analysis, file))) return [];
    const hint = source === undefined ? "Correct the name" : `Download it from ${source} and put it there`;
    return [`${analysis.file}: ${key}: expected the file ${pathOf(analysis, file)}, got no such file. ${hint}`];
  });
  if (missing.length > 0) throw new ConfigurationError(missing);
}

type RawMap = Record<string, unknown>;

function toMap(document: Document, file: string): RawMap {
  const wrong = (got: string) => new ConfigurationError([`${file}: expected a map of keys and values, got ${got}`]);
  if (document.contents === null) return {};
  if (!isMap(document.contents)) throw wrong(isSeq(document.contents) ? "a list" : "a single value");
  try {
    return document.toJS() as RawMap;
  } catch (error) {
    throw wrong((error as Error).message);
  }
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
  try {
    return { from: "--set", path: setting.slice(0, equals).split("."), value: parse(setting.slice(equals + 1)) };
  } catch {
    throw new UsageError("--set", { expected: "a value in YAML", got: setting, hint: "Quote it for the shell" });
  }
}

/** Writes a value into the parsed file; the path must lead along entries that can exist. */
function applySetting(raw: RawMap, path: readonly string[], value: unknown): void {
  let entry: Entry = configurationTable;
  let holder: RawMap = raw;
  path.forEach((part, depth) => {
    const isLast = depth === path.length - 1;
    entry = child(entry, holder, part, path.slice(0, depth).join("."), isLast);
    if (isLast) holder[part] = value;
    else holder = holder[part] = openHolder(holder[part], entry);
  });
}

/** The map or list already at a place on the path, or an empty one. Anything else there is about to be overridden. */
function openHolder(present: unknown, entry: Entry): RawMap {
  if (typeof present === "object" && present !== null) return present as RawMap;
  return (entry.kind === "list" ? [] : {}) as RawMap;
}

function child(entry: Entry, holder: RawMap, part: string, parent: string, isLast: boolean): Entry {
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
function position(document: Document, path: Path, lines: LineCounter, file: string): string {
  let node: unknown = document.contents;
  let offset: number | undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) break;
      offset = (pair.key as YamlNode).range?.[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number" && part < node.items.length) {
      node = node.items[part];
      offset = (node as YamlNode | null)?.range?.[0];
    } else break;
  }
  if (offset === undefined) return file;
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}
