/** One command from its words to its output. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { VERBS } from "../../../cli/command/verb-table.js";
import { runInProcess } from "../in-process.js";

const main = fileURLToPath(new URL("../../../cli/main.js", import.meta.url));
const { version } = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));

const command = (words: readonly string[], isAborted = false) =>
  runInProcess(words, isAborted ? { signal: AbortSignal.abort() } : {});

test("the program itself: --version, --help, wrong usage", () => {
  const run = (...words: string[]) => spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
  assert.is(run("--version").stdout, `${version}\n`);
  const help = run("--help");
  assert.is(help.status, 0);
  for (const verb of Object.keys(VERBS)) assert.match(help.stdout, `\n  ${verb} `);
  const wrong = run("vaildate");
  assert.is(wrong.status, 2);
  assert.is(wrong.stdout, "");
  assert.is(wrong.stderr, "unbinned: expected a verb, got vaildate. Did you mean validate?\n");
});

test("wrong usage exits with 2 and says what was expected", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["", /^unbinned: expected a verb, got none\. `unbinned --help` lists them\n$/],
    ["toString", /expected a verb, got toString/],
    ["profile a.yaml", /^unbinned: expected a verb, got profile\. It is `unbinned time` now\n$/],
    [
      "validate --nu 1 a.yaml",
      /^unbinned validate: expected an option of this verb, got --nu\. `unbinned validate --help`/,
    ],
    ["fit", /^unbinned fit: expected FILE, got nothing\. Usage: unbinned fit FILE\n$/],
    ["fit a b", /^unbinned fit: expected FILE, got a b/],
    ["doctor a", /^unbinned doctor: expected nothing behind the verb, got a/],
    ["validate", /^unbinned validate: expected FILE or --schema, got neither/],
    ["validate none.yaml", /^unbinned: none\.yaml: expected a configuration file, got no such file/],
  ];
  for (const [words, pattern] of cases) {
    const { out, error, code } = await command(words.split(" ").filter((word) => word !== ""));
    assert.is(code, 2, words);
    assert.is(out, "", words);
    assert.match(error, pattern, words);
  }
});

test("Ctrl-C is answered by the verb that runs; only run promises to resume", async () => {
  const controller = new AbortController();
  const doctor = await runInProcess(["doctor"], { signal: controller.signal, onText: () => controller.abort() });
  assert.is(doctor.code, 130);
  assert.is(doctor.error, "\nunbinned: stopping; press Ctrl-C again to quit at once\n");
});

test.run();
