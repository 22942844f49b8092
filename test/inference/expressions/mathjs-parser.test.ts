/** What the build makes of mathjs: its parser alone, with its licences, and nothing that a user has to install. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const bundle = "dist/inference/expressions/mathjs-parser.js";
const manifest = JSON.parse(read("package.json"));

test("the licences of all packages in the bundle lie beside it, with the notice of mathjs", () => {
  const text = read("dist/inference/expressions/mathjs-parser.licences.txt");
  const named = [...text.matchAll(/^(\S+) \d+\.\d+\.\d+ \((\S+)\)$/gm)].map(
    ([, name, licence]) => `${name} ${licence}`,
  );
  assert.equal(named, [
    "@babel/runtime MIT",
    "escape-latex MIT",
    "mathjs Apache-2.0",
    "tiny-emitter MIT",
    "typed-function MIT",
  ]);
  for (const file of ["LICENSE", "NOTICE"]) {
    assert.ok(text.includes(read(`node_modules/mathjs/${file}`).trim()), file);
  }
  assert.match(text, new RegExp(`^mathjs ${manifest.devDependencies.mathjs.replaceAll(".", "\\.")} `, "m"));
  assert.match(
    read(bundle),
    /^\/\/ The parser of mathjs, bundled and minified\. The licences .* mathjs-parser\.licences\.txt\.\n/,
  );
});

test("mathjs is a dependency of the build alone, of one version", () => {
  assert.equal(Object.keys(manifest.dependencies), ["yaml"]);
  assert.match(manifest.devDependencies.mathjs, /^\d+\.\d+\.\d+$/);
});

test("the bundle is as large as it was measured: 143 kB, 40 kB compressed", () => {
  const bytes = readFileSync(join(root, bundle));
  assert.ok(bytes.length < 150_000, `${bytes.length} bytes`);
  assert.ok(gzipSync(bytes).length < 43_000, `${gzipSync(bytes).length} bytes compressed`);
});

test("the bundle imports nothing and makes no code of texts", () => {
  assert.not.match(
    read(bundle),
    /\beval\(|\bnew Function\b|[^.\w]Function\(|\brequire\(|(?:^|[;}\n])import\b|[^.\w]import\(/,
  );
});

test("the bundle is loaded by one file, when an expression is parsed", () => {
  const compiled = ["cli", "engine", "flows", "inference", "io", "workflow"].flatMap((folder) =>
    readdirSync(join(root, "dist", folder), { recursive: true }).map((file) => join("dist", folder, String(file))),
  );
  const users = compiled
    .filter((file) => file.endsWith(".js") && file !== join(bundle))
    .flatMap((file) =>
      [...read(file).matchAll(/^.*["']\.[^"']*mathjs-parser\.js["'].*$/gm)].map(([line]) => `${file}: ${line!.trim()}`),
    );
  assert.equal(users, [
    `${join("dist/inference/expressions/parse.js")}: const { parse } = await import("./mathjs-parser.js");`,
  ]);
});

test.run();
