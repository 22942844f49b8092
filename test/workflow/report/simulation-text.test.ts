/** What results and report say of the part of the errors that comes from the simulation. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { describeFit, type FitSummary } from "../../../workflow/likelihood/fit-summary.js";
import { errorsOfFit, simulationText } from "../../../workflow/report/simulation-text.js";
import { fitTable } from "../../../workflow/report/tables.js";
import { outcome, resultsOf, setting, withSimulation } from "./outcome-sample.js";

test("the first table has the part of the simulation and the total of the result behind the statistical errors", () => {
  const { columns, rows } = fitTable(setting, withSimulation());
  assert.equal(columns.slice(4), ["σ, T profiled", "σ, simulation", "σ, total", "truth"]);
  assert.equal(rows[0]!.slice(4, 7), ["0.100", "0.0500", "0.112"]);
});

test("results: simulation and total of each fit, null where there are none; the statistical error stays what it was", () => {
  const { fits } = resultsOf(withSimulation());
  assert.equal([fits.xAlone!.simulation, fits.xAlone!.total], [null, null]);
  assert.equal(fits.profiled!.simulation!.sigma, [0.05, 0.02]);
  assert.equal(fits.profiled!.total!.sigma, [Math.sqrt(0.0125), Math.sqrt(0.0104)]);
  assert.equal(fits.profiled!.sigma, resultsOf(outcome).fits.profiled!.sigma);
});

test("the report says where the part comes from, and nothing where there is none", () => {
  assert.is(simulationText(setting, outcome), "");
  assert.match(
    simulationText(setting, withSimulation()),
    /It is estimated to first order, from the fluctuation of the scores/,
  );
  assert.match(simulationText(setting, withSimulation()), /at most 0\.50 of the former, for Δ; it falls/);
  const replicas = withSimulation({ estimator: "bootstrap", replicas: 20, precision: 0.162 });
  assert.match(
    simulationText(setting, replicas),
    /It comes from 20 replicas, .* T kept, and is known to 16%\. The total error contains/,
  );
});

test("the table of a fit: three errors, and the pull in terms of the total", () => {
  const { best, simulationErrors } = withSimulation();
  const summary = { ...best.summary, minos: null, events: 1000 } as unknown as FitSummary;
  const text = describeFit(summary, { shift: 0.4 }, "-ln L", errorsOfFit(simulationErrors, "profiled"));
  assert.match(text, /simulation \(first order\) +total +truth +pull/);
  assert.match(text, /shift +0\.50000 +0\.10000 +0\.05000 +0\.11180 +0\.4 +0\.89\n/);
  assert.match(describeFit(summary, { shift: 0.4 }), /shift +0\.50000 +0\.10000 +0\.4 +1\.00\n/);
});

test.run();
