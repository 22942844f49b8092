/** YAML as configurations use it: one document of maps, lists and plain values, with anchors, aliases and merge keys. */
import {
  type Alias,
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
  type Node as YamlNode,
} from "yaml";

/** Maps as objects without a prototype, so that every name is a name; no value is part of itself. */
export type YamlValue =
  | null
  | boolean
  | number
  | string
  | readonly YamlValue[]
  | { readonly [name: string]: YamlValue };

/** Why a text cannot be read: completes "expected …, got …". */
export class YamlError extends Error {
  override readonly name = "YamlError";

  constructor(
    readonly expected: string,
    readonly got: string,
    /** "line:column", counted from 1. */
    readonly at: string,
    readonly hint?: string,
  ) {
    super(`expected ${expected}, got ${got}`);
  }
}

export interface YamlText {
  readonly value: YamlValue;
  /** "line:column" of the deepest part of a path that the text holds; undefined where it holds nothing of it. */
  place(path: readonly (string | number)[]): string | undefined;
}

/** Lexical tokens, of which a sample of a process takes some 25. Memory and time of the parser grow with them: 0.5 GiB, 4 s. */
const MOST_TOKENS = 1_000_000;

/** %YAML and a few %TAG. */
const MOST_DIRECTIVES = 10;

/** A configuration has eight levels. The parser's functions call each other once for each. */
const DEEPEST = 100;

/** Values and names once aliases and merge keys are written out: a few anchors that hold each other make billions. */
const MOST_ENTRIES = 1_000_000;

/** Tags that say what every value says without them. */
const CORE_TAGS = new Set(
  ["str", "int", "float", "bool", "null", "map", "seq"].map((name) => `tag:yaml.org,2002:${name}`),
);

/** The value of a text; an empty one is null. Time and memory grow linearly with its length. */
export function readYaml(source: string): YamlText {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const root = new TreeReader(place).read(composed(source, lines, place));
  return {
    value: root.value,
    place: (path) => {
      let found: Located | undefined = root;
      let offset: number | undefined;
      for (const part of path) {
        found = found?.inner.get(`${part}`);
        offset = found?.offset ?? offset;
      }
      return offset === undefined ? undefined : place(offset);
    },
  };
}

/** The only document of a text. Ends at the first error: a parser of hostile text collects millions. */
function composed(source: string, lines: LineCounter, place: (offset: number) => string): YamlNode | null {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  // Of equal keys the composer looks for each among all others: `TreeReader` does it in linear time.
  const composer = new Composer({ uniqueKeys: false, logLevel: "silent" });
  const tokens = function* (): Generator<CST.Token, void> {
    let count = 0;
    for (const lexeme of new Lexer().lex(source)) {
      if (++count > MOST_TOKENS) {
        throw new YamlError(`at most ${MOST_TOKENS} words and signs`, "more", place(parser.offset));
      }
      if (parser.stack.length > DEEPEST) {
        throw new YamlError(`at most ${DEEPEST} levels, one in another`, "deeper ones", place(parser.offset));
      }
      yield* parser.next(lexeme);
    }
    yield* parser.end();
  };
  const documents: Document.Parsed[] = [];
  let hasBegun = false;
  let directives = 0;
  for (const token of tokens()) {
    if (token.type === "error") throw syntaxError(token.message, place(token.offset));
    if (token.type === "directive" && ++directives > MOST_DIRECTIVES) {
      throw new YamlError(`at most ${MOST_DIRECTIVES} directives`, "more", place(token.offset));
    }
    if (token.type === "document") {
      if (hasBegun) throw secondDocument(token, place);
      hasBegun = true;
    }
    documents.push(...composer.next(token));
  }
  documents.push(...composer.end());
  const [document] = documents;
  const [error] = document?.errors ?? composer.streamInfo().errors;
  if (error !== undefined) throw syntaxError(error.message, place(error.pos[0]));
  return document?.contents ?? null;
}

const syntaxError = (message: string, at: string) => new YamlError("YAML", `a syntax error: ${message}`, at);

function secondDocument({ start, offset }: CST.Document, place: (offset: number) => string): YamlError {
  const begin = start.find(({ type }) => type === "doc-start")?.offset ?? offset;
  const hint = "Remove `---` where it is one analysis, else put each into a file of its own";
  return new YamlError("one document", "a second one, which begins here", place(begin), hint);
}

/** A node with what it holds, by name or index. */
interface Located {
  readonly value: YamlValue;
  /** Of its name in a map, else of the node itself. */
  readonly offset: number;
  readonly inner: ReadonlyMap<string, Located>;
  /** Values in it, itself included. */
  readonly size: number;
}

const NOTHING_INSIDE: ReadonlyMap<string, Located> = new Map();

/** From nodes to values; aliases share what their anchor has. */
class TreeReader {
  /** By anchor; undefined while it is being read. */
  private readonly anchors = new Map<string, Located | undefined>();
  /** Values and names that have been made or shared. */
  private entries = 0;

  constructor(private readonly place: (offset: number) => string) {}

