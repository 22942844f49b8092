/** Variations of the same events, from files as the example writes them, and its exact fit. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { openSimulation } from "../../../workflow/simulation/open-simulation.js";
import { exactFit, fittedFamily, TRUE_FAMILIES, type WeakEvents } from "../../studies/exact-weak-fit.js";
import { close } from "../../support/close.js";

const example = fileURLToPath(new URL("../../../../examples/weak-systematics/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unbinned-weak-"));
test.after(() => rmSync(folder, { recursive: true }));

const EVENTS = 20_000;

test.before(() => {
  const made = spawnSync(
    process.execPath,
    [join(example, "make-samples.mjs"), join(folder, "samples"), "5", `${EVENTS}`],
    {
      encoding: "utf8",
    },
  );
  assert.is(made.status, 0, made.stderr);
  copyFileSync(join(example, "analysis.yaml"), join(folder, "analysis.yaml"));
});

async function eventsOf(name: string): Promise<WeakEvents> {
  const columns = await readNpz(join(folder, "samples", `${name}.npz`));
  const of = (column: string) => Float64Array.from(columns.get(column)!.data as Float64Array);
  return { lnMet: of("ln_met"), cos: of("logit_cos").map((l) => Math.tanh(l / 2)), t: of("asinh_t").map(Math.sinh) };
}

test("every variation is paired with its nominal events, and both effects are established", async () => {
  const simulation = await openSimulation(loadAnalysis(join(folder, "analysis.yaml")));
  const samples = await simulation.training("test", simulation.anchors, 0, 1);
  assert.equal(
    samples.map(({ nominal }) => nominal !== undefined),
    [false, true, true, false, true, true, true, true],
  );
  const { effects, verdicts } = await simulation.checks();
  assert.equal(verdicts, []);
  for (const { nuisance, pValue } of effects) assert.ok(pValue < 1e-9, `${nuisance} ${pValue}`);
  assert.is(simulation.acceptance.notes.length, 0);
});

test("the families that are fitted to the simulation are the true ones, within five errors", async () => {
  const errors = [0.8, 0.8, 2.5, 1.5, 1.5].map((size) => size / Math.sqrt(EVENTS));
  for (const [p, name] of ["signal", "background"].entries()) {
    const [found, truth] = [fittedFamily(await eventsOf(name)), TRUE_FAMILIES[p]!];
    for (const [i, key] of (["mean", "width", "slope", "location", "scale"] as const).entries()) {
      assert.ok(Math.abs(found[key] - truth[key]) < 5 * errors[i]!, `${name} ${key}: ${found[key]} ${truth[key]}`);
    }
  }
});

test("the exact fit finds the truth, within five errors that are those of the Fisher information", async () => {
  const { estimate, sigma } = exactFit(TRUE_FAMILIES, await eventsOf("data"), 0.02, 0.08);
  for (const [k, truth] of [0.6, -0.7, 0.5].entries()) {
    // A pull contains the constraint: its own fluctuation is not drawn, so that the estimate lies nearer to 0 by sigma².
    assert.ok(Math.abs(estimate[k]! - truth * (1 - sigma[k]! ** 2)) < 5 * sigma[k]!, `${estimate}`);
  }
  // By the scores of the same densities in another program, data of the same size: 0.244, 0.194, 0.121; they scatter by a percent.
  close(sigma, [0.244, 0.194, 0.121], { absolute: 0, relative: 0.04 });
});

test.run();
