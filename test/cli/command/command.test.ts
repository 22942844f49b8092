import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { EXIT, exitCode } from "../../../cli/command/exit-codes.js";
import { errorText } from "../../../cli/command/terminal-text.js";
import { VERBS } from "../../../cli/command/verb-table.js";
import { VerdictFailed } from "../../../workflow/errors.js";
import { createOutputFolder } from "../../../workflow/store/output-folder.js";
import { runInProcess } from "../in-process.js";

const toy = fileURLToPath(new URL("../../../../examples/doi-toy/analysis.yaml", import.meta.url));
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

test("every verb has help with exactly its options", async () => {
  for (const [name, { options, summary }] of Object.entries(VERBS)) {
    const { out, code } = await command([name, "--help"]);
    assert.is(code, 0);
    assert.match(out, summary);
    const listed = [...out.matchAll(/^ {2}--([\w-]+)/gm)].map(([, option]) => option);
    assert.equal(listed, [...options, "help"]);
    assert.is((await command(["help", name])).out, out);
  }
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

test("a failed verdict exits with 4, and says what to do", async () => {
  const verdict = new VerdictFailed("evaluate", {
    expected: "a finite log-density of every event",
    got: "NaN for 3 of 100",
    hint: "Look at x of event 7",
  });
  assert.is(exitCode(verdict), 4);
  assert.is(
    errorText(verdict, false),
    "unbinned: evaluate: expected a finite log-density of every event, got NaN for 3 of 100. Look at x of event 7. " +
      "The results are written, with this verdict",
  );
  const codes = Object.values(EXIT);
  assert.is(new Set(codes).size, codes.length);
  const { out } = await command(["--help"]);
  assert.match(out, / 4 done and written but a check of the results failed/);
  for (const code of codes) assert.match(out, new RegExp(`[ :(] ?${code} `), `${code} in the help`);
});

test("a verb that was asked to stop exits with 130", async () => {
  assert.is((await command(["doctor"], true)).code, 130);
  const thrown = await command(["validate", "none.yaml"], true);
  assert.is(thrown.code, 130);
  assert.is(thrown.error, "");
});

test("Ctrl-C is answered by the verb that runs; only run promises to resume", async () => {
  const controller = new AbortController();
  const doctor = await runInProcess(["doctor"], { signal: controller.signal, onText: () => controller.abort() });
  assert.is(doctor.code, 130);
  assert.is(doctor.error, "\nunbinned: stopping; press Ctrl-C again to quit at once\n");
});

test("validate says how the file was understood, --json with every default", async () => {
  const human = await command(["validate", toy]);
  assert.is(human.code, 0);
  assert.match(human.out, /is valid\.\n {2}likelihood: joint, extended, of x in 2 dimensions and y in 2 dimensions\n/);
  const { out, code } = await command(["validate", toy, "--json", "--seed", "4"]);
  assert.is(code, 0);
  assert.is(JSON.parse(out).seed, 4);
  assert.is(JSON.parse(out).likelihood.form, "joint");
});

test("init writes once, again only with --force, and says where it cannot", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-"));
  const file = join(folder, "a.yaml");
  assert.is((await command(["init", file])).code, 0);
  writeFileSync(file, "mine");
  const again = await command(["init", file]);
  assert.is(again.code, 2);
  assert.match(again.error, /a\.yaml: expected no such file yet, got one\. --force overwrites it/);
  assert.is(readFileSync(file, "utf8"), "mine");
  assert.is((await command(["init", file, "--force"])).code, 0);
  assert.match(readFileSync(file, "utf8"), /^likelihood:$/m);
  assert.match((await command(["init", join(folder, "no", "a.yaml")])).error, /expected a file to write, got ENOENT/);
  rmSync(folder, { recursive: true });
});

test("doctor tells the machine, for people and as JSON", async () => {
  const human = await command(["doctor"]);
  assert.is(human.code, 0);
  for (const name of ["node", "backends", "threads", "shared memory", "simd", "memory", "webgpu adapter"]) {
    assert.match(human.out, `  ${name}:`);
  }
  const report = JSON.parse((await command(["doctor", "--json"])).out);
  assert.is(report.version, version);
  assert.is(report.ok, true);
  const found = ({ findings }: typeof report, wanted: string) =>
    findings.find(({ name }: { name: string }) => name === wanted).value;
  assert.match(found(report, "node"), process.versions.node);
  // On V8 of Node 20 there is none.
  assert.match(found(report, "simd"), /(no 256-bit code|256-bit code( for linear maps)?)$/);
});

test("UNBINNED_WIDE=off switches 256-bit code off, and doctor says so", async () => {
  const before = process.env.UNBINNED_WIDE;
  process.env.UNBINNED_WIDE = "off";
  try {
    assert.match((await command(["doctor"])).out, /256-bit code switched off \(UNBINNED_WIDE=off\)/);
  } finally {
    if (before === undefined) delete process.env.UNBINNED_WIDE;
    else process.env.UNBINNED_WIDE = before;
  }
});

test("an output folder is made, or it is said why it cannot be written", () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-"));
  createOutputFolder(join(folder, "a", "b"));
  writeFileSync(join(folder, "a", "b", "made"), "");
  writeFileSync(join(folder, "file"), "");
  assert.throws(
    () => createOutputFolder(join(folder, "file")),
    /file: expected a folder that can be written, got a file of that name\. Choose another with --out/,
  );
  assert.throws(() => createOutputFolder(join(folder, "file", "c")), /got a file in its path|got a file of that name/);
  if (process.platform === "linux")
    assert.throws(() => createOutputFolder("/proc/a/b"), /expected a folder that can be written/);
  const closed = join(folder, "closed");
  createOutputFolder(closed);
  chmodSync(closed, 0o500);
  // The superuser may write anywhere.
  if (process.getuid?.() !== 0) assert.throws(() => createOutputFolder(closed), /got permission denied/);
  rmSync(folder, { recursive: true });
});

test("what a terminal would obey is shown instead: escape sequences, writing direction turned round", async () => {
  const { error } = await runInProcess(["validate", "\u001b]0;title\u0007\u001b[31m\u202egnp.yaml"]);
  assert.is(error.split(":")[1], " \\u001b]0;title\\u0007\\u001b[31m\\u202egnp.yaml");
});

test.run();
