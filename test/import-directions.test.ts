/** Holds the layers of the design: who may import whom, no cycles, no default exports, Node only on host sides. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The layers each layer may import, besides itself. Layers that are not listed may import anything. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shaders: [],
  engine: ["shaders"],
  flows: ["engine", "shaders"],
  inference: ["flows", "engine", "shaders"],
  io: [],
  cli: ["io", "inference", "flows", "engine", "shaders"],
};

/** Small files that import nothing and know nothing of their layer. */
const FOR_ALL = ["io/edit-distance.ts"];

/** Layers that must run in a browser too, save their host sides. */
const PORTABLE = ["shaders", "engine", "flows", "inference"];

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

const sources: readonly Source[] = [...Object.keys(ALLOWED), "bench", "test", "examples"]
  .flatMap((layer) => readdirSync(join(root, layer), { recursive: true }).map((file) => join(layer, String(file))))
  .concat("index.ts")
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
  .map((path) => {
    const file = path.replaceAll("\\", "/");
    const text = readFileSync(join(root, path), "utf8");
    return { file, layer: file.split("/")[0]!, text, imports: importsOf(text) };
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

test("imports go down the layers only", () => {
  const upward = sources.flatMap((source) => {
    const allowed = ALLOWED[source.layer];
    if (allowed === undefined) return [];
    return source.imports.flatMap((entry) => {
      const file = target(source, entry);
      const layer = file?.split("/")[0];
      const isAllowed =
        file === undefined || FOR_ALL.includes(file) || layer === source.layer || allowed.includes(layer!);
      return isAllowed ? [] : [`${source.file} imports ${entry.specifier}`];
    });
  });
  assert.equal(upward, []);
});

test("what every layer may import imports nothing", () => {
  for (const file of FOR_ALL) assert.equal(byFile.get(file)?.imports, []);
});

test("no cycles between files", () => {
  assert.equal(findCycle(), undefined);
});

/** A chain of imports that ends where it began; types are erased and make none. */
function findCycle(): readonly string[] | undefined {
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
    const source = byFile.get(file);
    if (source === undefined || finished.has(file)) return undefined;
    for (const entry of source.imports) {
      const next = entry.isType ? undefined : target(source, entry);
      const cycle = next === undefined ? undefined : visit(next, [...trail, file]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  for (const { file } of sources) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
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
    .filter(({ file, layer }) => PORTABLE.includes(layer) && !HOST_SIDES.includes(file))
    .flatMap(({ file, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith("node:"))
        .map(({ specifier }) => `${file} imports ${specifier}`),
    );
  assert.equal(bound, []);
});

test("the command line starts without yaml, mathjs and all but three small files of the layers below: verbs are loaded when called", () => {
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
  ]);
});

test.run();
