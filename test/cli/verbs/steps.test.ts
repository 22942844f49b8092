/** The steps of a measurement: what `steps` says of them, and what `run` does of them with --only and --from. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../in-process.js";
import { TINY_TOY } from "../tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-steps-verb-"));
const file = join(folder, "toy.yaml");
const out = join(folder, "out");
writeFileSync(
  file,
  `
name: Tiny toy
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 300 }
likelihood: { observables: [x] }
fit: { secondStart: 0 }
impacts: { events: 300, bins: 2 }
${TINY_TOY}`,
);
test.after(() => rmSync(folder, { recursive: true }));

const call = (verb: string, ...words: readonly string[]) =>
  runInProcess([verb, file, "--out", out, "--threads", "1", "--backend", "cpu", ...words]);

async function run(...words: readonly string[]) {
  const ran = await call("run", ...words);
  assert.is(ran.code, 0, ran.error);
  return ran;
}

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly key: string | null;
  readonly needs: readonly string[];
}

async function rows(...words: readonly string[]): Promise<Row[]> {
  const { code, out: text, error } = await call("steps", "--json", ...words);
  assert.is(code, 0, error);
  return JSON.parse(text).steps;
}

const states = async (...words: readonly string[]) =>
  Object.fromEntries((await rows(...words)).map(({ name, state }) => [name, state]));

const AFTER_FIT = [
  "simulation.error.xAlone",
  "closure.x",
  "projections",
  "scans.xAlone",
  "impacts",
  "bands",
  "sensitivity",
];
const all = (names: readonly string[], state: string) => Object.fromEntries(names.map((name) => [name, state]));
const NOMINAL = "x.nominal";
const MORPH = ["x.morph.single.shift", "x.morph.single.squeeze"];

const read = (name: string) => readFileSync(join(out, name), "utf8");

test("before a run: the first step is missing, the others wait for numbers, and looking writes nothing", async () => {
  const others = [...MORPH, "closure", "fit.x", ...AFTER_FIT];
  assert.equal(await states(), { [NOMINAL]: "missing", ...all(others, "waiting") });
  const [nominal, morph] = await rows();
  assert.equal([nominal!.kind, morph!.kind], ["train", "train"]);
  assert.match(nominal!.key!, /^[0-9a-f]{64}$/);
  assert.is(morph!.key, null);
  assert.equal(morph!.needs, [NOMINAL]);
  assert.not.ok(existsSync(out));
});

test("--only does a step and what it needs; without the fits there are no results, which is said", async () => {
  const ran = await run("--only", "x.morph.single.shift");
  assert.match(
    ran.out,
    /^No results yet: they are made of the fits, and the step x\.morph\.single\.squeeze is not done\./m,
  );
  const files = readdirSync(join(out, "steps")).filter((name) => name.endsWith(".safetensors"));
  assert.equal(files.sort(), ["x.morph.single.shift.safetensors", "x.nominal.safetensors"]);
  assert.not.ok(existsSync(join(out, "results.json")));
  const found = await states();
  assert.equal(
    [found[NOMINAL], found[MORPH[0]!], found[MORPH[1]!], found.closure],
    ["done", "done", "missing", "waiting"],
  );
});

test("--only with a step behind the fits: results and report of what is done, with what is left out", async () => {
  const { error } = await run("--only", "scans,sensitivity");
  const leftOut = ["closure", "simulation.error.xAlone", "closure.x", "projections", "impacts", "bands"];
  const text = `left out, as they are not done: ${leftOut.join(", ")}`;
  assert.match(error, `unbinned: warning: ${text}`);
  const found = await states();
  for (const name of leftOut) assert.is(found[name], name === "bands" ? "waiting" : "missing", name);
  assert.equal([found["scans.xAlone"], found.sensitivity], ["done", "done"]);
  const results = JSON.parse(read("results.json"));
  assert.ok(results.fits.xAlone && results.scans.xAlone && results.expected);
  assert.equal([results.impacts, results.projections], [null, []]);
  assert.ok(results.warnings.includes(text));
  const page = read("report.html");
  assert.match(page, "Here &quot;Impacts&quot; is missing, as it could not be made: the step impacts is not done");
  assert.match(page, "Here &quot;Closure&quot; is missing");
  assert.not.match(page, "Here &quot;Likelihood scans&quot; is missing");
});

test("a run does the rest, and ends where a run from nothing ends", async () => {
  const { out: text } = await run();
  assert.match(text, /scans\.xAlone: kept from before/);
  assert.equal([...new Set(Object.values(await states()))], ["done"]);
  const whole = await runInProcess(["run", file, "--out", join(folder, "whole"), "--threads", "1", "--backend", "cpu"]);
  assert.is(whole.code, 0, whole.error);
  for (const name of ["results.json", "report.html"]) {
    assert.is(read(name), readFileSync(join(folder, "whole", name), "utf8"), name);
  }
});

test("--from repeats a step and what follows from it, to the same results", async () => {
  const before = read("results.json");
  const { out: text } = await run("--from", "projections");
  for (const name of ["projections", "bands"]) assert.not.match(text, `${name}: kept from before`);
  for (const name of [NOMINAL, "fit.x", "scans.xAlone", "impacts"]) assert.match(text, `${name}: kept from before`);
  assert.is(read("results.json"), before);
});

test("--from and --only together: what follows and is asked for", async () => {
  const { out: text } = await run("--from", "fit.x", "--only", "impacts");
  for (const name of ["fit.x", "impacts"]) assert.not.match(text, `${name}: kept from before`);
  for (const name of [NOMINAL, "closure.x", "projections"]) assert.match(text, `${name}: kept from before`);
});

test("a change of the configuration makes steps stale, by what they follow from", async () => {
  const found = await states("--set", "impacts.bins=3");
  assert.is(found.impacts, "stale");
  assert.equal(
    [...new Set(Object.entries(found).flatMap(([name, state]) => (name === "impacts" ? [] : [state])))],
    ["done"],
  );
  assert.equal((await states("--set", "impacts.enabled=false")).impacts, undefined);
});

test("the table for people has the kinds and the beginnings of the keys", async () => {
  const { out: text } = await call("steps");
  assert.match(text, /^step +kind +state +key\n/);
  assert.match(text, /^fit\.x +fit +done +[0-9a-f]{12}$/m);
});

test("parts of a run: prepared, done by several at once, reported; the same as a run alone", async () => {
  const parts = join(folder, "parts");
  const part = (...words: readonly string[]) =>
    runInProcess(["run", file, "--out", parts, "--threads", "1", "--backend", "cpu", "--part", ...words]);
  const written = () => readdirSync(parts).filter((name) => !name.startsWith("."));
  const prepared = await part("prepare");
  assert.is(prepared.code, 0, prepared.error);
  assert.equal(written().sort(), ["data.npz", "pictures", "steps"]);
  const data = statSync(join(parts, "data.npz"));
  const early = await part("report");
  assert.is(early.code, 1);
  assert.match(
    early.error,
    /^unbinned: run --part report: expected steps that are done, got 1 that is not: x\.nominal\./m,
  );
  const trained = await Promise.all(MORPH.map((name) => part("steps", "--only", name)));
  for (const { code, error, out: text } of trained) {
    assert.is(code, 0, error);
    assert.match(text, "Steps are done, and results not written: `run --part report` writes them.");
  }
  const lacking = await part("steps", "--only", "scans,sensitivity,closure");
  assert.is(lacking.code, 0, lacking.error);
  assert.not.ok(existsSync(join(parts, "results.json")));
  const reported = await part("report");
  assert.is(reported.code, 1);
  const missing = ["simulation.error.xAlone", "closure.x", "projections", "impacts", "bands"].join(", ");
  assert.match(reported.error, `run --part report: expected steps that are done, got 5 that are not: ${missing}. `);
  assert.ok(JSON.parse(readFileSync(join(parts, "results.json"), "utf8")).scans.xAlone);
  assert.match(readFileSync(join(parts, "report.html"), "utf8"), `as they are not done: ${missing}.`);
  const rest = await part("steps");
  assert.is(rest.code, 0, rest.error);
  const whole = await part("report");
  assert.is(whole.code, 0, whole.error);
  for (const name of ["results.json", "report.html", "arrays.npz"]) {
    assert.equal(readFileSync(join(parts, name)), readFileSync(join(folder, "whole", name)), name);
  }
  // What others may be reading is not written again.
  assert.equal([statSync(join(parts, "data.npz")).ino], [data.ino]);
  assert.equal(
    readdirSync(join(parts, "steps")).filter((name) => name.endsWith(".lock")),
    [],
  );
});

test("wrong input is refused by one sentence", async () => {
  const refused = async (...words: readonly string[]) => {
    const { code, error } = await call("run", ...words);
    assert.is(code, 2, words.join(" "));
    return error;
  };
  assert.is(
    await refused("--only", "scan.xAlone"),
    "unbinned: --only: expected a step of the analysis, got scan.xAlone. Did you mean scans.xAlone?\n",
  );
  assert.match(await refused("--from", "impact"), /^unbinned: --from: .* Did you mean impacts\?$/m);
  assert.match(await refused("--only", "a,,b"), /^unbinned: --only: expected names separated by commas, got "a,,b"$/m);
  assert.match(
    await refused("--only", "impacts", "--force"),
    /^unbinned: --force: expected no --force beside --only, /,
  );
  assert.match(
    await refused("--from", "impacts", "--replica", "0"),
    /^unbinned: --replica: expected no --replica beside /,
  );
  for (const [words, text] of [
    ["--part report --only fit.x", "--only: expected no --only beside --part report, got both. Leave it out"],
    ["--part prepare --from fit.x", "--from: expected no --from beside --part prepare, got both. Leave it out"],
    ["--part steps --force", "--force: expected no --force beside --part steps, got both. Leave it out"],
    [
      "--part steps --replica 2",
      "--replica: expected no --replica beside --part steps, got both. Use --part steps --only replica.2",
    ],
    ["--part whole", "--part: expected one of prepare, steps, report, got whole"],
  ] as const) {
    assert.match(await refused(...words.split(" ")), `unbinned: ${text}`);
  }
});

test.run();
