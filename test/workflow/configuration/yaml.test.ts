/** What YAML can say and how configurations read it: merge keys, aliases, tags, encodings; and what would take all memory or time. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import { readConfigurationFile } from "../../../workflow/configuration/file.js";
import { readYaml } from "../../../workflow/configuration/yaml.js";
import { cpuSeconds } from "../../support/cpu-time.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-yaml-"));
test.after(() => rmSync(folder, { recursive: true }));

/** As plain objects: the reader's have no prototype. */
const value = (source: string) => JSON.parse(JSON.stringify(readYaml(source).value));

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

const TOY = `
observables: { x: { features: 2 }, y: { features: 2 } }
processes: { A: , B: }
nuisances: { shift: , squeeze: }
simulation: { generator: doi-toy }
data: { generator: doi-toy }
`;
const configuration = (source: string) => readConfiguration(source, "a.yaml");
const problem = (source: string) => refusal(() => configuration(source));

test("merge keys: own entries before merged ones, of which the first counts (https://yaml.org/type/merge.html)", () => {
  // The example of the specification of merge keys.
  const specified = value(`
- &CENTER { x: 1, y: 2 }
- &LEFT { x: 0, y: 2 }
- &BIG { r: 10 }
- &SMALL { r: 1 }
- { <<: *CENTER, r: 10, label: center/big }
- { <<: [ *CENTER, *BIG ], label: center/big }
- { <<: [ *BIG, *LEFT, *SMALL ], x: 1, label: center/big }
`);
  for (const i of [4, 5, 6]) assert.equal(specified[i], { x: 1, y: 2, r: 10, label: "center/big" }, `${i}`);
  assert.equal(value("a: &a { x: 1, y: 2 }\nb: { x: 3, <<: *a }\nc: { <<: *a, y: 4 }").b, { x: 3, y: 2 });
  assert.equal(value("a: &a { x: 1 }\nb: &b { <<: *a, y: 2 }\nc: { <<: *b, z: 3 }").c, { x: 1, y: 2, z: 3 });
  assert.equal(value("a: { <<: { x: 1 }, y: 2 }").a, { x: 1, y: 2 });
  assert.equal(value('a: { "<<": 1 }').a, { "<<": 1 });
  for (const wrong of ["1", "[1]", "", "[[]]"]) {
    assert.match(
      refusal(() => readYaml(`a: { <<: ${wrong} }`)),
      /expected a map, an alias of one, or a list of such/,
    );
  }
});

test("a training merged into another, and what is wrong with it where it is written", () => {
  const merged = `${TOY}flows: { x: { training: &common { epochs: 2, batch: 10 } } }\n`;
  const { flows, morph } = configuration(`${merged}morph: { x: { training: { <<: *common, batch: 20 } } }\n`);
  assert.equal([flows.x.training.epochs, flows.x.training.batch], [2, 10]);
  assert.equal([morph.x.training.epochs, morph.x.training.batch], [2, 20]);
  assert.match(
    problem(
      `${TOY}flows:\n  x:\n    training: &common\n      epochs: none\nmorph: { x: { training: { <<: *common } } }\n`,
    ),
    /^a\.yaml:10:7: flows\.x\.training\.epochs: .*\na\.yaml:10:7: morph\.x\.training\.epochs: /,
  );
});

test("--set changes one place, not all that share an alias", () => {
  const shared = `${TOY}flows: { x: { training: &t { epochs: 2 } }, y: { training: *t } }\n`;
  const { flows } = readConfiguration(shared, "a.yaml", { set: ["flows.y.training.epochs=3"] });
  assert.equal([flows.x.training.epochs, flows.y.training.epochs], [2, 3]);
});

