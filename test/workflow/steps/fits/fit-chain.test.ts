/** The fits of a run: which there are, what T does in each, and where they begin. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../../cli/in-process.js";
import { TINY_TOY } from "../../../cli/tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-fits-"));

const TOY = `
name: Tiny toy
seed: 3
observables: { x: { features: 2, labels: [first, second] }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 8000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

const path = (name: string) => join(folder, name);
const toy = path("toy.yaml");
writeFileSync(toy, TOY);
test.after(() => rmSync(folder, { recursive: true }));

const run = (words: readonly string[]) => runInProcess(["run", ...words, "--threads", "1"]);
const results = (name: string) => JSON.parse(readFileSync(join(folder, name, "results.json"), "utf8"));

test("x and y: every sigma is labelled by what T does, and the report needs nothing else", async () => {
  const { code, error, out } = await run([toy, "--out", path("xy")]);
  assert.is(code, 0, error);
  const found = results("xy");
  assert.equal(
    Object.entries(found.fits).map(([name, fit]) => [name, (fit as { transport: string }).transport]),
    [
      ["xAlone", "none"],
      ["fixed", "fixed"],
      ["profiled", "profiled"],
    ],
  );
  assert.is(found.result, "fit with T profiled");
  assert.is(found.projections.length, 4);
  // T at the fit and two modes up and down, two processes, one plane.
  assert.is(found.displacements.length, 5 * 2);
  const html = readFileSync(join(path("xy"), "report.html"), "utf8");
  assert.not.match(html, /(src|href)="(?!#)/);
  assert.match(html, /N = 400 · seed 3 · unbinned/);
  for (const name of [
    "projections",
    "losses",
    "displacement-y1-y2",
    "pulls-y1-y2",
    "closure-y-B",
    "scan-shift-squeeze",
  ]) {
    assert.ok(existsSync(join(path("xy"), "pictures", `${name}.svg`)), name);
  }
  // Of the splines only those of T are there, at whose knots nu moves no event.
  assert.match(out, /T profiled, inverse Hessian/);
});

test("step 1 may end beyond the bounds: the fits that follow start at them", async () => {
  const bounded = await run([toy, "--out", path("bounded"), "--set", "fit.bounds=[-0.01, 0.01]"]);
  assert.is(bounded.code, 3, bounded.error);
  for (const name of ["fixed", "profiled"]) {
    const { status, estimate } = results("bounded").fits[name];
    assert.ok(["at-bound", "at-validity-edge"].includes(status), status);
    for (const value of estimate) assert.ok(Math.abs(value) <= 0.01);
  }
});

test.run();