  read(node: YamlNode | null): Located {
    this.count(1, node);
    if (node === null) return { value: null, offset: 0, inner: NOTHING_INSIDE, size: 1 };
    if (isAlias(node)) return this.target(node);
    this.checkTag(node);
    const { anchor } = node as Scalar | YAMLMap | YAMLSeq;
    if (anchor !== undefined) this.anchors.set(anchor, undefined);
    const found = isMap(node) ? this.map(node) : isSeq(node) ? this.list(node) : this.scalar(node as Scalar);
    if (anchor !== undefined) this.anchors.set(anchor, found);
    return found;
  }

  private fail(node: YamlNode | null, expected: string, got: string, hint?: string): never {
    throw new YamlError(expected, got, this.place(node?.range?.[0] ?? 0), hint);
  }

  private count(more: number, at: YamlNode | null): void {
    this.entries += more;
    if (this.entries <= MOST_ENTRIES) return;
    this.fail(at, `at most ${MOST_ENTRIES} values, those behind aliases and merge keys counted each time`, "more");
  }

  private target(alias: Alias): Located {
    const { source } = alias;
    if (!this.anchors.has(source)) {
      this.fail(
        alias,
        `an anchor &${source} above`,
        `the alias *${source} of nothing`,
        "Anchors stand before their aliases",
      );
    }
    const found = this.anchors.get(source);
    if (found === undefined) this.fail(alias, "values that end", `*${source} inside of &${source} itself`);
    this.count(found.size, alias);
    return { ...found, offset: alias.range![0] };
  }

  private checkTag(node: YamlNode): void {
    const { tag } = node as Scalar;
    if (tag === undefined || CORE_TAGS.has(tag)) return;
    this.fail(node, "plain values, lists and maps", `the tag ${tag}`, "Remove the tag");
  }

  private scalar(node: Scalar): Located {
    const { value, source } = node;
    const isPlain = value === null || ["boolean", "number", "string"].includes(typeof value);
    // Dates and merge keys of YAML 1.1 are texts here.
    return {
      value: isPlain ? (value as YamlValue) : `${source}`,
      offset: node.range![0],
      inner: NOTHING_INSIDE,
      size: 1,
    };
  }

  private list({ items, range }: YAMLSeq): Located {
    const inner = new Map(items.map((item, i) => [`${i}`, this.read(item as YamlNode | null)]));
    return located(
      range![0],
      inner,
      [...inner.values()].map(({ value }) => value),
    );
  }

  /** Entries in the order of the text; its own come before merged ones, of which the first counts (https://yaml.org/type/merge.html). */
  private map({ items, range }: YAMLMap): Located {
    const inner = new Map<string, Located>();
    const merged = new Set<string>();
    for (const { key, value } of items as { key: YamlNode | null; value: YamlNode | null }[]) {
      const name = this.keyOf(key);
      if (isMergeKey(key)) {
        for (const [own, entry] of this.sources(key, value)) {
          if (inner.has(own)) continue;
          this.count(entry.size, key);
          inner.set(own, entry);
          merged.add(own);
        }
      } else if (inner.has(name) && !merged.delete(name)) {
        throw syntaxError(
          `Map keys must be unique: ${JSON.stringify(name)} is in line ${this.place(inner.get(name)!.offset).split(":")[0]} already`,
          this.place(key?.range?.[0] ?? range![0]),
        );
      } else inner.set(name, { ...this.read(value), offset: key?.range?.[0] ?? range![0] });
    }
    const object: Record<string, YamlValue> = Object.create(null);
    for (const [name, entry] of inner) object[name] = entry.value;
    return located(range![0], inner, object);
  }

  /** What stands before the colon: `null`, `1` and `on` are names as they are written. */
  private keyOf(key: YamlNode | null): string {
    const { value } = this.read(key);
    if (typeof value === "object" && value !== null) {
      this.fail(key, "a name before the colon", Array.isArray(value) ? "a list" : "a map");
    }
    return isScalar(key) && key.type === "PLAIN" ? key.source! : `${value ?? ""}`;
  }

  /** Entries of the map, or of each map of the list, behind a merge key. */
  private sources(key: YamlNode, value: YamlNode | null): [string, Located][] {
    const { value: merged, inner } = this.read(value);
    const maps = Array.isArray(merged) ? [...inner.values()] : [{ value: merged, inner }];
    const isMapping = (one: YamlValue) => typeof one === "object" && one !== null && !Array.isArray(one);
    if (!maps.every((one) => isMapping(one.value))) {
      this.fail(key, "a map, an alias of one, or a list of such behind <<", "something else");
    }
    return maps.flatMap((one) => [...one.inner]);
  }
}

function located(offset: number, inner: ReadonlyMap<string, Located>, value: YamlValue): Located {
  const size = [...inner.values()].reduce((sum, one) => sum + one.size, 1);
  return { value, offset, inner, size };
}

const isMergeKey = (key: YamlNode | null): key is Scalar =>
  isScalar(key) && key.type === "PLAIN" && key.source === "<<";
