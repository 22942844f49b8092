/** Configurations of version 0.1 say the same after `unbinned migrate`; what was written around the keys stays. */
import { readdirSync, readFileSync } from "node:fs";
import * as fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readConfiguration } from "../../../../workflow/configuration/configuration.js";
import { migrated } from "../../../../workflow/configuration/migration/migration.js";
import { readYaml } from "../../../../workflow/configuration/yaml.js";

const folder = new URL("../../../../../test/workflow/configuration/fixtures/version-0.1/", import.meta.url);
const text = (name: string) => readFileSync(new URL(name, folder), "utf8");

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What version 0.1 read, in the words of this one: written down here once more, not taken from the table of renames. */
function inNewWords(read: Readonly<Record<string, unknown>>): unknown {
  const { events, data, fnf, transfer, profile, nuisances, ...others } = read as Sections;
  const { q, r, ...morph } = fnf!;
  const { box, ...response } = profile!;
  const own = Object.entries(nuisances!).map(([name, nuisance]) => {
    const { centre, ...rest } = nuisance as Readonly<Record<string, unknown>>;
    return [name, { ...rest, nominal: centre }];
  });
  return {
    ...others,
    nuisances: Object.fromEntries(own),
    data: { ...data, ...events },
    morph: { ...morph, quadraticDamping: q, pairDamping: r },
    transport: transfer,
    response: { ...response, ...(box !== undefined && { range: box }) },
  };
}

/** A number of events is one of the ways to give a yield. */
const withLaterProcess = ({ yield: events, samples, ...own }: Sections[string]) => ({
  ...own,
  ...(events !== undefined && { yield: { events } }),
  samples: (samples as readonly object[]).map((sample) => ({ columns: {}, ...sample })),
});

/** Keys that came later, with the defaults that they have. */
function withLaterKeys(read: Readonly<Record<string, unknown>>): unknown {
  const { morph, flows, observables, processes, transport, response, data, simulation } = read as Readonly<
    Record<string, Sections>
  >;
  const both = ({ x, y, ...others }: Sections, later: object) => ({
    ...others,
    x: { ...later, ...x },
    ...(y && { y: { ...later, ...y } }),
  });
  return {
    ...read,
    observables: { ...both(observables!, { transform: ["auto"], edges: {} }), columns: {}, missing: {} },
    processes: Object.fromEntries(Object.entries(processes!).map(([name, own]) => [name, withLaterProcess(own)])),
    simulation: { replicas: 0, ...simulation },
    data: { columns: {}, spikes: "refuse", without: [], outside: "warn", ...data },
    flows: both(flows!, { bound: 4 }),
    morph: { shiftFirst: true, ...both(morph!, { kind: "spline", bins: 8, bound: 5 }) },
    transport: { bound: 5, ...transport },
    response: { actsOn: "simulation", ...response },
  };
}

const texts = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
const read = JSON.parse(text("read.json")) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;

test("there are texts of version 0.1", () => {
  assert.equal(texts.map((name) => name.replace(".yaml", "")).sort(), Object.keys(read).sort());
  assert.is(texts.length, 7);
});

for (const name of texts) {
  test(`version 0.1, ${name}: the migrated text gives the same analysis`, () => {
    const { text: now, renamed } = migrated(text(name), name);
    assert.ok(renamed.length > 0);
    // As JSON, which leaves out what is undefined.
    const found = JSON.parse(JSON.stringify(readConfiguration(now, name)));
    assert.equal(found, withLaterKeys(inNewWords(read[name.replace(".yaml", "")]!) as Sections));
  });

  test(`version 0.1, ${name}: lines without an old key are as they were, and twice is as once`, () => {
    const { text: now } = migrated(text(name), name);
    const isOld = (line: string) => /^\s*(events|fnf|transfer|profile|box|centre|q|r):/.test(line);
    const kept = (source: string) =>
      source
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "");
    const lines = new Set(kept(now));
    assert.equal(
      kept(text(name)).filter((line) => !isOld(line) && !lines.has(line)),
      [],
    );
    assert.equal(migrated(now, name), { text: now, renamed: [] });
  });
}

