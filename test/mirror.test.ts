/** Holds the mirror: what a source promises is tested in the file of its name, and every file of tests runs. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Folders whose sources have their tests at the same path under `test`. */
const MIRRORED = ["cli", "engine", "flows", "inference", "io", "workflow"];

/** Sources of more lines than this have a file of tests of their name. */
const MOST_LINES = 100;

/** Longer sources without one, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  "engine/cpu/plan.ts": "types only: nothing of it is left to run",
};

function filesIn(folder: string, end: string): string[] {
  return readdirSync(join(root, folder), { recursive: true })
    .map((file) => join(folder, String(file)).replaceAll("\\", "/"))
    .filter((file) => file.endsWith(end) && !file.includes("node_modules/"));
}

const textOf = (file: string) => readFileSync(join(root, file), "utf8");

/** Lines as `wc -l` counts them. */
const linesOf = (file: string) => textOf(file).split("\n").length - 1;

const sources = MIRRORED.flatMap((folder) => filesIn(folder, ".ts")).filter((file) => !file.endsWith(".d.ts"));
const tests = filesIn("test", ".test.ts");

const testOf = (source: string) => `test/${source.replace(/\.ts$/, ".test.ts")}`;
const isLong = (source: string) => linesOf(source) > MOST_LINES;

test(`every source of more than ${MOST_LINES} lines has a file of tests of its name`, () => {
  assert.ok(sources.filter(isLong).length > 100, `only ${sources.length} sources were found`);
  const missing = sources.filter((file) => isLong(file) && !(file in WITHOUT) && !existsSync(join(root, testOf(file))));
  assert.equal(missing, []);
});

test("an exception is a long source without a file of tests, for as long as it is one", () => {
  for (const file of Object.keys(WITHOUT)) {
    const isNeeded = existsSync(join(root, file)) && isLong(file) && !existsSync(join(root, testOf(file)));
    assert.ok(isNeeded, `${file} is no exception any more: remove it from the list`);
  }
});

test("a file of types only says so: it leaves nothing to run", () => {
  for (const [file, reason] of Object.entries(WITHOUT)) {
    if (!reason.startsWith("types only")) continue;
    assert.not.match(textOf(file), /^(?:export )?(?:async )?(?:const|let|function|class|enum)\b/m, file);
  }
});

test("every file of tests runs them at its end: without that it checks nothing", () => {
  assert.ok(tests.length > 100, `only ${tests.length} files were found`);
  const silent = tests.filter((file) => !textOf(file).endsWith("\n\ntest.run();\n"));
  assert.equal(silent, []);
});

test.run();
