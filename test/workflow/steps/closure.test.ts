/** Closure of the trained densities: a density that does not describe simulation is a warning. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ClosureTest, ClosureVerdict } from "../../../inference/model/predictions/closure-verdicts.js";
import type { RunContext } from "../../../workflow/context.js";
import { closureFindings } from "../../../workflow/steps/closure.js";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";
import { setting } from "../report/outcome-sample.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-closure-"));

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

const run = (words: readonly string[]) => runInProcess(["run", ...words, "--threads", "1"], { judgesTrainings: true });
const results = (name: string) => JSON.parse(readFileSync(join(folder, name, "results.json"), "utf8"));

test("warns where a density does not pass its closure", async () => {
  const words = ["--set", "likelihood.observables=[x]", "--set", "flows.x.training.learningRate=1e-9"];
  const { code, error } = await run([toy, "--out", path("untrained"), ...words]);
  assert.is(code, 4, error);
  assert.match(
    error,
    /closure: the density of x does not describe simulation: it differs by \d+ standard deviations of the data \(p-value .* tests, /,
  );
  assert.ok(results("untrained").verdicts.some(({ check }: { check: string }) => check === "closure"));
});

test("a morph that fails says what it misses, and what to do", () => {
  const worst = {
    by: "bins",
    features: [{ of: "x", feature: 0 }],
    process: 1,
    at: [-1, 0],
    difference: { lambda: 36, error: 1 },
    variation: { lambda: 144, error: 1 },
  } as unknown as ClosureTest;
  const verdict = { of: "x", part: "morph", by: "bins", tests: 6, worst, pValue: 1e-9, passed: false } as const;
  const [found, ...others] = closureFindings(setting, { tests: [], verdicts: [verdict, { ...verdict, passed: true }] });
  assert.equal(others, []);
  assert.is(
    found!.text,
    "closure: the morph of x does not describe simulation: it differs by 6.0 standard deviations of the data (p-value 1.0e-9 for the worst of " +
      "6 tests, x1 of B, shift = -1), and misses 50% of what the nuisance does there",
  );
  const textAt = (lambda: number, pValue: number) => {
    const own = { ...verdict, worst: { ...worst, difference: { lambda, error: 1 } }, pValue };
    return closureFindings(setting, { tests: [], verdicts: [own] })[0]!.text;
  };
  assert.match(textAt(140 ** 2, 0), "differs by 140 standard deviations of the data (p-value below 1e-12 for");
  assert.match(textAt(1e12, 1e-9), "differs by more than 1000 standard deviations of the data (p-value 1.0e-9 for");
  assert.is(found!.advice, "Train longer (morph.x.training.epochs), with more simulation, or with larger networks");
  const together = {
    ...verdict,
    by: "classifier",
    worst: { ...worst, by: "classifier", features: [0, 1].map((feature) => ({ of: "x", feature })) },
  } as const;
  const byClassifier = closureFindings(setting, { tests: [], verdicts: [together as unknown as ClosureVerdict] });
  assert.match(
    byClassifier[0]!.text,
    "6 tests, x1 and x2 of B, shift = -1, together, by a classifier), and misses 50%",
  );
  // Said once, by the simpler test.
  const both = closureFindings(setting, { tests: [], verdicts: [verdict, together as unknown as ClosureVerdict] });
  assert.equal(
    both.map(({ text }) => text),
    [found!.text],
  );
  const affine = { ...setting.analysis.configuration, morph: { x: { kind: "affine" } } };
  const other = { ...setting, analysis: { ...setting.analysis, configuration: affine } } as unknown as RunContext;
  assert.match(closureFindings(other, { tests: [], verdicts: [verdict] })[0]!.advice, /^Set morph\.x\.kind to spline/);
});

test.run();
