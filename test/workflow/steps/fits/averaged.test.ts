/** The average over the replicas, as results have it. */
import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, removeEnsemble, runWhole } from "../../../cli/ensemble-run.js";

test.before(runWhole);
test.after(removeEnsemble);

test("results say what the ensemble spreads by, and what its average is made of", () => {
  const { ensemble, fits, nuisances } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  assert.equal(nuisances, ["shift", "squeeze"]);
  assert.is(ensemble.replicas.length, 3);
  const [first, second] = ensemble.replicas.map(({ nu }: { nu: number[] }) => nu);
  assert.not.equal(first, second);
  const mean = ensemble.replicas.reduce((sum: number, { nu }: { nu: number[] }) => sum + nu[0]! / 3, 0);
  assert.ok(Math.abs(ensemble.spread.mean[0] - mean) < 1e-12);
  assert.ok(ensemble.spread.pValues.every((p: number) => p > 0 && p <= 1));
  const { exact, newtonShift } = ensemble.average;
  assert.ok(Math.abs(exact.weights.reduce((sum: number, w: number) => sum + w, 0) - 1) < 1e-12);
  // What the members disagree about widens the average.
  assert.ok(exact.sigma.every((sigma: number, k: number) => sigma >= exact.sigmaWithin[k]));
  assert.is(newtonShift.status, "at-minimum");
  assert.equal(fits.averaged.sigma, exact.sigma);
  assert.match(readFileSync(at("whole", "report.html"), "utf8"), /Spread of the replicas beside the error of the fit/);
});

test.run();
