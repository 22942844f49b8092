/** Holds the layers of the design: who may import whom, no cycles, no default exports, Node only on host sides. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * The layers each layer may import, besides itself; a file belongs to the longest name that its path begins with. Names that are
 * not here (`bench`, `test`, `examples` and the entries of the package) may import anything.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shaders: [],
  engine: ["shaders"],
  flows: ["engine"],
  "inference/statistics": ["engine"],
  "inference/expressions": ["engine"],
  "inference/model": ["inference/expressions", "inference/statistics", "flows", "engine"],
  "inference/data-checks": ["inference/model", "inference/statistics", "engine"],
  "inference/measurements": ["inference/model", "inference/statistics", "flows", "engine"],
  "inference/plots": ["engine"],
  inference: [
    "inference/expressions",
    "inference/measurements",
    "inference/model",
    "inference/plots",
    "inference/statistics",
  ],
  io: [],
  workflow: [
    "inference/data-checks",
    "inference/expressions",
    "inference/measurements",
    "inference/model",
    "inference/plots",
    "inference/statistics",
    "flows",
    "engine",
    "io",
  ],
  cli: ["workflow", "inference/measurements", "inference/model", "engine", "io"],
};

/** The one file that knows where the built-in generators are. */
const GENERATORS = { file: "workflow/configuration/generators.ts", layer: "examples" } as const;

/** Small files that import nothing and know nothing of their layer. */
const FOR_ALL = ["io/edit-distance.ts"];

/** Layers that must run in a browser too, save their host sides. */
const PORTABLE = /^(?:shaders|engine|flows|inference)\b/;

/** The Node sides of host interfaces. */
const HOST_SIDES = ["engine/cpu/host-node.ts"];

interface Import {
  readonly specifier: string;
  /** Erased by the compiler. */
  readonly isType: boolean;
  /** `import(…)`: loaded when reached, not at start-up. */
  readonly isDynamic: boolean;
}

interface Source {
  /** Relative to the project, with slashes. */
  readonly file: string;
  readonly layer: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** The imports of a TypeScript text; comments do not count. */
function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const fromClause = /^\s*(?:import|export)(\s+type)?\s[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm;
  const sideEffect = /^\s*import\s*["']([^"']+)["']/gm;
  const dynamic = /\bimport\(\s*["']([^"']+)["']/g;
  return [
    ...[...code.matchAll(fromClause)].map(([, type, specifier]) => ({
      specifier: specifier!,
      isType: type !== undefined,
      isDynamic: false,
    })),
    ...[...code.matchAll(sideEffect)].map(([, specifier]) => ({
      specifier: specifier!,
      isType: false,
      isDynamic: false,
    })),
    ...[...code.matchAll(dynamic)].map(([, specifier]) => ({ specifier: specifier!, isType: false, isDynamic: true })),
  ];
}

/** The longest name of a layer that the path begins with; its first folder where there is none. */
function layerOf(file: string): string {
  const names = Object.keys(ALLOWED).filter((name) => file.startsWith(`${name}/`));
  return names.sort((a, b) => b.length - a.length)[0] ?? file.split("/")[0]!;
}

const folders = new Set([...Object.keys(ALLOWED).map((layer) => layer.split("/")[0]!), "bench", "test", "examples"]);

const sources: readonly Source[] = [...folders]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, String(file))))
  .concat("index.ts", "browser.ts")
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((path) => {
    const file = path.replaceAll("\\", "/");
    const text = readFileSync(join(root, path), "utf8");
    return { file, layer: layerOf(file), text, imports: importsOf(text) };
  });

const byFile = new Map(sources.map((source) => [source.file, source]));