test("what `validate --json` of version 0.1 printed is a configuration, too", () => {
  for (const [name, old] of Object.entries(read)) {
    const { text: now } = migrated(JSON.stringify(old, undefined, 2), `${name}.json`);
    assert.equal(JSON.parse(now), inNewWords(old), name);
    assert.equal(
      JSON.parse(JSON.stringify(readConfiguration(now, `${name}.json`))),
      withLaterKeys(inNewWords(old) as Sections),
      name,
    );
  }
});

/** How a map or a name may be written. */
interface Style {
  readonly flow: boolean;
  readonly quote: "" | "'" | '"';
  readonly comment: boolean;
  readonly blank: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  flow: fc.boolean(),
  quote: fc.constantFrom("", "'", '"'),
  comment: fc.boolean(),
  blank: fc.boolean(),
});

type Tree = { readonly [name: string]: Tree | string };

/** A tree as a text, every map with the next style. */
function written(tree: Tree, styles: readonly Style[]): string {
  let next = 0;
  let comments = 0;
  const take = () => styles[next++ % styles.length]!;
  const flow = (inner: Tree | string, quote: string): string =>
    typeof inner === "string"
      ? inner
      : `{ ${Object.entries(inner)
          .map(([name, value]) => `${quote}${name}${quote}: ${flow(value, quote)}`)
          .join(", ")} }`;
  const block = (inner: Tree, indent: string): string[] =>
    Object.entries(inner).flatMap(([name, value]) => {
      const own = take();
      const key = `${indent}${own.quote}${name}${own.quote}:`;
      const above = [...(own.blank ? [""] : []), ...(own.comment ? [`${indent}# above ${comments++}`] : [])];
      const behind = own.comment ? ` # behind ${comments++}` : "";
      if (typeof value === "string") return [...above, `${key} ${value}${behind}`];
      if (own.flow || Object.keys(value).length === 0) return [...above, `${key} ${flow(value, own.quote)}${behind}`];
      return [...above, `${key}${behind}`, ...block(value, `${indent}  `)];
    });
  return `${block(tree, "").join("\n")}\n`;
}

const number = fc.integer({ min: 1, max: 9 }).map(String);
const some = (entries: Readonly<Record<string, fc.Arbitrary<Tree | string>>>): fc.Arbitrary<Tree> =>
  fc.record(entries, { requiredKeys: [] }).map((tree) => tree as Tree);
const training = some({ epochs: number, batch: number });
const half = some({ layers: number, training });
const nuisance = some({ centre: number, label: fc.constantFrom("'a: b'", '"c"', "d"), kappa: number });

/** Sections of version 0.1, any of them absent, in any order. */
const analysis: fc.Arbitrary<Tree> = fc
  .record(
    {
      observables: some({ x: some({ features: number }) }),
      nuisances: some({ shift: nuisance, tilt: nuisance, events: nuisance }),
      data: some({ generator: fc.constant("doi-toy"), events: number }),
      events: some({ file: fc.constantFrom("a.npz", "'b c.npz'"), weight: fc.constant("w"), source: fc.constant("s") }),
      fnf: some({ pairs: fc.constant("[[shift, tilt]]"), q: number, r: number, x: half }),
      transfer: some({ bins: number, training }),
      profile: some({ box: number, scale: number, events: number, training }),
      scan: some({ range: number, points: number }),
    },
    { requiredKeys: ["observables"] },
  )
  .chain((tree) => fc.shuffledSubarray(Object.entries(tree), { minLength: Object.keys(tree).length }))
  .map((entries) => Object.fromEntries(entries) as Tree);

