/** Fits of a composition for people. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { channelTable, describeLikelihood, parameterTable } from "../../../workflow/report/composition-text.js";
import { outcome } from "./composition-sample.js";

test("a fit on the terminal: as many digits as the error allows", () => {
  assert.equal(describeLikelihood(outcome).split("\n"), [
    "likelihood fit, at-bound: a is at its lower bound 0.",
    "-ln L = 12.5000",
    "  fit: 3 events of model, extended, 40.0 expected",
    "parameter  start  estimate  sigma (inverse Hessian)              minos  pull",
    "a              1      0.00                     none         none +2.50",
    "b             40   40.0000                    fixed",
    "c           0.02   0.02123                  0.00300  -0.00290 +0.00310  0.31",
  ]);
});

test("the table of parameters has ranges and constraints", () => {
  const { columns, rows } = parameterTable(outcome);
  assert.equal(columns, ["parameter", "estimate", "σ", "MINOS", "start", "range", "constraint", "pull"]);
  assert.equal(rows[0]!.slice(4), ["1", "0 to 10", undefined, undefined]);
  assert.equal(rows[1]!.slice(0, 4), ["b", "40.0000", "fixed", ""]);
  assert.equal(rows[2], [
    "c",
    "0.02123",
    "0.00300",
    "−0.00290 +0.00310",
    "0.02",
    undefined,
    "normal, 0.02 ± 0.004",
    "0.31",
  ]);
});

test("a pull has as many digits on the page as in the text, whatever its size; starts and ranges have the sign of a minus", () => {
  const { plan, fit } = outcome;
  const [a, b, c] = plan.composition.parameters;
  const wide = {
    ...plan,
    composition: { ...plan.composition, parameters: [{ ...a!, start: -0.5, range: [-1, 10] as const }, b!, c!] },
  };
  const shown = (estimate: number) => {
    const near = { ...fit, fit: { ...fit.fit, estimate: { ...fit.fit.estimate, values: [0, estimate] } } };
    const { rows } = parameterTable({ ...outcome, plan: wide, fit: near });
    return [rows[0]![4], rows[0]![5], rows[2]![7]];
  };
  assert.equal(shown(0.02 - 1e-12), ["−0.5", "−1 to 10", "0.00"]);
  assert.equal(shown(0.016), ["−0.5", "−1 to 10", "−1.00"]);
});

test("the table of channels counts what is left out", () => {
  assert.equal(channelTable(outcome).rows, [["fit", "model", "data", 5, 2, 3, "40.0000"]]);
});

test.run();
