import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { arraysOf } from "../../../../workflow/report/leaves.js";
import { measurementNumbers } from "../../../../workflow/report/measurement/leaves.js";
import { outcome, resultsOf, setting } from "../outcome-sample.js";

const close = (got: number, expected: number) => assert.ok(Math.abs(got - expected) < 1e-9, `${got}, not ${expected}`);

test("results are JSON that has every fit by its name, and says which one is the result", () => {
  const results = resultsOf(outcome);
  assert.equal(JSON.parse(JSON.stringify(results)), results, "nothing is lost as JSON");
  assert.equal(Object.keys(results.fits), ["xAlone", "fixed", "profiled"]);
  assert.is(results.result, "fit with T profiled");
  assert.equal(results.fits.profiled!.estimate, [0.5, -0.25]);
  assert.equal(results.nuisances, ["shift", "squeeze"]);
  assert.equal(results.processes, ["A", "B"]);
});

test("trainings that failed are verdicts, and stand with the fits that rest on them", () => {
  const failed = {
    check: "training",
    about: "fit",
    training: "T and ν (step 1)",
    of: "transport",
    failed: true,
    text: "it fell",
    advice: "Raise it",
  } as const;
  const warned = { ...failed, training: "p(x), nominal", of: "x", failed: false } as const;
  const { fits, verdicts, trainings } = resultsOf({ ...outcome, verdicts: [failed, warned] });
  assert.equal(
    Object.values(fits).map(({ unconverged }) => unconverged),
    [[], ["T and ν (step 1)"], ["T and ν (step 1)"]],
  );
  assert.equal(verdicts, [failed]);
  assert.is(trainings[0]!.convergence.status, "still falling");
});

test("features have the labels of the configuration, else their name and number", () => {
  const { projections, closure, displacements } = resultsOf(outcome);
  assert.equal(
    projections.map(({ feature }) => feature),
    ["x1", "energy", "angle"],
  );
  assert.equal([...new Set(closure.tests.flatMap(({ features }) => features))], ["x1", "x2", "energy", "angle"]);
  assert.equal(displacements[0]!.features, ["energy", "angle"]);
});

test("a scan gives the intervals where -2 Delta ln L is 1 and 4, and the parabola through its points", () => {
  const [scan] = resultsOf(outcome).scans.profiled!.single;
  // 0.5 ± 0.1 and ± 0.2 from the formula of the sample.
  const ends = scan!.intervals.map(({ level, ends: [end] }) => [level, end!.lower!, end!.upper!] as const);
  for (const [level, lower, upper] of ends) {
    close(lower, 0.5 - 0.1 * Math.sqrt(level));
    close(upper, 0.5 + 0.1 * Math.sqrt(level));
  }
  assert.is(scan!.parabola.status, "found");
  close((scan!.parabola as { sigma: readonly number[] }).sigma[0]!, 0.1);
});

test("the spread of replicas is their standard deviation; without an average there is none", () => {
  const { ensemble } = resultsOf(outcome);
  close(ensemble!.spread!.mean[0]!, 0.5);
  // (0.4, 0.6) and (-0.2, -0.3) with one degree of freedom.
  close(ensemble!.spread!.spread[0]!, 0.1 * Math.SQRT2);
  close(ensemble!.spread!.spread[1]!, 0.05 * Math.SQRT2);
  assert.is(ensemble!.average, null);
  const alone = { ...outcome, fitted: { ...outcome.fitted, replicas: [] } };
  assert.is(resultsOf(alone).ensemble, null);
});

test("results say what the response acts on; a run without a response has none", () => {
  const responseWith = (response: object | undefined) => {
    const model = { response } as unknown as MixtureModel;
    return resultsOf({ ...outcome, fitted: { ...outcome.fitted, model } }).response;
  };
  assert.is(responseWith(undefined), null);
  assert.equal(responseWith({}), { actsOn: "simulation" });
  assert.equal(responseWith({ actsOn: "data" }), { actsOn: "data" });
});

test("errors of T say what they lack, beside the whole and beside every number of y", () => {
  assert.is(resultsOf(outcome).errorsOfT, null, "a run without T has none");
  const model = { transport: {}, response: {} } as unknown as MixtureModel;
  const partial = resultsOf({ ...outcome, fitted: { ...outcome.fitted, model, replicas: [] } });
  const lacks = /Errors of T lack the statistical error of T, .* set ensemble\.replicas to 9\./;
  assert.match(partial.errorsOfT!.missing!, lacks);
  assert.equal(
    partial.projections.map(({ missing }) => missing !== null),
    [false, true, true],
  );
  assert.equal(
    partial.displacements.map(({ errors }) => errors),
    ["nuisances", null],
  );
  const whole = resultsOf({ ...outcome, fitted: { ...outcome.fitted, model } });
  const { missing, ...parts } = whole.errorsOfT!;
  assert.equal(parts, { statistical: true, isShort: true, nuisances: true });
  assert.match(missing!, /replicas are trained for 15 epochs and T for 25/);
});

test("errors of T at the fit are arrays that say of which part they are", () => {
  const arrays = arraysOf(measurementNumbers(setting, outcome));
  assert.equal([...arrays.get("displacement/0/nuisances_upper")!.data], [0.03, 0.02, 0.01, 0.04]);
  for (const name of ["total_upper", "statistical", "central"]) assert.not.ok(arrays.has(`displacement/0/${name}`));
  assert.not.ok(arrays.has("displacement/1/nuisances_upper"));
});

test("larger arrays have names by their place in the results, and their shapes", () => {
  const arrays = arraysOf(measurementNumbers(setting, outcome));
  assert.equal(arrays.get("displacement/1/displacements")!.shape, [2, 2]);
  assert.equal([...arrays.get("displacement/1/displacements")!.data], [0.1, 0, 0, 0.2]);
  assert.equal([...arrays.get("projection/2/after")!.data], [11, 19, 12]);
  assert.equal([...arrays.get("closure/0/edges")!.data], [0, 1, 2, 3]);
  assert.equal(arrays.get("scan/profiled/shift/delta_two_nll")!.shape, [7]);
  assert.not.ok(arrays.has("displacement/0/mean"), "without an ensemble there is no mean of replicas");
});

test.run();