/** The project file that a relative import names, undefined for packages and Node's own modules. */
function target(source: Source, { specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = normalize(join(dirname(source.file), specifier)).replaceAll("\\", "/");
  return path.replace(/\.js$/, ".ts");
}

test("the parser of imports sees every form, and no comment", () => {
  const text = `
import { a } from "./a.js";
import type { B } from "./b.js";
import {
  c,
  type D,
} from "../c/d.js";
import "./e.js";
export { f } from "./f.js";
export type { G } from "./g.js";
export * from "./h.js";
const i = await import("./i.js");
// import { x } from "./x.js";
/* import { y } from "./y.js"; */
const text = "nothing from here";
`;
  const seen = importsOf(text).map(({ specifier, isType, isDynamic }) => `${specifier} ${isType} ${isDynamic}`);
  assert.equal(seen.sort(), [
    "../c/d.js false false",
    "./a.js false false",
    "./b.js true false",
    "./e.js false false",
    "./f.js false false",
    "./g.js true false",
    "./h.js false false",
    "./i.js false true",
  ]);
});

test("imports go down the layers only, those of types too", () => {
  const upward = sources.flatMap((source) => {
    const allowed = ALLOWED[source.layer];
    if (allowed === undefined) return [];
    return source.imports.flatMap((entry) => {
      const file = target(source, entry);
      if (file === undefined || FOR_ALL.includes(file)) return [];
      const layer = layerOf(file);
      const isGenerator = source.file === GENERATORS.file && layer === GENERATORS.layer && entry.isDynamic;
      const isAllowed = layer === source.layer || allowed.includes(layer) || isGenerator;
      return isAllowed ? [] : [`${source.file} imports ${entry.specifier}`];
    });
  });
  assert.equal(upward, []);
});

test("what every layer may import imports nothing", () => {
  for (const file of FOR_ALL) assert.equal(byFile.get(file)?.imports, []);
});

/** What each file imports of the project. */
const imported = new Map(
  sources.map((source): [string, string[]] => [
    source.file,
    source.imports.flatMap((entry) => target(source, entry) ?? []),
  ]),
);

test("no circles of files that import each other, types included", () => {
  assert.equal(circles(imported), []);
});

/** Rooms whose folders import each other one way. */
const ONE_WAY = [
  "cli",
  "engine",
  "engine/cpu",
  "engine/webgpu",
  "flows",
  "inference",
  "inference/model",
  "inference/statistics",
  "io",
  "workflow",
  "workflow/steps",
];

for (const room of ONE_WAY) {
  test(`no circles of folders of ${room} that import each other, types included`, () => {
    assert.equal(circles(folderImports(room)), []);
  });
}

/** What each folder of a room imports of its others at start-up or as types; files beside the folders do not count. */
function folderImports(room: string): Map<string, string[]> {
  const folderOf = (file: string) => new RegExp(`^${room}/[^/]+(?=/)`).exec(file)?.[0];
  const found = new Map<string, string[]>();
  for (const source of sources) {
    const folder = folderOf(source.file);
    if (folder === undefined) continue;
    const others = source.imports
      .filter(({ isDynamic }) => !isDynamic)
      .flatMap((entry) => folderOf(target(source, entry) ?? "") ?? [])
      .filter((other) => other !== folder);
    found.set(folder, [...(found.get(folder) ?? []), ...others]);
  }
  return found;
}

test("circles are found, and named once", () => {
  const graph = { a: ["b"], b: ["c", "d"], c: ["a"], d: ["e"], e: [], f: ["g"], g: ["f"] };
  assert.equal(circles(new Map(Object.entries(graph))), ["a, b, c", "f, g"]);
});

/** Sets of names of which each reaches all others. Tarjan 1972, "Depth-first search and linear graph algorithms". */
function circles(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (name: string) => {
    order.set(name, order.size);
    lowest.set(name, order.get(name)!);
    open.push(name);
    for (const next of graph.get(name)!) {
      if (!graph.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(name, Math.min(lowest.get(name)!, lowest.get(next)!));
    }
    if (lowest.get(name) !== order.get(name)) return;
    const circle = open.splice(open.indexOf(name));
    if (circle.length > 1) found.push(circle.sort().join(", "));
  };
  for (const name of graph.keys()) if (!order.has(name)) visit(name);
  return found.sort();
}

test("no default exports", () => {
  const found = sources.filter(({ text }) => /^\s*export\s+default\b|^\s*export\s*\{[^}]*\bas\s+default\b/m.test(text));
  assert.equal(
    found.map(({ file }) => file),
    [],
  );
});

test("engine, flows and inference know Node only on their host sides", () => {
  const bound = sources
    .filter(({ file, layer }) => PORTABLE.test(layer) && !HOST_SIDES.includes(file))
    .flatMap(({ file, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith("node:"))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
  assert.equal(bound, []);
});

test("the command line starts without yaml, mathjs and all but a few small files of the layers below: verbs are loaded when called", () => {
  const loaded = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    const source = byFile.get(file)!;
    for (const entry of source.imports.filter(({ isType, isDynamic }) => !isType && !isDynamic)) {
      const next = target(source, entry);
      if (next !== undefined) visit(next);
      else if (!entry.specifier.startsWith("node:")) packages.add(entry.specifier);
    }
  };
  visit("cli/main.ts");
  assert.equal([...packages], []);
  assert.equal([...loaded].filter((file) => !file.startsWith("cli/")).sort(), [
    "engine/errors.ts",
    "io/edit-distance.ts",
    "io/errors.ts",
    "workflow/configuration/limits.ts",
    "workflow/errors.ts",
    "workflow/plan/choices.ts",
    "workflow/version.ts",
  ]);
});

test.run();
