/** Closure by scores in a run: what wrong densities would do to the estimates is a verdict, and an entry of results.json. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import type { RunContext } from "../../../workflow/context.js";
import { type BiasOf, biasFindings, scoredEvents, withRatesOf } from "../../../workflow/steps/score-closure.js";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";

test("the events that are scored are divided so that the error of the bias is the least", () => {
  const most = 1_000_000;
  for (const still of [1, 21]) {
    const { still: nominal, moved } = scoredEvents(most, [{ share: 1, count: 1e9, moved: 40, still }]);
    // Twenty nuisances, the estimate at one of the two points of each: the nominal sample has twenty times their weight.
    const variance = (ofNominal: number) => 20 ** 2 / ofNominal + 20 / ((most - still * ofNominal) / 40);
    const parts = Array.from({ length: 999 }, (_, i) => variance(((i + 1) * most) / (1000 * still)));
    assert.ok(variance(nominal[0]!) < 1.0001 * Math.min(...parts), `${nominal}`);
    const total = still * nominal[0]! + 40 * moved[0]!;
    assert.ok(total <= most && total > most - 100, `${total}`);
  }
  // What there is not of nominal events is left to the others, and processes have their shares.
  const two = [
    { share: 0.9, count: 1000, moved: 4, still: 1 },
    { share: 0.1, count: 1e9, moved: 0, still: 5 },
  ];
  const { still, moved } = scoredEvents(most, two);
  assert.is(still[0], 1000);
  assert.ok(still[1]! < 0.1 * most);
  assert.ok(Math.abs(4 * moved[0]! - (most - 1000 - 5 * still[1]!)) < 5);
});

test("points of simulation have the rates of the fit: how far a background moves a signal hangs on both yields", () => {
  const nuisances = [
    { name: "mu", kind: "rate", nominal: 0, logFactors: [1] },
    { name: "shift", kind: "shape", nominal: 2, acts: [true] },
    { name: "norm", kind: "rate", nominal: 1, logFactors: [0.1] },
  ] as const;
  assert.equal(withRatesOf({ nuisances }, [0.3, 2.5, 0.7])([3]), [0.3, 3, 0.7]);
});

test("what y says of nuisances moves no estimate that T responds to: a warning, a failure where T is fixed or x alone is wrong too", () => {
  const bias = { nuisance: 0, bias: 2, error: 0.4, pValue: 1e-6 };
  const of = (name: "x" | "x and y", fit: readonly (typeof bias)[]): BiasOf => ({
    of: name,
    estimates: [],
    verdict: { points: [], fit, visible: [], passed: fit.length === 0 },
  });
  const found = (biases: readonly BiasOf[], ...set: string[]) => {
    const analysis = loadAnalysis("examples/doi-toy/analysis.yaml", { set });
    return biasFindings({ analysis } as unknown as RunContext, biases).map(({ failed, text }) => [failed, text]);
  };
  const [[failed, text] = []] = found([of("x", []), of("x and y", [bias])]);
  assert.is(failed, false);
  assert.match(
    `${text}`,
    /with T known they would move the estimate, shift by 2\.00 ± 0\.40 .* T responds to nuisances/,
  );
  const kinds = (findings: ReturnType<typeof found>) => findings.map(([own]) => own);
  assert.equal(kinds(found([of("x", [bias]), of("x and y", [bias])])), [true, false]);
  assert.equal(kinds(found([of("x", []), of("x and y", [bias])], "response.enabled=false")), [true]);
  assert.equal(kinds(found([of("x and y", [bias])], "transport.enabled=false")), [true]);
});

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

const UNTRAINED = ["likelihood.observables=[x]", "flows.x.training.learningRate=1e-9"];

test("densities that were not trained move the estimate, and it fails: of errors of points, the linear sum would hide it", async () => {
  const { code, error, results } = await run("failed", ...UNTRAINED);
  assert.is(code, 4, error);
  assert.match(
    error,
    /closure by scores: the densities of x do not describe simulation and move the estimate: shift by \d\.\d\d ± 0\.\d\d of its/,
  );
  const [own] = results.closure.biases;
  assert.is(own.passed, false);
  assert.ok(results.verdicts.some(({ check }: { check: string }) => check === "closure by scores"));
});

test("where densities would move other estimates, it is said at which point", async () => {
  const { code, error, results } = await run("elsewhere", ...UNTRAINED, "seed=4");
  assert.is(code, 4, error);
  assert.match(
    error,
    /closure by scores: the densities of x do not describe simulation at shift = -1: with data from there, they would move the estimate of squeeze by -\d\.\d\d ± 0\.\d\d of its/,
  );
  const [own, ...others] = results.closure.biases;
  assert.equal(others, []);
  assert.is(own.of, "x");
  // The estimate lies between points at which they move it to either side: no failure, but a warning.
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
