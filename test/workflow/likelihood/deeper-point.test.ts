/** A fit that is not the minimum fails, with the place from which to fit again. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { exitCode } from "../../../cli/command/exit-codes.js";
import { minimise } from "../../../inference/statistics/fit/minimise.js";
import { scan1d, scan2d } from "../../../inference/statistics/intervals/scan.js";
import { deeperOfMinos, deeperOfScans, deeperVerdicts, startText } from "../../../workflow/likelihood/deeper-point.js";
import type { FitSummary } from "../../../workflow/likelihood/fit-summary.js";
import { minosError, summaryVerdicts } from "../../../workflow/likelihood/nuisance-fit.js";
import { requirePassed } from "../../../workflow/verdicts.js";
import { objectiveOf } from "../../inference/statistics/objectives.js";

/** ½ (a² - 1)² - 0.05 a + ½ (b - a)²: minima near a = -1 and, 0.1 lower, near a = 1. */
const twoMinima = objectiveOf(["a", "b"], (nu) => {
  const [a, b] = nu as unknown as [number, number];
  return {
    nll: 0.5 * (a * a - 1) ** 2 - 0.05 * a + 0.5 * (b - a) ** 2,
    gradient: [2 * a * (a * a - 1) - 0.05 - (b - a), b - a],
    hessian: [6 * a * a - 2 + 1, -1, -1, 1],
  };
});
const higher = await minimise(twoMinima, { start: [-1, -1], tolerance: 1e-12 });

test("MINOS that falls into a deeper minimum is the verdict of the fit, exit code 3", async () => {
  assert.ok(higher.estimate.values[0]! < -0.9);
  const own = await minosError(twoMinima, higher, "a", 1.5, {});
  assert.is(own.upper, null);
  assert.ok(own.deeper!.deltaTwoNll < -0.04 && own.deeper!.at.a! > 0.5, JSON.stringify(own.deeper));
  const summary = { status: "converged", reason: "Converged.", minos: [own] } as unknown as FitSummary;
  const [verdict, ...more] = summaryVerdicts("fit of x", summary);
  assert.equal(more, []);
  assert.match(
    verdict!.text,
    /^fit of x: the fit is not the minimum, as minos of a finds -2 Delta ln L = -0\.\d+ at a = \S+, b = \S+$/,
  );
  assert.match(verdict!.advice, /^Fit again from there: fit\.start: \{ a: [\d.]+, b: [\d.]+ \}$/);
  assert.throws(
    () => requirePassed("fit of x", [verdict!]),
    (error: Error) =>
      exitCode(error) === 3 && /the verdict second-minimum\. Fit again from there: .* \}\. The/.test(error.message),
  );
});

test("so are points of scans, of which the deepest is named", async () => {
  const options = { bestFit: higher, profile: true };
  const single = [await scan1d(twoMinima, "b", [-1, 0, 1], options)];
  const pairs = [
    await scan2d(
      twoMinima,
      ["a", "b"],
      [
        [-1, 1],
        [-1, 0.9],
      ],
      options,
    ),
  ];
  const points = deeperOfScans(["a", "b"], { single, pairs });
  assert.equal(
    points.map(({ found }) => found),
    ["the scan of b", "the scan of a, b"],
  );
  assert.equal(points[1]!.at, { a: 1, b: 0.9 });
  assert.is(points[0]!.at.b, 1);
  assert.ok(Math.abs(points[0]!.at.a! - 1) < 0.05);
  const [verdict] = deeperVerdicts("scans", points, startText);
  assert.match(verdict!.text, /^scans: the fit is not the minimum, as the scan of b finds .* at a = 1\S*, b = 1$/);
});

test("a minimum has no such verdict, nor do dips of a spline", async () => {
  const lower = await minimise(twoMinima, { start: [1, 1], tolerance: 1e-12 });
  const own = await minosError(twoMinima, lower, "a", 0.5, {});
  assert.equal(deeperOfMinos([own]), []);
  assert.equal(deeperOfMinos(null), []);
  const single = [await scan1d(twoMinima, "b", [-1, 0, 1], { bestFit: lower, profile: true })];
  const dips = { ...single[0]!, deltaTwoNll: [1, -0.03, 1] };
  assert.equal(deeperOfScans(["a", "b"], { single: [...single, dips], pairs: [] }), []);
  assert.equal(deeperVerdicts("fit", [], startText), []);
});

test.run();
