/** Asymmetric errors and impacts, as results have them. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, removeEnsemble, runWhole } from "../../cli/ensemble-run.js";

test.before(runWhole);
test.after(removeEnsemble);

test("results have asymmetric errors, and impacts by every definition asked for", () => {
  const { fits, impacts } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  for (const name of ["xAlone", "fixed", "profiled"]) {
    const { minos, sigma } = fits[name];
    // Nearly Gaussian likelihoods: ends within a fifth of sigma, which a wrong level (σ √2) would miss.
    for (const [k, { lower, upper }] of minos.entries()) {
      assert.ok(Math.abs(-lower / sigma[k] - 1) < 0.2 && Math.abs(upper / sigma[k] - 1) < 0.2, `${name} ${k}`);
    }
  }
  assert.equal(
    impacts.sources.map(({ definition }: { definition: string }) => definition),
    ["covariance", "auxiliary", "mode"],
  );
  const onShift = impacts.tables.find(
    ({ definition, target }: { definition: string; target: { name: string } }) =>
      definition === "auxiliary" && target.name === "shift",
  );
  // Both constraints together, and what the data leave: the variance of the fit.
  assert.is(onShift.groups[0].name, "both");
  const parts = Math.hypot(onShift.groups[0].size, onShift.statistical);
  assert.ok(Math.abs(parts / fits.profiled.sigma[0] - 1) < 0.02, `${parts}`);
  // All events, and two halves by each of four features.
  assert.is(impacts.distribution.regions.length, 1 + 2 * 4);
  assert.ok(existsSync(at("whole", "pictures", "impact-map-mode.svg")));
  const [ofCovariance, ofAuxiliary] = impacts.distribution.tables;
  assert.is(ofAuxiliary.groups[0].cells.length, 2 * 9);
  // All nuisances together are all of the variance, as all modes are, where T bends little within an error.
  for (const [i, { size }] of ofCovariance.groups[0].cells.entries()) {
    assert.ok(Math.abs(size / impacts.distribution.total[i].size - 1) < 0.05, `${size}`);
  }
  assert.match(readFileSync(at("whole", "pictures", "impact-map-covariance.svg"), "utf8"), /group both/);
});

test.run();
