/** The example of a background from a control sample: estimates around what the samples were made with, and a fit that describes them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";

const example = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/control-sample/${name}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "unbinned-control-"));
test.before(() => {
  execFileSync(process.execPath, [example("make-samples.mjs"), join(folder, "samples")]);
  writeFileSync(join(folder, "analysis.yaml"), readFileSync(example("analysis.yaml")));
});
test.after(() => rmSync(folder, { recursive: true }));

const TRUTH: Readonly<Record<string, number>> = { nsig: 250, nbkg: 6000, mean: 150, sigma: 3 };

test("the peak is found above a background that a flow has learned (seed 1, false alarm 3e-4: 4 sigma of four numbers)", async () => {
  const words = [
    "run",
    join(folder, "analysis.yaml"),
    "--out",
    join(folder, "out"),
    "--set",
    "scan.pairs=[]",
    "--json",
  ];
  const { out, error, code } = await runInProcess(words, { judgesTrainings: true });
  assert.is(code, 0, error);
  const { likelihoods, trainings } = JSON.parse(out);
  assert.is(trainings[0].convergence.status, "converged");
  for (const { name, estimate, sigma } of likelihoods.fit.parameters) {
    assert.ok(Math.abs(estimate - TRUTH[name]!) < 4 * sigma, `${name} = ${estimate} ± ${sigma}`);
  }
  assert.ok(likelihoods.fit.goodness.pValue > 1e-3);
});

test.run();
