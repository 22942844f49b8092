/** The package as its users get it: packed, installed into an empty folder, its README's example type-checked and run. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));

async function readmeBlocks(language: string): Promise<string[]> {
  const readme = await readFile(join(root, "README.md"), "utf8");
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, "gm"))].map(
    (match) => match[1] as string,
  );
}

test("the README has two commands, each one line that begins with npm", async () => {
  const commands = (await readmeBlocks("sh"))
    .flatMap((block) => block.split("\n"))
    .filter((line) => /^npm /.test(line));
  assert.equal(commands, ["npm ci && npm run toy", "npm ci && npm test"]);
});

/** Typed arrays are generic since TypeScript 5.7 alone, and inferred types write that down; so does no type of Node's. */
async function checkDeclarations(path: string): Promise<void> {
  const text = await readFile(join(root, path), "utf8");
  const found = /\b(?:Big)?(?:Int|Uint|Float)\d+(?:Clamped)?Array<|\bArrayBuffer<|\bBuffer\b|["']node:/.exec(
    text.replace(/\/\*[\s\S]*?\*\//g, ""),
  );
  assert.is(found, null, `${path}: write the type of what gives "${found?.[0]}", which consumers may not have`);
}

/** What is promised to a browser is what it gets: all but the reading and writing of files. */
async function checkBrowserTypes(folder: string, compiler: string): Promise<void> {
  const options = ["--noEmit", "--strict", "--target", "ES2023", "--lib", "ES2023,DOM", "--types", ""];
  const asBundler = ["--module", "esnext", "--moduleResolution", "bundler", "--customConditions", "browser"];
  const check = (text: string, ...more: string[]) =>
    writeFile(join(folder, "page.ts"), text).then(() =>
      run(compiler, [...options, ...more, "page.ts"], { cwd: folder }).then(
        () => "",
        ({ stdout }) => stdout as string,
      ),
    );
  assert.is(await check('import { Tape, train } from "unbinned"; new Tape(); train;', ...asBundler), "");
  const reader = 'import { readNpz } from "unbinned"; readNpz;';
  assert.match(await check(reader, ...asBundler), /has no exported member .*readNpz/);
  assert.is(await check(reader, "--module", "nodenext"), "");
}

/** Expressions need nothing that is not in the package. */
async function checkExpressions(folder: string): Promise<void> {
  assert.equal((await readdir(join(folder, "node_modules"))).filter((name) => !name.startsWith(".")).sort(), [
    "unbinned",
    "yaml",
  ]);
  const script = `import { evaluateExpression, parseExpression } from "unbinned";
    const cut = await parseExpression("x > 1 ? PI : -x^2", "a cut");
    console.log((await evaluateExpression(cut, { x: Float64Array.of(1, 2) })).join());`;
  await writeFile(join(folder, "expressions.js"), script);
  const { stdout } = await run(process.execPath, ["expressions.js"], { cwd: folder });
  assert.is(stdout, "-1,3.141592653589793\n");
}

test("the packed package installs, type-checks and runs the README's library example", async () => {
  const folder = await mkdtemp(join(tmpdir(), "unbinned-package-"));
  try {
    const packed = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], {
      cwd: root,
    });
    const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
    assert.not.ok(
      files.some(({ path }) => /^dist\/(test|bench)\//.test(path)),
      "tests and benches stay out of the package",
    );
    for (const end of ["js", "licences.txt"]) {
      assert.ok(
        files.some(({ path }) => path === `dist/inference/expressions/mathjs-parser.${end}`),
        end,
      );
    }
    const declarations = files.map(({ path }) => path).filter((path) => path.endsWith(".d.ts"));
    assert.ok(declarations.length > 100, `${declarations.length} files of types`);
    for (const path of declarations) await checkDeclarations(path);
    await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", join(folder, filename)], {
      cwd: folder,
    });
    const [example] = await readmeBlocks("ts");
    assert.ok((example as string).trim().split("\n").length <= 22, "the example stays short");
    await writeFile(join(folder, "example.ts"), example as string);
    const compiler = join(root, "node_modules", ".bin", "tsc");
    const options = ["--strict", "--noUncheckedIndexedAccess", "--target", "ES2023", "--lib", "ES2023,DOM"];
    await run(compiler, [...options, "--module", "nodenext", "example.ts"], { cwd: folder });
    await checkBrowserTypes(folder, compiler);
    const { stdout } = await run(process.execPath, ["example.js"], { cwd: folder });
    // By hand: sigma = e^-0.2, Σ (x - mean)² / (2 sigma²) + 4 log sigma with Σ (x - 1.65)² = 2.69.
    const [nll] = stdout.split(" ").map(Number);
    assert.ok(Math.abs((nll as number) - (2.69 / 2 / Math.exp(-0.4) - 0.8)) < 1e-12, stdout);
    await checkExpressions(folder);
    const { stdout: version } = await run(join(folder, "node_modules", ".bin", "unbinned"), ["--version"]);
    assert.match(version, /0\.1\.0/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
