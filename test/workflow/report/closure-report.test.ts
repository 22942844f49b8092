/** Closure in the report and in results.json. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { closureResults, closureTables } from "../../../workflow/report/closure-report.js";
import { outcome, setting } from "./outcome-sample.js";

test("a table for each likelihood with the clearest bias of every nuisance, and one of the binned tests", () => {
  const [biases, tests] = closureTables(setting, outcome);
  assert.match(
    biases!.caption,
    /^Closure by scores of x and y, failed: how far densities that do not describe simulation/,
  );
  assert.equal(biases!.rows, [
    ["Δ", "0.60 ± 0.11", "0.55", "0.05 ± 0.10", "0.90 ± 0.12", "shift = 1"],
    ["squeeze", "−0.03 ± 0.10", "0.50", "−0.10 ± 0.10", "−0.10 ± 0.10", "nominal"],
  ]);
  assert.equal(tests!.rows, [
    ["p(x), nominal", 2, "x1 of A, nominal", "0.20", "0.71", "5.0", undefined, "passed"],
    // √(0.25 (23.778 - 3) / √6): χ² of 3 degrees of freedom exceeds 23.778 in one of 36 tests with a probability of 0.001.
    ["p(y | x), its morph", 36, "angle of B, shift = -1", "4.0 × 10⁻⁴", "5.0", "1.5", "50%", "failed"],
  ]);
});

test("what a classifier found has a row of its own, and an entry in results", () => {
  const [verdict] = outcome.closure.verdicts;
  const features = [0, 1].map((feature) => ({ of: "x", feature }) as const);
  const worst = { ...verdict!.worst, by: "classifier", features } as const;
  const closure = { tests: [worst], verdicts: [{ ...verdict!, by: "classifier", worst } as const] };
  const [tests] = closureTables(setting, { ...outcome, biases: [], closure });
  assert.equal(tests!.rows[0]!.slice(0, 3), [
    "p(x), nominal; all features, by a classifier",
    2,
    "x1 and x2 of A, nominal, together, by a classifier",
  ]);
  const found = closureResults(setting, { ...outcome, closure });
  assert.equal([found.verdicts[0]!.by, found.tests[0]!.by, found.tests[0]!.visible], ["classifier", "classifier", 5]);
});

test("results have every test and every bias, by point", () => {
  const { verdicts, tests, biases } = closureResults(setting, outcome);
  assert.equal(
    verdicts.map(({ worst, lambda, passed }) => [worst, lambda, passed]),
    [
      ["x1 of A, nominal", 0.5, true],
      ["angle of B, shift = -1", 25, false],
    ],
  );
  assert.is(tests.length, 2 * 2 * 10 * 2);
  assert.equal(tests[0]!.features, ["x1"]);
  assert.is(tests[0]!.lambdaError, 0.25);
  assert.is(tests[0]!.visible, 5);
  assert.equal(
    [biases[0]!.bias, biases[0]!.error],
    [
      [0.6, -0.03],
      [0.11, 0.1],
    ],
  );
  assert.equal(biases[0]!.points, [
    { at: [0, 0], events: 9000, bias: [0.05, -0.1], error: [0.1, 0.1] },
    { at: [1, 0], events: 8000, bias: [0.9, 0.02], error: [0.12, 0.11] },
  ]);
});

test("without tests there are no tables", () => {
  assert.equal(closureTables(setting, { ...outcome, closure: { tests: [], verdicts: [] }, biases: [] }), []);
});

test.run();
