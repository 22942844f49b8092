import { test } from "uvu";
import * as assert from "uvu/assert";
import type { ModelFrame } from "../../../inference/model/feature-frame.js";
import { ensembleTables } from "../../../workflow/report/ensemble-tables.js";
import {
  acceptanceTables,
  crossCheckTables,
  estimateTable,
  featureTables,
  fitTable,
  modeTable,
  projectionTable,
  sensitivityTables,
  trainingTable,
} from "../../../workflow/report/tables.js";
import type { NamedTraining } from "../../../workflow/steps/trainings/training-step.js";
import type { TrainingVerdict } from "../../../workflow/training-verdict.js";
import { outcome, setting, withSandwich } from "./outcome-sample.js";

test("the first table says the estimator once where it is the same for all fits, else in every head", () => {
  const { caption, columns, rows } = fitTable(setting, outcome);
  assert.is(
    caption,
    "Nuisances: estimates of the fit with T profiled, σ of every fit (inverse Hessian), in prior standard deviations",
  );
  assert.equal(columns, ["nuisance", "estimate", "σ, x alone", "σ, T fixed", "σ, T profiled", "truth"]);
  assert.equal(rows[0], ["Δ", "0.5000", "0.120", "0.0800", "0.100", 0.5]);
  assert.equal(rows[1]!.at(-1), undefined, "a truth that nobody knows is left empty");
  assert.equal(fitTable(setting, withSandwich).columns.slice(2, 4), [
    "σ, x alone, inverse Hessian",
    "σ, T fixed, sandwich",
  ]);
});

test("fits have a row each, with -ln L to three decimals", () => {
  const { columns, rows } = estimateTable(setting, outcome);
  assert.equal(columns, ["fit", "Δ", "squeeze", "−ln L", "status"]);
  assert.equal(rows[1], ["fit with T fixed", "0.5500", "−0.3000", "1234.568", "converged"]);
});

test("a fit that rests on a training that failed says so in its status", () => {
  const failed = { check: "training", about: "densities", training: "p(x), nominal", of: "x", failed: true } as const;
  const unconverged = [{ ...failed, text: "", advice: "" }];
  const status = (of: TrainingVerdict[]) =>
    estimateTable(setting, { ...outcome, verdicts: of }).rows.map((row) => row.at(-1));
  assert.is(status(unconverged)[1], "converged, its trainings did not");
  assert.is(status([{ ...unconverged[0]!, of: "response" }])[1], "converged");
});

test("trainings have a row each, with what going on would gain", () => {
  const { columns, rows } = trainingTable(outcome);
  assert.equal(columns, ["training", "epochs", "kept", "loss", "convergence", "gain of further training"]);
  assert.equal(rows, [["p(x), nominal", "2", "2", "2.30000", "still falling", "0.040 ± 0.0040"]]);
  const [{ summary, ...training }] = outcome.trainings as [NamedTraining];
  const convergence = { ...summary.convergence, gain: null, gainError: null };
  const unknown = trainingTable({ ...outcome, trainings: [{ ...training, summary: { ...summary, convergence } }] });
  assert.is(unknown.rows[0]!.at(-1), undefined);
});

test("errors from Hessian and BHHH stand beside each other with their ratio", () => {
  assert.equal(crossCheckTables(setting, outcome)[0]!.rows, [
    ["Δ", "0.100", "0.200", "0.500 ± 0.020"],
    ["squeeze", "0.100", "0.100", "1.000 ± 0.020"],
  ]);
});

test("modes and projections", () => {
  const { caption, rows } = modeTable(setting, outcome);
  assert.match(caption, /^Principal modes of the covariance \(.*inverse Hessian\), in prior standard deviations$/);
  assert.is(rows.length, 2);
  assert.equal(projectionTable(setting, outcome).rows[1], [
    "energy",
    "χ²/ndf = 4.50 / 3, p = 0.010",
    "χ²/ndf = 4.50 / 3, p = 0.50",
    "χ²/ndf = 4.50 / 3, p = 0.25",
  ]);
});

test("yields that follow nuisances have a table, in which a side without samples says how they do", () => {
  const acceptance = [
    { nuisance: "shift", process: "A", up: { value: 1, ratio: 1.2, error: 0.038 }, down: null },
    { nuisance: "squeeze", process: "B", up: null, down: { value: -1, ratio: 0.8, error: 0.0253 } },
  ];
  const [table] = acceptanceTables(setting, { ...outcome, acceptance });
  assert.equal(table!.columns, ["process", "nuisance", "yield at +1", "yield at −1"]);
  assert.equal(table!.rows, [
    ["A", "Δ", "1.200 ± 0.038", "log-normal"],
    ["B", "squeeze", "log-normal", "0.800 ± 0.025"],
  ]);
});

test("what was not computed has no table", () => {
  assert.equal(acceptanceTables(setting, outcome), []);
  assert.equal(sensitivityTables(setting, outcome), []);
  assert.equal(ensembleTables({ ...outcome, fitted: { ...outcome.fitted, replicas: [] } }, ["Δ", "squeeze"]), []);
});

test("replicas and their spread have tables", () => {
  const [replicas, spread, ...others] = ensembleTables(outcome, ["Δ", "squeeze"]);
  assert.equal(others, [], "without an average there is no table of it");
  assert.equal(replicas!.rows[0], ["0", "0.4000", undefined, undefined, "−0.2000", undefined, undefined]);
  assert.equal(spread!.rows[0]!.slice(0, 4), ["Δ", "0.5000", "0.141", "1.41"]);
});

test("features that are transformed have a table, others none", () => {
  assert.equal(featureTables(setting, outcome), []);
  const frame: ModelFrame = {
    x: { transforms: [{ kind: "asinh", centre: 0, width: 1 }], shift: [0], scale: [1] },
    y: { shift: [0, 0], scale: [1, 1] },
  };
  const model = { ...outcome.fitted.model, frame };
  const [table] = featureTables(setting, { ...outcome, fitted: { ...outcome.fitted, model } });
  assert.equal(table!.columns, ["feature", "transform", "below", "above"]);
  assert.equal(
    table!.rows.map((row) => row.slice(1)),
    [
      ["asinh", "", ""],
      ["none", "", ""],
      ["none", "", ""],
    ],
  );
});

test.run();
