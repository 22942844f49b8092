/** The documents name files and commands that exist. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string) => readFileSync(join(root, file), "utf8");

const DOCUMENTS = [
  "CONTRIBUTING.md",
  "docs/extending.md",
  "docs/architecture.md",
  "docs/glossary.md",
  "docs/first-analysis.md",
];

/** Words in backticks with a slash that look like a file or a folder of the project. */
const pathsOf = (text: string) =>
  [...text.matchAll(/`([\w.-]+(?:\/[\w.-]+)*(?:\/|\/[\w.-]+\.\w+))`/g)].map(([, path]) => path!);

/** Files behind `node`: what is in dist/ was compiled from TypeScript beside it. */
const commandsOf = (text: string) => [...text.matchAll(/\bnode (dist\/\S+\.js)/g)].map(([, path]) => path!);

const scriptsOf = (text: string) => [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name]) => name!);

/** Links to other documents, relative to the one that has them. */
const linksOf = (text: string) => [...text.matchAll(/\]\(([\w./-]+\.md)\)/g)].map(([, path]) => path!);

test("the patterns see files, folders, commands and links, and nothing else", () => {
  const text =
    "`engine/tape/tape.ts`, `workflow/steps/`, `results.json`, `a / b`, `fit.profiled`; `node dist/a/b.js x`, `npm run study:kill`, [g](docs/g.md)";
  assert.equal(pathsOf(text), ["engine/tape/tape.ts", "workflow/steps/"]);
  assert.equal(commandsOf(text), ["dist/a/b.js"]);
  assert.equal(scriptsOf(text), ["study:kill"]);
  assert.equal(linksOf(text), ["docs/g.md"]);
});

for (const document of DOCUMENTS) {
  test(`${document}: every file that it names exists`, () => {
    const text = read(document);
    const paths = pathsOf(text);
    assert.ok(paths.length > 2, "documents name files");
    const missing = [
      ...[...paths, ...commandsOf(text)].filter((path) => !existsSync(join(root, path))),
      ...linksOf(text).filter((path) => !existsSync(join(root, document, "..", path))),
    ];
    assert.equal(missing, []);
  });

  test(`${document}: every script that it names is one of package.json`, () => {
    const { scripts } = JSON.parse(read("package.json"));
    assert.equal(
      scriptsOf(read(document)).filter((name) => !(name in scripts)),
      [],
    );
  });
}

test("docs/first-analysis.md shows every picture beside it, each of less than 90 kB", () => {
  const shown = [...read("docs/first-analysis.md").matchAll(/!\[[^\]]+\]\((first-analysis\/[\w-]+\.svg)\)/g)].map(
    ([, path]) => path!,
  );
  const kept = readdirSync(join(root, "docs/first-analysis")).map((name) => `first-analysis/${name}`);
  assert.equal([...shown].sort(), kept.sort());
  for (const path of shown) assert.ok(statSync(join(root, "docs", path)).size < 90_000, path);
});

test("functions that architecture.md names are in the files beside their names", () => {
  const rows = read("docs/architecture.md").split("\n");
  for (const name of ["inverseInside", "fitNuisances", "covarianceSummary"]) {
    const row = rows.find((line) => line.includes(`\`${name}\``))!;
    assert.ok(
      pathsOf(row).some((path) => path.endsWith(".ts") && read(path).includes(`function ${name}(`)),
      name,
    );
  }
});

test.run();
