/** The package as its users get it: packed, installed into an empty folder, its README's example type-checked and run. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
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
    const { stdout } = await run(process.execPath, ["example.js"], { cwd: folder });
    // By hand: sigma = e^-0.2, Σ (x - mean)² / (2 sigma²) + 4 log sigma with Σ (x - 1.65)² = 2.69.
    const [nll] = stdout.split(" ").map(Number);
    assert.ok(Math.abs((nll as number) - (2.69 / 2 / Math.exp(-0.4) - 0.8)) < 1e-12, stdout);
    const { stdout: version } = await run(join(folder, "node_modules", ".bin", "unbinned"), ["--version"]);
    assert.match(version, /0\.1\.0/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test.run();
