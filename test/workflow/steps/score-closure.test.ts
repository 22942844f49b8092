/** Closure by scores in a run: what wrong densities would do to the estimates is a verdict, and an entry of results.json. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-score-closure-"));

const TOY = `
name: Tiny toy
seed: 3
observables: { x: { features: 2, labels: [first, second] }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 8000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { enabled: false }
fit: { secondStart: 0 }
${TINY_TOY}`;

const toy = join(folder, "toy.yaml");
writeFileSync(toy, TOY);
test.after(() => rmSync(folder, { recursive: true }));

async function run(name: string, ...settings: string[]) {
  const out = join(folder, name);
  const words = settings.flatMap((own) => ["--set", own]);
  const { code, error } = await runInProcess(["run", toy, "--out", out, "--threads", "1", ...words], {
    judgesTrainings: true,
  });
  return { code, error, results: JSON.parse(readFileSync(join(out, "results.json"), "utf8")) };
}

test("densities that were not trained move estimates, and it is said where", async () => {
  const { code, error, results } = await run("x", "likelihood.observables=[x]", "flows.x.training.learningRate=1e-9");
  assert.is(code, 4, error);
  assert.match(
    error,
    /closure by scores: the densities of x do not describe simulation at squeeze = 1: with data from there, they would move the estimate of shift by \d\.\d\d ± 0\.\d\d of its/,
  );
  const [own, ...others] = results.closure.biases;
  assert.equal(others, []);
  assert.is(own.of, "x");
  // At squeeze = 1 they do. The estimate lies between points at which they move it to either side: no failure, but a warning.
  assert.is(own.passed, true);
  assert.equal(
    own.points.map(({ at }: { at: number[] }) => at),
    [
      [0, 0],
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ],
  );
  assert.not.ok(results.verdicts.some(({ check }: { check: string }) => check === "closure by scores"));
});

test("without T the likelihood of x and y is judged, and it alone; the bias is in units of the errors of the fit", async () => {
  const { results } = await run("xy");
  const [own, ...others] = results.closure.biases;
  assert.equal(others, []);
  assert.is(own.of, "x and y");
  assert.equal(own.nuisances, ["shift", "squeeze"]);
  // At the nominal point the expected error of the fit is that of the model, which the fit of 400 events has too, roughly.
  const [nominal] = own.points;
  for (const error of nominal.error) assert.ok(error > 0.02 && error < 1, `${error}`);
  for (const visible of own.visible) assert.ok(visible >= 0.5);
});

test.run();
