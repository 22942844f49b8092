/** A run whose model does not describe the data ends with exit code 4 and names the verdict; a right one does not. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-goodness-"));
test.after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "analysis.yaml");
const random = randomNumbers(5);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const masses = (count: number, nu: number) =>
  Float64Array.from({ length: count }, () => 50 + 10 * normal() * 1.2 ** nu);

test.before(async () => {
  const training = "training: { epochs: 12, batch: 200, learningRate: 0.02 }";
  writeFileSync(
    file,
    `
output: out
observables: { x: { features: 1, columns: [mass] } }
likelihood: { observables: [x] }
processes:
  only: { yield: 2000, samples: [{ file: nominal.npz }, { file: up.npz, at: { width: 1 } }, { file: down.npz, at: { width: -1 } }] }
nuisances: { width: , rate: { kind: rate, kappa: 0.1 } }
data: { file: data.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [2], ${training} } }
morph: { x: { kind: affine, hidden: [2], ${training} } }
fit: { minos: false }
scan: { points: 3, grid: 3, range: 1 }
impacts: { enabled: false }
`,
  );
  const write = (name: string, data: Float64Array) =>
    writeNpz(join(folder, name), { mass: { shape: [data.length], data } });
  for (const [name, nu] of [
    ["nominal", 0],
    ["up", 1],
    ["down", -1],
  ] as const) {
    await write(`${name}.npz`, masses(8000, nu));
  }
  const data = masses(2000, 0.4);
  await write("data.npz", data);
  await write(
    "peak.npz",
    data.map((mass, i) => (i % 14 === 0 ? 62 + 0.7 * normal() : mass)),
  );
});

const run = async (...words: string[]) => runFile(file, ...words);

const runFile = async (own: string, ...words: string[]) => {
  const ended = await runInProcess(["run", own, "--backend", "cpu", "--threads", "1", ...words], {
    judgesTrainings: true,
  });
  return { ...ended, results: JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8")) };
};

test("data as the model has them: exit code 0, the p-value in the results, no verdict", async () => {
  const { code, error, out, results } = await run();
  assert.is(code, 0, error);
  assert.equal(results.verdicts, []);
  assert.is(results.goodness.tests, 2);
  assert.ok(results.goodness.passed && results.goodness.pValue > 0.001);
  assert.match(out, /\n\nEvery check passed\.\n\nReport: /);
});

test("7% of the events in a peak that no process has: exit code 4, named in warnings, results and the last lines", async () => {
  const { code, error, out, results } = await run("--set", "data.file=peak.npz");
  assert.is(code, 4, error);
  assert.match(
    error,
    /^unbinned: warning: goodness of fit: after the fit, the model does not describe the data: .* with mass between 6\d\.?\d* and 6\d\.?\d*, where .*\. Look at the projections in the report: /m,
  );
  assert.match(
    error,
    /^unbinned: fit of x: expected checks that pass, got 1 that failed, named in the warnings: goodness of fit\. /m,
  );
  assert.equal(
    results.verdicts.map(({ check }: { check: string }) => check),
    ["goodness of fit"],
  );
  assert.not.ok(results.goodness.passed);
  assert.match(out, /\n\n1 check failed:\n- goodness of fit: after the fit, .*\.\n\nReport: /);
});

test("a variation that its morph cannot describe: closure fails, and the run ends with exit code 4", async () => {
  const two = Float64Array.from({ length: 8000 }, (_, i) => (i % 2 === 0 ? 35 : 65) + 3 * normal());
  await writeNpz(join(folder, "two.npz"), { mass: { shape: [two.length], data: two } });
  const own = join(folder, "two.yaml");
  writeFileSync(own, readFileSync(file, "utf8").replace("up.npz", "two.npz"));
  const { code, error, results } = await runFile(own);
  assert.is(code, 4, error);
  assert.match(error, /^unbinned: warning: closure: /m);
  assert.ok(results.verdicts.some(({ check }: { check: string }) => check === "closure"));
});

test.run();
