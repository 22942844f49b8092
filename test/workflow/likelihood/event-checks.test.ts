/** What the verbs say of events that decide or break a likelihood, and how they end. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { folder, jsonOf, out, removeMass, run, runMass, withEvents, write } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

test("clean data: no verdict in any verb, exit code 0", async () => {
  assert.equal(JSON.parse(readFileSync(join(out, "results.json"), "utf8")).verdicts, []);
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
    ["hessian", "--precision", "f32"],
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
  const { error, code } = await run("run", "--set", "events.file=infinite.npz", "--out", own);
  assert.is(code, 2, error);
  assert.match(error, /got row 5 \(counted from 0\): mass = 1e\+30, with log p = -infinity; 2 such events of 2000/);
  assert.not.ok(existsSync(join(own, "results.json")));
});

test.run();