/** The values of version 0.1 in the words of this one. */
function renamedTree(tree: Tree): unknown {
  const rename = (own: Tree | string | undefined, names: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries((own ?? {}) as Tree).map(([name, value]) => [names[name] ?? name, value]));
  const { data, events, fnf, transfer, profile, nuisances, ...others } = tree;
  const own = Object.entries((nuisances ?? {}) as Tree).map(([name, value]) => [
    name,
    rename(value, { centre: "nominal" }),
  ]);
  return {
    ...others,
    ...((data ?? events) !== undefined && { data: { ...(data as Tree), ...(events as Tree) } }),
    ...(fnf !== undefined && { morph: rename(fnf, { q: "quadraticDamping", r: "pairDamping" }) }),
    ...(transfer !== undefined && { transport: transfer }),
    ...(profile !== undefined && { response: rename(profile, { box: "range" }) }),
    ...(nuisances !== undefined && { nuisances: Object.fromEntries(own) }),
  };
}

const value = (source: string) => JSON.parse(JSON.stringify(readYaml(source).value));

test("any sections in any order and style: the same values, every comment once, and nothing of an earlier version left", () => {
  fc.assert(
    fc.property(analysis, fc.array(style, { minLength: 1, maxLength: 12 }), fc.boolean(), (tree, styles, isWindows) => {
      const plain = written(tree, styles);
      const source = isWindows ? plain.replaceAll("\n", "\r\n") : plain;
      const { text: now } = migrated(source, "a.yaml");
      assert.equal(value(now), value(written(renamedTree(tree) as Tree, styles)), now);
      for (const comment of plain.match(/# (above|behind) \d+/g) ?? []) {
        assert.is(now.split(/\r?\n/).filter((line) => line.endsWith(comment)).length, 1, `${comment}\n${now}`);
      }
      assert.is(isWindows, /\r\n/.test(now));
      assert.not.match(now, isWindows ? /[^\r]\n/ : /\r/);
      assert.equal(migrated(now, "a.yaml"), { text: now, renamed: [] });
    }),
    { numRuns: 500, seed: 21 },
  );
});

test("anchors, aliases and merge keys around old keys", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      "nuisances: { a: &n { centre: 1 }, b: *n, c: { <<: *n, label: c } }\n",
      "nuisances: { a: &n { nominal: 1 }, b: *n, c: { <<: *n, label: c } }\n",
    ],
    [
      "nuisances:\n  a: { <<: [{ centre: 1 }, { label: d }] }\n",
      "nuisances:\n  a: { <<: [{ nominal: 1 }, { label: d }] }\n",
    ],
    [
      "processes: { A: }\nfnf:\n  x: &x { layers: 1 }\n  y: *x\ntransfer: &t { bins: 4 }\nprofile: { <<: *t, box: 1 }\n",
      "processes: { A: }\nmorph:\n  x: &x { layers: 1 }\n  y: *x\ntransport: &t { bins: 4 }\nresponse: { <<: *t, range: 1 }\n",
    ],
    ["processes: { A: }\n? fnf\n: { q: 1 }\n", "processes: { A: }\n? morph\n: { quadraticDamping: 1 }\n"],
  ];
  for (const [before, after] of cases) assert.is(migrated(before, "a.yaml").text, after);
});

test("an entry that would take an old name elsewhere is refused, not changed", () => {
  const shared = "nuisances: { a: &n { centre: 1 } }\nprofile: { training: *n }\n";
  assert.throws(
    () => migrated(shared, "a.yaml"),
    /^a\.yaml: expected keys that can be renamed without a change of anything else/,
  );
});

test("what is no configuration", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "",
      /^a\.yaml: expected a configuration of unbinned, with observables, processes, nuisances, got an empty file\. /,
    ],
    ['{ "name": "unbinned", "version": "1" }', /got a map without any of them\. Is it the file you meant\?$/],
    ["- 1\n", /^a\.yaml: expected a map of keys and values, got a list$/],
    ["a: [\n", /^a\.yaml:2:1: expected YAML, got a syntax error/],
  ];
  for (const [source, pattern] of cases) {
    let message = "no error";
    try {
      migrated(source, "a.yaml");
    } catch (error) {
      message = (error as Error).message;
    }
    assert.match(message, pattern);
  }
});

test.run();
