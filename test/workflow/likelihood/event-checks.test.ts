/** What the verbs say of events that decide or break a likelihood, and how they end. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import {
  folder,
  jsonOf,
  ofEvents,
  out,
  removeMass,
  run,
  runMass,
  withEvents,
  write,
  YAML,
} from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

test("clean data: no verdict in any verb, exit code 0", async () => {
  assert.equal(ofEvents(JSON.parse(readFileSync(join(out, "results.json"), "utf8")).verdicts), []);
  for (const words of [
    ["fit"],
    ["hessian", "--nu", "0,0"],
    ["evaluate", "--nu", "0,0", "--out", join(folder, "p.npz")],
  ]) {
    const { result, error, code } = await jsonOf(...words);
    assert.is(code, 0, error);
    assert.equal(result.verdicts, []);
    assert.not.match(error, /row/);
  }
});

test("an event at 30 σ: named with row, value and log p by evaluate, hessian, fit and scan; exit code 4, or 3 without a minimum", async () => {
  await write("outlier.npz", withEvents([350]));
  const named =
    /row 5 \(counted from 0\): mass = 350, with log p = -\d+(\.\d+)?, alone moves width by \d+(\.\d+)? standard deviations/;
  for (const [verb, ...words] of [
    ["evaluate", "--nu", "0,0", "--out", join(folder, "p.npz")],
    ["hessian", "--nu", "0,0"],
    ["fit"],
    ["scan", "--out", join(folder, "scan")],
  ]) {
    const { result, error, code } = await jsonOf(
      verb!,
      "--events",
      join(folder, "outlier.npz"),
      "--run",
      out,
      ...words,
    );
    assert.match(error, named, verb);
    const isFit = verb === "fit" || verb === "scan";
    assert.ok(code === 4 || (isFit && code === 3), `${verb}: ${code}, ${error}`);
    assert.equal(
      result.verdicts.map(({ check, rows, count }: Record<string, unknown>) => ({ check, rows, count })),
      ["stray value", "influence"].map((check) => ({ check, rows: [5], count: 1 })),
    );
  }
});

test("a value beyond f32 is refused with file, column and row, and f64 takes it: data, and simulation of any sample", async () => {
  await write("beyond.npz", withEvents([1e100]));
  const beyond =
    /beyond\.npz, column "mass", row 5 \(counted from 0\): expected a number that fits f32, .*, got 1e\+100\. Use --precision f64/;
  const words = ["--events", join(folder, "beyond.npz"), "--run", out, "--nu", "0,0", "--out", join(folder, "p.npz")];
  const refused = await run("evaluate", ...words, "--precision", "f32");
  assert.is(refused.code, 2);
  assert.match(refused.error, beyond);
  assert.not.match(refused.error, /rounding|sentinel/);
  const { result, error, code } = await jsonOf("evaluate", ...words, "--precision", "f64");
  assert.is(code, 4, error);
  assert.equal(
    result.verdicts.map(({ check }: Record<string, unknown>) => check),
    ["stray value"],
    "log p is finite",
  );
  for (const name of ["data.npz", "up.npz"]) {
    const yaml = join(folder, `beyond-${name}.yaml`);
    writeFileSync(yaml, YAML.replace(name, "beyond.npz"));
    const { code, error } = await runInProcess(["run", yaml, "--out", join(folder, "never")]);
    assert.is(code, 2, error);
    assert.match(error, beyond);
  }
});

test("evaluate writes all, also where a log p is not finite, and names the event; exit code 4", async () => {
  await write("infinite.npz", withEvents([1e30, -1e30]));
  const npz = join(folder, "infinite-p.npz");
  const { result, error, code } = await jsonOf(
    ...["evaluate", "--events", join(folder, "infinite.npz"), "--nu", "0,0", "--precision", "f32", "--out", npz],
  );
  assert.is(code, 4, error);
  assert.match(
    error,
    /infinite\.npz: row 5 \(counted from 0\): mass = 1e\+30, with log p = -infinity; 2 such events of 2000/,
  );
  assert.equal(
    result.verdicts
      .filter(({ check }: { check: string }) => check === "finite")
      .map(({ rows }: { rows: number[] }) => rows),
    [[5, 6]],
  );
  const written = (await readNpz(npz)).get("log_prob")!.data;
  assert.is([...written].filter((value) => !Number.isFinite(Number(value))).length, 2);
});

test("fit, scan and hessian refuse such events before they begin; exit code 2", async () => {
  for (const [verb, ...words] of [
    ["fit"],
    ["scan", "--out", join(folder, "scan")],
    ["hessian", "--nu", "0,0", "--precision", "f32"],
  ]) {
    const { error, code, result } = await jsonOf(
      verb!,
      "--events",
      join(folder, "infinite.npz"),
      "--run",
      out,
      ...words,
    );
    assert.is(code, 2, error);
    assert.is(result, undefined);
    assert.match(
      error,
      /^unbinned: .*infinite\.npz: expected a finite log p of every event at nu = \(0, 0\), got row 5 /m,
    );
    assert.match(error, /Remove these events, or look for a sentinel or a wrong unit in them$/m);
  }
});

test("run: an event without a likelihood is refused after the trainings, which are kept, and before any fit", async () => {
  const own = join(folder, "infinite-out");
  const { error, code } = await run("run", "--set", "data.file=infinite.npz", "--out", own);
  assert.is(code, 2, error);
  assert.match(error, /got row 5 \(counted from 0\): mass = 1e\+30, with log p = -infinity; 2 such events of 2000/);
  assert.not.ok(existsSync(join(own, "results.json")));
});

test.run();