test("what YAML calls by the same name: documents, circles, tags, keys", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["---\na: 1\n---\nb: 2\n", /^expected one document, got a second one, which begins here$/],
    ["a: 1\n---\n", /^expected one document/],
    ["name: &n [*n]", /^expected values that end, got \*n inside of &n itself$/],
    ["a: &a { b: { c: *a } }", /^expected values that end, got \*a inside of &a itself$/],
    ["a: &a { <<: *a }", /^expected values that end/],
    ["a: *b\nb: &b 1", /^expected an anchor &b above, got the alias \*b of nothing$/],
    ["a: !!binary aGVsbG8=", /^expected plain values, lists and maps, got the tag tag:yaml\.org,2002:binary$/],
    ["a: !!set { b: , c: }", /got the tag tag:yaml\.org,2002:set$/],
    ["%YAML 1.1\n---\na: !!omap [b: 1]", /got the tag tag:yaml\.org,2002:omap$/],
    ["a: !python/object/apply:os.system [ls]", /got the tag !python\/object\/apply:os\.system$/],
    ["[a]: 1", /^expected a name before the colon, got a list$/],
    ["? { a: 1 }\n: 2", /^expected a name before the colon, got a map$/],
    ["a:\n\tb: 1", /^expected YAML, got a syntax error: Tabs are not allowed/],
    ["a: 1\na: 2", /^expected YAML, got a syntax error: Map keys must be unique: "a" is in line 1 already$/],
    ["a: { b: 1, b: 1 }", /Map keys must be unique: "b" is in line 1 already$/],
  ];
  for (const [source, pattern] of cases)
    assert.match(
      refusal(() => readYaml(source)),
      pattern,
      source,
    );
  assert.equal(value("--- # first\na: 1\n...\n"), { a: 1 });
  assert.equal(value("a: !!str 5\nb: !!int '5'\nc: &c [1]\nd: *c\n*x: 1".replace("*x", "&x e")), {
    a: "5",
    b: 5,
    c: [1],
    d: [1],
    e: 1,
  });
  assert.equal(
    value("null: 1\n1: 2\ntrue: 3\nNO: 4\n__proto__: 5"),
    JSON.parse('{"null":1,"1":2,"true":3,"NO":4,"__proto__":5}'),
  );
  assert.equal(value("%YAML 1.1\n---\nNO: no\nd: 2001-01-01\no: 010\nb: &b { c: 1 }\ne: { <<: *b }"), {
    NO: false,
    d: "2001-01-01",
    o: 8,
    b: { c: 1 },
    e: { c: 1 },
  });
});

test("empty files, comments alone, marks of byte order, ends of lines", () => {
  for (const source of ["", "\n\n", "# nothing\n", "---\n", "\ufeff", "null", "~"])
    assert.is(value(source), null, source);
  assert.equal(value("\ufeffa: 1\r\nb: [1,\r\n  2]\r\n"), { a: 1, b: [1, 2] });
  assert.match(problem("# nothing\n"), /observables\.x\.features: expected an integer .*, got nothing/);
  const missing = /:2:1: sed: expected a known key/;
  assert.match(problem(`\ufeffseed: 1\r\nsed: 1\r\n`), missing);
});

test("texts in UTF-8 and UTF-16 are read, all else is refused by name", () => {
  const file = join(folder, "a.yaml");
  const written = (content: string | Uint8Array) => {
    writeFileSync(file, content);
    return refusal(() => assert.is(readConfigurationFile(file), "name: µ → π\n"));
  };
  const text = "name: µ → π\n";
  const little = Buffer.from(text, "utf16le");
  const big = Buffer.from(little).swap16();
  assert.is(written(text), "no error");
  assert.is(written(`\ufeff${text}`), "no error");
  assert.is(written(Buffer.concat([Uint8Array.of(0xff, 0xfe), little])), "no error");
  assert.is(written(Buffer.concat([Uint8Array.of(0xfe, 0xff), big])), "no error");
  assert.is(written(little), "no error");
  assert.is(written(big), "no error");
  assert.match(
    written(Buffer.from("name: µ\n", "latin1")),
    /expected a text in UTF-8, got bytes that are none\. Save it as UTF-8/,
  );
  assert.match(written(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0)), /expected a text in YAML, got a binary file/);
  assert.match(
    written("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 12\n"),
    /expected the file itself, got a pointer of Git LFS to it\. Fetch the file: git lfs pull/,
  );
  assert.match(written(Buffer.alloc(5 * 2 ** 20, "#")), /expected at most 4194304 bytes, got 5242880/);
});

test("a folder, a pipe or a device in place of the file", () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  mkdirSync(join(folder, "inner"));
  assert.match(
    refusal(() => readConfigurationFile(pipe)),
    /expected a configuration file on a disk, got a pipe/,
  );
  assert.match(
    refusal(() => readConfigurationFile("/dev/zero")),
    /expected a configuration file on a disk, got a device/,
  );
  assert.match(
    refusal(() => readConfigurationFile(join(folder, "inner"))),
    /got a folder/,
  );
});

test("numbers and flags that are texts in YAML 1.2 say how to write them", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["seed: 1_000", /seed: expected an integer .*, got "1_000"\. Write 1000$/],
    ['seed: "12"', /seed: .*, got "12"\. Write 12$/],
    ["seed: 1,000", /got "1,000"\. Write 1000$/],
    ["seed: 1:30", /got "1:30"$/],
    ["morph: { quadraticDamping: .inf }", /morph\.quadraticDamping: .*, got Infinity$/],
    ["morph: { quadraticDamping: .nan }", /morph\.quadraticDamping: .*, got NaN$/],
    ['output: "a\\0b"', /output: expected a text, got "a\\u0000b"\. Remove its character NUL$/],
    ["likelihood: { extended: yes }", /likelihood\.extended: expected true or false, got "yes"\. Write true$/],
    ["likelihood: { extended: Off }", /got "Off"\. Write false$/],
  ];
  for (const [source, pattern] of cases) assert.match(problem(`${TOY}${source}\n`), pattern, source);
  assert.is(configuration(`${TOY}seed: 1e3\n`).seed, 1000);
});

const times = (text: string, count: number) => text.repeat(count);

/** Each would take minutes or gigabytes, read naively; 30 s and 2 GiB are what hostile files may take on any machine. */
const BOMBS: Readonly<Record<string, readonly [string, RegExp]>> = {
  "a billion laughs": [
    `a0: &a0 [1, 1]\n${Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join("\n")}`,
    /expected at most 1000000 values, those behind aliases and merge keys counted each time, got more/,
  ],
  "a thousand maps of a thousand merged entries": [
    `a: &a { ${Array.from({ length: 2000 }, (_, i) => `k${i}: 1`).join(", ")} }\nb: [${times("{ <<: *a }, ", 2000)}]`,
    /expected at most 1000000 values/,
  ],
  "lists in lists": [times("[", 200_000), /expected at most 100 levels, one in another, got deeper ones/],
  "blocks in blocks": [times("- ", 200_000), /expected at most 100 levels/],
  "errors without end": [times("}", 200_000), /expected YAML, got a syntax error: Unexpected flow-map-end/],
  "directives without end": [times("%a b\n", 100_000), /expected at most 10 directives, got more/],
  "documents without end": [times("---\n", 100_000), /expected one document/],
  "two million words": [`[${times("1,", 1_000_000)}]`, /expected at most 1000000 words and signs, got more/],
};

for (const [name, [source, pattern]] of Object.entries(BOMBS)) {
  test(`bombs in YAML: ${name}`, () => {
    const before = cpuSeconds();
    assert.match(
      refusal(() => readYaml(source)),
      pattern,
    );
    assert.ok(cpuSeconds() - before < 20);
  });
}

test("40 000 different keys are read in linear time, and 40 000 unknown ones end after a hundred", () => {
  const names = Array.from({ length: 40_000 }, (_, i) => `name${i}`);
  const source = names.map((name) => `${name}: 1\n`).join("");
  const before = cpuSeconds();
  assert.is(Object.keys(readYaml(source).value as object).length, names.length);
  const lines = problem(source).split("\n");
  assert.is(lines.length, 101);
  assert.match(lines[0]!, /^a\.yaml:1:1: name0: expected a known key, got "name0"\. Did you mean name\?$/);
  assert.match(lines.at(-1)!, /^a\.yaml: there may be more problems\. Mend these first$/);
  assert.ok(cpuSeconds() - before < 20);
});

test.run();
